"""Parts of dates: year, month, week, ends of months, places in a cycle; the same for new rows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any

import polars as pl

from entable.data.dateparts import CLOCK, CYCLES, PARTS, taken_apart
from entable.data.instants import Instants, instants
from entable.data.widen import column_of, widened
from entable.errors import BadInput, BadModelFile

__all__ = ["CLOCK", "CYCLES", "PARTS", "Dates", "date_parts"]


@dataclass(frozen=True)
class Dates:
    """How one column of dates is read and taken apart, so that new rows get the same answer.

    parts: of `PARTS`, `CLOCK` and `CYCLES`; each of the latter is a sine and a cosine. format:
    how texts are written. zone: whose clock counts, None for times that name none. clock: do times
    of day count?
    """

    name: str
    parts: tuple[str, ...]
    format: str
    zone: str | None
    clock: bool

    @classmethod
    def fit(
        cls,
        values: Any,
        name: str = "date",
        parts: Iterable[str] | None = None,
        format: str | None = None,
        zone: str | None = None,
    ) -> "Dates":
        """Learn from a column how it is written; parts are all but cycles unless given.

        Hours and minutes only where a row is not at midnight. Raises BadInput with row and value
        for what is no date, for texts that could mean two days (pass format=), and for times of
        which some lack a zone.
        """
        read = instants(values, name, format, zone)
        clock = read.values.dtype != pl.Date and bool((read.values.dt.time() != time()).any())
        return cls(name, _chosen(name, parts, clock), read.format, read.zone, clock)

    @property
    def columns(self) -> tuple[str, ...]:
        "The names of the columns that `apply` makes."
        ends = [(" sin", " cos") if part in CYCLES else ("",) for part in self.parts]
        named = zip(self.parts, ends, strict=True)
        return tuple(f"{self.name} {part}{end}" for part, some in named for end in some)

    def apply(self, values: Any) -> pl.DataFrame:
        """A column's parts: whole numbers, true/false, and floats ("elapsed", sines, cosines).

        elapsed: days since 1970-01-01; weekday: 1 is Monday; week: ISO 8601. Missing dates have
        missing parts. Raises BadInput with row and value for what is no date, and for times with
        a zone where training had none, or the other way round.
        """
        made = taken_apart(self.read(values), self.parts)
        return pl.DataFrame({f"{self.name} {part}": made[part] for part in made})

    def read(self, values: Any) -> pl.Series:
        "A column as Date or Datetime on the clock of training; BadInput as in `apply`."
        read = instants(values, self.name, self.format, self.zone)
        if self.zone is None and read.zone is not None:
            raise _zoned(self.name, read)
        return read.values.cast(pl.Datetime("us") if self.clock else pl.Date)

    def state(self) -> dict[str, Any]:
        "What a model file keeps, as JSON can hold it."
        return asdict(self) | {"parts": list(self.parts)}

    @classmethod
    def of(cls, state: Any) -> "Dates":
        "What `state` gave; BadModelFile for anything else."
        if not _sound(state):
            raise BadModelFile(f"dates are not described as they should be: {state!r}")
        return cls(**state | {"parts": tuple(state["parts"])})


def date_parts(
    frame: Any,
    column: str,
    parts: Iterable[str] | None = None,
    format: str | None = None,
    zone: str | None = None,
) -> Any:
    """A frame of any library with the parts of one column of dates beside its own columns.

    Raises BadInput as `Dates.fit` does, and for a column that is not there.
    """
    values = column_of(frame, column)
    dates = Dates.fit(values, column, parts, format, zone)
    return widened(frame, dates.apply(values))


def _sound(state: Any) -> bool:
    kinds = {"name": str, "parts": list, "format": str, "zone": (str, type(None)), "clock": bool}
    if not isinstance(state, dict) or state.keys() != kinds.keys():
        return False
    if not all(isinstance(state[key], kind) for key, kind in kinds.items()):  # type: ignore[arg-type]
        return False
    return all(part in (*PARTS, *CLOCK, *CYCLES) for part in state["parts"])


def _chosen(name: str, parts: Iterable[str] | None, clock: bool) -> tuple[str, ...]:
    if parts is None:
        return PARTS + CLOCK * clock
    chosen = tuple(parts if not isinstance(parts, str) else [parts])
    for part in chosen:
        if part not in (*PARTS, *CLOCK, *CYCLES):
            known = ", ".join((*PARTS, *CLOCK, *CYCLES))
            raise BadInput(f"{name}: {part!r} is no part of a date; parts are {known}")
        if part in (*CLOCK, "in day") and not clock:
            raise BadInput(f"{name}: {part!r} was asked for, and the column holds days only")
    if len(set(chosen)) < len(chosen) or not chosen:
        raise BadInput(f"{name}: parts={list(chosen)} came; each once, and one at least")
    return chosen


def _zoned(name: str, read: Instants) -> BadInput:
    row = int(read.values.is_not_null().arg_max() or 0)
    return BadInput(
        f"{name}, row {row + 1:,}: {read.values[row]} came with the time zone {read.zone}, and "
        "training had none; .dt.convert_time_zone(...).dt.replace_time_zone(None) takes it away"
    )
