"""Frames of any library: one column out, and new columns in, the rest left as it was."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.frames import frame_columns, frame_names, native_of, to_native
from entable.data.near import nearest
from entable.errors import BadInput

__all__ = ["column_of", "kept", "widened"]


def column_of(frame: Any, name: str) -> Any:
    "One column, of pandas or of Polars; BadInput, with the nearest names, if it is not there."
    if native_of(frame) is None:
        raise BadInput(f"a frame was wanted, {type(frame).__name__} came")
    names = frame_names(frame)
    if name not in names:
        like = nearest(pl.Series(names, dtype=pl.String), name, 3) if names else []
        near = [names[int(k)] for k in like] or [*names[:5], *["..."] * (len(names) > 5)]
        raise BadInput(f"the frame has no column {name!r}; it has {', '.join(near) or 'none'}")
    return frame_columns(frame, [name])[name]


def widened(frame: Any, columns: pl.DataFrame) -> Any:
    """The frame with these columns added, in its own library; lazy ones are collected.

    Raises BadInput where it has a column of that name.
    """
    repeated = set(frame_names(frame)) & set(columns.columns)
    if repeated:
        raise BadInput(f"the frame has a column {min(repeated)!r} already; rename or drop it")
    if native_of(frame) == "pandas":
        return frame.assign(**{name: columns[name].to_numpy() for name in columns.columns})
    whole = pl.DataFrame(frame_columns(frame)).with_columns(columns.get_columns())
    return to_native({c.name: c for c in whole.get_columns()}, native_of(frame) or "polars")


def kept(frame: Any, mask: NDArray[np.bool_]) -> Any:
    "The frame's rows where the mask (n,) is true, in its own library; lazy ones are collected."
    native = native_of(frame)
    if native == "pandas":
        return frame.loc[mask]
    whole = pl.DataFrame(frame_columns(frame)).filter(mask)
    return to_native({c.name: c for c in whole.get_columns()}, native or "polars")
