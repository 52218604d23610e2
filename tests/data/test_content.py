"What a file holds is seen from its bytes; what is no table is refused with the way out."

import gzip
import json
import struct
import zipfile

import polars as pl
import pytest
import zstandard

from entable.data.content import opened, paths_of
from entable.errors import BadInput

TEXT = "user,item,rating\na,x,1\n"


def refusal(path):
    with pytest.raises(BadInput) as error:
        opened(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        (TEXT, "text"),
        ('{"user": 1}\n', "lines"),
        ('\n [\n{"user": 1}]', "json"),
        ("1:\n7,3,2005-09-06\n", "blocks"),
        ("1:\r\n2:\r\n7,3\r\n", "blocks"),
        ("a:b,c\n", "text"),
    ],
)
def test_forms_of_text(file, raw, form):
    content = opened(file("x", raw))
    assert (content.form, content.head, content.whole) == (form, raw.encode(), True)


@pytest.mark.parametrize("write", ["write_parquet", "write_ipc", "write_ipc_stream"])
def test_forms_of_columns(tmp_path, write):
    path = tmp_path / "x"
    getattr(pl.DataFrame({"a": [1]}), write)(path)
    assert opened(path).form == {"t": "parquet", "c": "ipc", "m": "stream"}[write[-1]]


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r").encode(),
        gzip.compress(TEXT.encode(), mtime=0),
        gzip.compress(TEXT.encode("utf-16"), mtime=0),
        zstandard.compress(TEXT.encode()),
    ],
)
def test_packed_and_marked_text_is_the_same_text(file, raw):
    content = opened(file("x", raw))
    assert content.head.decode() == content.as_bytes().decode() == TEXT


def test_text_that_is_not_utf8_is_latin(file):
    content = opened(file("x", "user,item,rating\né,ü,1\n".encode("latin-1")))
    assert content.latin
    assert "é,ü" in content.as_bytes().decode()
    assert not opened(file("y", "user,item,rating\né,ü,1\n")).latin


def test_a_letter_cut_by_the_end_of_the_head_is_no_sign_of_latin(file):
    raw = ("a" * ((1 << 18) - 1) + "é" * 10).encode()
    assert not opened(file("x", raw)).latin


def test_latin_below_the_head_is_seen_when_asked(file):
    path = file("x", b"a,b\n" * (1 << 17) + "é,x\n".encode("latin-1"))
    content = opened(path)
    assert not content.latin
    assert content.as_latin().as_bytes().decode().endswith("é,x\n")
    assert opened(file("y", "é,x\n")).as_latin() is None


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (zstandard.compress(b""), "is empty"),
        (b" \n\n\t\n", "is empty: it holds nothing but blank lines"),
        (bytes(range(256)), "is a binary file; tables are read from text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a binary file"),
        (b"SQLite format 3\x00", "is an SQLite database; export the table"),
        (b"%PDF-1.7", "is a PDF"),
        (b"BZh91AY&SY", "is packed with bzip2"),
        (gzip.compress(TEXT.encode() * 99, mtime=0)[:-9], "is cut off or damaged"),
        (gzip.compress(TEXT.encode() * 99, mtime=0)[:40] + b"\x00" * 40, "is cut off or damaged"),
        (zstandard.compress(TEXT.encode() * 99)[:-9], "is cut off or damaged"),
    ],
)
def test_what_is_no_table_is_refused(file, raw, why):
    path = file("x.csv", raw)
    assert refusal(path).startswith(f"{path} {why}")


def test_an_archive_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("ratings.csv", TEXT)
    assert (
        refusal(path) == f"{path} is a zip archive or a spreadsheet; unpack it, or save it as CSV"
    )


def test_a_model_file_is_refused(file):
    head = json.dumps({"__metadata__": {}}).encode()
    path = file("m.entable", struct.pack("<Q", len(head)) + head)
    assert refusal(path) == (
        f"{path} is a model file, and ratings are wanted here; entable.load reads models"
    )


def test_paths_and_patterns(file, tmp_path):
    a, b = file("r/a.csv", TEXT), file("r/b.csv", TEXT)
    odd = file("r/[1].csv", TEXT)
    assert paths_of(str(a)) == paths_of(a) == [a]
    assert paths_of(tmp_path / "r" / "?.csv") == paths_of(f"{tmp_path}/**/?.csv") == [a, b]
    assert paths_of(odd) == [odd]
    for source, why in (
        (tmp_path / "r", f"{tmp_path / 'r'} is a folder; give a file in it, or a pattern"),
        (tmp_path / "c.csv", f"there is no file {tmp_path / 'c.csv'}"),
        (tmp_path / "*.tsv", f"no file matches {tmp_path / '*.tsv'}"),
    ):
        with pytest.raises(BadInput) as error:
            paths_of(source)
        assert str(error.value).startswith(why)


def test_a_file_that_cannot_be_read_is_said(file):
    path = file("x.csv", TEXT)
    assert refusal(path / "below").endswith("cannot be read: Not a directory")
