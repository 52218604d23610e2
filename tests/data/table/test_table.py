"Fit and apply: one answer for one row or many, any library, what is said and what is refused."

import datetime as dt

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import entable
from entable.data.table import Table, encoding
from entable.errors import BadInput

N = 60
RNG = np.random.default_rng(0)
FRAME = pl.DataFrame(
    {
        "city": pl.Series(["Ulm", "Bonn", None, "Kiel"] * 15),
        "rooms": [1, 2, 3, 4, 5, 6] * 10,
        "area": RNG.gamma(9, 10, N).round(2),
        "old": [True, False, False] * 20,
        "sold": [dt.date(2015, 1, 1) + dt.timedelta(37 * k) for k in range(N)],
        "price": RNG.gamma(9, 100, N).round(),
    }
).with_columns(area=pl.when(pl.col("area") > 40).then("area"))
ARRAYS = ("codes", "numbers", "missing", "unseen", "target")


def same(a, b):
    for name in ARRAYS:
        x, y = getattr(a, name), getattr(b, name)
        assert (x is None) == (y is None), name
        if x is not None:
            assert x.dtype == y.dtype
            np.testing.assert_array_equal(x, y, name)


def test_the_table_stands_at_the_door():
    assert entable.Table is Table


def test_kinds_are_inferred_and_said():
    table = Table.fit(FRAME, "price")
    named = {c.name: c for c in table.categories}
    assert {"city", "rooms", "old", "sold month", "sold is month start"} <= set(named)
    assert named["rooms"].ordered
    assert not named["city"].ordered
    assert [n.name for n in table.numbers] == ["area", "sold day of year", "sold elapsed"]
    assert table.columns == ["city", "rooms", "old", "area", "sold"]
    told = "\n".join(table.notes)
    assert "taken for categories: city (3 levels), rooms (6 different whole numbers), old" in told
    assert "taken for dates: sold" in told
    assert "left out: sold is quarter end, sold is year end (each holds one value only)" in told
    assert "60 rows" in repr(table)
    assert "price (number)" in repr(table)


def test_rows_are_encoded_by_name():
    rows = Table.fit(FRAME, "price", categories=["city", "old"], numbers=["area"]).apply(FRAME)
    assert rows.codes[:4].tolist() == [[2, 3], [3, 2], [1, 2], [4, 3]]
    assert rows.codes.dtype == np.int32
    assert rows.numbers.dtype == np.float32
    assert rows.missing[:, 0].tolist() == FRAME["area"].is_null().to_list()
    assert (rows.numbers[rows.missing] == 0).all()
    assert rows.target.tolist() == FRAME["price"].to_list()
    assert rows.weights is None
    assert len(rows) == N


@pytest.mark.parametrize("repeated", [None, 2])
def test_one_row_and_all_have_the_same_answer(repeated):
    table = Table.fit(FRAME[:40], "price", repeated=repeated)
    whole = table.apply(FRAME)
    for k in range(N):
        same(table.apply(FRAME[k]), whole.take(slice(k, k + 1)))
        same(table.apply(FRAME.row(k, named=True)), whole.take([k]))


@pytest.mark.parametrize("size", [1, 7, 59, 60, 61])
def test_chunks_do_not_show(monkeypatch, size):
    table = Table.fit(FRAME, "price", repeated=2)
    whole = table.apply(FRAME)
    monkeypatch.setattr(encoding, "_CHUNK", size)
    same(table.apply(FRAME), whole)
    same(table.apply(FRAME.to_pandas()), whole)


def written(tmp_path):
    FRAME.write_csv(tmp_path / "homes.csv")
    FRAME.write_parquet(tmp_path / "homes.parquet")
    frame = pa.table(FRAME)
    return {
        "pandas": FRAME.to_pandas(),
        "objects": FRAME.to_pandas().astype(object),
        "arrow": frame,
        "duckdb": duckdb.from_arrow(frame),
        "lazy": FRAME.lazy(),
        "columns": FRAME.to_dict(as_series=False),
        "records": FRAME.to_dicts(),
        "csv": tmp_path / "homes.csv",
        "parquet": str(tmp_path / "homes.parquet"),
    }


def test_any_library_gives_the_same_table_and_the_same_rows(tmp_path):
    table = Table.fit(FRAME, "price", repeated=2)
    wanted = table.apply(FRAME)
    for name, frame in written(tmp_path).items():
        same(table.apply(frame), wanted)
        again = Table.fit(frame, "price", repeated=2)
        assert [c.name for c in again.categories] == [c.name for c in table.categories], name
        same(again.apply(FRAME), wanted)


