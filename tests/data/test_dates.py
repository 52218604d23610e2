"Columns of dates: read and taken apart in new frames as in training."

import json
from datetime import date, datetime

import pandas as pd
import polars as pl
import pytest

from entable.data.dateparts import CLOCK, CYCLES, PARTS
from entable.data.dates import Dates, date_parts
from entable.errors import BadInput, BadModelFile

ALL = (*PARTS, *CLOCK, *CYCLES)


def test_the_same_day_from_any_library_and_any_writing():
    read = Dates.fit(["31.07.2015", "01.02.2016"], "d", ["year", "day of year"])
    want = [(2015, 212), (None, None)]
    assert read.columns == ("d year", "d day of year")
    for column in (
        ["31.07.2015", None],
        ["31.07.2015", " "],
        [date(2015, 7, 31), None],
        [datetime(2015, 7, 31, 23, 59), None],  # training knew no hours
        pl.Series([date(2015, 7, 31), None]),
        pl.Series(["31.07.2015", None], dtype=pl.Categorical),
        pd.Series(pd.to_datetime(["2015-07-31", None])),
        pd.Series(["31.07.2015", None]),
        pd.Series(pd.to_datetime(["2015-07-31", None])).to_numpy(),
    ):
        assert read.apply(column).rows() == want
        assert tuple(read.apply(column).columns) == read.columns


def test_whole_numbers_truths_and_floats_say_how_to_take_a_part():
    types = Dates.fit(["2015-07-31 12:30"], "t", ALL).apply(["2015-07-31 12:30"]).schema
    for name, dtype in types.items():
        part = name[2:]
        if part.startswith("is "):
            assert dtype == pl.Boolean
        elif part == "elapsed" or part[-3:] in ("sin", "cos"):
            assert dtype == pl.Float64
        else:
            assert dtype.is_integer()


def test_hours_are_parts_only_where_there_are_some():
    assert Dates.fit(["2015-07-31"]).parts == PARTS
    assert Dates.fit(pd.Series(pd.to_datetime(["2015-07-31"]))).parts == PARTS  # midnights
    assert Dates.fit(["2015-07-31 00:00", "2015-07-31T08:00"]).parts == PARTS + CLOCK
    assert Dates.fit([None]).parts == PARTS
    with pytest.raises(BadInput, match="'hour' was asked for, and the column holds days only"):
        Dates.fit(["2015-07-31"], "d", ["hour"])


def test_parts_are_checked():
    with pytest.raises(BadInput, match="d: 'Year' is no part of a date; parts are year, quarter"):
        Dates.fit(["2015-07-31"], "d", ["Year"])
    for parts in ([], ["year", "year"]):
        with pytest.raises(BadInput, match="each once, and one at least"):
            Dates.fit(["2015-07-31"], "d", parts)


def test_a_zone_of_training_is_kept_to():
    berlin = pl.Series([datetime(2015, 7, 31, 22, 30)]).dt.replace_time_zone("UTC")
    berlin = berlin.dt.convert_time_zone("Europe/Berlin")
    read = Dates.fit(berlin, "t", ["day", "hour"])
    assert read.zone == "Europe/Berlin"
    assert read.apply(berlin).row(0) == (1, 0)
    assert read.apply(berlin.dt.convert_time_zone("Asia/Tokyo")).row(0) == (1, 0)
    assert read.apply(["2015-07-31T22:30Z"]).row(0) == (1, 0)
    assert read.apply(["2015-08-01"]).row(0) == (1, 0), "a day is the same day anywhere"
    with pytest.raises(BadInput, match=r"t, row 2: .*names no time zone, and times of Europe/B"):
        read.apply(pl.Series([None, datetime(2015, 7, 31)]))
    with pytest.raises(BadInput, match=r"t, row 1: '2015-07-31 22:30' names no time zone"):
        read.apply(["2015-07-31 22:30"])


def test_a_zone_that_training_had_not_is_refused():
    read = Dates.fit(["2015-07-31"], "t")
    moment = pl.Series([None, datetime(2015, 7, 31)]).dt.replace_time_zone("UTC")
    with pytest.raises(BadInput, match=r"t, row 2: 2015-07-31 .* zone UTC, and training had none"):
        read.apply(moment)
    with pytest.raises(BadInput, match=r"t, row 1: .* zone UTC, and training had none"):
        read.apply(["2015-07-31T10:00Z"])


def test_what_is_no_date_is_said_with_row_and_value():
    read = Dates.fit(["31.07.2015"], "Date")
    with pytest.raises(BadInput, match=r"Date, row 3: '31\.02\.2015' is no date written as %d\.%m"):
        read.apply(["31.07.2015", None, "31.02.2015", "x"])
    with pytest.raises(BadInput, match=r"Date, row 1: '2015-07-31' is no date written as %d\.%m"):
        read.apply(["2015-07-31"])


def test_a_frame_of_any_library_gets_parts_beside_its_columns():
    frame = pl.DataFrame({"Date": ["2015-07-31"], "x": [1]})
    wide = date_parts(frame, "Date", ["year", "in week"])
    assert wide.columns == ["Date", "x", "Date year", "Date in week sin", "Date in week cos"]
    assert date_parts(frame.lazy(), "Date", ["year"]).rows() == [("2015-07-31", 1, 2015)]
    assert date_parts(frame.to_arrow(), "Date", ["year"]).column_names[-1] == "Date year"
    pandas = pd.DataFrame({"Date": ["2015-07-31"], "x": [1]}, index=[7])
    assert date_parts(pandas, "Date", ["year"]).loc[7, "Date year"] == 2015
    with pytest.raises(BadInput, match="no column 'date'; it has Date"):
        date_parts(frame, "date")
    with pytest.raises(BadInput, match="has a column 'Date year' already"):
        date_parts(wide, "Date", ["year"])
    with pytest.raises(BadInput, match="a frame was wanted, int came"):
        date_parts(3, "Date")


def test_what_was_learnt_travels_as_json():
    for read in (
        Dates.fit(["31.07.2015"], "Date", ["year", "in year"]),
        Dates.fit(["2015-07-31 10:00Z"], "t"),
    ):
        assert Dates.of(json.loads(json.dumps(read.state()))) == read


@pytest.mark.parametrize(
    "change",
    [
        {"parts": ["yeer"]},
        {"parts": "year"},
        {"parts": [["year"]]},
        {"name": 3},
        {"zone": 3},
        {"clock": "yes"},
        {"more": 1},
    ],
)
def test_a_damaged_description_is_refused(change):
    state = Dates.fit(["2015-07-31"], "d", ["year"]).state()
    for bad in (state | change, None, [], {k: state[k] for k in list(state)[1:]}):
        with pytest.raises(BadModelFile, match="not described as they should be"):
            Dates.of(bad)
