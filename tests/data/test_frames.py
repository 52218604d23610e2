"Frames of other libraries come in and go out as what they were."

import datetime as dt
import decimal
import subprocess
import sys
import uuid

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from entable.data.frames import frame_columns, frame_names, native_of, to_native
from entable.data.ratings import Ratings
from entable.errors import BadInput

FRAME = pl.DataFrame(
    {"extra": [[1], [2], [3]], "userId": ["ann", "bob", "ann"], "item": [7, 7, 8]}
    | {"rating": [1.0, 2.5, 4.0], "timestamp": [30, 20, 10]}
)
ROWS = [("ann", 7, 1.0, 30), ("bob", 7, 2.5, 20), ("ann", 8, 4.0, 10)]


class Streamed:
    "A frame of a library nobody knows: only the Arrow stream is there."

    def __init__(self, frame):
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema=None):
        return self.frame.__arrow_c_stream__(requested_schema)


def relation(frame):
    return duckdb.from_arrow(frame.to_arrow())


MAKERS = {
    "polars": lambda f: f,
    "polars lazy": lambda f: f.lazy(),
    "pandas": lambda f: f.to_pandas(),
    "arrow": lambda f: f.to_arrow(),
    "arrow batch": lambda f: f.to_arrow().to_batches()[0],
    "arrow streamed": Streamed,
    "duckdb": relation,
    "polars narwhals": nw.from_native,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_library_gives_the_same_ratings_and_gets_its_own_frame_back(kind):
    ratings = Ratings.read(MAKERS[kind](FRAME))
    assert ratings.native == kind.split()[0]
    back = ratings.frame()
    assert native_of(back) == ratings.native
    assert frame_names(back) == ["user", "item", "rating", "time"]
    columns = frame_columns(back)
    assert list(zip(*(list(map(plain, c)) for c in columns.values()), strict=True)) == ROWS
    assert ratings.notes == (
        "columns taken as user: userId, item: item, rating: rating, time: timestamp",
    )


def plain(value):
    return value.item() if hasattr(value, "item") else value


def test_columns_of_many_types():
    moment = dt.datetime(2020, 1, 1)
    frame = pl.DataFrame(
        {
            "user": pl.Series(["a", "b"], dtype=pl.Categorical),
            "item": [dt.date(2020, 1, 1), dt.date(2020, 1, 2)],
            "rating": [decimal.Decimal("1.5"), decimal.Decimal("2.5")],
            "time": [moment, moment],
        }
    )
    for make in ("polars", "arrow", "duckdb"):  # pandas has no dates
        ratings = Ratings.read(MAKERS[make](frame))
        assert ratings.users.names.tolist() == ["a", "b"]
        assert ratings.items.names.tolist() == [dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
        assert ratings.r.tolist() == [1.5, 2.5]
        assert ratings.time.tolist() == [1577836800] * 2


def test_uuids_of_duckdb_are_text_and_of_python_are_uuids():
    one = uuid.UUID(int=7)
    found = Ratings.read(duckdb.sql(f"select uuid '{one}' as user, 1 as item, 2 as rating"))
    assert found.users.names.tolist() == [str(one)]
    assert Ratings.of([one], [1], [2]).users.names.tolist() == [one]


def test_labels_that_are_numbers_are_positions():
    frame = pd.DataFrame([["a", "x", 3], ["b", "y", 4]])
    assert Ratings.read(frame).frame()["user"].tolist() == ["a", "b"]
    assert frame_names(frame) == ["0", "1", "2"]


def test_an_index_that_is_not_a_range_changes_nothing():
    frame = FRAME.to_pandas().set_index(pd.Index([9, 9, 4]))
    assert Ratings.read(frame).u.tolist() == [0, 1, 0]


def test_columns_of_one_name_are_refused():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=["user", "item", "rating", "user"])
    with pytest.raises(BadInput, match="same name: user, item, rating, user"):
        Ratings.read(frame)


def test_a_lazy_frame_reads_only_what_is_needed():
    broken = FRAME.lazy().with_columns(pl.col("extra").cast(pl.Int8).alias("extra"))
    assert len(Ratings.read(broken)) == 3


def test_facts_go_out_with_their_gaps():
    frame = to_native({"a": pl.Series([1, None]), "b": pl.Series(["x", None])}, "pandas")
    assert frame["a"].isna().tolist() == [False, True]
    assert to_native({"a": pl.Series([1])}, "none").to_dict(as_series=False) == {"a": [1]}


def test_frames_of_libraries_that_are_not_there_are_not_asked_for():
    code = (
        "import sys; import polars as pl; from entable.data.ratings import Ratings;"
        "Ratings.read(pl.DataFrame({'user': [1], 'item': [1], 'rating': [1]})).frame();"
        "Ratings.read([(1, 2, 3)]).frame();"
        "print({'pandas', 'pyarrow', 'duckdb', 'torch', 'numba'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_pandas_without_arrow_is_read_too():
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import pandas as pd; from entable.data.ratings import Ratings\n"
        "frame = pd.DataFrame({'user': ['a', 'b', 'a'], 'item': [1, 2, 3], 'rating': [1., 2., 3.],"
        "'time': pd.to_datetime(['2020-01-01'] * 3)})\n"
        "ratings = Ratings.read(frame)\n"
        "print(ratings.frame().to_dict('list'), pa := sys.modules['pyarrow'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == (
        "{'user': ['a', 'b', 'a'], 'item': [1, 2, 3], 'rating': [1.0, 2.0, 3.0], "
        "'time': [1577836800, 1577836800, 1577836800]} None"
    )
