"Tables beside ratings: columns by name or by place; files that are whole or not there."

import os

import polars as pl
import pytest

from entable.cli import files
from entable.errors import BadInput


def lists(path, *roles):
    return [column.to_list() for column in files.columns(path, roles)]


@pytest.mark.parametrize(
    ("head", "body", "roles", "want"),
    [
        ("user,item", [("a", "x"), ("b", "y")], ("user", "item"), [["a", "b"], ["x", "y"]]),
        ("movieId,n,userId", [(1, 2, 3)], ("user", "item"), [["3"], ["1"]]),
        ("first,second", [(1, 2)], ("user", "item"), [["1"], ["2"]]),
        ("title,rating", [("x", 5)], ("item", "rating"), [["x"], ["5"]]),
        ("1,2", [(3, 4)], ("item", "rating"), [["1", "3"], ["2", "4"]]),
        ("9,1,2", [(9, 3, 4)], ("item", "rating"), [["1", "3"], ["2", "4"]]),
        ("7", [(8,)], ("user",), [["7", "8"]]),
    ],
)
def test_columns_are_found_by_name_else_by_place(table, head, body, roles, want):
    assert lists(table("t.csv", head, body), *roles) == want


def test_a_parquet_file_has_typed_columns(tmp_path):
    pl.DataFrame({"item": [1], "user": ["a"]}).write_parquet(tmp_path / "t.parquet")
    assert lists(tmp_path / "t.parquet", "user", "item") == [["a"], [1]]


def test_columns_that_are_not_there_are_named(table):
    with pytest.raises(BadInput, match=r"no columns for user and item among a, b, c"):
        files.columns(table("t.csv", "a,b,c", [(1, 2, 3)]), ("user", "item"))
    with pytest.raises(BadInput, match="has 1 column"):
        files.columns(table("u.csv", "1", [(2,)]), ("user", "item"))


def test_a_file_is_written_whole_with_the_usual_permissions(tmp_path):
    frame, out = pl.DataFrame({"a": [1, 2]}), tmp_path / "t.CSV"
    files.check_format(out)
    files.write(frame, out)
    assert pl.read_csv(out).equals(frame)
    (tmp_path / "other").touch()
    assert out.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_frame_that_cannot_be_written_leaves_the_old_file(tmp_path):
    out = tmp_path / "t.csv"
    out.write_text("old")
    with pytest.raises(BadInput, match="could not be written"):
        files.write(pl.DataFrame({"a": [[1, 2]]}), out)  # lists do not go into CSV
    assert out.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.csv"]


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(BadInput, match=r"neither \.csv nor \.parquet"):
        files.check_format(tmp_path / "t.xls")
