"""What a file holds: text in some encoding and packing, columns, or nothing that can be read."""

import codecs
import gzip
import re
import zlib
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path

import polars as pl

from entable.errors import BadInput

__all__ = ["LATIN", "Content", "NotUtf8", "opened", "paths_of", "reading"]

_HEAD = 1 << 18
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_FORMS = ((b"PAR1", "parquet"), (b"ARROW1", "ipc"), (b"\xff\xff\xff\xff", "stream"))
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or a spreadsheet; unpack it, or save it as CSV"),
    (b"SQLite format 3", "an SQLite database; export the table of ratings as CSV"),
    (b"%PDF", "a PDF"),
    (b"BZh91AY&SY", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "packed with xz; unpack it first"),
)


LATIN = ": not UTF-8, read as Latin-1"


class NotUtf8(UserWarning):
    "A text was not UTF-8 and was read as Latin-1."


@dataclass(frozen=True)
class Content:
    """A file opened for reading.

    data: the path itself where Polars can read it as it is, else its text as UTF-8 bytes.
    head: the first bytes (unpacked); whole: they are all. form: text, blocks, lines, json,
    parquet, ipc or stream.
    """

    path: Path
    data: Path | bytes
    head: bytes
    whole: bool
    form: str
    latin: bool = False

    @property
    def name(self) -> str:
        "The file's name for messages."
        return self.path.name

    def has(self, letter: bytes) -> bool:
        "Does this one byte occur in the text? Where it is packed: perhaps."
        if isinstance(self.data, bytes):
            return letter in self.data
        if self.head[:4] != _start(self.path, 4):
            return True
        with self.path.open("rb") as file:
            return any(letter in piece for piece in iter(lambda: file.read(_HEAD), b""))

    def as_bytes(self) -> bytes:
        "The whole text as bytes, unpacked."
        if isinstance(self.data, bytes):
            return self.data
        if _start(self.path, 4) == _ZSTD:
            lines = _zstd_lines(self.path, None)
            return "\n".join([*lines, ""]).encode()
        return self.data.read_bytes()

    def as_latin(self) -> "Content | None":
        "The same text read as Latin-1, or None where it is UTF-8 after all."
        raw = self.as_bytes()
        if _is_utf8(raw, whole=True):
            return None
        data = raw.decode("latin-1").encode()
        return replace(self, data=data, head=data[:_HEAD], whole=len(data) <= _HEAD, latin=True)


def _start(path: Path, n: int) -> bytes:
    with path.open("rb") as file:
        return file.read(n)


def paths_of(source: str | Path) -> list[Path]:
    """The files that a path or a pattern (*, ?, **) stands for, sorted.

    Raises BadInput where there is none, or for a folder.
    """
    if not str(source).strip() or Path(source) == Path():
        raise BadInput("an empty path came; wanted that of a file")
    path = Path(source).expanduser()
    if path.is_dir():
        raise BadInput(
            f"{source} is a folder; give a file in it, or a pattern such as {path / '*.csv'}"
        )
    if path.is_file():
        return [path]
    if path.exists():
        raise BadInput(f"{source} is no file but a pipe or device; write its content to a file")
    if not re.search(r"[*?\[]", str(source)):
        raise BadInput(f"there is no file {source}")
    found = sorted(p for p in map(Path, glob(str(path), recursive=True)) if p.is_file())
    if not found:
        raise BadInput(f"no file matches {source}")
    return found


def opened(path: Path) -> Content:
    """Open a file: unpack it, refuse what is no table, and see which form it has.

    Raises BadInput for empty, damaged, binary and unreadable files, and for model files.
    """
    with reading(path):
        with path.open("rb") as file:
            start = file.read(_HEAD)
        if not start:
            raise BadInput(f"{path} is empty")
        _refuse_models(path, start)
        data, head, whole = _unpacked(path, start)
    for magic, form in _FORMS:
        if head.startswith(magic) and data == path:
            return Content(path, data, head, whole, form)
    data, head, whole = _plain(data, head, whole)
    _refuse(path, head)
    content = Content(path, data, head, whole, _form(head))
    if not _is_utf8(head, whole):
        return content.as_latin() or content
    return content


