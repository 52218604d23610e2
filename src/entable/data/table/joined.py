"""A second table joined by name: what matched nothing is counted, nothing is multiplied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from entable._answer import Answer
from entable.data.columns import column, described
from entable.data.table.kinds import typed
from entable.data.table.source import Source, absent, source_of
from entable.data.widen import widened
from entable.data.words import counted
from entable.errors import BadInput

__all__ = ["Joined", "join"]

_ROW, _THERE = "\0row", "\0there"


@dataclass(frozen=True, eq=False, repr=False)
class Joined(Answer):
    """A frame with the columns of another beside it.

    frame: in the library of the first one, its rows in their order. unmatched: the keys that the
    other lacks, and how many rows have each. unused: how many rows of the other matched nothing.
    """

    frame: Any
    unmatched: pl.DataFrame
    unused: int
    title: str
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "The keys that the other frame lacks."
        return self.unmatched


def join(
    frame: Any,
    other: Any,
    on: str | Sequence[str] | Mapping[str, str],
    many: bool = False,
    suffix: str = "",
) -> Joined:
    """Put the columns of another table beside a frame, by equal keys; every row stays.

    on: a column that both have, several, or a mapping of columns here to columns there. Rows that
    match nothing get missing values, and a missing key matches nothing. many: a row that matches
    several may be multiplied. suffix: for columns that both have. Raises BadInput for keys that are
    not there or of other types, and for what `many` or `suffix` were needed for.
    """
    here, there = source_of(frame), source_of(other)
    pairs = _pairs(on, here, there)
    left, right = _typed(here), _typed(there)
    rows = _matched(left, right, pairs)
    if not many:
        _once(left, right, rows, pairs)
    columns = _renamed(right.drop(pairs.values()), left.columns, suffix)
    return _answer(frame, here, left, columns, rows, list(pairs), many)


_On = str | Sequence[str] | Mapping[str, str]


def _pairs(on: _On, here: Source, there: Source) -> Mapping[str, str]:
    names = [on] if isinstance(on, str) else on
    pairs = names if isinstance(names, Mapping) else {name: name for name in names}
    if not pairs:
        raise BadInput("on= names no column; wanted one at least that both frames have")
    for mine, yours in pairs.items():
        if mine not in here.columns:
            raise absent(here.names, mine, "the first frame")
        if yours not in there.columns:
            raise absent(there.names, yours, "the second frame")
    return pairs


def _typed(source: Source) -> pl.DataFrame:
    frame = source.frame()
    return frame.with_columns(typed(c) for c in frame.get_columns()) if source.text else frame


def _matched(left: pl.DataFrame, right: pl.DataFrame, pairs: Mapping[str, str]) -> pl.DataFrame:
    "Rows of both that belong together: row, there (null where nothing matches)."
    keys = [str(k) for k in range(len(pairs))]
    mine, yours = {}, {}
    for key, (a, b) in zip(keys, pairs.items(), strict=True):
        mine[key], yours[key] = _alike(left[a], right[b])
    first = pl.DataFrame(mine).with_row_index(_ROW)
    second = pl.DataFrame(yours).with_row_index(_THERE)
    found = first.join(second, on=keys, how="left", maintain_order="left_right")
    return found.select(_ROW, _THERE)


def _alike(left: pl.Series, right: pl.Series) -> tuple[pl.Series, pl.Series]:
    "Two columns of keys of one type; an empty one is of any."
    here, mine = column(left, f"{left.name} value")
    there, yours = column(right, f"{right.name} value")
    if here == there == "str":
        return mine.cast(pl.String), yours.cast(pl.String)
    if here == there:
        return mine, yours
    if mine.null_count() < len(mine) and yours.null_count() < len(yours):
        raise BadInput(
            f"{left.name!r} is {described(here)} in the first frame, and {right.name!r} "
            f"{described(there)} in the second; make both the same"
        )
    return mine, yours.cast(mine.dtype, strict=False)


def _once(
    left: pl.DataFrame, right: pl.DataFrame, rows: pl.DataFrame, pairs: Mapping[str, str]
) -> None:
    if len(rows) == len(left):
        return
    row = int(rows.filter(pl.col(_ROW).is_duplicated())[_ROW][0])
    key = ", ".join(f"{name} {left[name][row]!r}" for name in pairs)
    times = int((rows[_ROW] == row).sum())
    raise BadInput(
        f"the second frame has {times:,} rows for {key}, so that {len(left):,} rows would become "
        f"{len(rows):,}; join by more columns, leave the repeated ones out, or pass many=True"
    )


def _renamed(columns: pl.DataFrame, taken: Sequence[str], suffix: str) -> pl.DataFrame:
    both = [name for name in columns.columns if name in taken]
    renamed = {name: f"{name}{suffix}" for name in both}
    still = [name for name in renamed.values() if name in taken or name in columns.columns]
    if still:
        raise BadInput(
            f"both frames have {', '.join(map(repr, both))}; join by it too, drop it, or pass "
            "suffix= for those of the second"
        )
    return columns.rename(renamed)


def _answer(
    frame: Any,
    here: Source,
    left: pl.DataFrame,
    columns: pl.DataFrame,
    rows: pl.DataFrame,
    keys: list[str],
    many: bool,
) -> Joined:
    new = columns.select(pl.all().gather(rows[_THERE]))
    if many or here.native == "none":
        whole = left.select(pl.all().gather(rows[_ROW])).with_columns(new.get_columns())
        made = here.like(whole)
    else:
        made = widened(frame, new)
    lacking = left.select(pl.col(keys).gather(rows.filter(pl.col(_THERE).is_null())[_ROW]))
    unmatched = lacking.group_by(keys, maintain_order=True).agg(pl.len().alias("rows"))
    unused = len(columns) - rows[_THERE].drop_nulls().n_unique()
    return Joined(made, unmatched, unused, *_told(rows, len(left), lacking, unmatched, unused))


def _told(
    rows: pl.DataFrame, n: int, lacking: pl.DataFrame, unmatched: pl.DataFrame, unused: int
) -> tuple[str, tuple[str, ...]]:
    share = f"{len(lacking):,} of {counted(n, 'row')}" if len(lacking) else "every row"
    title = f"{share} matched nothing" if len(lacking) else f"{share} matched"
    notes = []
    if len(rows) > n:
        notes.append(f"{n:,} rows became {len(rows):,}, for some matched several")
    if len(lacking):
        notes.append(f"{counted(len(unmatched), 'key')} not there, listed above")
    if unused:
        notes.append(f"{counted(unused, 'row')} of the second frame matched nothing")
    return title, tuple(notes)
