"""Who is near whom: exact cosine similarity of one row with all others, in blocks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["cosines", "nearest", "top"]

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
