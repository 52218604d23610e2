"""Frames of other libraries, in and out, without importing one that is not there already."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import narwhals as nw
import polars as pl
from numpy.typing import NDArray

from entable.errors import BadInput

__all__ = ["as_series", "frame_columns", "native_of", "to_native"]

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


def frame_columns(source: Any) -> dict[str, Any]:
    """A frame's columns by name, each a Series of its own library or of Polars.

    Column labels that are numbers become texts. Raises BadInput for repeated names.
    """
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        return dict(zip(source.columns, source.get_columns(), strict=True))
    if native_of(source) == "pandas":
        labels = [str(label) for label in source.columns]
        if len(set(labels)) < len(labels):
            raise BadInput(f"the frame has columns of the same name: {', '.join(labels)}")
        return {label: source.iloc[:, k] for k, label in enumerate(labels)}
    return frame_columns(_collected(source))


def _collected(source: Any) -> pl.DataFrame:
    if hasattr(source, "__arrow_c_stream__"):
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
    try:
        return pl.Series("", values)
    except Exception:  # libraries raise what they like; their objects still work
        texts = [None if v is None or v != v else str(v) for v in list(values)]
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
        return import_module("duckdb").from_arrow(frame.to_arrow())
    return frame
