"""Any column of names (list, array, Series of any library) becomes one typed Polars Series."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.errors import BadInput

__all__ = ["INTS", "as_list", "column", "described", "gap", "whole"]

INTS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
_WORDS = {
    "int": "whole numbers",
    "str": "text",
    "date": "dates",
    "datetime": "times",
    "bool": "true/false",
    "uuid": "UUIDs",
    "float": "numbers",
}
_GAPS = ("NaTType", "NAType")
_SHOWN = {"int": "whole number", "str": "text", "bool": "true/false"}


def described(dtype: str) -> str:
    "The type of a vocab in plain words."
    return _WORDS[dtype]


def as_list(values: Iterable[Any]) -> list[Any]:
    "A list of names; one bare text is refused, for it would be read letter by letter."
    if isinstance(values, (str, bytes)):
        raise BadInput(f"a list of names was wanted, {values!r} is one: write [{values!r}]")
    return list(values)


def column(values: Any, kind: str = "name") -> tuple[str, pl.Series]:
    """Type a column of names: (dtype, Series), where nulls are the missing ones.

    dtype is "int", "str", "date", "datetime", "bool", "uuid" or "float"; the Series is String or
    Categorical for text, String for UUIDs and the natural Polars type for the others. Floats that
    are all whole are "int": that is how other libraries hold integers with a gap. A column without
    any name is "str". Raises BadInput for mixed or unusable types.
    """
    if isinstance(values, pl.Series):
        return _typed(values.rename(""), kind)
    if isinstance(values, np.ndarray):
        return _from_array(values, kind)
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        try:
            return _typed(pl.Series("", values), kind)
        except Exception:  # libraries raise what they like; their objects still work
            return _from_objects(list(values), kind)
    if hasattr(values, "to_numpy"):
        return _from_array(values.to_numpy(), kind)
    return _from_objects(values if isinstance(values, (list, tuple)) else as_list(values), kind)


def _from_array(values: NDArray[Any], kind: str) -> tuple[str, pl.Series]:
    if values.ndim != 1:
        raise BadInput(f"{kind}s must be one column, an array of shape {values.shape} came")
    if values.dtype.kind == "M" and values.dtype != np.dtype("datetime64[D]"):
        values = values.astype("datetime64[us]")
    if values.dtype.kind in "OUT":
        return _from_objects(values.tolist(), kind)
    if values.dtype.kind not in "iufbM":
        raise BadInput(f"{kind}s cannot be of type {values.dtype}; wanted numbers, text or dates")
    return _typed(pl.Series("", values), kind)


def _from_objects(values: Sequence[Any], kind: str) -> tuple[str, pl.Series]:
    families = {_family(t) for t in set(map(type, values))} - {"null"}
    if "float" in families and families != {"float"}:
        values = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
        families = {_family(t) for t in set(map(type, values))} - {"null"}
    if families <= {"int", "float"} and len(families) == 2:
        families, values = {"float"}, [None if v is None else float(v) for v in values]
    if len(families) > 1 or not families <= _BUILD.keys():
        raise _mixed(values, kind)
    if not families:
        return "str", pl.Series("", [None] * len(values), dtype=pl.String)
    if families == {"uuid"}:
        texts = [None if gap(v) else str(v) for v in values]
        return "uuid", pl.Series("", texts, dtype=pl.String)
    return _typed(_built(values, families.pop(), kind), kind)


def _built(values: Sequence[Any], family: str, kind: str) -> pl.Series:
    if family in ("date", "datetime", "str"):
        values = [None if gap(v) else v for v in values]
    try:
        return pl.Series("", values, dtype=_BUILD[family], strict=True)
    except (OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        raise BadInput(f"{kind}s cannot be read as one column of {family}: {error}") from None


_BUILD: dict[str, Any] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "str": pl.String,
    "bool": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
    "uuid": pl.String,
}


def gap(value: Any) -> bool:
    "Is it a missing value: None, NaN, NaT or NA?"
    return value is None or type(value).__name__ in _GAPS or bool(value != value)


def _family(kind: type) -> str:
    if kind is type(None) or kind.__name__ in _GAPS:
        return "null"
    families = (
        ("bool", (bool, np.bool_)),
        ("int", (int, np.integer)),
        ("float", (float, np.floating)),
        ("str", str),
        ("datetime", datetime),
        ("date", date),
        ("uuid", UUID),
    )
    return next((name for name, types in families if issubclass(kind, types)), kind.__name__)


def _mixed(values: Iterable[Any], kind: str) -> BadInput:
    first: dict[str, tuple[int, Any]] = {}
    for row, value in enumerate(values, 1):
        first.setdefault(_family(type(value)), (row, value))
    first.pop("null", None)
    if len(first) == 1:
        family, (row, value) = first.popitem()
        return BadInput(
            f"{kind}s cannot be of type {family} (row {row}: {value!r}); "
            "wanted whole numbers, text, dates, true/false or UUIDs"
        )
    found = ", ".join(f"{_SHOWN.get(f, f)} (row {r}: {v!r})" for f, (r, v) in first.items())
    return BadInput(f"{kind}s mix types: {found}; 1 is not '1', so make them all of one type")


def _typed(series: pl.Series, kind: str) -> tuple[str, pl.Series]:
    dtype = series.dtype
    if dtype == pl.String or isinstance(dtype, (pl.Categorical, pl.Enum)):
        return "str", series
    if dtype == pl.Null:
        return "str", series.cast(pl.String)
    if dtype in INTS:
        return "int", _fitting(series, kind)
    if dtype in (pl.Float32, pl.Float64):
        return _from_floats(series.cast(pl.Float64), kind)
    if dtype == pl.Date:
        return "date", series
    if isinstance(dtype, pl.Datetime):
        return "datetime", _without_zone(series, dtype.time_zone)
    if dtype == pl.Boolean:
        return "bool", series
    raise BadInput(
        f"{kind}s cannot be of type {dtype}; wanted whole numbers, text, dates or true/false"
    )


def _without_zone(series: pl.Series, zone: str | None) -> pl.Series:
    "Times with a zone become the same moments in UTC."
    if zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return series.cast(pl.Datetime("us"))


def _fitting(series: pl.Series, kind: str) -> pl.Series:
    try:
        return series.cast(pl.Int64, strict=True)
    except pl.exceptions.PolarsError:
        raise BadInput(
            f"a {kind} is too large for a whole number of 64 bits ({series.max()!r}); "
            "give such ids as text"
        ) from None


def whole(series: pl.Series) -> bool:
    "Are all numbers whole and exact as floats?"
    return bool(((series == series.round()) & (series.abs() < 2**53)).all())


def _from_floats(series: pl.Series, kind: str) -> tuple[str, pl.Series]:
    series = series.fill_nan(None)
    if series.is_infinite().any():
        row = series.is_infinite().arg_true()[0] + 1
        raise BadInput(f"{kind} in row {row} is infinite; wanted a name")
    if whole(series.drop_nulls()):
        return "int", series.cast(pl.Int64)
    return "float", series + 0.0  # -0.0 and 0.0 are one name
