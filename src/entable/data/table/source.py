"""Any table, column by column: a path, a frame of any library, columns, records, an array."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import column
from entable.data.frames import frame_columns, frame_names, native_of, to_native
from entable.data.near import nearest
from entable.data.sidetable import side_table
from entable.errors import BadInput

__all__ = ["Source", "absent", "source_of"]

_WANTED = "wanted a path, a frame, a mapping of columns, a list of records or an array of two axes"


@dataclass(frozen=True)
class Source:
    """Columns by name, all equally long.

    text: every cell came as text, for the file knows nothing else. native: the kind of frame.
    gaps: texts that mean a missing value.
    """

    columns: Mapping[str, Any]
    rows: int
    text: bool = False
    native: str = "none"
    gaps: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # columns that were not asked for

    @property
    def all_names(self) -> list[str]:
        "The names of the columns, and of those that were not asked for."
        return [*self.columns, *self.others]

    @property
    def names(self) -> list[str]:
        "The names of the columns."
        return list(self.columns)

    def __len__(self) -> int:
        return self.rows

    def series(self, name: str, start: int = 0, stop: int | None = None) -> pl.Series:
        """Some rows of a column as a Polars Series; texts that mean a gap are null.

        Cells of a text file lose blanks around them, and empty ones are null. Raises BadInput for
        mixed types.
        """
        stop = self.rows if stop is None else stop
        found = _series(_part(self.columns[name], start, stop), name)
        gaps = self.gaps | ({""} if self.text else set())
        if gaps and found.dtype == pl.String:
            bare = found.str.strip_chars()
            found = (bare if self.text else found).set(bare.is_in(list(gaps)), None)
        return found

    def values(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        "Some rows of a column as they came, but for texts that mean a gap."
        found = _part(self.columns[name], start, self.rows if stop is None else stop)
        text = isinstance(found, pl.Series) and found.dtype == pl.String
        return self.series(name, start, stop) if text else found

    def frame(self) -> pl.DataFrame:
        "All of it as a frame of Polars."
        return pl.DataFrame({name: self.series(name) for name in self.columns})

    def take(self, rows: NDArray[Any]) -> "Source":
        "Some of the rows, by mask or row numbers; what is text stays text."
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        columns = {name: self.series(name).gather(at) for name in self.columns}
        return replace(self, columns=columns, rows=len(at))

    def like(self, frame: pl.DataFrame) -> Any:
        "A frame of Polars in the library that this one came from."
        return to_native({c.name: c for c in frame.get_columns()}, self.native)


def source_of(
    source: Any, only: Collection[str] | None = None, gaps: Collection[str] = ()
) -> Source:
    """The columns of any table (only some, where it has them), read or collected once.

    Raises BadInput for what is no table, repeated names and columns of unequal length.
    """
    if isinstance(source, Source):
        return source
    found, text, native, notes = _columns(source, only)
    lengths = {len(c) for c in found.values()}
    if len(lengths) > 1:
        each = ", ".join(f"{name} {len(c):,}" for name, c in found.items())
        raise BadInput(f"columns must be equally long; {each} came")
    others = () if only is None or native == "none" else _others(source, found)
    return Source(found, max(lengths, default=0), text, native, frozenset(gaps), notes, others)


def _others(frame: Any, found: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in frame_names(frame) if name not in found)


def absent(names: Sequence[str], wanted: str, what: str = "the frame") -> BadInput:
    "The error for a column that is not there; it proposes the nearest."
    like = nearest(pl.Series(names, dtype=pl.String), wanted, 3) if names else []
    more = ", ..." if len(names) > 12 else ""
    near = ", ".join(repr(names[k]) for k in like)
    out = f"nearest: {near}" if like else f"it has {', '.join(map(repr, names[:12]))}{more}"
    return BadInput(f"{what} has no column {wanted!r}; {out}")


_Found = tuple[dict[str, Any], bool, str, tuple[str, ...]]


def _columns(source: Any, only: Collection[str] | None) -> _Found:
    if isinstance(source, (str, Path)):
        table = side_table(source)[0]
        return dict(zip(table.frame.columns, table.frame, strict=True)), table.text, "none", ()
    if isinstance(source, pl.DataFrame):
        some = [name for name in source.columns if only is None or name in only]
        return {name: source[name] for name in some or source.columns[:1]}, False, "polars", ()
    if isinstance(source, Mapping):
        return _of_mapping(source), False, "none", ()
    if isinstance(source, np.ndarray):
        return _of_array(source), False, "none", ()
    if (native := native_of(source)) is not None:
        names = frame_names(source)
        kept = only if only is None else [name for name in names if name in only]
        if kept == [] and len(set(names)) == len(names):
            kept = names[:1]  # something to count the rows by
        return frame_columns(source, kept), False, native, ()
    if isinstance(source, Sequence) and source and isinstance(source[0], Mapping):
        keys = dict.fromkeys(str(key) for row in source for key in row)
        return {k: [row.get(k) for row in source] for k in keys}, False, "none", ()
    raise BadInput(f"{type(source).__name__} came for a table; {_WANTED}")


def _of_mapping(source: Mapping[Any, Any]) -> dict[str, Any]:
    "Columns; where all values are single ones, one row."
    wide = [hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in source.values()]
    if not any(wide):
        return {str(name): [value] for name, value in source.items()}
    if not all(wide):
        odd = next(name for name, ok in zip(source, wide, strict=True) if not ok)
        raise BadInput(f"a mapping holds columns or one row; {odd!r} is one value among columns")
    if len({str(name) for name in source}) < len(source):
        raise BadInput(f"columns have the same name: {', '.join(map(str, source))}")
    return {str(name): values for name, values in source.items()}


def _of_array(source: NDArray[Any]) -> dict[str, Any]:
    if source.dtype.names:
        return {name: source[name] for name in source.dtype.names}
    if source.ndim != 2:
        raise BadInput(f"an array of shape {source.shape} came; wanted rows and columns")
    return {f"x{k}": source[:, k] for k in range(source.shape[1])}


def _part(values: Any, start: int, stop: int) -> Any:
    if start == 0 and stop >= len(values):
        return values
    return getattr(values, "iloc", values)[start:stop]


_PLAIN: dict[frozenset[type], Any] = {
    frozenset({str}): pl.String,
    frozenset({bool}): pl.Boolean,
    frozenset({int}): pl.Int64,
    frozenset({float}): pl.Float64,
    frozenset({int, float}): pl.Float64,
}


def _series(values: Any, name: str) -> pl.Series:
    if isinstance(values, pl.Series):
        return _plain(values)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
        return _plain(pl.Series("", values))
    if not isinstance(values, (list, tuple, np.ndarray)) and str(values.dtype) != "object":
        try:
            return _ordered(_plain(pl.Series("", values)), values.dtype)
        except Exception:  # libraries raise what they like; their objects still work
            return column(values.to_numpy(), f"{name} value")[1]
    objects = values.to_numpy() if hasattr(values, "to_numpy") else values
    if isinstance(objects, np.ndarray) and objects.dtype.kind == "O":
        objects = objects.tolist()
    dtype = _PLAIN.get(frozenset(map(type, objects)) - {type(None)})
    if dtype is not None:
        with suppress(OverflowError):
            return _plain(pl.Series("", objects, dtype))
    return column(objects, f"{name} value")[1]


def _ordered(series: pl.Series, dtype: Any) -> pl.Series:
    "Ordered categories of pandas as an Enum, which keeps their order."
    if not getattr(dtype, "ordered", False) or not isinstance(series.dtype, pl.Categorical):
        return series
    return series.cast(pl.Enum([str(level) for level in dtype.categories]))


def _plain(series: pl.Series) -> pl.Series:
    series = series.rename("")
    if isinstance(series.dtype, pl.Decimal):
        return series.cast(pl.Float64)
    if series.dtype.is_float() and np.isnan(series.to_numpy()).any():
        return series.fill_nan(None)
    return series
