"""Frames of other libraries, in and out, without importing one that is not there already."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

import narwhals as nw
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import gap
from entable.errors import BadInput

__all__ = ["as_series", "frame_columns", "frame_names", "native_of", "to_native"]

_NATIVE = {"polars": "polars", "pandas": "pandas", "pyarrow": "arrow", "duckdb": "duckdb"}


def native_of(source: Any) -> str | None:
    "Which library a frame comes from: polars, pandas, arrow, duckdb; None if it is no frame."
    root = type(source).__module__.partition(".")[0].lstrip("_")
    if root in _NATIVE:
        return _NATIVE[root]
    try:
        nw.from_native(source)
    except TypeError:
        return "arrow" if hasattr(source, "__arrow_c_stream__") else None
    return "polars"


def frame_names(source: Any) -> list[str]:
    "The names of a frame's columns; labels that are numbers become texts."
    if native_of(source) == "pandas":
        return [str(label) for label in source.columns]
    try:
        return list(nw.from_native(source).collect_schema().names())
    except TypeError:
        return pl.DataFrame(source).columns


def frame_columns(source: Any, only: Collection[str] | None = None) -> dict[str, Any]:
    """A frame's columns by name (only some, if so wanted), each a Series of pandas or of Polars.

    Raises BadInput for repeated names.
    """
    names = frame_names(source)
    if len(set(names)) < len(names):
        raise BadInput(f"the frame has columns of the same name: {', '.join(names)}")
    wanted = [name for name in names if only is None or name in only]
    if native_of(source) == "pandas":
        return {name: source.iloc[:, names.index(name)] for name in wanted}
    frame = _collected(source, wanted)
    return {name: frame[name] for name in wanted}


def _collected(source: Any, wanted: list[str]) -> pl.DataFrame:
    "Only the columns wanted, so that a lazy frame or a database reads no more than these."
    try:
        source = nw.from_native(source).select(wanted).to_native()
    except TypeError:
        return pl.DataFrame(source).select(wanted)
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if isinstance(source, pl.DataFrame) or hasattr(source, "__arrow_c_stream__"):
        return pl.DataFrame(source)
    frame = nw.from_native(source)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("polars")
    found: pl.DataFrame = frame.to_polars()
    return found


def as_series(values: Any) -> pl.Series:
    "A column of any library as a Polars Series; objects that share no type become texts."
    if isinstance(values, pl.Series):
        return values
    for dtype in (None, pl.Float64):
        with suppress(Exception):  # libraries raise what they like; their objects still work
            return pl.Series("", values, dtype=dtype)
    texts = [None if gap(v) else str(v) for v in list(values)]
    return pl.Series("", texts, dtype=pl.String)


def to_native(columns: Mapping[str, NDArray[Any] | pl.Series], native: str) -> Any:
    "Columns as a frame of the library `native` (see `native_of`); Polars for anything else."
    frame = pl.DataFrame(dict(columns))
    if native == "pandas":
        arrays = {name: frame[name].to_numpy() for name in frame.columns}
        return import_module("pandas").DataFrame(arrays)
    if native == "arrow":
        return frame.to_arrow()
    if native == "duckdb":
        return import_module("duckdb").from_arrow(frame)
    return frame
