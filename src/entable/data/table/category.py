"""One column of categories: its levels, how often each came, and rows for new values."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import column
from entable.data.vocab import Vocab
from entable.errors import BadInput

__all__ = ["Category"]

_FEW = 64  # up to here a dict is quicker than a vectorised look-up
_NUMERIC = ("int", "float", "bool", "date", "datetime")


@dataclass(frozen=True, eq=False)
class Category:
    """Levels of a column, found by name: row 0 is unseen or rare, row 1 missing.

    counts: int64 (levels,), how many rows of training stood on each; row 0 holds the rare ones.
    ordered: the order of the levels means something. source: the column that it is read from,
    which differs from the name where a number is taken as a category too.
    """

    name: str
    vocab: Vocab
    counts: NDArray[np.int64]
    ordered: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if not self.source:
            object.__setattr__(self, "source", self.name)

    @property
    def levels(self) -> int:
        "How many rows its embedding has: unseen, missing, and one per level."
        return len(self.vocab) + Vocab.FIRST

    @property
    def also(self) -> bool:
        "Is it a number that is taken as a category too?"
        return self.source != self.name

    @classmethod
    def fit(
        cls,
        series: pl.Series,
        name: str,
        order: Sequence[Any] | None = None,
        min_count: int = 1,
        max_levels: int = 100_000,
        source: str = "",
    ) -> "Category":
        """Learn levels: those seen min_count times or more, and no more than max_levels.

        Numbers, dates and the levels of an ordered type keep their order, others that of first
        appearance. Raises BadInput for mixed types and for a level that `order` lacks.
        """
        if order is None and isinstance(series.dtype, pl.Enum):
            order = series.dtype.categories.to_list()
        vocab, rows = Vocab.encode(series, f"{name} value")
        counts = np.bincount(rows, minlength=len(vocab) + Vocab.FIRST)
        at = _kept(counts[Vocab.FIRST :], min_count, max_levels)
        ordered = order is not None or vocab.dtype in _NUMERIC
        if ordered:
            at = at[np.argsort(_places(vocab, order, name)[at], kind="stable")]
        kept = vocab.take(at, name)
        counted = np.concatenate([[0, counts[1]], counts[Vocab.FIRST :][at]]).astype(np.int64)
        counted[0] = len(series) - counted.sum()
        return cls(name, kept, counted, ordered, source)

    def rows(self, series: pl.Series) -> NDArray[np.int32]:
        """Rows (n,) of values: 0 where never seen, 1 where missing.

        Values of another type are taken for what they are written as: 1 for "1" and "1" for 1.
        """
        if series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object):
            raise BadInput(f"column {self.source!r} holds {series.dtype}; it is a category here")
        if len(series) <= _FEW:
            few = self._few(series)
            if few is not None:
                return few
        rows = self._by_text(series) if self._texts else self._by_number(series)
        if series.null_count():
            rows[series.is_null().to_numpy()] = Vocab.MISSING
        return rows

    @property
    def _texts(self) -> bool:
        return self.vocab.dtype in ("str", "uuid")

    def _few(self, series: pl.Series) -> NDArray[np.int32] | None:
        came, learnt = series.dtype, self.vocab.dtype
        alike = (
            (learnt == "str" and came == pl.String)
            or (learnt in ("int", "float") and came.is_numeric())
            or (learnt == "bool" and came == pl.Boolean)
        )
        return self.vocab.rows(series.to_list(), strict=False) if alike else None

    def _by_text(self, series: pl.Series) -> NDArray[np.int32]:
        if not len(self.vocab):
            return np.zeros(len(series), np.int32)
        found = _as_text(series).cast(self._enum, strict=False).to_physical()
        rows: NDArray[np.int32] = (
            (found.cast(pl.Int32) + Vocab.FIRST).fill_null(0).to_numpy(writable=True)
        )
        return rows

    @cached_property
    def _enum(self) -> pl.Enum:
        return pl.Enum(self.vocab.texts)

    def _by_number(self, series: pl.Series) -> NDArray[np.int32]:
        values = _as_number(series, self.vocab.dtype)
        keys, ranks, table, lo = self._sorted
        if not len(keys):
            return np.zeros(len(values), np.int32)
        if len(table):
            inside = (values >= lo) & (values <= keys[-1]) & (values == np.floor(values))
            found = table[np.where(inside, values - lo, 0).astype(np.int64)]
            return np.where(inside, found, 0).astype(np.int32)
        at = np.minimum(np.searchsorted(keys, values), len(keys) - 1)
        return np.where(keys[at] == values, ranks[at], 0).astype(np.int32)

    @cached_property
    def _sorted(
        self,
    ) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32], float]:
        "Levels as sorted numbers, their rows, and where they are dense a table from the lowest."
        keys = self.vocab.keys
        order = np.argsort(keys)
        keys, ranks = keys[order], (order + Vocab.FIRST).astype(np.int32)
        table = np.zeros(0, np.int32)
        if len(keys) and keys.dtype != np.float64 and keys[-1] - keys[0] < 1_000_000:
            table = np.zeros(int(keys[-1] - keys[0]) + 1, np.int32)
            table[keys - keys[0]] = ranks
        return keys, ranks, table, keys[0] if len(keys) else 0


def _kept(counts: NDArray[np.int64], min_count: int, max_levels: int) -> NDArray[np.int64]:
    "Positions of the levels that keep their own row."
    if (counts >= min_count).sum() > max_levels:
        min_count = int(np.partition(counts, len(counts) - max_levels - 1)[-max_levels - 1]) + 1
    return np.flatnonzero(counts >= min_count)


def _places(vocab: Vocab, order: Sequence[Any] | None, name: str) -> NDArray[np.int64]:
    "Where each level stands in the order."
    if order is None:
        return np.argsort(np.argsort(vocab.keys, kind="stable"))
    given = Vocab.of(list(order), f"{name} value")
    places = given.rows(vocab.names, strict=False).astype(np.int64)
    if len(places) and places.min() < Vocab.FIRST:
        odd = vocab.names[int(places.argmin())]
        raise BadInput(f"column {name!r} holds {odd!r}, which is not among {list(order)}")
    return places


def _as_text(series: pl.Series) -> pl.Series:
    if series.dtype == pl.String:
        return series
    if series.dtype.is_float():
        whole = series.cast(pl.Int64, strict=False)
        return whole.cast(pl.String).zip_with(whole == series, series.cast(pl.String))
    if series.dtype == pl.Boolean:
        return pl.Series([None if v is None else str(v) for v in series.to_list()], dtype=pl.String)
    return series.cast(pl.String)


def _as_number(series: pl.Series, dtype: str) -> NDArray[Any]:
    "Values as the numbers that stand for them; what cannot be one is a number that no level has."
    if series.dtype == pl.String or isinstance(series.dtype, (pl.Categorical, pl.Enum)):
        series = _parsed(series.cast(pl.String).str.strip_chars(), dtype)
    if isinstance(series.dtype, pl.Datetime) and dtype == "date":
        series = series.dt.date()
    elif series.dtype.is_temporal():
        series = column(series)[1].cast(pl.Datetime("us") if dtype == "datetime" else pl.Date)
    if series.dtype.is_float():
        return series.fill_null(np.nan).to_numpy()
    if dtype == "float":
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    lowest = -(2**63)
    return series.to_physical().cast(pl.Int64, strict=False).fill_null(lowest).to_numpy()


def _parsed(texts: pl.Series, dtype: str) -> pl.Series:
    if dtype == "bool":
        return texts.str.to_lowercase().replace_strict(
            ["true", "false", "1", "0"], [True, False, True, False], default=None
        )
    if dtype == "date":
        return texts.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    if dtype == "datetime":
        texts = texts.str.replace("T", " ", literal=True)
        return texts.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    return texts.cast(pl.Float64, strict=False)
