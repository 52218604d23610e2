"""The columns of a table as people know them, and what models see of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.table.encoded import Encoded
from entable.data.table.source import absent
from entable.data.table.table import Table
from entable.errors import BadInput

__all__ = ["Field", "field", "fields", "sample", "set_to", "values"]


@dataclass(frozen=True)
class Field:
    """One column: its places among the codes and among the numbers of encoded rows.

    A number that is taken as a category too has both.
    """

    name: str
    codes: tuple[int, ...]
    numbers: tuple[int, ...]

    def moved(self, rows: Encoded, order: NDArray[np.integer]) -> Encoded:
        "The same rows with this column alone taken from the rows `order` (n,)."
        codes, numbers, missing = rows.codes.copy(), rows.numbers.copy(), rows.missing.copy()
        for k in self.codes:
            codes[:, k] = codes[order, k]
        for k in self.numbers:
            numbers[:, k], missing[:, k] = numbers[order, k], missing[order, k]
        return replace(rows, codes=codes, numbers=numbers, missing=missing)


def fields(table: Table, whole: bool = True) -> list[Field]:
    "The columns in the order of the table; of dates the columns themselves (whole) or their parts."
    parts = {part: date.name for date in table.dates for part in date.columns}
    sources = [c.source for c in table.categories] + [n.name for n in table.numbers]
    names = dict.fromkeys(parts.get(s, s) if whole else s for s in sources)
    return [_field(table, name, [s for s in sources if s == name or parts.get(s) == name])
            for name in names]  # fmt: skip


def _field(table: Table, name: str, parts: Sequence[str]) -> Field:
    codes = tuple(k for k, c in enumerate(table.categories) if c.source in parts)
    numbers = tuple(k for k, n in enumerate(table.numbers) if n.name in parts)
    return Field(name, codes, numbers)


def field(table: Table, name: str) -> Field:
    """One column, or one part of a date.

    Raises BadInput for a column that is not learnt from, which proposes the nearest, and for a
    date, of which one part is wanted.
    """
    found = {one.name: one for one in fields(table, whole=False)}
    if name in found:
        return found[name]
    for date in table.dates:
        if date.name == name:
            own = ", ".join(repr(part) for part in date.columns if part in found)
            raise BadInput(f"{name!r} is a date; say which part of it: {own}")
    raise absent(list(found), name, "the model")


def sample(n: int, most: int, seed: int) -> NDArray[np.int64]:
    "Row numbers, all of them or `most` drawn at random, in order."
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False)).astype(np.int64)


def values(table: Table, one: Field, columns: dict[str, pl.Series]) -> pl.Series:
    "What the rows hold of a column or of a part of a date."
    if one.name in columns:
        return columns[one.name]
    date = next(date for date in table.dates if one.name in date.columns)
    return date.apply(columns[date.name])[one.name]


def set_to(table: Table, one: Field, rows: Encoded, at: pl.Series) -> Iterator[Encoded]:
    "The rows once for each value, all of them with this value in the column."
    codes = [table.categories[k].rows(at) for k in one.codes]
    numbers = [table.numbers[k].apply(at) for k in one.numbers]
    for v in range(len(at)):
        new = replace(rows, codes=rows.codes.copy(), numbers=rows.numbers.copy(),
                      missing=rows.missing.copy())  # fmt: skip
        for k, found in zip(one.codes, codes, strict=True):
            new.codes[:, k] = found[v]
        for k, (scaled, gap) in zip(one.numbers, numbers, strict=True):
            new.numbers[:, k], new.missing[:, k] = scaled[v], gap[v]
        yield new
