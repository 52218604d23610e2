"Columns become numbers, or are refused with their place."

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.raw import Raw, encoded, numbers, tidy, times
from entable.errors import BadInput


def raw(**columns):
    return Raw(**({"user": [1], "item": [1], "rating": [1]} | columns))


@given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), max_size=9))
def test_ratings_are_float32(values):
    found = numbers(raw(rating=pl.Series(values, dtype=pl.Float32)))
    assert found.dtype == np.float32
    assert found.tolist() == values


@pytest.mark.parametrize("values", [[1, 2], [1.0, 2], ["1", " 2.0 "], (1, 2), np.array([1, 2])])
def test_numbers_in_any_dress(values):
    assert numbers(raw(rating=values)).tolist() == [1.0, 2.0]


@given(st.floats(-1000, 1000, width=16))
def test_the_shortest_number_that_is_the_same(number):
    assert np.float32(tidy(number)) == np.float32(number)
    assert len(str(tidy(np.float32(0.1)))) == 3
    assert str(tidy(3.0)) == "3"


def test_a_range_is_checked_as_ratings_are_kept():
    assert numbers(raw(rating=[0.1, 4.9]), (0.1, 4.9)).tolist() == np.float32([0.1, 4.9]).tolist()
    with pytest.raises(BadInput, match=r"^row 2: the rating 5 is outside the given range 0.1 to 4"):
        numbers(raw(rating=[0.1, 5]), (0.1, 4.9))


def test_a_missing_name_says_its_row():
    with pytest.raises(BadInput, match=r"^row 1,001: the user is missing \(and 1 more like it\)"):
        encoded([7] * 1000 + [None, None], "user", raw())


def test_only_text_of_files_turns_into_numbers():
    assert encoded(["1", "2"], "user", raw(text=True))[0].dtype == "int"
    assert encoded(["1", "2"], "user", raw())[0].dtype == "str"


@pytest.mark.parametrize(
    ("texts", "dtype"),
    [
        (["1", "-1", "0"], "int"),
        (["1", "01"], "str"),
        (["1", "-0"], "str"),
        (["1", "+1"], "str"),
        (["1", ""], "str"),
        (["1", " 1"], "str"),
        (["1.0", "2.0"], "int"),
        (["1", "2.0"], "str"),
        ([str(2**63 - 1)], "int"),
        ([str(2**63)], "str"),
        (["1.0", "2"], "str"),
        (["-0.0"], "str"),
        (["1e3"], "str"),
        (["٣"], "str"),
    ],
)
def test_no_two_names_become_one_number(texts, dtype):
    vocab, u = encoded(texts, "user", raw(text=True))
    assert vocab.dtype == dtype
    assert u.tolist() == list(range(len(texts)))


def test_no_times_are_none():
    assert times(raw()) is None
    assert times(raw(time=[5])).tolist() == [5]
