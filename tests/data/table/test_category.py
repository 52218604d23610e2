"Levels and their rows: a dict twin, rare levels, order, other types."

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.table.category import Category
from entable.errors import BadInput

VALUES = {
    "text": st.sampled_from(["a", "b", "", "é", "-1", "1"]),
    "int": st.integers(-5, 5) | st.sampled_from([10**12, -(2**62)]),
    "float": st.sampled_from([0.5, 1.25, -3.0, 1e9]),
    "bool": st.booleans(),
    "date": st.dates(dt.date(2015, 1, 1), dt.date(2015, 1, 9)),
}
COLUMNS = st.one_of(*(st.lists(values | st.none(), max_size=200) for values in VALUES.values()))


def twin(category, values):
    "Rows by a dict that a student could write."
    known = {name: k for k, name in enumerate(category.vocab.names.tolist(), 2)}
    return [1 if v is None else known.get(v, 0) for v in values]


@given(COLUMNS, COLUMNS, st.integers(1, 4))
def test_rows_are_those_of_a_dict_for_few_and_many(train, test, least):
    category = Category.fit(pl.Series("", train), "c", min_count=least)
    for values in (train, *([test] if type_of(train) == type_of(test) else [])):
        series = pl.Series("", values)
        assert category.rows(series).tolist() == twin(category, values)
        several = category.rows(pl.concat([series] * 70)) if values else np.zeros(0)
        assert several.tolist() == twin(category, values) * 70 * bool(values)


def type_of(values):
    return {type(v) for v in values} - {type(None)}


@given(COLUMNS, st.integers(1, 4))
def test_counts_are_those_of_training_and_row_0_holds_the_rare(values, least):
    category = Category.fit(pl.Series("", values), "c", min_count=least)
    rows = category.rows(pl.Series("", values))
    assert np.bincount(rows, minlength=category.levels).tolist() == category.counts.tolist()
    assert category.counts[1] == values.count(None)
    assert (category.counts[2:] >= least).all()
    assert category.levels == len(category.vocab) + 2 == len(category.counts)


def test_numbers_dates_and_flags_keep_their_order_and_texts_that_of_appearance():
    fit = lambda values: Category.fit(pl.Series("", values), "c")  # noqa: E731
    assert fit([3, 1, 2, 1]).vocab.names.tolist() == [1, 2, 3]
    assert fit([True, False]).vocab.names.tolist() == [False, True]
    assert fit(["b", "a"]).vocab.names.tolist() == ["b", "a"]
    assert fit([3, 1]).ordered
    assert not fit(["b", "a"]).ordered


def test_an_order_is_kept_and_must_be_complete():
    values = pl.Series("", ["M", "L", "S", "L"])
    category = Category.fit(values, "size", ["S", "M", "L", "XL"])
    assert category.vocab.names.tolist() == ["S", "M", "L"]
    assert category.counts.tolist() == [0, 0, 1, 1, 2]
    assert category.ordered
    typed = Category.fit(values.cast(pl.Enum(["L", "M", "S"])), "size")
    assert typed.vocab.names.tolist() == ["L", "M", "S"]
    assert typed.ordered
    with pytest.raises(BadInput, match="'size' holds 'L', which is not among"):
        Category.fit(values, "size", ["S", "M"])


def test_no_more_levels_than_wanted_stay():
    values = pl.Series("", ["a"] * 5 + ["b"] * 4 + ["c"] * 2 + ["d"] * 2 + ["e"])
    assert Category.fit(values, "c", max_levels=4).vocab.names.tolist() == ["a", "b", "c", "d"]
    fewer = Category.fit(values, "c", max_levels=3)  # c and d are as rare as each other
    assert fewer.vocab.names.tolist() == ["a", "b"]
    assert fewer.counts.tolist() == [5, 0, 5, 4]


@pytest.mark.parametrize("n", [1, 100])
def test_values_of_another_type_are_what_they_are_written_as(n):
    texts = Category.fit(pl.Series("", ["0", "a", "2.5", "True"]), "holiday")
    assert texts.rows(pl.Series("", [0, 7, None] * n)).tolist() == [2, 0, 1] * n
    assert texts.rows(pl.Series("", [0.0, 2.5] * n)).tolist() == [2, 4] * n
    assert texts.rows(pl.Series("", [True, False] * n)).tolist() == [5, 0] * n
    whole = Category.fit(pl.Series("", [1, 2]), "store")
    assert (
        whole.rows(pl.Series("", ["2", " 1 ", "1.0", "x", None] * n)).tolist()
        == [3, 2, 2, 0, 1] * n
    )
    assert whole.rows(pl.Series("", [2.0, 1.5, None] * n)).tolist() == [3, 0, 1] * n
    flags = Category.fit(pl.Series("", [True, False]), "open")
    assert flags.rows(pl.Series("", ["true", "0", "?"] * n)).tolist() == [3, 2, 0] * n
    assert flags.rows(pl.Series("", [1, 0, 2] * n)).tolist() == [3, 2, 0] * n
    days = Category.fit(pl.Series("", [dt.date(2015, 7, 31)]), "day")
    written = ["2015-07-31", "2015-08-01", "soon"]
    assert days.rows(pl.Series("", written * n)).tolist() == [2, 0, 0] * n
    times = pl.Series("", [dt.datetime(2015, 7, 31, 4), dt.datetime(2015, 8, 1)] * n)
    assert days.rows(times).tolist() == [2, 0] * n


def test_a_million_levels():
    values = pl.Series("", np.arange(1_000_000) % 999_983).cast(pl.String)
    category = Category.fit(values, "id")
    assert category.levels == 2 + 17  # those that came twice: no more than 100,000 stay
    assert category.counts[0] == 1_000_000 - 34
    assert Category.fit(values, "id", max_levels=10**6).levels == 999_985


def test_what_is_no_category_is_refused():
    category = Category.fit(pl.Series("", ["a", "b"]), "tags")
    with pytest.raises(BadInput, match=r"'tags' holds List\(String\); it is a category"):
        category.rows(pl.Series("", [["a"], ["b"]]))
