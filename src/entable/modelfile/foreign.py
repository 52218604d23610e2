"""Reading safetensors files that others wrote: names, shapes and numbers, checked before use."""

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput, BadModelFile

__all__ = ["read_tensors"]

_HEADER = 100 << 20  # bytes: the format's own limit
_MARKS = 2_000_000  # brackets and commas: bounds what parsing the header can allocate
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
_DTYPES = {code: np.dtype(f"<{code[0].lower()}{n}") for code, n in _SIZES.items() if code != "BF16"}


def read_tensors(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file by name; halves of both kinds (F16, BF16) as float32.

    Every offset is checked against shape, type and file size, and the tensors must fill the file
    without gap or overlap. Raises BadInput where there is no such file and BadModelFile where it is
    something else or damaged.
    """
    place = Path(path)
    if not place.is_file():
        raise BadInput(f"there is no file {place}; weights in a safetensors file were expected")
    size = place.stat().st_size
    with place.open("rb") as file:
        start = file.read(9)
        length = int.from_bytes(start[:8], "little")
        if len(start) < 9 or start[8:9] != b"{" or not 2 <= length <= min(_HEADER, size - 8):
            raise BadModelFile(f"{place} is no safetensors file: {_looks(start)}")
        file.seek(8)
        try:
            slots = _slots(file.read(length).decode(), size - 8 - length)
        except (ValueError, RecursionError) as error:
            raise BadModelFile(f"{place} cannot be read as safetensors: {error}") from None
    data = np.memmap(place, np.uint8, "r")
    return {
        name: _tensor(data[8 + length + begin : 8 + length + end], code).reshape(shape)
        for name, (code, shape, begin, end) in slots.items()
    }


def _looks(start: bytes) -> str:
    if start.startswith(b"PK\x03\x04"):
        return (
            "it is a zip archive, as torch.save writes; a pickle inside it could run code, so it "
            "is never opened: take the same weights as .safetensors"
        )
    if start[:1] == b"\x80":
        return "it is a pickle, which is never opened because it could run code"
    return "its header is missing" if start else "it is empty"


_Slot = tuple[str, tuple[int, ...], int, int]


def _slots(text: str, size: int) -> dict[str, _Slot]:
    "Type, shape and place of each tensor; ValueError unless together they fill `size` bytes."
    if len(re.sub(r"[^\[\]{},]++", "", text)) > _MARKS:
        raise ValueError("its header has too many parts")
    told = json.loads(text, object_pairs_hook=_once)
    if not isinstance(told, dict):
        raise ValueError("its header is no list of tensors")
    found = {name: _slot(name, one) for name, one in told.items() if name != "__metadata__"}
    at = 0
    for name, (_, _, begin, end) in sorted(found.items(), key=lambda pair: pair[1][2:]):
        if begin != at:
            raise ValueError(f"the tensor {name[:60]!r} overlaps another or leaves a gap")
        at = end
    if at != size:
        raise ValueError(f"its tensors have {at:,} bytes, the file has {size:,} for them")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its header names something twice")
    return found


def _slot(name: str, told: Any) -> _Slot:
    what = f"the tensor {name[:60]!r}"
    if not isinstance(told, dict) or set(told) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{what} is not described")
    code, shape, places = told["dtype"], told["shape"], told["data_offsets"]
    if not isinstance(code, str) or code not in _SIZES:
        raise ValueError(f"{what} is of type {str(code)[:20]!r}, none of {', '.join(_SIZES)}")
    if not _whole(shape, 8) or not _whole(places, 2) or len(places) != 2:
        raise ValueError(f"{what} has no sound shape or place")
    begin, end = places
    if end - begin != math.prod(shape) * _SIZES[code]:
        raise ValueError(f"{what} has {end - begin:,} bytes for the shape {tuple(shape)}")
    return code, tuple(shape), begin, end


def _whole(values: Any, most: int) -> bool:
    if not isinstance(values, list) or len(values) > most:
        return False
    return all(type(n) is int and 0 <= n < 1 << 48 for n in values)


def _tensor(data: NDArray[np.uint8], code: str) -> NDArray[Any]:
    "Bytes as numbers; the upper half of a float32 is a BF16."
    if code == "BF16":
        wide = np.ascontiguousarray(data).view("<u2").astype("<u4") << 16
        return wide.view("<f4")
    plain = np.ascontiguousarray(data).view(_DTYPES[code])
    return plain.astype(np.float32) if code == "F16" else plain
