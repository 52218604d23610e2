"""What the pattern of who rated what says, before any rating is read: leading components of
history.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entable.kernels._jit import Team
from entable.kernels._lanes import LANES
from entable.kernels.sparse import pattern_product

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    "One side's ratings in compressed rows; values are float32 and less their mean, in unit spread."

    indptr: NDArray[np.int64]  # (n+1,)
    cols: NDArray[np.int32]  # (m,)
    values: Floats  # (m,)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        "Ratings per row (n,)."
        return np.diff(self.indptr)


def components(
    rows: Rows, columns: Rows, rank: int, rng: np.random.Generator, team: Team, passes: int = 3
) -> Floats:
    """Principal component scores of a side's history: (n, rank) in falling order, columns centred.

    The history matrix holds 1/sqrt(count of the row) where there is a rating.  Randomized subspace
    iteration (Halko, Martinsson & Tropp 2011); `columns` are the same ratings seen from the other
    side.
    """
    n, c = len(rows), len(columns)
    rank = min(rank, n - 1, c - 1)
    if rank < 1:
        return np.zeros((n, 0), np.float32)
    width = -(-min(rank + max(8, rank // 8), n, c) // LANES) * LANES
    scale = 1 / np.sqrt(np.maximum(rows.counts, 1)).astype(np.float32)
    ones = np.ones(c, np.float32)

    def times(D: Floats) -> Floats:  # (c, width) -> (n, width)
        out = np.empty((n, width), np.float32)
        team.run(pattern_product, rows.indptr, rows.cols, scale, ones, D, out)
        out -= out.mean(0)
        return out

    def times_transposed(D: Floats) -> Floats:  # (n, width) -> (c, width); D has mean zero
        out = np.empty((c, width), np.float32)
        team.run(pattern_product, columns.indptr, columns.cols, ones, scale, D, out)
        return out

    Y = times(rng.standard_normal((c, width), dtype=np.float32))
    for _ in range(passes):
        Y = times(times_transposed(orthonormal(Y)))
    Q = orthonormal(Y)
    B = times_transposed(Q).astype(np.float64)  # the history is about Q B'
    s2, W = np.linalg.eigh(B.T @ B)
    scores: Floats = Q @ (W[:, ::-1][:, :rank] * np.sqrt(s2[::-1][:rank].clip(0))).astype(
        np.float32
    )
    return scores


def orthonormal(Y: Floats) -> Floats:
    """An orthonormal basis of Y's columns, of mean zero if Y's are; columns that add nothing become
    zero.
    """
    for _ in range(2):  # the second round mends what rounding left in the first
        G = (Y.T @ Y).astype(np.float64)
        s2, W = np.linalg.eigh(G)
        keep = s2 > 1e-9 * max(s2[-1], 1e-30)
        Y = Y @ (W * np.where(keep, 1 / np.sqrt(np.where(keep, s2, 1)), 0)).astype(np.float32)
    return Y
