"""What reading needs to know of rows: the shape of Embeddings, which stands above this package."""

from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.titled import Titled
from entable.errors import BadInput

__all__ = ["Rows", "chosen", "enough"]

_ENOUGH = 50  # ratings that make a row worth a place in a ranking
_SHOWN = 100  # rows that should be left to look at


class Rows(Protocol):
    "n names with vectors (n, k), biases, counts, means, bias_std (n,) and facts."

    @property
    def titled(self) -> Titled:
        "The names with their labels."

    @property
    def k(self) -> int:
        "Numbers per vector."

    @property
    def vectors(self) -> NDArray[np.float32]:
        "(n, k)."

    @property
    def bias(self) -> NDArray[np.float32]:
        "(n,)."

    @property
    def counts(self) -> NDArray[np.int64]:
        "(n,) ratings in training."

    @property
    def means(self) -> NDArray[np.float64] | None:
        "(n,) plain mean rating, NaN where the count is 0."

    @property
    def bias_std(self) -> NDArray[np.float32] | None:
        "(n,) standard deviation of the bias over draws."

    @property
    def facts(self) -> pl.DataFrame | None:
        "A frame of n rows."

    def __len__(self) -> int: ...


def enough(counts: NDArray[np.int64]) -> int:
    "How many ratings a row should have to be read: 50, or fewer where that leaves few rows."
    for least in (_ENOUGH, 20, 10, 5):
        if (counts >= least).sum() >= min(_SHOWN, len(counts) / 2):
            return least
    return min(1, int(counts.max(initial=0)))


def chosen(rows: Rows, min_count: int | None) -> tuple[NDArray[np.int64], int]:
    """Positions of the rows with at least so many ratings (None: enough), and the number used.

    Raises BadInput for a negative number and where no row has so many.
    """
    least = enough(rows.counts) if min_count is None else min_count
    if isinstance(least, bool) or not isinstance(least, (int, np.integer)) or least < 0:
        raise BadInput(f"min_count={min_count!r} came; a whole number from 0 on was wanted")
    at = np.flatnonzero(rows.counts >= least)
    if not len(rows):
        raise BadInput(f"there are no {rows.titled.kinds} to look at")
    if not len(at):
        most, units = int(rows.counts.max(initial=0)), rows.titled.units
        raise BadInput(
            f"no {rows.titled.kind} has {least:,} {units}; the most is {most:,}: lower min_count"
        )
    return at, int(least)
