"""A frame through a table: chunk by chunk into arrays made once."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.table.encoded import Encoded
from entable.data.table.fitting import row_weights
from entable.data.table.source import Source, source_of
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.table.table import Table

__all__ = ["encoded"]

_CHUNK = 1 << 17  # rows at a time, so that what is made between stays small


def encoded(table: "Table", frame: Any, target: bool | None) -> Encoded:
    "See `Table.apply`."
    wanted = table.columns
    aim = [] if table.target is None or target is False else list(table.target.names)
    weights = [] if table.weights is None or target is False else [table.weights]
    source = source_of(frame, {*wanted, *aim, *weights}, table.gaps)
    _complete(source, wanted)
    rows = _features(table, source)
    goal = _target(table, source, target)
    notes = [*_ignored(table, source), *_foreign(table, source)]
    balance = None if goal is None else _weights(table, source, goal)
    return Encoded(*rows, goal, balance, notes)


def _complete(source: Source, wanted: Sequence[str]) -> None:
    lacking = [name for name in wanted if name not in source.columns]
    if lacking:
        raise BadInput(
            f"the frame lacks {len(lacking):,} of the {len(wanted):,} columns that were learnt: "
            f"{', '.join(map(repr, lacking))}; it has {', '.join(map(repr, source.all_names[:20]))}"
        )


def _features(
    table: "Table", source: Source
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.bool_], NDArray[np.int16]]:
    n = len(source)
    codes = np.empty((n, len(table.categories)), np.int32)
    numbers = np.empty((n, len(table.numbers)), np.float32)
    missing = np.empty((n, len(table.numbers)), np.bool_)
    unseen = np.zeros(n, np.int16)
    arrays = (codes, numbers, missing, unseen)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        try:
            _chunk(table, source, start, stop, *(a[start:stop] for a in arrays))  # type: ignore[arg-type]
        except BadInput:
            if start == 0:
                raise
            _chunk(table, source, 0, stop, *(a[:stop] for a in arrays))  # type: ignore[arg-type]
            raise  # never reached: from the start, the error names the right row
    return arrays


def _chunk(
    table: "Table",
    source: Source,
    start: int,
    stop: int,
    codes: NDArray[np.int32],
    numbers: NDArray[np.float32],
    missing: NDArray[np.bool_],
    unseen: NDArray[np.int16],
) -> None:
    columns = _Columns(table, source, start, stop)
    for k, category in enumerate(table.categories):
        rows = category.rows(columns[category.source])
        codes[:, k] = rows
        if not category.also:
            unseen += rows == 0
    for k, number in enumerate(table.numbers):
        numbers[:, k], missing[:, k] = number.apply(columns[number.name])


class _Columns:
    "Some rows of columns and of the parts of dates, each read once."

    def __init__(self, table: "Table", source: Source, start: int, stop: int) -> None:
        self.source, self.span = source, (start, stop)
        self.parts: dict[str, pl.Series] = {}
        for date in table.dates:
            made = date.apply(source.values(date.name, start, stop))
            self.parts |= dict(zip(made.columns, made.get_columns(), strict=True))

    def __getitem__(self, name: str) -> pl.Series:
        if name not in self.parts:
            self.parts[name] = self.source.series(name, *self.span)
        return self.parts[name]


def _target(table: "Table", source: Source, target: bool | None) -> NDArray[Any] | None:
    if table.target is None:
        if target:
            raise BadInput("the table was fitted without a target; target=True asks for one")
        return None
    if target is False:
        return None
    there = all(name in source.columns for name in table.target.names)
    if target is None and not (there and len(source)):
        return None
    if target is None and any(_empty(source, name) for name in table.target.names):
        return None
    return table.target.encode(source)


def _empty(source: Source, name: str) -> bool:
    series = source.series(name)
    return series.null_count() == len(series)


def _weights(table: "Table", source: Source, goal: NDArray[Any]) -> NDArray[np.float32] | None:
    "Row weights times class weights, where there are any."
    assert table.target is not None
    found = None
    if table.weights is not None and table.weights in source.columns:
        found = row_weights(source, table.weights)
    if (balance := table.target.balance) is not None:
        by_class = balance[goal.astype(np.int64)]
        found = by_class if found is None else found * by_class
    return found


def _ignored(table: "Table", source: Source) -> list[str]:
    aim = table.target.names if table.target is not None else ()
    known = {*table.columns, *aim, table.weights}
    extra = [name for name in source.all_names if name not in known]
    return [f"columns that were not learnt are ignored: {', '.join(extra)}"] if extra else []


def _foreign(table: "Table", source: Source) -> list[str]:
    "Categories that came in another type than that of training."
    if source.text or not len(source):
        return []
    made = {part for date in table.dates for part in date.columns}
    notes = []
    for category in table.categories:
        if category.source in made or category.also:
            continue
        came = _family(source.series(category.source, 0, 1).dtype)
        learnt = _FAMILIES.get(category.vocab.dtype, "text")
        if came not in ("", learnt):
            notes.append(f"{category.name}: {came} came and was read as the {learnt} of training")
    return notes


_FAMILIES: Mapping[str, str] = {
    "int": "numbers", "float": "numbers", "bool": "true/false", "date": "dates",
    "datetime": "dates", "str": "text", "uuid": "text",
}  # fmt: skip


def _family(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "numbers"
    if dtype == pl.Boolean:
        return "true/false"
    if dtype.is_temporal():
        return "dates"
    return "" if dtype == pl.Null else "text"