def test_an_array_has_columns_x0_x1():
    values = np.stack([np.arange(30.0), RNG.random(30)], 1)
    table = Table.fit(values)
    assert [n.name for n in table.numbers] == ["x0", "x1"]
    same(table.apply(values), table.apply({"x1": values[:, 1], "x0": values[:, 0]}))


CELLS = {
    "text": st.sampled_from(["a", "b", "1", "", None]),
    "whole": st.integers(-2, 3) | st.none(),
    "float": st.sampled_from([0.5, 1.0, 2.0, float("nan"), None, -1e9]),
    "flag": st.booleans() | st.none(),
    "day": st.dates(dt.date(2015, 1, 1), dt.date(2015, 12, 31)) | st.none(),
}
TYPES = {
    "text": pl.String, "whole": pl.Int64, "float": pl.Float64, "flag": pl.Boolean, "day": pl.Date,
}  # fmt: skip


def drawn(data, least):
    rows = st.lists(st.fixed_dictionaries(CELLS), min_size=least, max_size=25)
    return pl.DataFrame(data.draw(rows), schema=TYPES).with_columns(n=pl.int_range(pl.len()))


@given(st.data(), st.sampled_from([None, 1, 3]), st.sampled_from(["robust", "quantile"]))
def test_any_frame_is_encoded_row_by_row(data, repeated, scaling):
    table = Table.fit(drawn(data, 2), repeated=repeated, scaling=scaling)
    test = drawn(data, 0)
    whole = table.apply(test)
    assert np.isfinite(whole.numbers).all()
    assert (whole.codes < [c.levels for c in table.categories]).all()
    for k in range(len(test)):
        same(table.apply(test[k].to_pandas()), whole.take([k]))
        same(table.apply(test.row(k, named=True)), whole.take([k]))
    several = table.apply(pl.concat([test] * 40))
    same(several.take(slice(len(test))), whole)


@given(st.data())
def test_unseen_levels_are_counted_row_by_row(data):
    levels = st.sampled_from(["a", "b", "c", None])
    rows = st.lists(st.tuples(levels, levels), min_size=2, max_size=30)
    train, test = data.draw(rows), data.draw(rows)
    x = {"x": [*range(len(train))]}
    columns = lambda rows: dict(zip("pq", map(list, zip(*rows, strict=True)), strict=True))  # noqa: E731
    table = Table.fit({**columns(train), **x}, repeated=8)
    known = [{v for v in column if v} for column in zip(*train, strict=True)]
    kept = {c.name for c in table.categories}
    wanted = [
        sum(v is not None and v not in known[k] for k, v in enumerate(row) if "pq"[k] in kept)
        for row in test
    ]
    found = table.apply({**columns(test), "x": [*range(len(test))]})
    assert found.unseen.tolist() == wanted


def test_repeated_numbers_are_categories_too_but_never_unseen():
    frame = {"age": [20] * 9 + [30] * 8 + [40] * 3, "y": [*range(20)]}
    table = Table.fit(frame, "y", repeated=8)
    (category,) = table.categories
    assert (category.name, category.source, category.also) == ("age as category", "age", True)
    assert category.vocab.names.tolist() == [20, 30]
    rows = table.apply({"age": [30, 40, 99, None, 30.5]})
    assert rows.codes[:, 0].tolist() == [3, 0, 0, 1, 0]
    assert rows.unseen.tolist() == [0] * 5
    assert "values that came 8 times or more are categories too: age (2)" in table.notes


def test_rare_levels_share_the_row_of_unseen_ones():
    frame = {"c": ["a"] * 9 + ["b"] * 2 + ["d"], "x": [*range(12)]}
    table = Table.fit(frame, min_count=2)
    assert table.categories[0].counts.tolist() == [1, 0, 9, 2]
    assert "c: 1 row of rare levels share the row of unseen ones; 2 levels stayed" in table.notes
    by_column = Table.fit({**frame, "e": frame["c"]}, min_count={"c": 3})
    assert [c.levels for c in by_column.categories] == [3, 5]
    assert Table.fit(frame, min_count=10).categories == ()


def test_settings_may_differ_by_column():
    frame = {"a": [1.5, 2, 30], "b": [1.5, None, 30], "size": ["S", "L", "M"]}
    table = Table.fit(
        frame, scaling={"a": "none"}, fill={"b": -1}, ordered={"size": ["S", "M", "L"]}
    )
    a, b = table.numbers
    assert (a.scaling, b.scaling, a.fill, b.fill) == ("none", "robust", 2, -1)
    assert table.categories[0].vocab.names.tolist() == ["S", "M", "L"]


