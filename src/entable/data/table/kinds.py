"""Which columns are categories, numbers or dates, and why."""

from collections.abc import Collection
from typing import NamedTuple

import polars as pl

from entable.data.table.source import Source

__all__ = ["Kind", "dated", "inferred", "part_kind", "typed"]

_FEW = 20  # whole numbers of so few different values are taken for categories
_OFTEN = 8  # if each comes so often on average
_CALENDAR = ("year", "quarter", "month", "week", "day", "weekday", "hour")
_WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}.*)?$"


class Kind(NamedTuple):
    """What a column is taken for: "category", "number", "date" or "" where it is left out.

    why: a part of a sentence that says so. name_like: numbers that might be names.
    """

    kind: str
    why: str
    name_like: bool = False


def typed(series: pl.Series) -> pl.Series:
    """Text of a file as whole numbers, numbers or true and false if every value is written so.

    A number with a leading zero is a name, as postal codes are.
    """
    texts = series.drop_nulls().unique()
    if len(texts) == 0:
        return series
    if texts.str.contains(_WHOLE).all():
        return series.cast(pl.Int64)
    if texts.str.contains(r"(?i)^(true|false)$").all():
        return series.str.to_lowercase() == "true"
    coded = texts.str.contains(r"^[+-]?0[0-9]").any()
    if texts.str.contains(_NUMBER).all() and not coded:
        return series.cast(pl.Float64)
    return series


def inferred(series: pl.Series, repeated: int | None) -> Kind:
    "What a column looks like."
    dtype = series.dtype
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
        return Kind("", f"holds {dtype}")
    distinct = series.drop_nulls().n_unique()
    if distinct == 0:
        return Kind("", "is empty")
    if distinct == 1 and not series.null_count():
        return Kind("", "holds one value only")
    if dtype == pl.String and series.drop_nulls().str.contains(_DATE).all():
        return Kind("date", "dates")
    if isinstance(dtype, pl.Datetime) or dtype == pl.Date:
        return Kind("date", "dates")
    if dtype.is_numeric() or dtype in (pl.Duration, pl.Time):
        return _of_numbers(series, distinct, repeated)
    if len(series) >= _FEW and distinct == len(series):
        return Kind("", "is another text in every row")
    return Kind("category", f"{distinct:,} levels")


def _of_numbers(series: pl.Series, distinct: int, repeated: int | None) -> Kind:
    if series.dtype.is_temporal() or not _all_whole(series):
        return Kind("number", "numbers")
    few = distinct <= (2 if repeated else _FEW) and len(series) >= _OFTEN * distinct
    if few:
        return Kind("category", f"{distinct} different whole numbers")
    often = repeated is None and len(series) >= _OFTEN * distinct
    return Kind("number", f"{distinct:,} different whole numbers", often)


def _all_whole(series: pl.Series) -> bool:
    return series.dtype.is_integer() or bool((series == series.round()).all())


def dated(source: Source, but: Collection[str] = ()) -> list[str]:
    "The columns that hold dates, also where these are texts, as they are in a file."
    held = {name: source.series(name) for name in source.names if name not in but}
    maybe = (pl.String, pl.Date, pl.Datetime)
    return [n for n, s in held.items() if s.dtype in maybe and inferred(s, None).kind == "date"]


def part_kind(name: str, dates: Collection[str]) -> str:
    "What a part of a date is taken for: numbers only where its size matters."
    part = next((name.removeprefix(f"{d} ") for d in dates if name.startswith(f"{d} ")), name)
    return "category" if part in _CALENDAR or part.startswith("is ") else "number"
