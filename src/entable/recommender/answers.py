"""Names in, names out: what a caller passes becomes columns, answers become its kind of frame."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import column
from entable.data.frames import frame_columns, native_of, to_native
from entable.data.titled import one_name
from entable.errors import BadInput

__all__ = ["Asked", "answer", "asked", "asked_pairs", "asked_ratings", "echo"]


class Asked(NamedTuple):
    "Names as a column, whether it was a single name, and the library that the column is of."

    names: Any
    single: bool
    native: str | None


def asked(values: Any, name: str) -> Asked:
    """Names from one name, a collection, a Series, or a frame's column.

    Raises BadInput where a frame has several columns and none is called `name`.
    """
    if _is_frame(values):
        return Asked(_picked(frame_columns(values), name, True), False, native_of(values))
    if one_name(values):
        return Asked([values], True, None)
    native = native_of(values)
    if native is None and not isinstance(values, np.ndarray):
        values = list(values)
    return Asked(values, False, native)


def _is_frame(values: Any) -> bool:
    kind = type(values)  # asking the value itself makes a lazy frame look at its source
    return (hasattr(kind, "columns") or hasattr(kind, "column_names")) and native_of(
        values
    ) is not None


def _picked(columns: Mapping[str, Any], name: str, alone: bool = False) -> Any:
    "The column of this name; the only column whatever its name where it may stand alone."
    if name not in columns and not (alone and len(columns) == 1):
        raise BadInput(
            f"a column {name!r} was wanted; the frame has {', '.join(map(repr, columns))}: "
            "rename one, or pass the columns one by one"
        )
    return columns[name] if name in columns else next(iter(columns.values()))


def asked_pairs(users: Any, items: Any) -> tuple[Asked, Asked]:
    """Columns of users and items of one length, from two arguments or one frame with both.

    Raises BadInput for columns of different length.
    """
    if items is None:
        if not _is_frame(users):
            raise BadInput("users and items were wanted, or one frame with the columns of both")
        columns = frame_columns(users)
        native = native_of(users)
        who, what = (Asked(_picked(columns, name), False, native) for name in ("user", "item"))
        return who, what
    who, what = asked(users, "user"), asked(items, "item")
    if who.single and not what.single:
        who = who._replace(names=who.names * len(what.names))
    if what.single and not who.single:
        what = what._replace(names=what.names * len(who.names))
    if len(who.names) != len(what.names):
        raise BadInput(
            f"{len(who.names):,} users and {len(what.names):,} items came; scores go pair by "
            "pair, so as many of both were wanted (or one of either)"
        )
    return who, what


def asked_ratings(ratings: Any, side: str) -> tuple[list[Any], NDArray[np.float64]]:
    """Names and finite ratings from {name: rating}, (name, rating) pairs, or a frame.

    A frame has the columns `side` and "rating", or only two columns, in that order. The last rating
    of a name that comes twice counts. Raises BadInput for anything that is no finite number.
    """
    if not isinstance(ratings, Mapping):
        try:
            ratings = dict(_two_columns(ratings, side) if _is_frame(ratings) else ratings)
        except (TypeError, ValueError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput(f"ratings were wanted as {{{side}: rating}} or as pairs") from None
    for name, rating in ratings.items():
        if isinstance(rating, (str, bytes, bool)) or not _finite(rating):
            raise BadInput(f"the rating of {name!r} is {rating!r}; a finite number was wanted")
    return list(ratings), np.fromiter(ratings.values(), np.float64, len(ratings))


def _two_columns(frame: Any, side: str) -> Iterable[tuple[Any, Any]]:
    columns = frame_columns(frame)
    wanted = [side, "rating"] if side in columns and "rating" in columns else list(columns)
    if len(wanted) != 2:
        raise BadInput(
            f"columns {side!r} and 'rating' were wanted; the frame has "
            f"{', '.join(map(repr, columns))}"
        )
    return zip(*(_listed(columns[name]) for name in wanted), strict=True)


def _listed(series: Any) -> list[Any]:
    values: list[Any] = series.to_list() if hasattr(series, "to_list") else list(series)
    return values


def _finite(value: Any) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError, OverflowError):
        return False


def answer(columns: Mapping[str, Any], native: str | None) -> Any:
    "A frame of the library that the question came from; Polars where it came from none."
    return to_native(columns, native or "polars")


def echo(name: str, values: Any) -> pl.Series:
    "A column of the names that were asked for, known or not; as text where their types are mixed."
    try:
        return column(values)[1].alias(name)
    except BadInput:
        return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)
