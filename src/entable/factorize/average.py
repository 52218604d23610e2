"""The mean of many products U V' kept as one product of small rank while they arrive."""

import numpy as np
from numpy.typing import NDArray

from entable.factorize.history import Floats, orthonormal
from entable.kernels._jit import Team


class RunningProduct:
    """mean_s U_s V_s' as left right', at most `width` columns.

    Pairs are kept until `room` of them have come; then a subspace iteration over all of them and
    the old decomposition, started from the old one, makes the new one: no (n x m) matrix is ever
    formed.
    """

    def __init__(self, n: int, m: int, k: int, width: int, room: int, team: Team) -> None:
        self.width, self._team = min(width, n, m), team
        self.left, self.right = np.zeros((n, 0), np.float32), np.zeros((m, 0), np.float32)
        self.count = 0  # pairs inside left, right
        self._kept = np.empty((room, n, k), np.float32), np.empty((room, m, k), np.float32)
        self._waiting = 0

    def add(self, U: Floats, V: Floats) -> None:
        "One more pair: U (n, k), V (m, k)."
        for kept, new in zip(self._kept, (U, V), strict=True):
            kept[self._waiting] = new
        self._waiting += 1
        if self._waiting == len(self._kept[0]):
            self.compress()

    def compress(self, passes: int = 1) -> None:
        "Take the waiting pairs in."
        if not self._waiting:
            return
        pairs = [(self.left * np.float32(self.count), self.right)]
        pairs += zip(*(kept[: self._waiting] for kept in self._kept), strict=True)
        turned = [(V, U) for U, V in pairs]
        rng = np.random.default_rng(0)
        start = rng.standard_normal((len(self.right), self.width), dtype=np.float32)
        start[:, : self.right.shape[1]] += 10 * self.right
        Y = self._times(pairs, start)
        for _ in range(passes):
            Y = self._times(pairs, orthonormal(self._times(turned, orthonormal(Y))))
        Q = orthonormal(Y)
        self.count += self._waiting
        Z = self._times(turned, Q) / np.float32(self.count)
        self.left, self.right = _balanced(Q, Z, self.width)
        self._waiting = 0

    def _times(self, pairs: list[tuple[Floats, Floats]], D: Floats) -> Floats:
        """sum_s U_s (V_s' D), in blocks of pairs whose sums are added in order, whoever computes
        them.
        """
        blocks = [pairs[at : at + 8] for at in range(0, len(pairs), 8)]
        parts: list[Floats] = [D] * len(blocks)

        def work(worker: int, gate: NDArray[np.int64]) -> None:
            for b in range(worker, len(blocks), int(gate[-1])):
                products = [U @ (V.T @ D) for U, V in blocks[b]]
                parts[b] = sum(products[1:], products[0])

        self._team.run(work)
        return sum(parts[1:], parts[0])


def axes(left: Floats, right: Floats, rank: int) -> tuple[Floats, Floats]:
    """left right' cut to its `rank` heaviest singular directions, each side carrying half of the
    weight.

    Columns fall in weight; each column's sign makes its heaviest entry on the right positive.
    """
    s2, W = np.linalg.eigh(left.T.astype(np.float64) @ left)
    keep = s2 > 1e-12 * max(float(s2[-1]) if len(s2) else 0.0, 1e-30)
    root = W[:, keep] * np.sqrt(s2[keep])
    Q = left @ (W[:, keep] / np.sqrt(s2[keep])).astype(np.float32)
    left, right = _balanced(Q, right @ root.astype(np.float32), rank)
    heaviest = np.abs(right).argmax(0)
    sign = np.where(right[heaviest, np.arange(right.shape[1])] < 0, -1, 1).astype(np.float32)
    return left * sign, right * sign


def _balanced(Q: Floats, Z: Floats, rank: int) -> tuple[Floats, Floats]:
    "Q Z' (Q orthonormal) as left right' with columns in falling order of weight."
    s2, W = np.linalg.eigh(Z.T.astype(np.float64) @ Z)
    s2, W = s2[::-1][:rank].clip(0), W[:, ::-1][:, :rank]
    half = np.sqrt(np.sqrt(s2))
    safe = np.where(half > 0, half, 1)
    return Q @ (W * half).astype(np.float32), Z @ (W / safe).astype(np.float32)
