"""Nearest names before and after vectors are cut to fewer numbers: what stays, and how fast."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._cores import blas_at_one
from entable._plots import ACCENT, MUTED, canvas
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.interpret.near import nearest, nearest_of_many, unit
from entable.interpret.rows import Rows

__all__ = ["Reduction", "reduce_rows"]

_MOST = 1000  # rows whose nearest are looked for, fewer where there are very many
_CELLS = 20_000_000  # pairs of rows that are looked at for one k
_TIMED = 15  # queries that are timed


@dataclass(frozen=True, eq=False, repr=False)
class Reduction(Answer):
    """For each k: variance kept, share of the n nearest kept, milliseconds of a query.

    frame: k, variance (share of the squared lengths), kept (share of nearest), ms (median of some
    queries on this machine). The last row is the whole vectors.
    """

    title: str
    frame: pl.DataFrame
    n: int
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "k, variance, kept, ms."
        return self.frame

    def plot(self, ax: Any = None) -> Any:
        "Both shares against k; Matplotlib's Axes."
        ax = canvas(ax, title=self.title)
        k = self.frame["k"].to_numpy()
        ax.plot(k, self.frame["variance"], "o-", color=MUTED, markersize=4, label="variance")
        near = f"{self.n} nearest" if self.n > 1 else "nearest"
        ax.plot(k, self.frame["kept"], "o-", color=ACCENT, markersize=5, label=near)
        ax.set_xscale("log", base=2)
        ax.set_xticks(k, [f"{x:,}" for x in k])
        ax.minorticks_off()
        ax.set_ylim(0, 1.03)
        ax.set_xlabel("numbers per vector")
        ax.set_ylabel("share kept")
        ax.legend(frameon=False, fontsize=9, labelcolor="linecolor", loc="lower right")
        return ax


def reduce_rows(
    rows: Rows, ks: Sequence[int] | None = None, n: int = 10, seed: int = 0
) -> Reduction:
    """How many of the n nearest (by cosine) stay when vectors are cut to k numbers.

    The numbers are those along the k directions in which the vectors reach farthest from 0 (a
    singular value decomposition without centering, so that all of them together keep every
    cosine). ks: 2, 4, 8, ... if not given. Looked at from 1,000 rows at most, by seed. Raises
    BadInput for n < 1, a k that vectors do not have, and for fewer than 2 rows.
    """
    n, wanted = at_least_one(n), _checked(rows, ks)
    V = rows.vectors.astype(np.float64)
    with blas_at_one():
        _, s, directions = np.linalg.svd(np.linalg.qr(V, mode="r"), full_matrices=False)
        turned = V @ directions.T
    shares = np.cumsum(s * s) / max(float((s * s).sum()), 1e-300)
    most = min(_MOST, _CELLS // len(V) + 1)
    some = np.sort(np.random.default_rng(seed).permutation(len(V))[:most])
    n = min(n, len(V) - 1)
    whole = nearest_of_many(unit(V), some, n)
    table = []
    for k in wanted:
        cut = np.ascontiguousarray(turned[:, :k])
        same = whole if k == rows.k else nearest_of_many(unit(cut), some, n)
        kept = float((whole[:, :, None] == same[:, None, :]).sum() / whole.size)
        kept_variance = float(shares[min(k, len(shares)) - 1])
        table.append((k, kept_variance, kept, _milliseconds(cut.astype(np.float32), some, n)))
    schema = {"k": pl.Int64, "variance": pl.Float64, "kept": pl.Float64, "ms": pl.Float64}
    frame = pl.DataFrame(table, schema, orient="row")
    return Reduction(_title(rows, frame, n), frame, n, _notes(rows, some))


def _checked(rows: Rows, ks: Sequence[int] | None) -> list[int]:
    if len(rows) < 2:
        raise BadInput(f"{len(rows)} rows have no neighbours; 2 at least were wanted")
    if not rows.k:
        raise BadInput("vectors of 0 numbers cannot be cut")
    given = [2**j for j in range(1, rows.k.bit_length())] if ks is None else list(ks)
    for k in given:
        if at_least_one(k, "k") > rows.k:
            raise BadInput(f"k={k} came; the vectors have {rows.k} numbers")
    return sorted({*map(int, given), rows.k})


def _milliseconds(vectors: NDArray[np.float32], some: NDArray[np.int64], n: int) -> float:
    "Median time of one query among all rows."
    times = []
    for at in some[:_TIMED]:
        begun = time.perf_counter()
        nearest(vectors, vectors[at], n, [at])
        times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times))


def _title(rows: Rows, frame: pl.DataFrame, n: int) -> str:
    "What the smallest k keeps that keeps nine of ten, or else the largest that cuts anything."
    cut = frame.filter(pl.col("k") < rows.k)
    good = cut.filter(pl.col("kept") >= 0.9).head(1) if len(cut) else frame
    told = (good if len(good) else cut.tail(1)).row(0, named=True)
    return (
        f"{told['k']} of {rows.k} numbers keep {told['kept']:.0%} of the {n} nearest "
        f"{rows.titled.kinds} and {told['variance']:.0%} of the variance"
    )


def _notes(rows: Rows, some: NDArray[np.int64]) -> tuple[str, ...]:
    if len(some) == len(rows):
        return ()
    return (f"Neighbours of {len(some):,} of {len(rows):,} rows were looked at.",)
