"Joins: a dict twin; unmatched rows counted, multiplied ones refused, the library kept."

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.table import Table
from entable.errors import BadInput

KEYS = st.lists(st.sampled_from([1, 2, 3, 4, None]), min_size=1, max_size=20)
LEFT = pl.DataFrame({"store": [3, 1, 9, 3, None], "sales": [5, 6, 7, 8, 9]})
RIGHT = pl.DataFrame({"store": [1, 2, 3], "state": ["HE", "BY", "BE"]})


@given(KEYS, st.permutations([1, 2, 3]))
def test_a_join_is_a_look_up_by_key(keys, there):
    right = {"k": there, "v": [f"v{k}" for k in there]}
    known = dict(zip(there, right["v"], strict=True))
    joined = Table.join({"k": pl.Series(keys, dtype=pl.Int64)}, right, "k")
    assert joined.frame["k"].to_list() == keys
    assert joined.frame["v"].to_list() == [known.get(k) for k in keys]
    lost = [k for k in keys if k not in known]
    assert joined.unmatched["rows"].sum() == len(lost)
    assert joined.unmatched["k"].to_list() == list(dict.fromkeys(lost))
    assert joined.unused == len(set(there) - set(keys))


@given(KEYS, KEYS)
def test_many_gives_every_pair_in_order(keys, there):
    joined = Table.join(
        pl.DataFrame({"k": keys}, schema={"k": pl.Int64}),
        pl.DataFrame({"k": there, "v": range(len(there))}, schema={"k": pl.Int64, "v": pl.Int64}),
        "k",
        many=True,
    )
    pairs = [
        (k, v)
        for k in keys
        for v in [j for j, t in enumerate(there) if t == k is not None] or [None]
    ]
    assert joined.frame.rows() == pairs


def test_what_did_not_match_is_said():
    joined = Table.join(LEFT, RIGHT, on="store")
    assert joined.frame["state"].to_list() == ["BE", "HE", None, "BE", None]
    assert joined.title == "2 of 5 rows matched nothing"
    assert joined.notes == (
        "2 keys not there, listed above",
        "1 row of the second frame matched nothing",
    )
    assert joined.table.rows() == [(9, 1), (None, 1)]
    assert "2 of 5 rows" in str(joined)
    assert Table.join(LEFT[:2], RIGHT, on="store").title == "every row matched"


def test_rows_are_not_multiplied_unless_asked():
    twice = pl.concat([RIGHT, RIGHT[2:]])
    words = r"2 rows for store 3, so that 5 rows would become 7; .* many=True"
    with pytest.raises(BadInput, match=words):
        Table.join(LEFT, twice, on="store")
    joined = Table.join(LEFT, twice, on="store", many=True)
    assert len(joined.frame) == 7
    assert joined.notes[0] == "5 rows became 7, for some matched several"
    unused = pl.concat([RIGHT, RIGHT[1:2]])  # a repeated key that nobody asks for does no harm
    assert len(Table.join(LEFT, unused, on="store").frame) == 5


@pytest.mark.parametrize(
    "make", [pl.DataFrame.to_pandas, pa.table, duckdb.from_arrow, pl.DataFrame.lazy]
)
def test_the_library_of_the_first_frame_is_kept(make):
    first = make(pa.table(LEFT) if make is duckdb.from_arrow else LEFT)
    joined = Table.join(first, RIGHT.to_pandas(), on="store").frame
    assert type(joined).__module__.split(".")[0] == type(first).__module__.split(".")[0]
    columns = joined.columns if not isinstance(joined, pa.Table) else joined.column_names
    assert list(columns) == ["store", "sales", "state"]


def test_a_frame_of_pandas_keeps_its_index_and_types():
    frame = pd.DataFrame({"k": ["a", "z"], "c": pd.Categorical(["x", "y"])}, index=[7, 8])
    joined = Table.join(frame, {"key": ["a"], "w": [1]}, {"k": "key"}).frame
    assert joined.index.tolist() == [7, 8]
    assert joined["c"].dtype == "category"
    assert list(joined.columns) == ["k", "c", "w"]


def test_files_are_joined_by_several_columns(file):
    first = file("a.csv", "store,week,sales\n1,1,10\n1,2,20\n2,1,30\n")
    second = file("b.csv", "store,week,open\n1,2,6\n2,1,5\n1,1,\n")
    joined = Table.join(first, second, ["store", "week"])
    assert joined.frame.rows() == [(1, 1, 10, None), (1, 2, 20, 6), (2, 1, 30, 5)]
    assert joined.title == "every row matched"


def test_what_cannot_be_joined():
    with pytest.raises(BadInput, match="the first frame has no column 'shop'"):
        Table.join(LEFT, RIGHT, "shop")
    with pytest.raises(BadInput, match="the second frame has no column 'sales'"):
        Table.join(LEFT, RIGHT, ["store", "sales"])
    with pytest.raises(BadInput, match="names no column"):
        Table.join(LEFT, RIGHT, [])
    texts = RIGHT.with_columns(pl.col("store").cast(pl.String))
    words = "'store' is whole numbers in the first frame, and 'store' text in the second"
    with pytest.raises(BadInput, match=words):
        Table.join(LEFT, texts, "store")
    both = RIGHT.with_columns(sales=1)
    with pytest.raises(BadInput, match=r"both frames have 'sales'; .*suffix="):
        Table.join(LEFT, both, "store")
    assert "sales there" in Table.join(LEFT, both, "store", suffix=" there").frame.columns


def test_keys_of_other_widths_are_equal():
    narrow = RIGHT.with_columns(pl.col("store").cast(pl.Int16))
    wide = LEFT.with_columns(pl.col("store").cast(pl.Float64))
    assert Table.join(wide, narrow, "store").frame["state"].to_list()[:2] == ["BE", "HE"]
    coded = pl.DataFrame({"k": pl.Series(["a", "b"]).cast(pl.Categorical)})
    assert Table.join(coded, {"k": ["b"], "v": [1]}, "k").frame["v"].to_list() == [None, 1]
