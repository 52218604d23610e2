"""Facts beside the rows as numbers: flags, years, amounts, and one flag for each level of text."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.moments import seconds
from entable.data.near import nearest
from entable.errors import BadInput
from entable.interpret.rows import Rows

__all__ = ["Features", "correlations", "features", "numeric"]

Floats = NDArray[np.float64]

_LEAST = 5  # rows that a level of text needs to become a flag
_LEVELS = 100  # more different texts than this are free text
_YEAR = r"\((\d{4})\)\s*$"  # "Alien (1979)"


@dataclass(frozen=True, eq=False)
class Features:
    """Facts of n rows as numbers: names (f,), values (n, f) float64 with NaN where unknown.

    notes: what was left out, and facts that few rows have.
    """

    names: tuple[str, ...]
    values: Floats
    notes: tuple[str, ...] = ()


def features(rows: Rows) -> Features:
    """All facts of the rows as numbers, the logarithm of their counts and the year in their labels.

    Flags are 0 and 1, dates are years with their fraction, text of few levels and lists with "|"
    between (MovieLens' genres) become a flag for each level of 5 rows at least. Constants and free
    text are left out and noted.
    """
    found: dict[str, Floats] = {}
    left_out: dict[str, list[str]] = {}
    for series in rows.facts.get_columns() if rows.facts is not None else ():
        columns, why = _read(series)
        found |= columns
        if why:
            left_out.setdefault(why, []).append(series.name)
    if not any(_is_year(values) for values in found.values()):
        found |= _title_year(rows)
    if rows.counts.any():
        with np.errstate(divide="ignore"):
            logs = np.log(rows.counts.astype(np.float64))
        found["log count"] = np.where(rows.counts > 0, logs, np.nan)
    kept = {name: values for name, values in found.items() if _varies(values)}
    if still := [name for name in found if name not in kept]:
        left_out["the same for all or known for fewer than 3"] = still
    notes = [f"Facts left out: {_reasons(left_out)}."] if left_out else []
    notes += _rare(kept, len(rows))
    table = np.stack([*kept.values()], axis=1) if kept else np.empty((len(rows), 0))
    return Features(tuple(kept), table, tuple(notes))


def _reasons(left_out: dict[str, list[str]]) -> str:
    return "; ".join(f"{_listed(names)} ({why})" for why, names in left_out.items())


def _is_year(values: Floats) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known) and (known > 1500).all() and (known < 2200).all())


def _varies(values: Floats) -> bool:
    known = values[np.isfinite(values)]
    return len(known) >= 3 and bool((known != known[0]).any())


def _rare(kept: dict[str, Floats], n: int) -> list[str]:
    "A note for facts that fewer than half of the rows have."
    counted = {name: int(np.isfinite(values).sum()) for name, values in kept.items()}
    return [f"{name}: known for {m:,} of {n:,} rows" for name, m in counted.items() if 2 * m < n]


def _listed(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _title_year(rows: Rows) -> dict[str, Floats]:
    "The year in brackets at the end of labels, if at least half of them have one."
    if rows.titled.labels is None or not len(rows):
        return {}
    texts = pl.Series(rows.titled.labels.tolist(), dtype=pl.String)
    years = _floats(texts.str.extract(_YEAR))
    return {"year": years} if 2 * np.isfinite(years).sum() >= texts.count() > 0 else {}


def _floats(series: pl.Series) -> Floats:
    "(n,) float64, NaN where there is no finite number."
    values = series.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan
    return np.asarray(values, np.float64)


def _read(series: pl.Series) -> tuple[dict[str, Floats], str]:
    "The features of one fact, and why there are none."
    numbers = _numbers(series)
    if numbers is not None:
        return {series.name: numbers}, ""
    if series.dtype != pl.String:
        return {}, "neither number, date nor text"
    if not series.count():
        return {}, "empty"
    flags = _flags(series)
    return flags, "" if flags else "free text"


def _numbers(series: pl.Series) -> Floats | None:
    "Numbers, flags and dates as float64, also where they are written as text; None for others."
    dtype = series.dtype
    if dtype.is_numeric() or dtype == pl.Boolean:
        return _floats(series)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return _years(series)
    return _written(series.str.strip_chars()) if dtype == pl.String else None


def _written(texts: pl.Series) -> Floats | None:
    "Text in which (almost) every value is a number or a date."
    filled = texts.set(texts == "", None)
    known = filled.count()
    for read in (_floats, _dates):
        values = read(filled)
        if known and np.isfinite(values).sum() >= 0.95 * known:
            return values
    return None


def _dates(texts: pl.Series) -> Floats:
    try:
        when, _ = seconds(texts)
    except BadInput:
        return np.full(len(texts), np.nan)
    return _years(pl.from_epoch(when, "s"))


def _years(moments: pl.Series) -> Floats:
    "Years with their fraction: 1995.5 is the middle of 1995."
    days = moments.dt.year() + (moments.dt.ordinal_day() - 1) / (
        365 + moments.dt.is_leap_year().cast(pl.Int32)
    )
    return _floats(days)


def _flags(texts: pl.Series) -> dict[str, Floats]:
    "A flag for each level that enough rows have and enough lack; none for free text."
    parts = texts.str.split("|").list.eval(pl.element().str.strip_chars())
    levels = parts.explode().drop_nulls()
    found = levels.filter(levels != "").value_counts().sort(levels.name)
    if len(found) > _LEVELS:
        return {}
    known = texts.is_not_null()
    most = int(known.sum()) - _LEAST
    both = found.filter(pl.col("count").is_between(_LEAST, most))[levels.name].to_list()
    if len(found) == 2 and not (parts.list.len() > 1).any():
        both = both[:1]  # the other one is its opposite
    made = {}
    for level in both:
        has = parts.list.contains(pl.lit(level, dtype=pl.String))
        made[f"{texts.name}: {level}"] = _floats(has.set(~known, None))
    return made


def numeric(rows: Rows, name: str) -> Floats:
    """One fact of the rows as numbers (n,), NaN where it is not known.

    name: a column of the facts, or a level of one as `features` calls it ("genres: Comedy").
    Raises BadInput for text, and for an unknown fact, proposing the nearest.
    """
    columns = [] if rows.facts is None else rows.facts.columns
    if rows.facts is not None and name in columns:
        numbers = _numbers(rows.facts[name])
        if numbers is None:
            raise BadInput(
                f"the fact {name!r} is text where numbers are needed"
                f" ({_example(rows.facts[name])}); {_offer(rows)}"
            )
        return numbers
    made = features(rows)
    if name in made.names:
        return made.values[:, made.names.index(name)]
    if not columns:
        raise BadInput(
            f"there are no facts about these {rows.titled.kinds}, so none called {name!r}; "
            "with_facts(table) adds some"
        )
    like = [columns[p] for p in nearest(pl.Series(columns), str(name))]
    hint = f"nearest: {', '.join(map(repr, like))}" if like else _offer(rows)
    raise BadInput(f"there is no fact {name!r}; {hint}")


def _example(series: pl.Series) -> str:
    filled = series.drop_nulls()
    return f"such as {filled[0]!r}" if len(filled) else "all missing"


def _offer(rows: Rows) -> str:
    assert rows.facts is not None
    numbers = [s.name for s in rows.facts.get_columns() if _numbers(s) is not None]
    return f"numbers are {_listed(numbers)}" if numbers else "no fact has numbers"


def correlations(made: Features, scores: Floats, at: NDArray[np.int64]) -> pl.DataFrame:
    """Pearson's r of each column of scores (n, k) with each feature: axis (from 1), fact, r, n.

    Over the rows at positions where the fact is known (n of them); facts that do not vary there
    are left out. Strongest first within an axis.
    """
    found = []
    for name, column in zip(made.names, made.values[at].T, strict=True):
        known = np.isfinite(column)
        if _varies(column):
            r = _pearson(column[known], scores[at][known])
            found += [(axis, name, float(x), int(known.sum())) for axis, x in enumerate(r, 1)]
    schema = {"axis": pl.Int64, "fact": pl.String, "r": pl.Float64, "n": pl.Int64}
    frame = pl.DataFrame(found, schema, orient="row")
    return frame.sort("axis", -pl.col("r").abs(), maintain_order=True)


def _pearson(x: Floats, Y: Floats) -> Floats:
    "r of x (n,) with each column of Y (n, k); 0 where a column is constant."
    x, Y = x - x.mean(), Y - Y.mean(0)
    length = np.sqrt((x * x).sum() * (Y * Y).sum(0))
    dots = np.einsum("n,nk->k", x, Y)
    r: Callable[..., Floats] = np.divide
    return r(dots, length, out=np.zeros(len(length)), where=length > 0)
