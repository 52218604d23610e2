"""Names as typed arrays for a model file, and back with everything checked."""

from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.errors import BadModelFile

__all__ = ["CALENDAR", "beyond", "pack", "pack_text", "unpack", "unpack_text"]

_STORED = {"int": "<i8", "float": "<f8", "bool": "|u1", "date": "<i4", "datetime": "<i8"}


def pack(series: pl.Series, dtype: str, prefix: str) -> dict[str, NDArray[Any]]:
    "Names of a vocab -> arrays named prefix.names, or prefix.bytes and prefix.offsets for text."
    if dtype == "str":
        return pack_text(series, prefix)
    if dtype == "uuid":
        raw = b"".join(UUID(name).bytes for name in series.to_list())
        return {f"{prefix}.names": np.frombuffer(raw, np.uint8).reshape(-1, 16)}
    return {f"{prefix}.names": series.to_numpy().astype(_STORED[dtype])}


def pack_text(series: pl.Series, prefix: str) -> dict[str, NDArray[Any]]:
    "Texts without nulls -> UTF-8 bytes (uint8) and int64 offsets (n + 1,)."
    lengths = series.str.len_bytes().to_numpy()
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    raw = "".join(series.to_list()).encode()
    return {f"{prefix}.bytes": np.frombuffer(raw, np.uint8), f"{prefix}.offsets": offsets}


def unpack(arrays: dict[str, NDArray[Any]], prefix: str, dtype: str, kind: str) -> pl.Series:
    """Arrays -> the Series that a vocab keeps.

    Raises BadModelFile for anything that `pack` would not have written.
    """
    if dtype == "str":
        series = unpack_text(arrays, prefix, kind)
    elif dtype == "uuid":
        series = _uuids(_array(arrays, f"{prefix}.names", "|u1", 2, kind), kind)
    elif dtype in _STORED:
        series = _numbers(_array(arrays, f"{prefix}.names", _STORED[dtype], 1, kind), dtype, kind)
    else:
        raise BadModelFile(f"the names of the {kind}s are of an unknown type, {dtype!r}")
    if series.n_unique() != len(series):
        raise BadModelFile(f"the file names a {kind} more than once")
    return series


def unpack_text(arrays: dict[str, NDArray[Any]], prefix: str, kind: str) -> pl.Series:
    """UTF-8 bytes and offsets -> a Series of texts.

    Raises BadModelFile for offsets out of order or range and for bytes that are no UTF-8.
    """
    raw = _array(arrays, f"{prefix}.bytes", "|u1", 1, kind)
    offsets = _array(arrays, f"{prefix}.offsets", "<i8", 1, kind)
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(raw):
        raise BadModelFile(f"the names of the {kind}s are cut off or overlap")
    if (offsets[1:] < offsets[:-1]).any():
        raise BadModelFile(f"the names of the {kind}s overlap")
    try:
        return pl.Series("", _cut(raw.tobytes(), offsets.tolist()), dtype=pl.String)
    except UnicodeDecodeError:
        raise BadModelFile(f"a {kind}'s name is no UTF-8 text") from None


def _cut(raw: bytes, offsets: list[int]) -> list[str]:
    pairs = pairwise(offsets)
    if raw.isascii():
        text = raw.decode()
        return [text[a:b] for a, b in pairs]
    return [raw[a:b].decode() for a, b in pairs]


def _array(
    arrays: dict[str, NDArray[Any]], key: str, dtype: str, dims: int, kind: str
) -> NDArray[Any]:
    array = arrays.get(key)
    if array is None:
        raise BadModelFile(f"the names of the {kind}s are missing from the file ({key})")
    if array.dtype != np.dtype(dtype) or array.ndim != dims:
        raise BadModelFile(f"the names of the {kind}s are of the wrong type or shape ({key})")
    return array


def _uuids(raw: NDArray[np.uint8], kind: str) -> pl.Series:
    if raw.shape[1] != 16:
        raise BadModelFile(f"the names of the {kind}s are no UUIDs of 16 bytes")
    return pl.Series("", [str(UUID(bytes=row.tobytes())) for row in raw], dtype=pl.String)


def _numbers(array: NDArray[Any], dtype: str, kind: str) -> pl.Series:
    if dtype == "bool" and (array > 1).any():
        raise BadModelFile(f"a {kind}'s name is neither true nor false")
    if dtype == "float" and not np.isfinite(array).all():
        raise BadModelFile(f"a {kind}'s name is not a finite number")
    if dtype in CALENDAR and beyond(array, dtype).any():
        raise BadModelFile(f"a name of the {kind}s is a date beyond the years 1 to 9999")
    return pl.Series("", array.astype(np.float64 if dtype == "float" else np.int64))


# the years 1 to 9999 as stored: all that Python can hold, and beyond it Polars panics
CALENDAR = {
    "date": (-719_162, 2_932_896),
    "datetime": (-62_135_596_800 * 10**6, 253_402_300_799 * 10**6),
}


def beyond(array: NDArray[Any], dtype: str) -> NDArray[np.bool_]:
    "Which stored dates or times (n,) lie outside the calendar."
    first, last = CALENDAR[dtype]
    return np.asarray((array < first) | (array > last))
