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
        moments, at = np.unique(values.to_physical().cast(pl.Int64).to_numpy(), return_inverse=True)
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

    def keys(self, ahead: int = 0) -> NDArray[np.int64]:
        "Numbers (n,) in order of group and time, each row looked at from `ahead` ticks before it."
        at = self.at
        if ahead:
            at = (np.searchsorted(self.moments, self.moments - ahead, "right") - 1)[at]
        return self.group * self._width + at + 1

    @property
    def _width(self) -> int:
        return len(self.moments) + 1

    @cached_property
    def order(self) -> NDArray[np.int64]:
        "Rows in order of group and time."
        return np.argsort(self.keys(), kind="stable")

    @cached_property
    def _sorted(self) -> NDArray[np.int64]:
        return self.keys()[self.order]

    def window(self, oldest: int, newest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of a row's group between two ages in ticks: (start, stop), each (n,), into `order`.

        They are younger than `oldest` and as old as `newest` or older; ages below 0 lie ahead.
        """
        start = np.searchsorted(self._sorted, self.keys(oldest), "right")
        return start, np.searchsorted(self._sorted, self.keys(newest), "right")

    def since(self, event: NDArray[np.bool_], ahead: int) -> NDArray[np.float64]:
        "Days (n,) since the group's last event that is `ahead` ticks old or older; NaN for none."
        events = np.unique(self.keys()[event])
        before = np.searchsorted(events, self.keys(ahead), "right") - 1
        return self._between(events, before, -1)

    def until(self, event: NDArray[np.bool_]) -> NDArray[np.float64]:
        "Days (n,) until the group's next event, 0 on its day; NaN for none."
        events = np.unique(self.keys()[event])
        return self._between(events, np.searchsorted(events, self.keys(), "left"), 1)

    def _between(
        self, events: NDArray[np.int64], nearest: NDArray[np.int64], sign: int
    ) -> NDArray[np.float64]:
        days = np.full(len(self), np.nan)
        there = (nearest >= 0) & (nearest < len(events))
        found = events[nearest[there]]
        mine = found // self._width == self.group[there]
        rows = np.flatnonzero(there)[mine]
        when = self.moments[found[mine] % self._width - 1]
        days[rows] = sign * (when - self.moments[self.at[rows]]) / self.day
        return days


def groups(frame: Any, by: str | Sequence[str]) -> NDArray[np.int64]:
    "Group numbers (n,) from 0, of one column or several; BadInput with the row of a missing one."
    names = [by] if isinstance(by, str) else list(by)
    if not names:
        raise BadInput("no column of groups came; wanted one name or more")
    group = np.zeros(1, np.int64)
    for name in names:
        vocab, rows = Vocab.encode(column_of(frame, name), name)
        missing = rows == Vocab.MISSING
        if missing.any():
            row = int(missing.argmax()) + 1
            raise BadInput(f"{name} is missing in row {row:,}; drop such rows or fill it")
        both = group * (len(vocab) + Vocab.FIRST) + rows
        group = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return group
