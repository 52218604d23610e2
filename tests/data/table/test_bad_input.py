"What cannot be learnt or applied: each says what came, where, and the way out."

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from entable.data.table import Table, encoding
from entable.errors import BadInput

X = [1.5, 2, 3, 4]


def refused(words, frame, *args, **settings):
    with pytest.raises(BadInput, match=words):
        Table.fit(frame, *args, **settings)


def test_an_empty_frame_and_one_row():
    refused("no row came; a table is learnt from two rows", pl.DataFrame({"a": [], "b": []}))
    refused("no row came", pd.DataFrame())
    refused("one row came", {"a": 1, "b": "x"})
    table = Table.fit({"a": X})
    empty = table.apply(pl.DataFrame({"a": []}, schema={"a": pl.Float64}))
    assert empty.numbers.shape == (0, 1)
    assert len(table.apply({"a": 1})) == 1


def test_constant_and_empty_columns_are_left_out_and_said():
    frame = {"x": X, "one": [7] * 4, "none": [None] * 4, "nan": [float("nan")] * 4}
    table = Table.fit(frame)
    assert table.columns == ["x"]
    assert "left out: one (holds one value only)" in table.notes
    assert "left out: none, nan (each is empty)" in table.notes
    given = Table.fit(frame, numbers=["x", "one"], categories=["none"])
    assert given.columns == ["x"]
    assert table.apply({"x": [1.0]}).codes.shape == (1, 0)  # and need not be there later
    refused("there is no column to learn from; left out: one", {"one": [7] * 4})


def test_one_value_beside_gaps_is_a_column():
    table = Table.fit({"flag": ["yes", None, None, "yes"], "n": [1.0, None, 1, 1]})
    rows = table.apply({"flag": ["yes", None], "n": [None, 1]})
    assert rows.codes[:, 0].tolist() == [2, 1]
    assert rows.missing[:, 0].tolist() == [True, False]
    assert np.isfinite(rows.numbers).all()


def test_a_text_in_every_row_another_is_left_out_unless_asked_for():
    frame = {"note": [f"text {k}" for k in range(40)], "x": [*range(40)]}
    assert "left out: note (is another text in every row)" in Table.fit(frame).notes
    assert Table.fit(frame, categories=["note"]).categories[0].levels == 42


