"Anything that holds ratings is read; anything else is refused in one sentence."

import datetime as dt
import gzip
import json
import os
import stat
import struct
import tempfile

import numpy as np
import polars as pl
import pytest
import zstandard

from entable.data import read
from entable.data.ratings import Ratings
from entable.errors import BadInput

ROWS = [("ann", 7, 1.0, 30), ("bob", 7, 2.5, 20), ("ann", 8, 4.0, 10)]
FRAME = pl.DataFrame(ROWS, schema=["user", "item", "rating", "time"], orient="row")


def refusal(source, **given):
    with pytest.raises(BadInput) as error:
        Ratings.read(source, **given)
    return str(error.value)


def json_lines():
    return "".join(json.dumps(row) + "\n" for row in FRAME.to_dicts())


@pytest.mark.parametrize("write", ["parquet", "ipc", "ipc_stream", "ndjson", "json"])
def test_files_of_columns(tmp_path, write):
    path = tmp_path / f"r.{write}"
    getattr(FRAME, f"write_{write}")(path)
    ratings = Ratings.read(str(path))
    assert ratings.frame().rows() == ROWS
    assert ratings.native == "none"
    assert "columns taken as user: user, item: item, rating: rating" in ratings.notes[0]
    named = Ratings.read(path, user="item", item="user", time=False)
    assert named.frame().rows() == [(i, u, r) for u, i, r, _ in ROWS]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_json_lines(file, pack):
    assert Ratings.read(file("r.jsonl", pack(json_lines().encode()))).frame().rows() == ROWS


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        tuple(ROWS),
        iter(ROWS),
        [list(row) for row in ROWS],
        [dict(zip(FRAME.columns, row, strict=True)) for row in ROWS],
        {
            "user": ["ann", "bob", "ann"],
            "item": [7, 7, 8],
            "rating": [1, 2.5, 4],
            "ts": [30, 20, 10],
        },
        np.array(ROWS, dtype=object),
    ],
    ids=["list", "tuple", "iterator", "lists", "dicts", "columns", "array"],
)
def test_rows_of_python(rows):
    assert Ratings.read(rows).frame().rows() == ROWS


def test_rows_without_time():
    assert Ratings.read([row[:3] for row in ROWS]).time is None
    assert Ratings.read(ROWS, time=False).time is None


def test_rows_keep_the_types_of_their_names():
    assert Ratings.read([("1", True, 3)]).frame().rows() == [("1", True, 3.0)]


def test_files_read_together(file, tmp_path):
    file("r/1.csv", "user,item,rating\n1,x,1\n2,y,2\n")
    file("r/2.csv", "user;item;rating\n3;x;3\n1;z;4\n")
    ratings = Ratings.read(tmp_path / "r" / "*.csv")
    assert ratings.frame().rows() == [(1, "x", 1.0), (2, "y", 2.0), (3, "x", 3.0), (1, "z", 4.0)]
    assert [note.split(";")[0] for note in ratings.notes] == [
        "2 files: comma-separated, with a header",
        "2 files: ",
    ]
    file("r/3.csv", "user,item,rating\n1,q,1\n2,y,bad\n")
    assert refusal(tmp_path / "r" / "*.csv") == "3.csv, line 3: the rating 'bad' is no number"
    file("r/3.csv", "user,item,rating,time\n1,x,1,9\n")
    assert refusal(tmp_path / "r" / "*.csv") == (
        "3.csv has user, item, rating, time, and 1.csv user, item, rating; "
        "files read together must agree"
    )


def test_text_files_of_which_some_have_only_numbers_are_text_together(file, tmp_path):
    file("r/1.csv", "user,item,rating\n1,7,1\n2,8,2\n")
    file("r/2.csv", "user,item,rating\nx,7,3\n1,7,4\n")
    ratings = Ratings.read(tmp_path / "r" / "*.csv")
    assert ratings.frame().rows() == [("2", 8, 2.0), ("x", 7, 3.0), ("1", 7, 4.0)]


def test_parquet_files_of_different_types_do_not_go_together(tmp_path):
    for name, user in (("a", 1), ("b", "x")):
        pl.DataFrame({"user": [user], "item": [1], "rating": [1]}).write_parquet(tmp_path / name)
    assert refusal(tmp_path / "?") == (
        "the users of b are text, and those of a whole numbers; files read together must agree"
    )


def test_one_warning_for_many_files_that_are_not_utf8(file, tmp_path):
    for name in ("a", "b"):
        file(f"r/{name}.csv", f"user,item,rating\né{name},x,1\n".encode("latin-1"))
    with pytest.warns(UserWarning, match=r"^a.csv and 1 more: not UTF-8, read as Latin-1$") as seen:
        Ratings.read(tmp_path / "r" / "*.csv")
    assert len(seen) == 1


def model_file():
    head = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(head)) + head + bytes(4)


def parquet(tmp_path):
    FRAME.write_parquet(tmp_path / "whole")
    return (tmp_path / "whole").read_bytes()


