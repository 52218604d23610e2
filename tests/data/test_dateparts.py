"Parts of dates: the calendar of the standard library says the same, for one row or many."

import calendar
import math
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.dateparts import CLOCK, CYCLES, PARTS, taken_apart

days = st.dates(date(1583, 1, 1), date(2400, 12, 31))
times = st.datetimes(datetime(1583, 1, 1), datetime(2400, 12, 31))
ALL = (*PARTS, *CLOCK, *CYCLES)


def by_hand(when):
    "Parts of one moment, by the standard library alone."
    day = date(when.year, when.month, when.day)
    tomorrow = day + timedelta(1)
    hours = (when - datetime(when.year, when.month, when.day)) / timedelta(days=1)
    quarter = (when.month + 2) // 3
    long = calendar.monthrange(when.year, when.month)[1]
    ordinal = int(day.strftime("%j"))
    parts = {
        "year": when.year,
        "quarter": quarter,
        "month": when.month,
        "week": day.isocalendar().week,
        "day": when.day,
        "weekday": day.isoweekday(),
        "day of year": ordinal,
        "is month start": when.day == 1,
        "is month end": tomorrow.day == 1,
        "is quarter start": when.day == 1 and when.month in (1, 4, 7, 10),
        "is quarter end": tomorrow.day == 1 and tomorrow.month in (1, 4, 7, 10),
        "is year start": (when.month, when.day) == (1, 1),
        "is year end": (when.month, when.day) == (12, 31),
        "elapsed": (when - datetime(1970, 1, 1)) / timedelta(days=1),
        "hour": when.hour,
        "minute": when.minute,
        "second": when.second,
    }
    turns = {
        "in year": (ordinal - 1 + hours) / (366 if calendar.isleap(when.year) else 365),
        "in month": (when.day - 1 + hours) / long,
        "in week": (day.isoweekday() - 1 + hours) / 7,
        "in day": hours,
    }
    for cycle, turn in turns.items():
        parts[f"{cycle} sin"] = math.sin(2 * math.pi * turn)
        parts[f"{cycle} cos"] = math.cos(2 * math.pi * turn)
    return parts


@given(st.lists(st.none() | times, min_size=1, max_size=20))
def test_times_have_the_parts_of_the_standard_library(moments):
    found = pl.DataFrame(taken_apart(pl.Series(moments, dtype=pl.Datetime("us")), ALL))
    for row, moment in zip(found.iter_rows(named=True), moments, strict=True):
        if moment is None:
            assert set(row.values()) == {None}
            continue
        assert row == pytest.approx(by_hand(moment), rel=1e-12, abs=1e-9)


@given(st.lists(st.none() | days, min_size=1, max_size=20))
def test_days_have_them_too(some):
    column = pl.Series(some, dtype=pl.Date)
    found = pl.DataFrame(taken_apart(column, [*PARTS, *CYCLES[:3]]))
    for row, day in zip(found.iter_rows(named=True), some, strict=True):
        want = by_hand(datetime(day.year, day.month, day.day)) if day else {}
        for name, value in row.items():
            assert value == (pytest.approx(want[name], abs=1e-9) if day else None)


@given(st.lists(st.none() | times, min_size=1, max_size=12), st.booleans(), st.integers(1, 60))
def test_one_row_gets_the_answer_of_many(moments, clock, repeated):
    column = pl.Series(moments, dtype=pl.Datetime("us"))
    column, parts = (column, ALL) if clock else (column.dt.date(), (*PARTS, *CYCLES))
    rows = [pl.DataFrame(taken_apart(column[k : k + 1], parts)) for k in range(len(column))]
    alone = pl.concat(rows)
    assert alone.equals(pl.DataFrame(taken_apart(column, parts)))
    many = pl.concat([column] * repeated)  # many rows of few days are looked up, few are not
    assert pl.concat([alone] * repeated).equals(pl.DataFrame(taken_apart(many, parts)))