class reading:  # noqa: N801 (reads as a verb: with reading(path))
    "Turns what the system says about a file into one sentence."

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)) or _cut_off(error):
            raise BadInput(
                f"{self.path} is cut off or damaged ({error}); fetch or pack it again"
            ) from None
        if isinstance(error, OSError):
            raise BadInput(f"{self.path} cannot be read: {error.strerror or error}") from None


def _cut_off(error: BaseException | None) -> bool:
    "Polars says so of packed files in an OSError without number."
    return isinstance(error, OSError) and error.errno is None


def _unpacked(path: Path, start: bytes) -> tuple[Path | bytes, bytes, bool]:
    if start.startswith(_GZIP):
        data = gzip.decompress(path.read_bytes())
        if not data:
            raise BadInput(f"{path} is empty")
        return data, data[:_HEAD], len(data) <= _HEAD
    if start.startswith(_ZSTD):
        return _zstd(path)
    return path, start, len(start) < _HEAD


def _zstd(path: Path) -> tuple[Path, bytes, bool]:
    lines = _zstd_lines(path, 2000)
    if not lines:
        raise BadInput(f"{path} is empty")
    return path, "\n".join([*lines, ""]).encode(), len(lines) < 2000


def _zstd_lines(path: Path, rows: int | None) -> list[str]:
    "Lines through Polars, for the standard library cannot unpack zstd."
    try:
        lines = pl.read_csv(
            path,
            separator="\x1e",
            has_header=False,
            quote_char=None,
            schema={"": pl.String},
            n_rows=rows,
            glob=False,
        )
    except pl.exceptions.NoDataError:
        return []
    except pl.exceptions.ComputeError as error:
        raise BadInput(
            f"{path} holds no UTF-8 text; unpack it first (zstd -d), then it is read as Latin-1"
        ) from error
    return lines[""].fill_null("").to_list()


def _plain(data: Path | bytes, head: bytes, whole: bool) -> tuple[Path | bytes, bytes, bool]:
    "Text with the usual line ends, without byte order mark."
    raw: bytes | None = None
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raw = _all(data).decode("utf-16", errors="replace").encode()
    elif head[:3] == b"\xef\xbb\xbf":
        raw = _all(data)[3:]
    elif b"\r" in head and b"\n" not in head:
        raw = _all(data).replace(b"\r", b"\n")
    return (data, head, whole) if raw is None else (raw, raw[:_HEAD], len(raw) <= _HEAD)


def _all(data: Path | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.read_bytes()


def _refuse_models(path: Path, start: bytes) -> None:
    size = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and 2 <= size <= path.stat().st_size - 8:
        raise BadInput(
            f"{path} is a model file, and ratings are wanted here; entable.load reads models"
        )


def _refuse(path: Path, head: bytes) -> None:
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise BadInput(f"{path} is {what}")
    if b"\x00" in head:
        raise BadInput(
            f"{path} is a binary file; tables are read from text (CSV and its kin), JSON lines, "
            "Parquet and Arrow"
        )
    if not head.strip():
        raise BadInput(f"{path} is empty: it holds nothing but blank lines")


def _is_utf8(raw: bytes, whole: bool) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(raw), _HEAD):  # in pieces: as text it may take four times more
            decoder.decode(raw[start : start + _HEAD])
        decoder.decode(b"", final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _form(head: bytes) -> str:
    if re.match(rb'\s*\{\s*"', head):
        return "lines"
    if re.match(rb"\s*\[\s*\{", head):
        return "json"
    if re.match(rb"\s*([^\s,;|:]+:\r?\n)+[^\s,]+,[^,\n]+(,|\r?\n|$)", head):
        return "blocks"
    return "text"
