"""Texts out of files: decoded piece by piece, so that a file may be larger than memory."""

import os
from collections.abc import Iterator
from pathlib import Path

from entable.errors import BadInput

__all__ = ["pieces", "whole"]

PIECE = 1 << 22  # characters of a piece, roughly: it ends where a line ends
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def pieces(path: str | os.PathLike[str], encoding: str = "utf-8") -> Iterator[str]:
    """The text of a file in pieces of whole lines; every end of line becomes a newline.

    Raises BadInput, with file and line, where there is no file, where it is not text, and for bytes
    that the encoding does not know.
    """
    file = Path(path)
    _check(file, encoding)
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    lines = 0
    try:
        with file.open(encoding=codec) as stream:
            while piece := stream.read(PIECE):
                piece += stream.readline(PIECE) if not piece.endswith("\n") else ""
                if "\0" in piece:
                    raise _binary(file, lines + piece.count("\n", 0, piece.index("\0")) + 1)
                lines += piece.count("\n")
                yield piece
    except UnicodeDecodeError as error:
        raise _undecoded(file, encoding, error) from None
    except LookupError:
        raise BadInput(f"encoding={encoding!r} came, which is none; utf-8, latin-1, ...") from None


def whole(path: str | os.PathLike[str], encoding: str = "utf-8") -> str:
    "The text of a file at once; BadInput where there is none."
    if not (found := "".join(pieces(path, encoding))):
        raise BadInput(f"{path}: the text is empty; a file with something in it was wanted")
    return found


def _check(file: Path, encoding: str) -> None:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "there is no such file"
        raise BadInput(f"{file}: {what}; a file of text was wanted (Text.of takes text itself)")
    with file.open("rb") as stream:
        head = stream.read(2)
    for mark, name in _BOMS:
        if head == mark and "16" not in encoding:
            raise BadInput(f'{file} is UTF-16, not {encoding}: encoding="{name}"')


def _binary(file: Path, line: int) -> BadInput:
    return BadInput(
        f"{file}, line {line:,}: there is a byte 0, so this is a binary file; a file of text was "
        "wanted"
    )


def _undecoded(file: Path, encoding: str, error: UnicodeDecodeError) -> BadInput:
    "Where the first bytes are that are not text, found by reading once more."
    line, bad = 0, error.object[error.start : error.start + 1]
    with file.open("rb") as stream:
        for line, raw in enumerate(stream, 1):
            if b"\0" in raw:
                return _binary(file, line)
            try:
                raw.decode(encoding)
            except UnicodeDecodeError as found:
                bad = raw[found.start : found.start + 1]
                break
    return BadInput(
        f"{file}, line {line:,}: the byte 0x{bad.hex()} is no {encoding.upper()}; if the text is "
        'in another encoding say so, as encoding="latin-1"; else mend the file'
    )
