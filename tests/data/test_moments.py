"Times in every usual form are whole seconds since 1970."

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.moments import seconds
from entable.errors import BadInput

MOMENT = 1_126_483_200  # 2005-09-12 00:00 UTC


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([MOMENT]),
        pl.Series([float(MOMENT)]),
        pl.Series([MOMENT * 1000]),
        pl.Series([MOMENT * 10**6]),
        pl.Series([MOMENT * 10**9]),
        pl.Series([str(MOMENT)]),
        pl.Series([f"{MOMENT}.75"]),
        pl.Series([dt.date(2005, 9, 12)]),
        pl.Series([dt.datetime(2005, 9, 12)]),
        pl.Series([dt.datetime(2005, 9, 12, 2)]).dt.replace_time_zone("Europe/Berlin"),
        pl.Series([dt.datetime(2005, 9, 12)], dtype=pl.Datetime("ns")),
        pl.Series(["2005-09-12"]),
        pl.Series(["2005-09-12"], dtype=pl.Categorical),
        pl.Series(["2005-09-12 00:00:00"]),
        pl.Series(["2005-09-12T00:00:00Z"]),
        pl.Series([" 2005-09-12T00:00:00.25 "]),
        pl.Series(["2005-09-12T02:00:00+02:00"]),
        pl.Series(["2005-09-12 02:00:00.5+02:00"]),
        pl.Series(["2005/09/12"]),
        pl.Series(["12.09.2005"]),
        pl.Series(["09/12/2005"]),
        pl.Series(["12-Sep-2005"]),
    ],
    ids=str,
)
def test_one_moment_in_every_form(column):
    assert seconds(column)[0].to_list() == [MOMENT]


def test_the_unit_guessed_is_said():
    assert seconds(pl.Series([MOMENT, 0]))[1] == ""
    assert seconds(pl.Series([MOMENT * 1000, 0]))[1] == "times were read as milliseconds"


@given(st.lists(st.none() | st.integers(-(10**10), 10**10), max_size=5))
def test_seconds_stay_seconds(values):
    assert seconds(pl.Series(values, dtype=pl.Int64))[0].to_list() == values


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["2005-09-12", "yesterday", None]),
        pl.Series(["12", "yesterday", None]),
        pl.Series([12.0, float("nan"), None]),
        pl.Series([12.0, float("inf"), None]),
        pl.Series(["", "yesterday", None]),
    ],
)
def test_what_is_no_time_is_null(column):
    assert seconds(column)[0].to_list()[1:] == [None, None]


def test_a_column_of_flags_holds_no_times():
    with pytest.raises(BadInput, match="the column is Boolean"):
        seconds(pl.Series([True]))
