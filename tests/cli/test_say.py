"What programs read is JSON whatever comes; what people read is short."

import json
from datetime import date
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.cli import say

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner)
)


@given(values)
def test_anything_becomes_json_that_is_read_back(value):
    found = say.plain(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_arrays_dates_and_ids_become_lists_and_texts():
    found = say.plain(
        {"a": np.arange(2), "b": np.float32(0.5), "c": (date(2020, 1, 2), UUID(int=1), np.nan)}
    )
    assert found == {
        "a": [0, 1],
        "b": 0.5,
        "c": ["2020-01-02", "00000000-0000-0000-0000-000000000001", None],
    }


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2.5e6, "2.5 MB"), (3e12, "3000.0 GB")],
)
def test_sizes(count, told):
    assert say.size(count) == told


@pytest.mark.parametrize(
    ("time", "told"), [(0.0123, "12 ms"), (0.5, "0.5 s"), (90, "90.0 s"), (600, "10 min")]
)
def test_times(time, told):
    assert say.seconds(time) == told


def test_a_complaint_is_one_line_without_control_characters(capsys):
    say.complain("a\nb\x1b[31m  c")
    assert capsys.readouterr().err == "entable: a b\ufffd[31m c\n"
