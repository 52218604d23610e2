"""Names in, names out: what a caller passes becomes columns, answers become its kind of frame."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import column
from entable.embeddings import one_name
from entable.errors import BadInput

__all__ = ["Asked", "answer", "asked", "asked_pairs", "asked_ratings", "echo"]


class Asked(NamedTuple):
    "Names as a column, whether it was a single name, and the library that the column is of."

    names: Any
    single: bool
    backend: Any  # a narwhals Implementation, None where it was no frame and no Series


def _narwhal(values: Any) -> Any:
    "A narwhals frame or Series where the values are one of a known library, else the values."
    known = nw.from_native(values, allow_series=True, pass_through=True)
    return known.collect() if isinstance(known, nw.LazyFrame) else known


def asked(values: Any, name: str) -> Asked:
    """Names from one name, a collection, a Series, or a frame's column.

    Raises BadInput where a frame has several columns and none is called `name`.
    """
    if one_name(values):
        return Asked([values], True, None)
    known = _narwhal(values)
    if isinstance(known, nw.DataFrame):
        return Asked(_picked(known, name).to_native(), False, known.implementation)
    if isinstance(known, nw.Series):
        return Asked(known.to_native(), False, known.implementation)
    if isinstance(values, np.ndarray):
        return Asked(values, False, None)
    return Asked(list(values), False, None)


def _picked(frame: Any, name: str) -> Any:
    if name not in frame.columns and len(frame.columns) > 1:
        raise BadInput(
            f"a column {name!r} was wanted; the frame has {', '.join(map(repr, frame.columns))}: "
            "rename one, or pass the columns one by one"
        )
    return frame[name if name in frame.columns else frame.columns[0]]


def asked_pairs(users: Any, items: Any) -> tuple[Asked, Asked]:
    """Columns of users and items of one length, from two arguments or one frame with both.

    Raises BadInput for columns of different length.
    """
    if items is None:
        known = _narwhal(users)
        if not isinstance(known, nw.DataFrame) or len(known.columns) < 2:
            raise BadInput("predict wants users and items, or one frame with the columns of both")
        items = users
    who, what = asked(users, "user"), asked(items, "item")
    if who.single and not what.single:
        who = who._replace(names=who.names * len(what.names))
    if what.single and not who.single:
        what = what._replace(names=what.names * len(who.names))
    if len(who.names) != len(what.names):
        raise BadInput(
            f"{len(who.names):,} users and {len(what.names):,} items came; predict goes pair by "
            "pair, so as many of both were wanted (or one of either)"
        )
    return who, what


def asked_ratings(ratings: Any, side: str) -> tuple[list[Any], NDArray[np.float64]]:
    """Names and finite ratings from {name: rating}, (name, rating) pairs, or a frame.

    A frame has the columns `side` and "rating", or only two columns, in that order. The last rating
    of a name that comes twice counts. Raises BadInput for anything that is no finite number.
    """
    if not isinstance(ratings, Mapping):
        known = _narwhal(ratings)
        if isinstance(known, nw.DataFrame):
            ratings = _two_columns(known, side)
        try:
            ratings = dict(ratings)
        except (TypeError, ValueError):
            raise BadInput(f"ratings were wanted as {{{side}: rating}} or as pairs") from None
    for name, rating in ratings.items():
        if isinstance(rating, (str, bytes, bool)) or not _finite(rating):
            raise BadInput(f"the rating of {name!r} is {rating!r}; a finite number was wanted")
    return list(ratings), np.fromiter(ratings.values(), np.float64, len(ratings))


def _two_columns(frame: Any, side: str) -> Iterator[tuple[Any, Any]]:
    columns = frame.columns
    if side in columns and "rating" in columns:
        columns = [side, "rating"]
    if len(columns) != 2:
        raise BadInput(
            f"columns {side!r} and 'rating' were wanted; the frame has "
            f"{', '.join(map(repr, frame.columns))}"
        )
    return zip(frame[columns[0]].to_list(), frame[columns[1]].to_list(), strict=True)


def _finite(value: Any) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError, OverflowError):
        return False


def answer(columns: Mapping[str, Any], backend: Any) -> Any:
    "A frame of the library that the question came from; Polars where it came from none."
    frame = pl.DataFrame(dict(columns))
    if backend is None or backend.is_polars():
        return frame
    values = {each.name: _values(each) for each in frame}
    return nw.from_dict(values, backend=backend).to_native()


def _values(series: pl.Series) -> Any:
    numeric = series.dtype.is_numeric() or series.dtype == pl.Boolean
    return series.to_numpy() if numeric and not series.null_count() else series.to_list()


def echo(name: str, values: Any) -> pl.Series:
    "A column of the names that were asked for, known or not; as text where their types are mixed."
    try:
        return column(values)[1].alias(name)
    except BadInput:
        return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)
