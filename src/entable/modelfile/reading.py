"""Reading a model file: sizes before anything is allocated, checksums before any trust."""

import hashlib
import mmap
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from entable.errors import BadInput, BadModelFile
from entable.modelfile.layout import DTYPES, HEADER_LIMIT, Manifest, parse

__all__ = ["Contents", "peek", "read"]


class Contents(NamedTuple):
    "A file that was read; the arrays are read-only views of the mapped file."

    kind: str
    manifest: dict[str, Any]
    arrays: dict[str, np.ndarray]


def read(path: str | os.PathLike[str]) -> Contents:
    """Read a model file: its kind, what it says about itself, and its arrays mapped read-only.

    The arrays stay in the file and are shared by all processes that read it. Raises BadInput where
    there is no such file and BadModelFile where it is damaged, newer or something else.
    """
    with _opened(path) as file:
        manifest = _manifest(file, path)
        memory = mmap.mmap(file.fileno(), manifest.size, access=mmap.ACCESS_READ)
    arrays: dict[str, np.ndarray] = {}
    begin = manifest.start
    for name, slot in manifest.slots.items():
        piece = np.frombuffer(memory, np.uint8, slot.nbytes, begin)
        if hashlib.sha256(piece.data).hexdigest() != slot.sha256:
            raise BadModelFile(f"{path} is damaged: the checksum of {name!r} does not match")
        arrays[name] = piece.view(DTYPES[slot.dtype]).reshape(slot.shape)
        begin += slot.nbytes
    return Contents(manifest.kind, manifest.about, arrays)


def peek(path: str | os.PathLike[str]) -> Manifest:
    """Read only what a model file says of itself, without its arrays.

    Raises BadInput where there is no such file and BadModelFile where it is something else.
    """
    with _opened(path) as file:
        return _manifest(file, path)


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            what = "a folder" if os.path.isdir(path) else "no plain file"
            raise BadInput(f"{path} is {what}; a model file was expected")
        file = open(path, "rb")  # noqa: SIM115  errors while it is used are another matter
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}; a model file was expected") from None
    except OSError as error:
        raise BadInput(f"{path} could not be opened ({error.strerror})") from error
    with file:
        yield file


def _manifest(file: BinaryIO, path: str | os.PathLike[str]) -> Manifest:
    size = os.fstat(file.fileno()).st_size
    first = file.read(4096)
    length = int.from_bytes(first[:8], "little")
    if first[8:9] != b"{" or length > 1 << 40:
        raise BadModelFile(f"{path} is no Entable model file: {_looks(first)}")
    if not 2 <= length <= min(HEADER_LIMIT, size - 8):
        raise BadModelFile(f"{path} is damaged: a header of {length:,} bytes, a file of {size:,}")
    file.seek(0)
    try:
        return parse(file.read(8 + length), size)
    except ValueError as error:
        why = str(error).splitlines()[0][:300]
        raise BadModelFile(f"{path} cannot be read as an Entable model file: {why}") from None


_RATINGS = "ratings are read by Ratings.read or `entable fit`"
_MAGIC = {
    b"PK\x03\x04": "it is a zip archive (a workbook, or weights saved by torch)",
    b"PAR1": f"it is a Parquet table; {_RATINGS}",
    b"ARROW1": f"it is an Arrow table; {_RATINGS}",
    b"\x1f\x8b": f"it is compressed by gzip; {_RATINGS}",
    b"\x28\xb5\x2f\xfd": f"it is compressed by zstd; {_RATINGS}",
    b"SQLite format 3": "it is an SQLite database",
    b"\x89HDF": "it is an HDF5 file",
    b"\x93NUMPY": "it is a NumPy array",
}


def _looks(first: bytes) -> str:
    "A guess at what a file is, from its first bytes."
    if not first:
        return "it is empty"
    for magic, sentence in _MAGIC.items():
        if first.startswith(magic):
            return sentence
    if first[0] == 0x80 and first[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return "it is a pickle, which is never opened because it could run code"
    if not re.search(rb"[\x00-\x08\x0e-\x1f]", first):
        return f"it looks like text; {_RATINGS}"
    return "it is no safetensors file"
