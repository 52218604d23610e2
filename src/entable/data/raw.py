"""Columns as they came, and the checks that turn them into numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.frames import as_series
from entable.data.moments import seconds
from entable.data.vocab import Vocab
from entable.errors import BadInput

__all__ = ["Raw", "encoded", "numbers", "times", "tidy"]


def _row(row: int) -> str:
    return f"row {row + 1:,}"


@dataclass(frozen=True)
class Raw:
    """Columns of ratings from any source, not yet checked.

    `place(row)` says where the row (from 0) stands in the source, as an editor would show it, and
    `found(row)` may say more about that row. `text` is true where ids came as text only because
    the file knows nothing else.
    """

    user: Any
    item: Any
    rating: Any
    time: Any = None
    text: bool = False
    native: str = "none"
    notes: list[str] = field(default_factory=list)
    place: Callable[[int], str] = _row


def encoded(values: Any, kind: str, raw: Raw) -> tuple[Vocab, NDArray[np.int32]]:
    """Vocab and positions (from 0) of a column of ids.

    Raises BadInput for a missing id, and says where.
    """
    vocab, rows = Vocab.encode(values, kind)
    rows -= Vocab.FIRST
    if len(rows) and rows.min() < 0:
        missing = np.flatnonzero(rows < 0)
        raise BadInput(
            f"{raw.place(int(missing[0]))}: the {kind} is missing{_more(len(missing))}; "
            f'every rating needs one (in a text file "" in quotes is a name, an empty cell is not)'
        )
    return (_numbered(vocab) if raw.text and vocab.dtype == "str" else vocab), rows


def _numbered(vocab: Vocab) -> Vocab:
    """Names that were read as text are whole numbers if every one is written as such.

    A blank that stands before every name belongs to the delimiter.
    """
    names = vocab.texts
    if len(names) and names.str.starts_with(" ").all():
        names = names.str.strip_prefix(" ")
        vocab = Vocab(names, "str", vocab.kind)
    if names.str.ends_with(".0").all():  # as libraries write whole numbers with a gap
        names = names.str.strip_suffix(".0")
    numbers = names.cast(pl.Int64, strict=False)
    same = (numbers.cast(pl.String) == names).fill_null(False)
    return Vocab(numbers, "int", vocab.kind) if len(names) and same.all() else vocab


def numbers(raw: Raw, range: tuple[float, float] | None = None) -> NDArray[np.float32]:
    """Ratings as float32 (n,), all finite and inside the range.

    Raises BadInput for anything else, and says where.
    """
    series = _floats(raw)
    with np.errstate(over="ignore"):  # too large for float32 is infinite, which is refused below
        values = series.fill_null(np.nan).to_numpy().astype(np.float32, copy=False)
    _refuse(~np.isfinite(values), series, raw, "is no finite number; mend or leave out such rows")
    if range is not None:
        lo, hi = np.float32(range[0]), np.float32(range[1])
        outside = (values < lo) | (values > hi)
        _refuse(outside, series, raw, f"is outside the given range {tidy(lo)} to {tidy(hi)}")
    return values


def _floats(raw: Raw) -> pl.Series:
    series = as_series(raw.rating).rechunk()
    if series.dtype in (pl.Float32, pl.Float64):
        return series
    if series.dtype == pl.String:
        found = series.str.strip_chars().cast(pl.Float64, strict=False)
        _refuse((found.is_null() & series.is_not_null()).to_numpy(), series, raw, "is no number")
        return found
    if series.dtype.is_numeric() or series.dtype == pl.Null:
        return series.cast(pl.Float64)
    raise BadInput(f"ratings must be numbers; the column given for them is {series.dtype}")


def _refuse(bad: NDArray[np.bool_], series: pl.Series, raw: Raw, why: str) -> None:
    if not bad.any():
        return
    row, count = int(bad.argmax()), int(bad.sum())
    value = series[row]
    if value is None:
        raise BadInput(f"{raw.place(row)}: the rating is missing{_more(count)}")
    raise BadInput(f"{raw.place(row)}: the rating {_shown(value)} {why}{_more(count)}")


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(tidy(value))


def _more(count: int) -> str:
    return f" (and {count - 1:,} more like it)" if count > 1 else ""


def tidy(number: float | np.floating[Any]) -> float | int:
    "The shortest number that is the same in float32, whole if it is whole."
    short = float(str(np.float32(number)))
    return int(short) if short.is_integer() else short


def times(raw: Raw) -> NDArray[np.int64] | None:
    """Times as int64 seconds since 1970 (n,), or None where the source has none.

    Raises BadInput for missing times and texts that are none, and says where.
    """
    if raw.time is None:
        return None
    series = as_series(raw.time).rechunk()
    if len(series) and series.null_count() == len(series):
        raw.notes.append("the column of times is empty, so there are none")
        return None
    found, note = seconds(series)
    if found.null_count():
        row = int(found.is_null().arg_true()[0])
        what = "is missing" if series[row] is None else f"{series[row]!r} is no time"
        raise BadInput(
            f"{raw.place(row)}: the time {what}{_more(found.null_count())}; "
            "time=False (--time none) reads the ratings without times"
        )
    if note:
        raw.notes.append(note)
    return found.to_numpy()