def test_a_million_levels_are_cut_to_what_can_be_learnt():
    n = 300_000
    frame = pl.DataFrame({"id": np.arange(n) // 2 % 140_000, "x": np.arange(n) / 7})
    frame = frame.with_columns(pl.col("id").cast(pl.String))
    table = Table.fit(frame)
    assert table.categories[0].levels <= 100_002
    assert any("rows of rare levels" in note for note in table.notes)


def test_a_number_that_turned_into_text():
    table = Table.fit({"km": X, "y": X}, "y")
    with pytest.raises(BadInput, match=r"'km', row 3: 'far' is no number.*\(and 1 more"):
        table.apply({"km": ["1", "2.5", "far", "near"]})
    assert table.apply({"km": ["1", "2.5"]}).missing.tolist() == [[False], [False]]


def test_a_bad_row_is_named_by_its_place_in_the_whole_frame(monkeypatch):
    monkeypatch.setattr(encoding, "_CHUNK", 10)
    table = Table.fit(
        {"km": X, "day": pl.date_range(dt.date(2015, 1, 1), dt.date(2015, 1, 4), eager=True)}
    )
    days = ["2015-01-01"] * 60
    with pytest.raises(BadInput, match=r"'km', row 58: 'far'"):
        table.apply({"km": ["1"] * 57 + ["far"] * 3, "day": days})
    with pytest.raises(BadInput, match=r"day, row 44: '2015-02-30'"):
        table.apply({"km": ["1"] * 60, "day": [*days[:43], "2015-02-30", *days[44:]]})


def test_infinite_numbers():
    refused("'a', row 2: inf is not finite", {"a": [1.5, float("inf"), 3, 4]})
    table = Table.fit({"a": X})
    with pytest.raises(BadInput, match="'a', row 1: -inf is not finite"):
        table.apply({"a": [-float("inf")]})


def test_columns_of_one_name():
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    refused("columns of the same name: a, a", frame)
    table = Table.fit({"a": X})
    with pytest.raises(BadInput, match="columns of the same name"):
        table.apply(frame)
    refused("columns have the same name: 1, 1", {1: X, "1": X})


def test_mixed_types():
    mixed = pd.DataFrame({"holiday": [0, "0", "a", 0], "x": X})
    refused(r"holiday values mix types: whole number \(row 1: 0\), text \(row 2: '0'\)", mixed)
    table = Table.fit({"holiday": ["0", "a", "b", "c"], "x": X})
    with pytest.raises(BadInput, match="holiday values mix types"):
        table.apply(mixed)
    assert len(table.apply({"holiday": [1, 2.5], "x": [1, 2]})) == 2  # both are numbers


def test_dates_that_do_not_parse():
    days = ["2015-07-30", "2015-07-31", "2015-08-01", "2015-08-02"]
    table = Table.fit({"day": days, "x": X})
    with pytest.raises(BadInput, match=r"day, row 2: 'soon' is no date"):
        table.apply({"day": ["2015-07-30", "soon"], "x": [1, 2]})
    refused("day, row 2: 'soon' is no date", {"day": ["2015-07-30", "soon"] * 2}, dates=["day"])
    assert table.apply({"day": [None], "x": [1]}).missing.any()


def test_time_zones():
    times = pl.datetime_range(
        dt.datetime(2015, 7, 1),
        dt.datetime(2015, 7, 9),
        "8h",
        time_zone="Europe/Berlin",
        eager=True,
    )
    table = Table.fit({"at": times})
    elsewhere = times.dt.convert_time_zone("Asia/Tokyo")
    a, b = table.apply({"at": times}), table.apply({"at": elsewhere})
    np.testing.assert_array_equal(a.codes, b.codes)
    np.testing.assert_array_equal(a.numbers, b.numbers)
    with pytest.raises(BadInput, match="no time zone"):
        table.apply({"at": times.dt.replace_time_zone(None)})


def test_columns_that_hold_what_no_model_takes():
    frame = pl.DataFrame({"tags": [["a"], ["b"], ["a"], []], "x": X})
    assert "left out: tags (holds List(String))" in Table.fit(frame).notes
    refused(r"'tags' holds List\(String\), which cannot be a category", frame, categories=["tags"])


def test_names_that_are_not_there_or_twice():
    frame = {"store": [1, 2, 3, 4], "x": X, "y": X}
    refused("no column 'Stores'; nearest: 'store'", frame, "y", categories=["Stores"])
    refused("no column 'z'", frame, "y", ignore=["z"])
    refused("no column 'w'", frame, "y", weights="w")
    refused("'x' is given as category and as number", frame, categories=["x"], numbers=["x"])
    refused("'y' is the target; it cannot be a number too", frame, "y", numbers=["y"])
    refused("'y' is ignored; it cannot", frame, numbers=["y"], ignore=["y"])
    refused(r"write \['store'\]", frame, categories="store")
    refused(r"write \['store'\]", frame, ignore="store")
    refused("target is given twice", frame, ["y", "y"])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (7, "int came for a table; wanted a path, a frame"),
        ("no-such-file.csv", "there is no file"),
        (np.zeros(3), r"an array of shape \(3,\)"),
        ({"a": X, "b": 7}, "'b' is one value among columns"),
        ({"a": X, "b": [1]}, "columns must be equally long; a 4, b 1 came"),
        ([], "list came for a table"),
    ],
)
def test_what_is_no_table(source, words):
    refused(words, source)


@pytest.mark.parametrize(
    "settings",
    [{"scaling": "minmax"}, {"bins": 0}, {"repeated": 0}, {"max_levels": 0}, {"fill": "mode"}],
)
def test_settings_that_are_none(settings):
    name = next(iter(settings))
    refused(f"{name}=", {"a": X}, **settings)
