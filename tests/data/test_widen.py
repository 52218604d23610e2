"One column out of a frame, and new ones in, whatever library it is of."

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from entable.data.frames import native_of
from entable.data.widen import column_of, kept, widened
from entable.errors import BadInput

FRAME = pl.DataFrame({"a": [1, None, 3], "b": ["x", "y", None]})
NEW = pl.DataFrame({"c": [0.5, None, 2.0], "d": [True, False, True]})


KINDS = {
    "polars": lambda: FRAME,
    "pandas": FRAME.to_pandas,
    "arrow": FRAME.to_arrow,
    "duckdb": lambda: duckdb.from_arrow(FRAME.to_arrow()),
}


def rows(frame):
    if native_of(frame) == "duckdb":
        return frame.fetchall()
    return (frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)).rows()


@pytest.mark.parametrize("kind", KINDS)
def test_columns_come_out_and_go_in_and_the_library_stays(kind):
    frame = KINDS[kind]()
    assert pl.Series(column_of(frame, "b")).to_list() == ["x", "y", None]
    wide = widened(frame, NEW)
    assert native_of(wide) == kind
    assert rows(wide) == [(1, "x", 0.5, True), (None, "y", None, False), (3, None, 2.0, True)]
    some = kept(frame, np.array([False, True, True]))
    assert native_of(some) == kind
    assert rows(some) == [(None, "y"), (3, None)]


def test_pandas_keeps_index_and_types():
    frame = pd.DataFrame({"a": pd.Categorical(["x", "y", "x"])}, index=list("uvw"))
    assert kept(widened(frame, NEW), np.array([True, False, True])).index.tolist() == ["u", "w"]
    assert isinstance(widened(frame, NEW)["a"].dtype, pd.CategoricalDtype)
    assert frame.columns.tolist() == ["a"], "the frame that came is as it was"


def test_lazy_frames_are_collected():
    assert widened(FRAME.lazy(), NEW).columns == ["a", "b", "c", "d"]
    assert kept(FRAME.lazy(), np.array([True, False, False])).height == 1


def test_what_is_not_there_or_there_already_is_named():
    with pytest.raises(BadInput, match="no column 'bb'; it has a, b"):
        column_of(FRAME, "bb")
    with pytest.raises(BadInput, match="no column 'a'; it has none"):
        column_of(pl.DataFrame(), "a")
    with pytest.raises(BadInput, match="a frame was wanted, list came"):
        column_of([1], "a")
    with pytest.raises(BadInput, match="has a column 'a' already; rename or drop it"):
        widened(FRAME, NEW.rename({"c": "a"}))
