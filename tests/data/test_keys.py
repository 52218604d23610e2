"What stands for names of each type, and back again."

from datetime import date, datetime
from uuid import UUID

import numpy as np
import polars as pl
import pytest

from entable.data.keys import key_of, names_of, parsed

NAMES = {
    "str": ["a", ""],
    "int": [-1, 7],
    "float": [0.5, -2.0],
    "bool": [True, False],
    "date": [date(2015, 7, 31), date(1960, 1, 1)],
    "datetime": [datetime(2015, 7, 31, 12), datetime(1960, 1, 1)],
    "uuid": [UUID(int=3), UUID(int=4)],
}


@pytest.mark.parametrize("dtype", NAMES)
def test_names_come_back_from_what_stands_for_them(dtype):
    keys = [key_of(name, dtype) for name in NAMES[dtype]]
    assert None not in keys
    kept = pl.Float64 if dtype == "float" else None if dtype in ("str", "uuid") else pl.Int64
    assert names_of(pl.Series(keys, dtype=kept), dtype).tolist() == NAMES[dtype]


@pytest.mark.parametrize("dtype", NAMES)
def test_a_name_of_another_type_stands_for_nothing(dtype):
    alike = {"int": {"float"}, "float": {"int"}}.get(dtype, set())
    for other in NAMES.keys() - {dtype} - alike:
        assert key_of(NAMES[other][0], dtype) is None, other


def test_whole_numbers_with_a_point_are_integers_and_others_are_not():
    assert key_of(3.0, "int") == 3
    assert key_of(np.float32(3.5), "int") is None
    assert key_of(np.datetime64("NaT"), "date") is None


@pytest.mark.parametrize("dtype", NAMES)
def test_what_a_person_typed_is_read(dtype):
    for name in NAMES[dtype]:
        text = name.isoformat() if dtype in ("date", "datetime") else str(name)
        assert parsed(text if dtype == "str" else f" {text} ", dtype) == name
    if dtype != "str":
        with pytest.raises((ValueError, KeyError)):
            parsed("abacus", dtype)
