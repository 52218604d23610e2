"""The calendar: parts of days and times of day, each distinct day taken apart once."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["CLOCK", "CYCLES", "PARTS", "taken_apart"]

PARTS = (
    *("year", "quarter", "month", "week", "day", "weekday", "day of year"),
    *("is month start", "is month end", "is quarter start", "is quarter end"),
    *("is year start", "is year end", "elapsed"),
)
CLOCK = ("hour", "minute", "second")
CYCLES = ("in year", "in month", "in week", "in day")
_TIMED = (*CLOCK, *CYCLES, "elapsed")
_DAY_US = 86_400_000_000


def taken_apart(local: pl.Series, parts: Iterable[str]) -> dict[str, pl.Series]:
    """Parts of a column of Date or Datetime["us"]; a cycle gives "... sin" and "... cos".

    A row's parts depend on no other row.
    """
    parts = tuple(parts)
    timed = set(_TIMED if local.dtype != pl.Date else ())
    daily = _by_day(local.dt.date(), [part for part in parts if part not in timed])
    made = {part: daily if part not in timed else _part(local, part) for part in parts}
    return {name: made[part][name] for part in parts for name in _names(part)}


def _names(part: str) -> tuple[str, ...]:
    return (f"{part} sin", f"{part} cos") if part in CYCLES else (part,)


def _by_day(days: pl.Series, parts: list[str]) -> dict[str, pl.Series]:
    "Parts of days; of many rows each day between the first and the last is looked at once."
    numbers = days.to_physical()
    lo, hi = numbers.min(), numbers.max()
    if not isinstance(lo, int) or not isinstance(hi, int) or hi - lo >= len(days):
        return {name: made for part in parts for name, made in _part(days, part).items()}
    calendar = pl.int_range(lo, hi + 1, dtype=pl.Int32, eager=True).cast(pl.Date)
    at = (numbers - lo).cast(pl.UInt32)
    made = [_part(calendar, part) for part in parts]
    return {name: column.gather(at) for some in made for name, column in some.items()}


def _part(when: pl.Series, part: str) -> dict[str, pl.Series]:
    if part in CYCLES:
        turn = 2 * np.pi * _position(when, part)
        return {f"{part} {f.__name__}": _nullable(f(turn)) for f in (np.sin, np.cos)}
    if part == "elapsed":
        return {part: _nullable(_micros(when) / _DAY_US)}
    if part in _NAMED:
        return {part: getattr(when.dt, _NAMED[part])()}
    return {part: _edge(when, part)}


_NAMED = {part: part for part in (*PARTS[:6], *CLOCK)} | {"day of year": "ordinal_day"}


def _edge(days: pl.Series, part: str) -> pl.Series:
    "Is it the first or the last day of a month, quarter or year?"
    _, span, end = part.split()
    months = {"month": 1, "quarter": 3, "year": 12}[span]
    if end == "start":
        return (days.dt.day() == 1) & ((days.dt.month() - 1) % months == 0)
    return (days.dt.day() == days.dt.days_in_month()) & (days.dt.month() % months == 0)


def _micros(when: pl.Series) -> NDArray[np.float64]:
    "Microseconds since 1970 (NaN for null): NumPy divides one row as it divides many."
    return when.cast(pl.Datetime("us")).to_physical().cast(pl.Float64).to_numpy()


def _nullable(values: NDArray[np.float64]) -> pl.Series:
    return pl.Series(values, nan_to_null=True)


def _position(when: pl.Series, cycle: str) -> NDArray[np.float64]:
    "Where in the year, month, week or day a time lies, from 0 to 1."
    day = when.dt.date()
    hours = (_micros(when) - _micros(day)) / _DAY_US
    if cycle == "in day":
        return hours
    if cycle == "in week":
        return (_floats(day.dt.weekday()) - 1 + hours) / 7
    if cycle == "in month":
        return (_floats(day.dt.day()) - 1 + hours) / _floats(day.dt.days_in_month())
    return (_floats(day.dt.ordinal_day()) - 1 + hours) / (365 + _floats(day.dt.is_leap_year()))


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.cast(pl.Float64).to_numpy()
