"Dates however they are written."

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.instants import ISO, instants
from entable.errors import BadInput

BERLIN = ZoneInfo("Europe/Berlin")
FORMATS = [ISO, "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%Y%m%d"]
days = st.lists(st.dates(date(1000, 1, 1), date(9999, 12, 31)), min_size=1, max_size=20)


@given(days, st.sampled_from(FORMATS))
def test_what_python_writes_is_read(some, format):
    texts = [day.strftime(format).zfill(8) for day in some]
    read = instants(texts, "d")
    assert read.values.to_list() == some
    assert read.format == format
    assert read.zone is None


@given(st.lists(st.datetimes(datetime(1000, 1, 1)), min_size=1, max_size=20), st.sampled_from("T "))
def test_times_of_day_are_read_to_the_microsecond(some, between):
    read = instants([when.isoformat(between) for when in some], "t")
    assert read.values.to_list() == some


@given(days)
def test_day_and_month_are_told_apart_by_the_days_beyond_12(some):
    texts = [day.strftime("%m/%d/%Y") for day in some]
    if all(day.day == day.month for day in some):
        assert instants(texts, "d").values.to_list() == some
    elif all(day.day <= 12 for day in some):
        with pytest.raises(BadInput, match=r"may be %d/%m/%Y or %m/%d/%Y, and so may all others"):
            instants(texts, "d")
        assert instants(texts, "d", "%m/%d/%Y").values.to_list() == some
    else:
        assert instants(texts, "d").format == "%m/%d/%Y"


def test_the_row_that_may_be_two_days_is_named():
    with pytest.raises(BadInput, match=r"d, row 2: '01/02/2015' .* with format='%d/%m/%Y'"):
        instants(["03/03/2015", "01/02/2015", "01/02/2015"], "d")


@pytest.mark.parametrize(
    ("values", "row", "shown"),
    [
        (["2015-07-31", None, "soon"], 3, "'soon'"),
        (["2015-07-31", "2015-02-30"], 2, "'2015-02-30'"),
        (["2015-07-31", "31.07.2015", "2015-07-30"], 2, "'31.07.2015'"),
        (["2015-07-31 24:00"], 1, "'2015-07-31 24:00'"),
        (["2015-07-31 23:60"], 1, "'2015-07-31 23:60'"),
        (["31/07/15"], 1, "'31/07/15'"),
        ([date(2015, 1, 1), 3.5], 2, "'3.5'"),
        (["b", "a"], 1, "'b'"),
    ],
)
def test_the_first_row_that_is_no_date_is_named(values, row, shown):
    with pytest.raises(BadInput, match=rf"d, row {row}: {shown} is no date written as %Y-%m-%d"):
        instants(values, "d")


def test_far_rows_are_counted_from_1():
    column = pl.concat([pl.Series(["2015-07-31"] * 999_998), pl.Series(["x", "2015-07-31"])])
    with pytest.raises(BadInput, match="d, row 999,999: 'x'"):
        instants(column, "d")


@pytest.mark.parametrize("values", [[20150731], [1.5], [True], [time(3)], [date.today, None]])
def test_what_is_no_date_by_type_is_refused(values):
    with pytest.raises(BadInput, match="d, row 1"):
        instants(values, "d")


def test_numbers_are_dates_where_a_format_says_so():
    assert instants([20150731, None], "d", "%Y%m%d").values.to_list() == [date(2015, 7, 31), None]
    assert instants([1435708800], "d", "%s").values.to_list() == [datetime(2015, 7, 1)]
    with pytest.raises(BadInput, match=r"d, row 2: '20151331' is no date written as %Y%m%d"):
        instants([20150731, 20151331], "d", "%Y%m%d")


def test_formats_with_hours_are_kept_to():
    read = instants(["31.07.15 02:05 PM"], "t", "%d.%m.%y %I:%M %p")
    assert read.values.to_list() == [datetime(2015, 7, 31, 14, 5)]
    with pytest.raises(BadInput, match=r"t, row 1: '31\.07\.15' is no date"):
        instants(["31.07.15"], "t", "%d.%m.%y %I:%M %p")
    with pytest.raises(BadInput, match="zone='Europe/Berlin' says of which"):
        instants(["2015-07-31 14:05 +0200"], "t", "%Y-%m-%d %H:%M %z")
    read = instants(["2015-07-31 14:05 +0100"], "t", "%Y-%m-%d %H:%M %z", "Europe/Berlin")
    assert read.values.to_list() == [datetime(2015, 7, 31, 15, 5)]


def test_nothing_is_no_date_and_no_error():
    for values in ([], [None], ["", "  ", None], [float("nan")], [pd.NaT], np.array([], "M8[us]")):
        assert instants(values, "d").values.null_count() == len(values)


def test_days_among_times_are_midnights():
    mixed = [date(2015, 1, 1), datetime(2015, 1, 2, 3), None]
    want = [datetime(2015, 1, 1), datetime(2015, 1, 2, 3), None]
    assert instants(mixed, "t").values.to_list() == want
    assert instants(pd.Series(mixed, dtype=object), "t").values.to_list() == want
    assert instants(["2015-01-01", "2015-01-02T03:00", None], "t").values.to_list() == want


def test_offsets_need_a_place():
    texts = ["2015-07-31T22:30:00Z", "2015-07-31T23:30:00+02:00", "2015-07-31T20:30-0530"]
    with pytest.raises(BadInput, match=r"t, row 2: .*\+02:00' has an offset from UTC"):
        instants(texts, "t")
    utc = [datetime(2015, 7, 31, 22, 30), datetime(2015, 7, 31, 21, 30), datetime(2015, 8, 1, 2)]
    assert instants(texts, "t", zone="UTC").values.to_list() == utc
    there = [when.replace(tzinfo=UTC).astimezone(BERLIN).replace(tzinfo=None) for when in utc]
    assert instants(texts, "t", zone="Europe/Berlin").values.to_list() == there
    assert instants(texts[:1], "t").zone == "UTC"


def test_all_rows_have_a_zone_or_none_has():
    with pytest.raises(BadInput, match="t, row 2: '2015-07-31 10:00' names no time zone, and oth"):
        instants(["2015-07-31 10:00Z", "2015-07-31 10:00"], "t")
    aware = datetime(2015, 7, 31, 10, tzinfo=BERLIN)
    with pytest.raises(BadInput, match="t, row 1: '2015-07-31 10:00:00' names no time zone"):
        instants([datetime(2015, 7, 31, 10), aware], "t")
    read = instants([aware, None], "t")
    assert read.values.to_list() == [datetime(2015, 7, 31, 10), None]
    assert read.zone == "Europe/Berlin"
    with pytest.raises(BadInput, match="'Mars' is no time zone"):
        instants([aware], "t", zone="Mars")


def test_summer_time_is_that_of_the_place():
    texts = ["2015-03-29T00:30Z", "2015-03-29T01:30Z", "2015-10-25T00:30Z", "2015-10-25T01:30Z"]
    hours = instants(texts, "t", zone="Europe/Berlin").values.dt.hour().to_list()
    assert hours == [1, 3, 2, 2]


def test_units_of_other_libraries_are_read():
    for unit in ("s", "ms", "us", "ns"):
        column = np.array(["2015-07-31T10:00:01", "NaT"], f"M8[{unit}]")
        want = [datetime(2015, 7, 31, 10, 0, 1), None]
        assert instants(column, "t").values.to_list() == want
        assert instants(pd.Series(column), "t").values.to_list() == want
    assert instants(np.array(["2015-07-31"], "M8[D]"), "d").values.to_list() == [date(2015, 7, 31)]
