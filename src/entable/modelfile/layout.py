"""The header of a model file: built from a manifest, parsed back, bounded in size and depth."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

__all__ = ["CODES", "DTYPES", "FORMAT", "HEADER_LIMIT", "Manifest", "Slot", "build", "parse"]

FORMAT = 3
HEADER_LIMIT = 1 << 20  # bytes; about 2,500 arrays
MARK_LIMIT = 50_000  # brackets and commas of a header: bounds what parsing it can allocate
DEPTH_LIMIT = 32
DIMENSION_LIMIT = 4
ALIGN = 64  # arrays start at a cache line, so that they can be used where they are mapped
DTYPES: dict[str, np.dtype[Any]] = {  # no bool: a byte that is neither 0 nor 1 would be one
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "F32": np.dtype("<f4"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"),
}
CODES = {dtype: code for code, dtype in DTYPES.items()}


class Slot(NamedTuple):
    "What the manifest says of one array."

    dtype: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def nbytes(self) -> int:
        "Bytes of the array in the file."
        return DTYPES[self.dtype].itemsize * math.prod(self.shape)


@dataclass(frozen=True)
class Manifest:
    "What a file says of itself; `about` is the part that belongs to the kind."

    kind: str
    about: dict[str, Any]
    slots: dict[str, Slot]
    start: int  # where the arrays begin, bytes

    @property
    def size(self) -> int:
        "Bytes of the whole file."
        return self.start + sum(slot.nbytes for slot in self.slots.values())


def build(kind: str, about: Mapping[str, Any], slots: Mapping[str, Slot]) -> bytes:
    "A header that `parse` accepts; ValueError where it would be too large or is no plain JSON."
    arrays = {name: slot._asdict() | {"shape": list(slot.shape)} for name, slot in slots.items()}
    text = _json({"format": FORMAT, "kind": kind, "about": about, "arrays": arrays})
    _bound(text)
    header = _header(text, slots)
    if len(header) > HEADER_LIMIT:
        raise ValueError(f"a header of {len(header):,} bytes, {HEADER_LIMIT:,} at most")
    _bound(header[8:].decode())
    return header


def parse(header: bytes, size: int) -> Manifest:
    "The manifest out of a header (length included); ValueError where it is not as `build` writes."
    outer = _loads(header[8:].decode())
    metadata = outer.get("__metadata__") if isinstance(outer, dict) else None
    text = metadata.get("manifest") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(text, str):
        raise ValueError("a safetensors file, perhaps, but not one that Entable wrote")
    if hashlib.sha256(text.encode()).hexdigest() != metadata.get("checksum"):
        raise ValueError("it is damaged, the checksum of its manifest does not match")
    manifest = _manifest(text, len(header))
    if _header(text, manifest.slots) != header:
        raise ValueError("it is damaged, its header and its manifest disagree")
    if manifest.size != size:
        raise ValueError(f"it has {size:,} bytes where its manifest tells of {manifest.size:,}")
    return manifest


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _header(manifest: str, slots: Mapping[str, Slot]) -> bytes:
    "Length and JSON; spaces at its end make the arrays start at a multiple of ALIGN."
    checksum = hashlib.sha256(manifest.encode()).hexdigest()
    entries: dict[str, Any] = {"__metadata__": {"checksum": checksum, "manifest": manifest}}
    begin = 0
    for name, slot in slots.items():
        end = begin + slot.nbytes
        entries[name] = {
            "dtype": slot.dtype,
            "shape": list(slot.shape),
            "data_offsets": [begin, end],
        }
        begin = end
    text = _json(entries).encode()
    text += b" " * (-(8 + len(text)) % ALIGN)
    return len(text).to_bytes(8, "little") + text


def _manifest(text: str, start: int) -> Manifest:
    told = _loads(text)
    _check_version(told)
    if list(told) != ["format", "kind", "about", "arrays"] or _json(told) != text:
        raise ValueError("its manifest is not as Entable writes it")
    kind, about, arrays = told["kind"], told["about"], told["arrays"]
    if not (isinstance(kind, str) and isinstance(about, dict) and isinstance(arrays, dict)):
        raise ValueError("its manifest has parts of a wrong type")
    if "__metadata__" in arrays:
        raise ValueError("its manifest names an array __metadata__")
    return Manifest(kind, about, {name: _slot(name, told) for name, told in arrays.items()}, start)


def _check_version(told: Any) -> None:
    version = told.get("format") if isinstance(told, dict) else None
    if type(version) is not int or version < 1:
        raise ValueError("its manifest has no format version")
    if version > FORMAT:
        raise ValueError(
            f"it has format {version}, written by a newer Entable, and this one reads up to "
            f"{FORMAT}: upgrade with pip install -U entable"
        )


def _slot(name: str, told: Any) -> Slot:
    "What is told of one array; a size may lie, but not beyond what integers and NumPy can bear."
    if not isinstance(told, dict) or list(told) != ["dtype", "shape", "sha256"]:
        raise ValueError(f"its manifest does not describe the array {name[:50]!r}")
    dtype, shape, sha256 = told.values()
    if not isinstance(dtype, str) or dtype not in DTYPES or not isinstance(sha256, str):
        raise ValueError(f"the type of the array {name[:50]!r} is none of {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > DIMENSION_LIMIT:
        raise ValueError(f"the shape of the array {name[:50]!r} is no list of sizes")
    if not all(type(n) is int and 0 <= n < 1 << 48 for n in shape):
        raise ValueError(f"the shape of the array {name[:50]!r} has an impossible size")
    if math.prod(max(n, 1) for n in shape) >= 1 << 56:  # also where another size is 0
        raise ValueError(f"the shape of the array {name[:50]!r} is impossibly large")
    return Slot(dtype, tuple(shape), sha256)


def _loads(text: str) -> Any:
    _bound(text)
    return json.loads(text)


_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_UNMARKED = re.compile(r"[^\[\]{},]++")


def _bound(text: str) -> None:
    "Bound depth and number of parts before a parser sees them; ValueError beyond the bounds."
    marks = _UNMARKED.sub("", _STRING.sub("", text))
    if len(marks) > MARK_LIMIT:
        raise ValueError(f"its header has more than {MARK_LIMIT:,} parts")
    depth = 0
    for mark in marks:
        depth += (mark in "[{") - (mark in "]}")
        if depth > DEPTH_LIMIT:
            raise ValueError(f"its header is nested deeper than {DEPTH_LIMIT}")
