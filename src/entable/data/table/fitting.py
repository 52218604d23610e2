"""How a table is learnt: which columns, of which kind, and what to say about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.dates import Dates
from entable.data.table.category import Category
from entable.data.table.kinds import Kind, inferred, part_kind, typed
from entable.data.table.number import SCALINGS, Number, floats
from entable.data.table.source import Source, absent
from entable.data.words import counted
from entable.errors import BadInput

__all__ = ["Chosen", "Column", "Shape", "chosen", "learnt", "row_weights"]

DateParts = Collection[str] | Mapping[str, Iterable[str] | None] | None


@dataclass(frozen=True)
class Shape:
    "How categories and numbers are made: the settings of `Table.fit`, under the same names."

    ordered: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    min_count: int | Mapping[str, int] = 1
    max_levels: int = 100_000
    repeated: int | None = None
    scaling: str | Mapping[str, str] = "robust"
    fill: str | float | Mapping[str, str | float] = "median"
    bins: int = 48

    def __post_init__(self) -> None:
        given = self.scaling
        for scaling in given.values() if isinstance(given, Mapping) else [given]:
            if scaling not in SCALINGS:
                raise BadInput(f"scaling={scaling!r} came; wanted {', '.join(SCALINGS)}")
        if self.max_levels < 1 or self.bins < 1:
            raise BadInput(f"max_levels={self.max_levels}, bins={self.bins} came; wanted 1 or more")
        if self.repeated is not None and self.repeated < 1:
            raise BadInput(f"repeated={self.repeated} came; wanted 1 or more, or None")


@dataclass(frozen=True)
class Column:
    "One feature: its values, its kind, and a sentence's part on why."

    name: str
    series: pl.Series
    kind: Kind


@dataclass(frozen=True)
class Chosen:
    "The columns of a fit."

    columns: list[Column]
    dates: tuple[Dates, ...]
    notes: list[str]


def chosen(
    source: Source,
    categories: Collection[str] | None,
    numbers: Collection[str] | None,
    dates: DateParts,
    taken: Mapping[str, str],
    repeated: int | None,
) -> Chosen:
    """The features and their kinds; `taken` columns are none, and why.

    Columns that nobody named are inferred; where both categories and numbers are given, they are
    left out. Raises BadInput for names that are not there, twice, or taken.
    """
    given = _given(source, categories, numbers, dates, taken)
    exact = categories is not None and numbers is not None
    features = [n for n in source.names if n not in taken and (not exact or n in given)]
    left = [n for n in source.names if n not in taken and n not in features and exact]
    columns = [_column(source, name, given.get(name), repeated) for name in features]
    made = [_parts(source, c.name, dates) for c in columns if c.kind.kind == "date"]
    kept = [c for c in columns if c.kind.kind != "date"]
    read = tuple(date for date, _ in made)
    for date, parts in made:
        kept += [_part(s, date.name, given) for s in parts]
    notes = [f"columns not asked for were left out: {', '.join(left)}"] if left else []
    return Chosen(kept, read, notes + _told(kept, columns, given))


def _given(
    source: Source,
    categories: Collection[str] | None,
    numbers: Collection[str] | None,
    dates: DateParts,
    taken: Mapping[str, str],
) -> dict[str, str]:
    given: dict[str, str] = {}
    asked = {"category": categories, "number": numbers, "date": dates}
    for kind, names in asked.items():
        if isinstance(names, str):
            raise BadInput(f"a list of columns was wanted, {names!r} came: write [{names!r}]")
        for name in names or ():
            if name in given:
                raise BadInput(f"column {name!r} is given as {given[name]} and as {kind}")
            if name in taken:
                raise BadInput(f"column {name!r} is {taken[name]}; it cannot be a {kind} too")
            part_of = any(name.startswith(f"{d} ") for d in dates or ())
            if name not in source.columns and not part_of:
                raise absent(source.names, name)
            given[name] = kind
    return given


def _column(source: Source, name: str, given: str | None, repeated: int | None) -> Column:
    series = source.series(name)
    if source.text and given != "date":
        series = typed(series)
    found = inferred(series, repeated)
    if given is None or found.why in ("is empty", "holds one value only"):
        return Column(name, series, found)
    if not found.kind and found.why.startswith("holds "):
        raise BadInput(f"column {name!r} {found.why}, which cannot be a {given}")
    return Column(name, series, Kind(given, found.why))


def _parts(source: Source, name: str, dates: DateParts) -> tuple[Dates, list[pl.Series]]:
    parts = dates.get(name) if isinstance(dates, Mapping) else None
    read = Dates.fit(source.values(name), name, parts)
    return read, read.apply(source.values(name)).get_columns()


def _part(series: pl.Series, date: str, given: Mapping[str, str]) -> Column:
    found = inferred(series, None)
    if found.kind:
        kind = given.get(series.name) or part_kind(series.name, [date])
        found = Kind(kind, found.why)
    return Column(series.name, series, found)


def _told(kept: Sequence[Column], columns: Sequence[Column], given: Mapping[str, str]) -> list[str]:
    "What was inferred and what was left out, a sentence each."
    notes = []
    every = [*kept, *(c for c in columns if c.kind.kind == "date")]
    plural = {"category": "categories", "number": "numbers", "date": "dates"}
    for kind, words in plural.items():
        some = [c for c in every if c.kind.kind == kind and c.name not in given]
        if some:
            listed = ", ".join(f"{c.name} ({c.kind.why})" for c in some)
            notes.append(f"taken for {words}: {listed}")
    if names := [c.name for c in every if c.kind.name_like and c.name not in given]:
        notes.append(f"if {', '.join(names)} are names rather than sizes, say categories={names}")
    for why in dict.fromkeys(c.kind.why for c in kept if not c.kind.kind):
        left = [c.name for c in kept if not c.kind.kind and c.kind.why == why]
        notes.append(f"left out: {', '.join(left)} ({'each ' * (len(left) > 1)}{why})")
    return notes


def learnt(
    found: Chosen, shape: Shape
) -> tuple[tuple[Category, ...], tuple[Number, ...], list[str]]:
    "Categories, numbers, and sentences about merged levels and columns that came to nothing."
    categories: list[Category] = []
    numbers: list[Number] = []
    notes: list[str] = []
    for column in found.columns:
        if column.kind.kind == "category":
            categories += _category(column, shape, notes)
        elif column.kind.kind == "number":
            values = floats(column.series, column.name)
            numbers.append(_number(column.name, values, shape))
            if shape.repeated is not None:
                categories += _also(column, values, shape)
    if also := [c for c in categories if c.also]:
        times = counted(shape.repeated or 0, "time")
        notes.append(
            f"values that came {times} or more are categories too: "
            f"{', '.join(f'{c.source} ({len(c.vocab):,})' for c in also)}"
        )
    return tuple(categories), tuple(numbers), notes


def _category(column: Column, shape: Shape, notes: list[str]) -> list[Category]:
    name = column.name
    least = _of(shape.min_count, name, 1)
    order = shape.ordered.get(name)
    category = Category.fit(column.series, name, order, least, shape.max_levels)
    if not len(category.vocab):
        notes.append(f"left out: {name} (no level came {least} times)")
        return []
    if category.counts[0]:
        rows = counted(int(category.counts[0]), "row")
        notes.append(
            f"{name}: {rows} of rare levels share the row of unseen ones; "
            f"{counted(len(category.vocab), 'level')} stayed"
        )
    return [category]


def _number(name: str, values: NDArray[np.float64], shape: Shape) -> Number:
    scaling, fill = _of(shape.scaling, name, "robust"), _of(shape.fill, name, "median")
    return Number.fit(values, name, scaling, fill, shape.bins)


def _also(column: Column, values: NDArray[np.float64], shape: Shape) -> list[Category]:
    assert shape.repeated is not None
    series = pl.Series(values).fill_nan(None)
    made = Category.fit(
        series, f"{column.name} as category", None, shape.repeated, shape.max_levels, column.name
    )
    return [made] if len(made.vocab) > 1 else []


def _of(setting: Any, name: str, usual: Any) -> Any:
    return setting.get(name, usual) if isinstance(setting, Mapping) else setting


def row_weights(source: Source, name: str) -> NDArray[np.float32]:
    "A column of weights as float32 (n,); BadInput for missing, negative or infinite ones."
    if name not in source.columns:
        raise absent(source.names, name)
    values = floats(source.series(name), name)
    bad = np.isnan(values) | (values < 0)
    if bad.any():
        row = int(bad.argmax())
        came = "none" if np.isnan(values[row]) else f"{values[row]:g}"
        raise BadInput(f"weights in {name!r}, row {row + 1:,}: {came} came; wanted 0 or more")
    return values.astype(np.float32)
