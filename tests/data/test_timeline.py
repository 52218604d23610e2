"Rows in groups along time."

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.timeline import Timeline, groups
from entable.errors import BadInput

FRAME = pl.DataFrame({"g": ["b", "a", "b"], "t": ["2015-01-03", "2015-01-01", "2015-01-01"]})


def test_rows_stand_in_order_of_group_and_time():
    line = Timeline.of(FRAME, "t", "g")
    assert line.moments.tolist() == [16436, 16438]
    assert line.at.tolist() == [1, 0, 0]
    assert line.order.tolist() == [2, 0, 1]
    assert len(line) == 3
    assert Timeline.of(FRAME, "t", None).order.tolist() == [1, 2, 0]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=30),
    st.integers(-12, 12),
    st.integers(-12, 12),
)
def test_windows_hold_the_rows_between_two_ages(rows, a, b):
    oldest, newest = max(a, b), min(a, b)
    group, day = np.array(rows).T
    frame = pl.DataFrame({"g": group, "t": pl.Series(day).cast(pl.Int32).cast(pl.Date)})
    line = Timeline.of(frame, "t", "g")
    start, stop = line.before(oldest), line.before(newest)
    for at, k in enumerate(line.order):
        ages = day[k] - day
        want = (group == group[k]) & (newest <= ages) & (ages < oldest)
        assert set(line.order[start[at] : stop[at]]) == set(np.flatnonzero(want))


def test_spans_are_days_or_timedeltas():
    days = Timeline.of(FRAME, "t", None)
    assert days.ticks(7, "days") == days.ticks(timedelta(weeks=1), "days") == 7
    times = Timeline.of(pl.DataFrame({"t": [datetime(2015, 1, 1)]}), "t", None)
    assert times.ticks(1 / 24, "days") == times.ticks(timedelta(hours=1), "days") == 3_600_000_000
    for bad in (0, -1, 0.5, True, "1", None, float("inf"), float("nan"), timedelta(hours=1)):
        with pytest.raises(BadInput, match="whole days above 0 were wanted"):
            days.ticks(bad, "ahead")
    with pytest.raises(BadInput, match="days or a timedelta above 0 were wanted"):
        times.ticks(0, "ahead")


def test_groups_of_many_columns_count_from_0():
    frame = pl.DataFrame({"a": [1, 1, 2, 1], "b": ["x", "y", "x", "x"]})
    found = groups(frame, ["a", "b"])
    assert sorted(set(found.tolist())) == [0, 1, 2]
    assert found[0] == found[3]
    assert groups(frame, "a").tolist() == [0, 0, 1, 0]
    with pytest.raises(BadInput, match="b is missing in row 2"):
        groups(frame.with_columns(b=pl.Series(["x", None, "x", "x"])), ["a", "b"])
