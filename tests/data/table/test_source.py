"Any table as columns: names, slices, gaps, and what a file says."

import numpy as np
import pandas as pd
import polars as pl
import pytest

from entable.data.table.source import source_of
from entable.errors import BadInput


def test_columns_of_a_frame_and_only_some_of_them():
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    source = source_of(frame)
    assert source.names == ["a", "b"]
    assert len(source) == 2
    assert source.series("b", 1).to_list() == ["y"]
    assert source.frame().equals(frame)
    some = source_of(frame, only=["b", "z"])
    assert (some.names, some.all_names) == (["b"], ["b", "a"])
    assert len(source_of(frame, only=["z"])) == 2  # rows are counted all the same
    assert source_of(source) is source


def test_one_row_may_be_a_mapping_or_a_list_of_one():
    for row in ({"a": 1, "b": None}, [{"a": 1, "b": None}]):
        source = source_of(row)
        assert len(source) == 1
        assert source.series("a").to_list() == [1]
        assert source.series("b").to_list() == [None]
    ragged = source_of([{"a": 1}, {"b": 2}])
    assert ragged.frame().rows() == [(1, None), (None, 2)]


def test_cells_of_a_text_file_lose_blanks_and_empty_ones_are_gaps(file):
    source = source_of(file("t.csv", 'name, n\n x , 1\n"",\ny,NA\n'), gaps=["NA"])
    assert source.text
    assert source.frame().rows() == [("x", "1"), (None, None), ("y", None)]


def test_texts_of_a_frame_are_left_as_they_are_but_for_gaps():
    source = source_of({"a": [" x", "", " NA "]}, gaps=["NA"])
    assert source.series("a").to_list() == [" x", "", None]
    assert source.values("a") == [" x", "", " NA "]


def test_types_of_pandas():
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "d": [1.5, float("nan")],
            "b": pd.array([True, None], dtype="boolean"),
            "s": pd.Series(["x", None], dtype="str"),
            "c": pd.Categorical(["x", None]),
            "o": pd.Series([1, None], dtype=object),
        }
    )
    assert source_of(frame).frame().rows() == [
        (1, 1.5, True, "x", "x", 1),
        (None, None, None, None, None, None),
    ]


def test_structured_arrays_have_names():
    array = np.array([(1, 2.5), (2, 3.5)], dtype=[("a", "i4"), ("b", "f8")])
    assert source_of(array).frame().rows() == [(1, 2.5), (2, 3.5)]


def test_columns_must_be_equally_long():
    with pytest.raises(BadInput, match="equally long; a 1, b 2 came"):
        source_of({"a": [1], "b": [1, 2]})
