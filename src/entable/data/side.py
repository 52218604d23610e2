"""Titles and facts: a second table, joined to the names of a vocab."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.sidetable import GENRES, SideTable, side_table
from entable.data.usual import TITLES, plain, usual
from entable.data.vocab import Vocab
from entable.data.words import counted
from entable.errors import BadInput, UnknownName

__all__ = ["facts", "labels", "widened"]


def labels(source: Any, vocab: Vocab) -> tuple[NDArray[np.object_] | None, list[str]]:
    """Titles in vocab order (str or None), and sentences on what did not match.

    source: a table, (table, id_column[, title_column]), or a mapping of ids to titles.
    Raises BadInput where no id matches or a column is not there.
    """
    if source is None:
        return None, []
    table, id_column, title_column = side_table(source)
    id_column = _id_column(table, vocab, id_column)
    title_column = _title_column(table, id_column, title_column)
    rows, notes = _joined(table, id_column, vocab, "title")
    titles = table.frame[title_column].cast(pl.String).str.strip_chars()
    found = titles.set(titles == "", None).gather(rows)
    repeated = found.drop_nulls().value_counts().filter(pl.col("count") > 1).height
    if repeated:
        notes.append(
            f"{table.name}: {counted(repeated, 'title')} shared by several {vocab.kinds}, "
            f"which stay different {vocab.kinds}"
        )
    return np.array([*found.to_list(), None], dtype=object)[:-1], notes


def facts(source: Any, vocab: Vocab) -> tuple[pl.DataFrame | None, list[str]]:
    """Facts as a frame of one row per name in vocab order, and sentences on what did not match.

    source: a table, or (table, id_column). Raises BadInput as `labels` does.
    """
    if source is None:
        return None, []
    table, id_column, _ = side_table(source)
    id_column = _id_column(table, vocab, id_column)
    rows, notes = _joined(table, id_column, vocab, "row")
    columns, left_out = [], []
    for series in table.frame.drop(id_column).get_columns():
        fact = _typed(series) if table.text else _plain(series)
        columns.append(fact.gather(rows)) if fact is not None else left_out.append(series.name)
    if left_out:
        notes.append(f"{table.name}: no facts can be made of {', '.join(left_out)}")
    return pl.DataFrame(columns), notes


def widened(source: Any, vocab: Vocab) -> Vocab:
    """The names of the vocab and, after them, those that only the table knows.

    source: as for `labels`. Raises BadInput as `labels` does, and where names are of another type.
    """
    if source is None:
        return vocab
    table, id_column, _ = side_table(source)
    id_column = _id_column(table, vocab, id_column)
    _joined(table, id_column, vocab, "row")  # some must match
    ids = table.frame[id_column]
    return vocab.joined(_as_vocab(ids, vocab) if table.text else ids)


def _id_column(table: SideTable, vocab: Vocab, given: str | None) -> str:
    columns = table.frame.columns
    if given is not None:
        return _there(table, given)
    known = {plain(column): column for column in reversed(columns)}
    wanted = [name for name in usual(vocab.kind) if name not in TITLES]
    likely = [known[name] for name in (*wanted, "id") if name in known and not table.bare]
    return likely[0] if likely else columns[0]


def _title_column(table: SideTable, id_column: str, given: str | None) -> str:
    if given is not None:
        return _there(table, given)
    others = [column for column in table.frame.columns if column != id_column]
    if not others:
        raise BadInput(f"{table.name} has one column; wanted ids and titles")
    return next((c for c in others if plain(c) in TITLES and not table.bare), others[0])


def _there(table: SideTable, column: str) -> str:
    if column not in table.frame.columns:
        raise BadInput(
            f"{table.name}: there is no column {column!r}; "
            f"the columns are {', '.join(map(repr, table.frame.columns))}"
        )
    return column


def _joined(
    table: SideTable, id_column: str, vocab: Vocab, what: str
) -> tuple[pl.Series, list[str]]:
    "For each name of the vocab the row of the table (null where there is none), and notes."
    ids = table.frame[id_column]
    rows = vocab.rows(_as_vocab(ids, vocab) if table.text else ids, strict=False)
    known = rows >= vocab.FIRST
    if not known.any():
        raise BadInput(
            f"{table.name}: no {vocab.kind} of the ratings is in its column {id_column!r} "
            f"({_few(ids)}; the {vocab.kinds} are {_few(pl.Series(vocab.names[:3].tolist()))}); "
            "name the column of ids: (table, id_column)"
        )
    at = np.full(len(vocab), -1, np.int64)
    at[rows[known] - vocab.FIRST] = np.flatnonzero(known)  # of equal ids the last one stays
    return pl.Series(at).set(pl.Series(at < 0), None), _counted(table, vocab, rows, at, what)


def _counted(
    table: SideTable, vocab: Vocab, rows: NDArray[np.int32], at: NDArray[np.int64], what: str
) -> list[str]:
    found = int((at >= 0).sum())
    known = int((rows >= vocab.FIRST).sum())
    notes = list(table.notes)
    if found < len(vocab):
        notes.append(
            f"{table.name}: {len(vocab) - found:,} of {len(vocab):,} {vocab.kinds} "
            f"have no {what} there"
        )
    if known < len(rows):
        notes.append(
            f"{table.name}: {len(rows) - known:,} of {len(rows):,} rows belong to no "
            f"{vocab.kind} that is in the ratings"
        )
    if known > found:
        again = counted(known - found, "row")
        notes.append(f"{table.name}: {again} with an id that comes again; the last one counts")
    return notes


def _few(series: pl.Series) -> str:
    return ", ".join(repr(value) for value in series.head(3).to_list())


def _as_vocab(texts: pl.Series, vocab: Vocab) -> Any:
    "Ids read as text, in the vocab's type; what cannot be of that type matches nothing."
    if vocab.dtype == "str":
        return texts
    if vocab.dtype == "int":
        return texts.str.strip_chars().cast(pl.Int64, strict=False)
    return [_parsed(text, vocab) for text in texts.to_list()]


def _parsed(text: str | None, vocab: Vocab) -> Any:
    try:
        return None if text is None else vocab.parse(text)
    except UnknownName:
        return None


def _typed(series: pl.Series) -> pl.Series:
    "Text -> flags (MovieLens' genres), whole numbers or numbers if every value is written so."
    texts = series.str.strip_chars()
    filled = texts.drop_nulls()
    if len(filled) == 0:
        return series
    if series.name in GENRES and filled.is_in(["0", "1"]).all():
        return texts == "1"
    if filled.str.contains(r"^(0|-?[1-9][0-9]{0,17})$").all():
        return texts.cast(pl.Int64)
    if filled.str.contains(
        r"^-?(0|[1-9][0-9]*)?\.[0-9]+([eE][+-]?[0-9]+)?$|^-?(0|[1-9][0-9]{0,17})$"
    ).all():
        return texts.cast(pl.Float64)
    return series


def _plain(series: pl.Series) -> pl.Series | None:
    "A column of a frame as numbers, flags, text, dates or times; None for anything nested."
    dtype = series.dtype
    if dtype == pl.Null or isinstance(dtype, (pl.Categorical, pl.Enum)):
        return series.cast(pl.String)
    if isinstance(dtype, pl.Decimal):
        return series.cast(pl.Float64)
    if dtype == pl.List(pl.String):
        return series.list.join("|")
    if (
        dtype.is_numeric()
        or dtype in (pl.String, pl.Boolean, pl.Date)
        or isinstance(dtype, pl.Datetime)
    ):
        return series
    return None
