"""Who is near whom: exact cosine similarity of one row with all others, in blocks."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.checks import at_least_one
from entable.interpret.answer import Answer
from entable.interpret.rows import Rows

Metric = Literal["cosine", "euclidean", "dot"]

__all__ = ["Metric", "Neighbours", "cosines", "distances", "like", "nearest", "neighbours", "solve_analogy", "top"]

_BLOCK = 8192  # rows turned into float64 at a time


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


class Neighbours(Answer):
    "To be written."


def neighbours(
    rows: Rows, at: int, n: int, metric: Metric, min_count: int, far: bool = False
) -> Neighbours:
    raise NotImplementedError


def solve_analogy(rows: Rows, a: int, b: int, c: int, n: int, min_count: int) -> Neighbours:
    raise NotImplementedError


def distances(
    rows: Rows, a: NDArray[np.int64], b: NDArray[np.int64], metric: Metric
) -> NDArray[np.float64]:
    "(l, m) distances."
    raise NotImplementedError


def like(
    rows: Rows, vector: NDArray[np.floating], n: int, leave_out: Sequence[int]
) -> pl.DataFrame:
    "The n rows whose vectors point most like `vector` (k,): name, label, similarity, count."
    positions, similarity = nearest(rows.vectors, vector, at_least_one(n), leave_out)
    return pl.DataFrame(rows.titled.told(positions)).with_columns(
        similarity=similarity, count=rows.counts[positions].astype(np.int64)
    )
