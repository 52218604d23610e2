"""Who is near whom: exact distances of one row to all others, in blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._cores import blas_at_one
from entable._plots import ACCENT, PALE, canvas, short
from entable.data.checks import at_least_one
from entable.data.titled import Titled
from entable.data.words import sentence
from entable.errors import BadInput
from entable.interpret.best import Catalogue, Seen, best
from entable.interpret.rows import Rows, chosen

Metric = Literal["cosine", "euclidean", "dot"]

__all__ = [
    "FEW", "Metric", "Neighbours", "cosines", "distances", "like", "nearest", "nearest_of_many",
    "neighbours", "solve_analogy", "top", "unit",
]  # fmt: skip

FEW = 10  # a row learnt from fewer ratings than this has not found its place yet
_BLOCK = 1024  # rows turned into float64 at a time, so that they stay in the cache

_WHAT = {"cosine": "similarity", "euclidean": "distance", "dot": "score"}


@dataclass(frozen=True, eq=False, repr=False)
class Neighbours(Answer):
    """Rows near (or far from) a place: positions (m,), what was measured (m,), counts (m,).

    measured: cosine ("similarity"), Euclidean distance ("distance"), or a . b + bias of b
    ("score": what somebody with the taste of a would think of b, above the mean).
    """

    title: str
    titled: Titled
    positions: NDArray[np.int64]
    measured: NDArray[np.float64]
    counts: NDArray[np.int64]
    metric: Metric
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def table(self) -> pl.DataFrame:
        "The name, its label, similarity | distance | score, and the count of ratings."
        return pl.DataFrame(self.titled.told(self.positions)).with_columns(
            pl.Series(_WHAT[self.metric], self.measured), pl.Series("count", self.counts)
        )

    def plot(self, ax: Any = None) -> Any:
        "A bar for each name, pale where it was learnt from few ratings; Matplotlib's Axes."
        labels = [short(label) for label in self.titled.label(self.positions)]
        ax = canvas(ax, height=1.2 + 0.28 * max(len(labels), 3), title=short(self.title, 70))
        known = (self.counts >= FEW) | (not self.counts.any())
        y = np.arange(len(labels))
        ax.barh(y, self.measured, color=np.where(known, ACCENT, PALE).tolist(), height=0.7)
        ax.set_yticks(y, labels)
        ax.invert_yaxis()
        ax.set_xlabel(
            _WHAT[self.metric]
            + ("" if known.all() else f" (pale: fewer than {FEW} {self.titled.units})")
        )
        return ax


def cosines(vectors: NDArray[np.float32], query: NDArray[np.floating]) -> NDArray[np.float64]:
    """Cosine of `query` (k,) with every row of `vectors` (n, k), float64 (n,).

    A row of zeros has no direction; its cosine with anything is 0.
    """
    wanted = np.asarray(query, np.float64)
    length = np.sqrt((wanted * wanted).sum())
    out = np.zeros(len(vectors))
    for a in range(0, len(vectors), _BLOCK):
        block = vectors[a : a + _BLOCK].astype(np.float64)
        norms = np.sqrt(np.einsum("nk,nk->n", block, block)) * length
        dots = np.einsum("nk,k->n", block, wanted)
        np.divide(dots, norms, out=out[a : a + _BLOCK], where=norms > 0)
    return np.clip(out, -1.0, 1.0, out=out)


def _away(vectors: NDArray[np.floating], query: NDArray[np.floating]) -> NDArray[np.float64]:
    "Euclidean distance of `query` (k,) from every row, float64 (n,)."
    wanted = np.asarray(query, np.float64)
    out = np.empty(len(vectors))
    for a in range(0, len(vectors), _BLOCK):
        gap = vectors[a : a + _BLOCK] - wanted
        out[a : a + _BLOCK] = np.sqrt(np.einsum("nk,nk->n", gap, gap))
    return out


def _scores(rows: Rows, query: NDArray[np.floating]) -> NDArray[np.float64]:
    "What a taste `query` (k,) makes of every row: the inner product and the row's bias."
    wanted = np.asarray(query, np.float64)
    out = rows.bias.astype(np.float64)
    for a in range(0, len(out), _BLOCK):
        block = rows.vectors[a : a + _BLOCK].astype(np.float64)
        out[a : a + _BLOCK] += np.einsum("nk,k->n", block, wanted)
    return out


def _measured(rows: Rows, query: NDArray[np.floating], metric: Metric) -> NDArray[np.float64]:
    if metric == "cosine":
        return cosines(rows.vectors, query)
    return _away(rows.vectors, query) if metric == "euclidean" else _scores(rows, query)


def nearest(
    vectors: NDArray[np.float32],
    query: NDArray[np.floating],
    n: int,
    leave_out: Sequence[int] = (),
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    "Positions and cosines of the n rows most like `query`, best first, equal ones in row order."
    found = cosines(vectors, query)
    found[list(leave_out)] = -np.inf
    positions = top(found, n)
    return positions, found[positions]


def top(scores: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    "Positions of the n largest scores, best first, equal ones in order; -inf never counts."
    n = min(n, len(scores))
    if n <= 0:
        return np.empty(0, np.int64)
    least = np.partition(scores, len(scores) - n)[len(scores) - n]
    pool = np.flatnonzero((scores >= least) & (scores > -np.inf))
    return pool[np.argsort(-scores[pool], kind="stable")[:n]]


def neighbours(
    rows: Rows, at: int, n: int, metric: Metric = "cosine", min_count: int = 0, far: bool = False
) -> Neighbours:
    """The n rows nearest to the one at a position (or farthest from it), itself left out.

    Rows with fewer than min_count ratings are left out; equal ones come in row order. Raises
    BadInput for n < 1, an unknown metric, and where no row has so many ratings.
    """
    words = {"cosine": "like", "euclidean": "near", "dot": "liked by the taste of"}
    far_words = {"cosine": "unlike", "euclidean": "far from", "dot": "disliked by the taste of"}
    check_metric(metric)
    name = rows.titled.label([at])[0]
    title = f"{sentence(rows.titled.kinds)} most {(far_words if far else words)[metric]} {name}"
    notes = _of_asked(rows, [at])
    return _found(rows, rows.vectors[at], n, metric, min_count, far, [at], title, notes)


def solve_analogy(rows: Rows, a: int, b: int, c: int, n: int, min_count: int = 0) -> Neighbours:
    """The n rows with the largest cosine to b - a + c, these three left out.

    Raises BadInput for n < 1 and where no row has min_count ratings. Mikolov, Yih and Zweig (2013),
    "Linguistic regularities in continuous space word representations".
    """
    V = rows.vectors[[a, b, c]].astype(np.float64)
    names = rows.titled.label([a, b, c])
    what = sentence(rows.titled.kinds)
    title = f"{what} that are to {names[2]} as {names[1]} is to {names[0]}"
    notes = _of_asked(rows, [a, b, c])
    query = V[1] - V[0] + V[2]
    return _found(rows, query, n, "cosine", min_count, False, [a, b, c], title, notes)


def _found(
    rows: Rows,
    query: NDArray[np.floating],
    n: int,
    metric: Metric,
    min_count: int,
    far: bool,
    leave_out: list[int],
    title: str,
    notes: tuple[str, ...],
) -> Neighbours:
    allowed, _ = chosen(rows, min_count)
    measured = _measured(rows, query, metric)
    wanted = np.full(len(measured), -np.inf)
    wanted[allowed] = measured[allowed] * (-1 if far != (metric == "euclidean") else 1)
    wanted[leave_out] = -np.inf
    at = top(wanted, at_least_one(n))
    counts = rows.counts[at]
    if metric == "cosine" and not query.any():
        notes = (*notes, "Its vector is zero and has no direction: all similarities are 0.")
    if rows.counts.any() and (few := int((counts < FEW).sum())):
        notes = (
            *notes,
            f"{few} of these {len(at)} were learnt from fewer than {FEW} {rows.titled.units} and "
            f"may lie anywhere: min_count={FEW} leaves them out.",
        )
    return Neighbours(title, rows.titled, at, measured[at], counts, metric, notes)


def _of_asked(rows: Rows, at: list[int]) -> tuple[str, ...]:
    "A warning for each row that was asked about and learnt from few ratings."
    if not rows.counts.any():
        return ()
    return tuple(
        f"{rows.titled.label([p])[0]} was learnt from {_counted(rows, int(rows.counts[p]))} only: "
        "its neighbours are uncertain."
        for p in dict.fromkeys(at)
        if rows.counts[p] < FEW
    )


def _counted(rows: Rows, n: int) -> str:
    return f"{n} {rows.titled.units.removesuffix('s') if n == 1 else rows.titled.units}"


def check_metric(metric: str) -> None:
    "BadInput unless there is such a metric."
    if metric not in get_args(Metric):
        known = ", ".join(map(repr, get_args(Metric)))
        raise BadInput(f"metric={metric!r} came; one of {known} was wanted")


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    "Rows (n, k) cut to length 1, float64; rows of zeros stay."
    long = vectors.astype(np.float64)
    norms = np.sqrt(np.einsum("nk,nk->n", long, long))[:, None]
    np.divide(long, norms, out=long, where=norms > 0)
    return long


def nearest_of_many(U: NDArray[np.float64], at: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """The n rows with the largest cosine to each of the m at positions: (m, n), best first.

    U: rows of length 1 (n, k), as `unit` makes them. A row is not its own neighbour; n is cut to
    what there is; equal ones come in row order.
    """
    m, short = len(at), U.astype(np.float32)
    n = max(min(n, len(U) - 1), 0)
    if not n or not m:
        return np.empty((m, n), np.int64)
    columns = Catalogue(short, np.zeros(len(U), np.float32))
    itself = Seen(np.arange(m + 1), at)

    def exact(r: NDArray[np.integer], c: NDArray[np.integer]) -> NDArray[np.float64]:
        return np.asarray(np.einsum("nk,nk->n", U[at[r]], U[c]))

    found = best(short[at], np.zeros(m), columns, n, exact, itself)
    return found.columns.reshape(m, n).astype(np.int64)


def distances(
    rows: Rows, a: NDArray[np.int64], b: NDArray[np.int64], metric: Metric = "cosine"
) -> NDArray[np.float64]:
    """Distances (l, m) of the rows at positions a (l,) from those at b (m,).

    1 - cosine, Euclidean, or minus the inner product and b's bias. Raises BadInput for an unknown
    metric.
    """
    check_metric(metric)
    A, B = rows.vectors[a].astype(np.float64), rows.vectors[b].astype(np.float64)
    if metric == "euclidean":
        return np.stack([_away(B, row) for row in A]) if len(A) else np.empty((0, len(B)))
    with blas_at_one():
        if metric == "cosine":
            return np.clip(1 - unit(A) @ unit(B).T, 0.0, 2.0)
        return np.asarray(-(A @ B.T) - rows.bias[b].astype(np.float64))


def like(
    rows: Rows, vector: NDArray[np.floating], n: int, leave_out: Sequence[int] = ()
) -> pl.DataFrame:
    "The n rows whose vectors point most like `vector` (k,): name, label, similarity, count."
    positions, similarity = nearest(rows.vectors, vector, at_least_one(n), leave_out)
    return pl.DataFrame(rows.titled.told(positions)).with_columns(
        similarity=similarity, count=rows.counts[positions].astype(np.int64)
    )
