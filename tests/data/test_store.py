"Names as arrays: what was not written by us is refused, never misread."

import numpy as np
import pytest

from entable.data.vocab import Vocab
from entable.errors import BadModelFile

TEXT = Vocab.of(["aé", "", "b"]).to_arrays("v")


def text(**changes):
    return TEXT | {f"v.{key}": value for key, value in changes.items()}


def numbers(values, dtype):
    return {"v.names": np.array(values, dtype)}


@pytest.mark.parametrize(
    ("arrays", "dtype", "why"),
    [
        ({}, "int", "missing"),
        ({}, "str", "missing"),
        (text(offsets=np.array([0, 3, 3], np.int64)), "str", "cut off"),
        (text(offsets=np.array([0, 4, 3, 4], np.int64)), "str", "overlap"),
        (text(offsets=np.array([1, 3, 3, 4], np.int64)), "str", "cut off"),
        (text(offsets=np.array([], np.int64)), "str", "cut off"),
        (text(offsets=np.array([0, 3, 3, 2**40], np.int64)), "str", "cut off"),
        (text(offsets=np.array([0, -3, 3, 4], np.int64)), "str", "overlap"),
        (text(offsets=np.array([0, 2, 3, 4], np.int64)), "str", "no UTF-8"),
        (text(bytes=np.array([255, 0, 0, 0], np.uint8)), "str", "no UTF-8"),
        (text(bytes=np.array([97, 97, 97, 97], np.uint8)), "str", None),
        (text(offsets=np.array([0, 1, 1, 1, 4], np.int64)), "str", "no UTF-8|more than once"),
        (text(offsets=np.array([0, 3, 3, 4], np.int32)), "str", "wrong type"),
        (text(bytes=np.array([[97]], np.uint8)), "str", "wrong type"),
        (numbers([1, 2, 1], np.int64), "int", "more than once"),
        (numbers([1, 2], np.int32), "int", "wrong type"),
        (numbers([0, 2], np.uint8), "bool", "neither true nor false"),
        (numbers([1.5, np.nan], np.float64), "float", "finite"),
        (numbers([[1, 2]], np.uint8), "uuid", "16 bytes"),
        (numbers([1, 1], np.int32), "date", "more than once"),
    ],
)
def test_arrays_that_we_would_not_write_are_refused(arrays, dtype, why):
    if why is None:
        assert len(Vocab.from_arrays(arrays, "v", dtype)) == 3
        return
    with pytest.raises(BadModelFile, match=why):
        Vocab.from_arrays(arrays, "v", dtype)


def test_the_types_on_disk_are_the_small_ones():
    assert Vocab.of([1]).to_arrays("v")["v.names"].dtype == np.dtype("<i8")
    assert Vocab.of([True]).to_arrays("v")["v.names"].dtype == np.uint8
    days = Vocab.of(np.array(["1970-01-03"], "datetime64[D]")).to_arrays("v")["v.names"]
    assert (days.dtype, days.tolist()) == (np.dtype("<i4"), [2])
    assert TEXT["v.bytes"].tobytes().decode() == "aéb"
    assert TEXT["v.offsets"].tolist() == [0, 3, 3, 4]
