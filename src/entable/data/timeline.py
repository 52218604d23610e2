"""Rows in groups along time: what lay before, and what lies after, found by binary search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.instants import instants
from entable.data.vocab import Vocab
from entable.data.widen import column_of
from entable.errors import BadInput

__all__ = ["Timeline", "groups"]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timeline:
    """When each of n rows took place, and in which group.

    moments: distinct times (T,), ascending, in ticks; at: each row's place among them (n,);
    group: (n,) from 0; day: ticks in a day (1 for dates, 86,400,000,000 for times).
    """

    moments: NDArray[np.int64]
    at: NDArray[np.int64]
    group: NDArray[np.int64]
    day: int

    @classmethod
    def of(cls, frame: Any, time: str, by: str | Sequence[str] | None) -> "Timeline":
        "Raises BadInput with the row for a time that is missing or none, or a missing group."
        values = instants(column_of(frame, time), time).values
        if values.null_count():
            row = int(values.is_null().arg_max() or 0)
            raise BadInput(f"{time} is missing in row {row + 1:,}; drop such rows or fill it")
        moments, at = _ranked(values.to_physical().cast(pl.Int64).to_numpy())
        day = 1 if values.dtype == pl.Date else 86_400_000_000
        group = np.zeros(len(at), np.int64) if by is None else groups(frame, by)
        return cls(moments, at, group, day)

    def __len__(self) -> int:
        return len(self.at)

    def ticks(self, span: Any, what: str) -> int:
        "A span (days, or a timedelta) in ticks; BadInput unless above 0, and whole for dates."
        days = span / _DAY if isinstance(span, timedelta) else span
        number = isinstance(days, (int, float, np.number)) and not isinstance(days, bool)
        ticks = days * self.day if number and np.isfinite(days) else 0
        if round(ticks) < 1 or (self.day == 1 and ticks != round(ticks)):
            unit = "whole days" if self.day == 1 else "days or a timedelta"
            raise BadInput(f"{what}={span!r} came; {unit} above 0 were wanted")
        return round(ticks)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        "Rows in order of group and time."
        return np.argsort(self.group * self._width + self.at, kind="stable")

    @property
    def _width(self) -> int:
        return len(self.moments) + 1

    def _keys(self, ahead: int = 0) -> NDArray[np.int64]:
        "Ascending numbers (n,) for the rows in order, looked at from `ahead` ticks before them."
        at = np.arange(len(self.moments))
        if ahead:
            at = np.searchsorted(self.moments, self.moments - ahead, "right") - 1
        return self._starts + at[self._places]

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return self.group[self.order] * self._width + 1

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        return self.at[self.order]

    @cached_property
    def _own(self) -> NDArray[np.int64]:
        return self._keys()

    def before(self, age: int) -> NDArray[np.int64]:
        """For the rows in order, where in `order` the younger ones of their group begin.

        Those there and after are younger than `age` ticks; ages below 0 lie ahead.
        """
        return np.searchsorted(self._own, self._keys(age), "right")

    def placed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        "Values of the rows in order, back at the rows."
        back = np.empty_like(values)
        back[self.order] = values
        return back

    def since(self, event: NDArray[np.bool_], ahead: int) -> NDArray[np.float64]:
        "Days (n,) since the group's last event that is `ahead` ticks old or older; NaN for none."
        events = self._own[event[self.order]]
        last = np.searchsorted(events, self._keys(ahead), "right") - 1
        return self._between(events, last, -1)

    def until(self, event: NDArray[np.bool_]) -> NDArray[np.float64]:
        "Days (n,) until the group's next event, 0 on its day; NaN for none."
        events = self._own[event[self.order]]
        return self._between(events, np.searchsorted(events, self._own, "left"), 1)

    def _between(
        self, events: NDArray[np.int64], nearest: NDArray[np.int64], sign: int
    ) -> NDArray[np.float64]:
        "Days from the rows in order to the nearest event, placed."
        days = np.full(len(self), np.nan)
        rows = np.flatnonzero((nearest >= 0) & (nearest < len(events)))
        at = events[nearest[rows]] - self._starts[rows]  # of another group: out of bounds
        rows, at = (x[(at >= 0) & (at < len(self.moments))] for x in (rows, at))
        days[rows] = sign * (self.moments[at] - self.moments[self._places[rows]]) / self.day
        return self.placed(days)


def _ranked(ticks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    "Distinct numbers, ascending, and each one's place among them."
    low, high = (int(ticks.min()), int(ticks.max())) if len(ticks) else (0, 0)
    if high - low > len(ticks) + 1_000_000:
        moments, at = np.unique(ticks, return_inverse=True)
        return moments, at.astype(np.int64)
    seen = np.zeros(high - low + 1, bool)
    seen[ticks - low] = True
    places = np.cumsum(seen) - 1
    return np.flatnonzero(seen) + low, places[ticks - low]


def groups(frame: Any, by: str | Sequence[str]) -> NDArray[np.int64]:
    "Group numbers (n,) from 0, of one column or several; BadInput with the row of a missing one."
    names = [by] if isinstance(by, str) else list(by)
    group: NDArray[np.int64] | None = None
    for name in names:
        vocab, rows = Vocab.encode(column_of(frame, name), name)
        missing = rows == Vocab.MISSING
        if missing.any():
            row = int(missing.argmax()) + 1
            raise BadInput(f"{name} is missing in row {row:,}; drop such rows or fill it")
        own = rows.astype(np.int64) - Vocab.FIRST
        group = own if group is None else _ranked(group * len(vocab) + own)[1]
    if group is None:
        raise BadInput("no column of groups came; wanted one name or more")
    return group