def test_what_was_given_is_taken_at_its_word():
    table = Table.fit(FRAME, "price", categories=["rooms"], numbers=["area"])
    assert [c.name for c in table.categories] == ["rooms"]
    assert [n.name for n in table.numbers] == ["area"]
    assert "columns not asked for were left out: city, old, sold" in table.notes
    one = Table.fit(FRAME, "price", numbers=["rooms"], ignore=["sold"])
    assert [n.name for n in one.numbers] == ["rooms", "area"]
    alone = Table.fit(FRAME, "price", categories=["city"], numbers=[])
    assert alone.apply(FRAME).numbers.shape == (N, 0)
    only = Table.fit(FRAME, "price", categories=[], numbers=["area"])
    assert only.apply(FRAME).codes.shape == (N, 0)


def test_parts_of_dates_may_be_chosen():
    table = Table.fit(
        FRAME, "price", categories=[], numbers=[], dates={"sold": ["month", "elapsed"]}
    )
    assert [c.name for c in table.categories] == ["sold month"]
    assert [n.name for n in table.numbers] == ["sold elapsed"]
    assert table.columns == ["sold"]


def test_ordered_categories_of_pandas_keep_their_order():
    sizes = pd.Categorical(["M", "L", "S"], categories=["S", "M", "L"], ordered=True)
    frame = pd.DataFrame({"size": sizes, "x": [1.5, 2, 3]})
    (category,) = Table.fit(frame).categories
    assert category.vocab.names.tolist() == ["S", "M", "L"]
    assert category.ordered
    assert Table.fit(frame).apply(frame).codes[:, 0].tolist() == [3, 4, 2]


def test_extra_columns_are_ignored_and_said_and_lacking_ones_named():
    table = Table.fit(FRAME, "price", ignore=["sold"])
    found = table.apply(FRAME.with_columns(agent=1))
    assert found.notes == ["columns that were not learnt are ignored: sold, agent"]
    same(found, table.apply(FRAME.select(reversed(FRAME.columns))))
    with pytest.raises(
        BadInput, match=r"lacks 2 of the 4 columns.*: 'city', 'old'; it has 'rooms'"
    ):
        table.apply(FRAME.drop("city", "old"))


def test_a_prediction_frame_at_fit_time_refuses_what_it_lacks():
    frame = FRAME.with_columns(visits=pl.int_range(N))
    with pytest.raises(BadInput, match=r"has no 'visits'; .*ignore=\['visits'\]"):
        Table.fit(frame, "price", like=FRAME.drop("price"))
    Table.fit(frame, "price", like=FRAME.drop("price"), ignore=["visits"])


def test_texts_that_mean_a_gap():
    frame = {"work": ["?", "Private", " ?", "State"], "age": ["1", "NA", "3", "4.5"]}
    table = Table.fit(frame, numbers=["age"], missing=["?", "NA"])
    rows = table.apply(frame)
    assert rows.codes[:, 0].tolist() == [1, 2, 1, 3]
    assert rows.missing[:, 0].tolist() == [False, True, False, False]
    assert table.apply({"work": "?", "age": "NA"}).codes.tolist() == [[1]]


def test_a_type_that_changed_is_read_as_it_was_learnt_and_said():
    table = Table.fit({"holiday": ["0", "a", "b"], "x": [1.5, 2, 3]})
    rows = table.apply({"holiday": [0, 0], "x": [1, 2]})
    assert rows.codes.tolist() == [[2], [2]]
    assert rows.notes == ["holiday: numbers came and was read as the text of training"]


def test_numbers_that_may_be_names_are_said():
    frame = {"store": [*range(30)] * 10, "y": [*range(300)]}
    assert "if store are names rather than sizes, say categories=['store']" in "".join(
        Table.fit(frame, "y").notes
    )
    assert not any("rather" in n for n in Table.fit(frame, "y", categories=["store"]).notes)


def test_rows_are_taken():
    rows = Table.fit(FRAME, "price").apply(FRAME)
    assert rows.take([3, 1]).target.tolist() == FRAME["price"].gather([3, 1]).to_list()
    assert len(rows.take(rows.target > 900)) == (FRAME["price"] > 900).sum()
    assert rows.take(slice(2)).codes.tolist() == rows.codes[:2].tolist()


@pytest.mark.realdata
def test_the_adult_data_as_the_file_has_it(real):
    table = Table.fit(real / "adult" / "adult.data", "column_15", missing=["?"], repeated=8)
    assert table.size == 32_561
    assert table.target.classes.names.tolist() == ["<=50K", ">50K"]
    assert table.target.counts.tolist() == [24_720, 7_841]
    assert len(table.numbers) == 6
    assert sum(not c.also for c in table.categories) == 8
    rows = table.apply(real / "adult" / "adult.data")
    assert (rows.codes == 1).sum() == 1836 + 1843 + 583
    assert (rows.unseen == 0).all()
