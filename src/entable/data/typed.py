"""Frames as typed arrays for the model file, and back with everything checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.store import CALENDAR, beyond, pack_text, unpack_text
from entable.errors import BadModelFile

__all__ = ["pack_frame", "pack_labels", "unpack_frame", "unpack_labels"]

Arrays = dict[str, NDArray[Any]]
_STORED = {"int": "<i8", "float": "<f8", "bool": "|u1", "date": "<i4", "datetime": "<i8"}
_POLARS: dict[str, Any] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "bool": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
}


def pack_frame(frame: pl.DataFrame, prefix: str) -> tuple[list[list[str]], Arrays]:
    """Columns as [name, type] and their arrays: prefix.0.values, prefix.0.valid where nulls are.

    Types are int, float, bool, date, datetime (times in UTC) and str; lists of texts become one
    text with "|" between them, any other type becomes text, dates beyond the year 9999 null.
    """
    columns: list[list[str]] = []
    arrays: Arrays = {}
    for number, series in enumerate(frame):
        kind, plain = _plain(series)
        key = f"{prefix}.{number}"
        if kind in CALENDAR:
            plain = plain.set(plain.to_physical().is_between(*CALENDAR[kind]).not_(), None)
        columns.append([series.name, kind])
        if plain.null_count():
            arrays[f"{key}.valid"] = plain.is_not_null().to_numpy().astype(np.uint8)
        if kind == "str":
            arrays |= pack_text(plain.fill_null(""), key)
        else:
            filled = plain.to_physical().fill_null(0)
            arrays[f"{key}.values"] = filled.to_numpy().astype(_STORED[kind])
    return columns, arrays


def _plain(series: pl.Series) -> tuple[str, pl.Series]:
    dtype = series.dtype
    if dtype == pl.Boolean:
        return "bool", series.cast(pl.UInt8)
    if dtype.is_integer() and dtype not in (pl.UInt64, pl.Int128):
        return "int", series.cast(pl.Int64)
    if dtype.is_numeric():
        return "float", series.cast(pl.Float64)
    if dtype == pl.Date:
        return "date", series
    if isinstance(dtype, pl.Datetime):
        utc = series.dt.convert_time_zone("UTC") if dtype.time_zone else series
        return "datetime", utc.dt.replace_time_zone(None).cast(pl.Datetime("us"))
    if isinstance(dtype, pl.List) and dtype.inner in (pl.String, pl.Categorical):
        return "str", series.cast(pl.List(pl.String)).list.join("|")
    if dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        return "str", series.cast(pl.String)
    texts = [None if value is None else str(value) for value in series.to_list()]
    return "str", pl.Series(series.name, texts, dtype=pl.String)


def unpack_frame(
    columns: Any, arrays: Mapping[str, NDArray[Any]], prefix: str, rows: int | None = None
) -> pl.DataFrame:
    """The frame that `pack_frame` stored; BadModelFile for anything that it would not store.

    `rows` is how many rows each column must have, None where the first column says it.
    """
    if not isinstance(columns, list) or not all(_is_pair(column) for column in columns):
        raise BadModelFile(f"{prefix}: its columns are not described")
    names = [name for name, _ in columns]
    if len(set(names)) != len(names):
        raise BadModelFile(f"{prefix}: a column comes twice")
    series = []
    for number, (name, kind) in enumerate(columns):
        series.append(_unpacked(kind, arrays, f"{prefix}.{number}").alias(name))
        rows = len(series[-1]) if rows is None else rows
        if len(series[-1]) != rows:
            raise BadModelFile(f"{prefix}: column {name[:50]!r} is not {rows:,} long")
    return pl.DataFrame(series)


def _is_pair(column: Any) -> bool:
    return isinstance(column, list) and len(column) == 2 and all(isinstance(x, str) for x in column)


def _unpacked(kind: str, arrays: Mapping[str, NDArray[Any]], key: str) -> pl.Series:
    if kind == "str":
        series = unpack_text(arrays, key, key)  # type: ignore[arg-type]
    elif kind in _STORED:
        values = _array(arrays, f"{key}.values", _STORED[kind])
        if kind == "bool" and (values > 1).any():
            raise BadModelFile(f"{key}: neither true nor false")
        if kind in CALENDAR and beyond(values, kind).any():
            raise BadModelFile(f"{key}: a date beyond the years 1 to 9999")
        series = pl.Series("", values.copy()).cast(_POLARS[kind])
    else:
        raise BadModelFile(f"{key}: unknown type {kind[:50]!r}")
    if f"{key}.valid" not in arrays:
        return series
    valid = _array(arrays, f"{key}.valid", "|u1")
    if len(valid) != len(series) or (valid > 1).any():
        raise BadModelFile(f"{key}: what is missing is not as long as what is there")
    return pl.select(pl.when(pl.Series(valid == 1)).then(series)).to_series()


def _array(arrays: Mapping[str, NDArray[Any]], key: str, dtype: str) -> NDArray[Any]:
    array = arrays.get(key)
    if array is None or array.dtype != np.dtype(dtype) or array.ndim != 1:
        raise BadModelFile(f"{key}: missing, or of the wrong type or shape")
    return array


def pack_labels(labels: NDArray[np.object_], prefix: str) -> Arrays:
    "Labels (texts and None) as arrays."
    frame = pl.DataFrame({"label": pl.Series(labels.tolist(), dtype=pl.String)})
    return pack_frame(frame, prefix)[1]


def unpack_labels(
    arrays: Mapping[str, NDArray[Any]], prefix: str, rows: int
) -> NDArray[np.object_]:
    "The labels that `pack_labels` stored; BadModelFile where they are not as many as rows."
    frame = unpack_frame([["label", "str"]], arrays, prefix, rows)
    return np.array([*frame["label"].to_list(), None], object)[:-1]
