"""Which rows of a table are held out: the latest, whole groups, at random, or those given."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import as_list
from entable.data.frames import as_series, frame_columns, frame_names, native_of
from entable.data.instants import instants
from entable.data.split import random_share
from entable.data.timeline import Timeline, groups
from entable.data.widen import column_of, kept
from entable.errors import BadInput

__all__ = ["held_out", "split"]


def held_out(
    frame: Any,
    valid: Any = 0.2,
    *,
    time: str | bool | None = None,
    group: str | Sequence[str] | None = None,
    seed: int = 0,
) -> NDArray[np.bool_]:
    """A mask (n,) of the rows held out.

    valid: a share or a number of rows, a first day ("2015-06-19"; needs a time), the name of a
    column of true/false, or a mask (n,). By time the last rows: where the frame has one column of
    dates it is used unless time=False or a group is given; a share never cuts a day (or a moment)
    in two, a number of rows is kept to, later rows first. By group whole groups, drawn until the
    share is reached. Else at random. Raises BadInput where a part would be empty, or where there
    are several columns of dates.
    """
    if isinstance(valid, str) and valid in frame_names(frame):
        valid = as_series(column_of(frame, valid))
    n = _height(frame)
    if not isinstance(valid, (str, date, datetime, np.datetime64)) and np.ndim(valid):
        return _given(valid, n)
    if group is not None:
        return _groups(frame, _share(valid, n), group, seed)
    column = _time(frame) if time is None else time or None
    if isinstance(column, str):
        return _latest(frame, valid, column, n)
    return random_share(n, _share(valid, n) / n, seed)


def split(frame: Any, valid: Any = 0.2, **how: Any) -> tuple[Any, Any]:
    "The frame's rows to learn from and those held out, in its own library; see `held_out`."
    held = held_out(frame, valid, **how)
    return kept(frame, ~held), kept(frame, held)


def _height(frame: Any) -> int:
    if native_of(frame) is None:
        raise BadInput(f"a frame was wanted, {type(frame).__name__} came")
    names = frame_names(frame)
    n = len(frame_columns(frame, names[:1])[names[0]]) if names else 0
    if n < 2:
        raise BadInput(f"a frame of {n} rows cannot be split; at least 2 were wanted")
    return n


def _given(mask: Any, n: int) -> NDArray[np.bool_]:
    held = np.asarray(mask.to_numpy() if hasattr(mask, "to_numpy") else as_list(mask))
    if held.dtype != bool or held.shape != (n,):
        raise BadInput(
            f"a mask of {held.dtype} and shape {held.shape} came; true or false for each of "
            f"{n:,} rows was wanted"
        )
    return _two_parts(held)


def _two_parts(held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if held.all() or not held.any():
        which = "all" if held.any() else "none"
        raise BadInput(f"{which} of {len(held):,} rows would be held out; a part is empty")
    return held


def _share(valid: Any, n: int) -> int:
    "How many rows a share or a number of rows is."
    number = isinstance(valid, (int, float, np.number)) and not isinstance(valid, bool)
    if not number or not (0 < valid < 1 or (1 <= valid < n and valid == round(valid))):
        raise BadInput(
            f"valid={valid!r} came; a share between 0 and 1, or a number of rows below {n:,}, "
            "was wanted (days need a column of dates: time=)"
        )
    count = float(valid) if valid >= 1 else min(max(n * float(valid), 1.0), n - 1.0)
    return round(count)


def _time(frame: Any) -> str | None:
    "The one column of dates; none where there is none."
    columns = {name: as_series(c).dtype for name, c in frame_columns(frame).items()}
    found = [name for name, dtype in columns.items() if dtype in (pl.Date, pl.Datetime)]
    if len(found) > 1:
        raise BadInput(
            f"several columns hold dates: {', '.join(found)}; time={found[0]!r} says which one "
            "to split by, time=False splits at random"
        )
    return found[0] if found else None


def _latest(frame: Any, valid: Any, column: str, n: int) -> NDArray[np.bool_]:
    line = Timeline.of(frame, column, None)
    if isinstance(valid, (str, date, datetime, np.datetime64)):
        first = instants([str(valid)], "valid")
        ticks = first.values.cast(pl.Datetime("us")).to_physical()[0]
        return _two_parts(line.moments[line.at] >= ticks * line.day // 86_400_000_000)
    count = _share(valid, n)
    if valid >= 1:
        held = np.zeros(n, bool)
        held[np.argsort(line.at, kind="stable")[n - count :]] = True
        return held
    if len(line.moments) == 1:
        raise BadInput(f"{column} is the same in all {n:,} rows; time=False splits at random")
    later = n - np.cumsum(np.bincount(line.at))[:-1]  # rows after each moment but the last
    return line.at > np.abs(later - count).argmin()


def _groups(frame: Any, count: int, group: str | Sequence[str], seed: int) -> NDArray[np.bool_]:
    codes = groups(frame, group)
    sizes = np.bincount(codes)
    order = np.random.default_rng(seed).permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    drawn = np.zeros(len(sizes), bool)
    drawn[order[:-1][before[:-1] < count]] = True  # one group stays
    return _two_parts(drawn[codes])