def test_bad_files_say_what_came_and_the_way_out(file, tmp_path):
    whole = parquet(tmp_path)
    (tmp_path / "folder").mkdir()
    for name, raw, message in (
        ("none.csv", None, "there is no file {path}"),
        (
            "folder",
            None,
            "{path} is a folder; give a file in it, or a pattern such as {path}/*.csv",
        ),
        ("empty.csv", b"", "{path} is empty"),
        (
            "head.csv",
            b"user,item,rating\n",
            "head.csv has a header (user, item, rating) and no rows",
        ),
        (
            "model.entable",
            model_file(),
            "{path} is a model file, and ratings are wanted here; entable.load reads models",
        ),
        (
            "model.safetensors",
            model_file(),
            "{path} is a model file, and ratings are wanted here; entable.load reads models",
        ),
        (
            "picture.png",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
            "{path} is a binary file; tables are read from text (CSV and its kin), JSON lines, "
            "Parquet and Arrow",
        ),
        ("cut.parquet", whole[:200], "cut.parquet cannot be read as Parquet: "),
        ("cut.arrow", b"ARROW1\x00\x00" + bytes(50), "cut.arrow cannot be read as an Arrow file: "),
        (
            "r.jsonl",
            b'{"user": 1, "item": 2, "rating": 3}\n\n{"user": 1, "item"\n',
            "r.jsonl, line 3 is no JSON: ",
        ),
        (
            "s.jsonl",
            b'{"user": 1, "item": 2, "rating": 3}\n[1, 2, 3]\n',
            "s.jsonl, line 2 is no JSON object: b'[1, 2, 3]'",
        ),
        (
            "t.jsonl",
            b'{"user": null, "item": 2, "rating": 3}\n',
            "t.jsonl, line 1: the user is missing",
        ),
        (
            "u.jsonl",
            b'{"user": 1, "item": 2, "rating": 3}\n{"user": 1, "item": 3, "rating": "x"}\n',
            "u.jsonl, line 2: the rating 'x' is no number",
        ),
        ("cut.json", b'[{"user": 1, "item": 2', "cut.json cannot be read as JSON: "),
    ):
        path = tmp_path / name
        if raw is not None:
            file(name, raw)
        assert refusal(path).startswith(message.format(path=path))
        assert "\n" not in refusal(path)


def test_ids_of_mixed_types_in_json_are_text(file):
    lines = (
        '{"user": 1, "item": 1, "rating": 1}\n' * 2000 + '{"user": "x", "item": 1, "rating": 1}\n'
    )
    assert Ratings.read(file("r.jsonl", lines)).users.names.tolist() == ["1", "x"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "there is no rating in what was given; one at least is needed"),
        (pl.DataFrame(), "the frame: 0 columns and no header; wanted user, item, rating"),
        (pl.DataFrame({"user": []}), "the frame: no column for the item among 'user'; name it"),
        (FRAME.clear(), "there is no rating in what was given"),
        (7, "ratings cannot be read from int; wanted a path, a frame, or tuples of user, item"),
        ("", "an empty path came; wanted that of a file"),
        ({"user": 1}, "a mapping must hold columns: user, item and rating, each a list"),
        (["abc"], "row 1 is 'abc'; wanted (user, item, rating[, time])"),
        ([1, 2, 3], "row 1 is 1; wanted (user, item, rating[, time])"),
        ([(1, 2, 3), (1, 2)], "row 2 has 2 values; wanted user, item, rating and perhaps time"),
        ([(1, 2, 3), (1, 2, 3, 4)], "row 2 has 4 values; wanted user, item, rating and perhaps"),
        ([(1, 2, 3), (None, 2, 3)], "row 2: the user is missing; every rating needs one"),
        ([(1, 2, 3), ("1", 2, 3)], "users mix types: whole number (row 1: 1), text (row 2: '1')"),
        ([(1, 2, 3), (1, 3, None)], "row 2: the rating is missing"),
        ([(1, 2, 3), (1, 3, "x")], "row 2: the rating 'x' is no number"),
        ([(1, 2, 3), (1, 3, float("nan"))], "row 2: the rating nan is no finite number"),
        ([(1, 2, 3), (1, 3, -np.inf)], "row 2: the rating -inf is no finite number"),
        ([(1, 2, True)], "ratings must be numbers; the column given for them is Boolean"),
        ([(1, 2, dt.date(2020, 1, 1))], "ratings must be numbers; the column given for them is Da"),
        ([(1, 2, 3, 4), (1, 3, 3, None)], "row 2: the time is missing; time=False"),
        ([(1, 2, 3, True)], "times must be seconds since 1970, dates or texts of these"),
    ],
)
def test_bad_rows_say_what_and_where(source, message):
    assert refusal(source).startswith(message)


def test_an_interrupted_reading_leaves_nothing_behind(file, tmp_path, monkeypatch):
    path = file("r/r.csv.gz", gzip.compress(b"1::2::3\n"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pl, "scan_csv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Ratings.read(path)
    assert os.listdir(tmp_path / "r") == ["r.csv.gz"]
    assert os.listdir(tmp_path) == ["r"]


def test_a_file_that_ends_while_it_is_read_is_said(file, monkeypatch):
    path = file("r.csv", "user,item,rating\na,x,1\n")

    def gone(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(read, "read_delimited", gone)
    assert refusal(path) == f"{path} cannot be read: Input/output error"


def test_a_pipe_is_no_file_to_wait_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert refusal(tmp_path / "pipe").startswith(f"{tmp_path / 'pipe'} is no file")
