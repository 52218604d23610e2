"""Days since and until events, and rolling counts, sums and means, that look into no future."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import as_list
from entable.data.frames import as_series
from entable.data.timeline import Timeline
from entable.data.widen import column_of, widened
from entable.errors import BadInput

__all__ = ["elapsed", "rolling"]

Events = str | Collection[str] | Mapping[str, Collection[Any] | None]
_Found = dict[str, NDArray[np.float64]]
_STATISTICS = ("count", "sum", "mean")


def elapsed(
    frame: Any,
    events: Events,
    *,
    time: str,
    by: str | Sequence[str] | None = None,
    known: str | Collection[str] = (),
    ahead: float | timedelta | None = None,
) -> Any:
    """The frame with the days since the last event of its group, and until the next.

    events: columns where anything but 0, false and missing is an event, or a mapping of columns
    to the values that are ({"StateHoliday": ["a", "b"]}). known: those known in advance, such as a
    calendar of holidays; only they see their own day, and only they give "days until ...". All
    others see rows of earlier times alone, or of `ahead` days ago and earlier. Missing where
    there is none. Rows that a model shall not see, closed days say, must still be here: drop them
    afterwards. Raises BadInput for columns of text without values, and missing times or groups.
    """
    line = Timeline.of(frame, time, by)
    told = _known(known, events)
    behind = 1 if ahead is None else line.ticks(ahead, "ahead")
    made = {}
    for name, values in _listed(events).items():
        event = _numbers(frame, name, values).fill_null(0).to_numpy() != 0
        made[f"days since {name}"] = line.since(event, 0 if name in told else behind)
        if name in told:
            made[f"days until {name}"] = line.until(event)
    return widened(frame, _frame(made))


def rolling(
    frame: Any,
    columns: Events,
    days: float | Sequence[float],
    *,
    time: str,
    by: str | Sequence[str] | None = None,
    known: str | Collection[str] = (),
    ahead: float | timedelta | None = None,
    of: str | Sequence[str] = ("sum", "mean"),
) -> Any:
    """The frame with counts, sums and means over the last days of each row's group.

    columns: numbers or true/false, or a mapping of columns to values that count as 1. known:
    those known in advance; they also see their own day, and get the same over the next days, it
    included. All others see rows of earlier times alone: a window ends just before the row, or
    `ahead` days before it. Missing numbers are left out; over none at all a sum and a mean are
    missing. Raises BadInput for text, infinite numbers, and missing times or groups.
    """
    line = Timeline.of(frame, time, by)
    told = _known(known, columns)
    behind = 1 if ahead is None else line.ticks(ahead, "ahead")
    spans = {_days(span): line.ticks(span, "days") for span in _spans(days)}
    wanted = _statistics(of)
    before = cache(line.before)
    made: _Found = {}
    for name, values in _listed(columns).items():
        sums = _Sums(line, _numbers(frame, name, values).cast(pl.Float64).to_numpy())
        back = 0 if name in told else behind
        for many, ticks in spans.items():
            sides = {"last": (back + ticks, back), "next": (1, 1 - ticks)}
            for side in ("last", "next") if name in told else ("last",):
                found = sums.over(*map(before, sides[side]))
                for which in wanted:
                    made[f"{name} {which} {side} {many}"] = line.placed(found[which])
    return widened(frame, _frame(made))


class _Sums:
    """Running sums of a column in groups; whole numbers stay exact.

    Not even the last bit of a sum depends on later rows or on other groups.
    """

    def __init__(self, line: Timeline, values: NDArray[np.float64]) -> None:
        values, group = values[line.order], line.group[line.order]
        there = np.flatnonzero(~np.isnan(values))[::-1]
        first = np.zeros(group.max(initial=0) + 1)
        first[group[there]] = np.round(values[there])  # backwards, so that the first one stays
        self.centre = first[group]  # sums near 0 lose the least
        self.begin = np.searchsorted(group, group, "left")
        near = np.nan_to_num(values - self.centre, nan=0.0)
        frame = pl.DataFrame({"g": group, "sum": near, "count": ~np.isnan(values)})
        self.running = {
            name: np.append(frame.select(pl.col(name).cum_sum().over("g")).to_series(), 0.0)
            for name in ("sum", "count")
        }  # the last one, which -1 finds, for windows that nothing is before

    def over(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> _Found:
        "Count, sum and mean (n,) for the rows in order, of windows from start up to stop."
        before = np.where(start > self.begin, start - 1, -1)
        upto = np.where(stop > start, stop - 1, before)
        count, near = (self.running[n][upto] - self.running[n][before] for n in ("count", "sum"))
        near[count == 0] = np.nan
        return {
            "count": count,
            "sum": near + count * self.centre,
            "mean": near / np.maximum(count, 1) + self.centre,
        }


def _frame(made: _Found) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(made[name], nan_to_null=True) for name in made})


def _listed(columns: Events) -> dict[str, Collection[Any] | None]:
    if isinstance(columns, Mapping):
        return dict(columns)
    listed = [columns] if isinstance(columns, str) else as_list(columns)
    if len(set(listed)) < len(listed) or not listed:
        raise BadInput(f"columns {listed} came; each once, and one at least, was wanted")
    return dict.fromkeys(listed)


def _known(known: str | Collection[str], columns: Events) -> set[str]:
    names = {known} if isinstance(known, str) else set(known)
    if strange := sorted(names - set(_listed(columns))):
        raise BadInput(f"known={strange[0]!r} came, which is none of {', '.join(_listed(columns))}")
    return names


def _spans(days: float | Sequence[float]) -> list[float]:
    return list(days) if isinstance(days, (list, tuple)) else [days]  # type: ignore[list-item]


def _days(span: float) -> str:
    return f"{span:g} day{'s' * (span != 1)}" if isinstance(span, (int, float)) else str(span)


def _statistics(of: str | Sequence[str]) -> list[str]:
    wanted = [of] if isinstance(of, str) else list(of)
    for one in wanted:
        if one not in _STATISTICS:
            raise BadInput(f"of={one!r} came; some of {', '.join(_STATISTICS)} were wanted")
    return wanted


def _numbers(frame: Any, name: str, values: Collection[Any] | None) -> pl.Series:
    "A column as numbers, null where missing; with values given, 1 where it holds one of them."
    series = as_series(column_of(frame, name))
    if values is not None:
        return _is_one(series, name, values)
    if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
        found = series.drop_nulls().head(1).to_list()
        raise BadInput(
            f"{name} holds {series.dtype} such as {found[0]!r}; numbers or true/false were wanted, "
            f"or the values that count: {{{name!r}: {found!r}}}"
        )
    numbers = series.cast(pl.Float64).fill_nan(None)
    if numbers.is_infinite().any():
        row = int(numbers.is_infinite().arg_max() or 0)
        raise BadInput(f"{name}, row {row + 1:,}: {numbers[row]} is not finite")
    return numbers


def _is_one(series: pl.Series, name: str, values: Collection[Any]) -> pl.Series:
    listed = as_list(values)
    if isinstance(series.dtype, (pl.Categorical, pl.Enum)):
        series = series.cast(pl.String)
    try:
        return series.is_in(pl.Series(listed, dtype=series.dtype, strict=True).implode())
    except (TypeError, pl.exceptions.PolarsError):
        raise BadInput(
            f"{name} holds {series.dtype}, and the values {listed} are of another type"
        ) from None
