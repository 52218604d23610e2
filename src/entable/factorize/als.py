"""Matrix factorization with biases by alternating least squares: each side solved in turn."""

import numpy as np

from entable.factorize.descent import descend
from entable.factorize.history import Rows
from entable.factorize.problem import Arrays, Fit, Problem, Run, flat_fit, padded
from entable.kernels.ridge import half_step


def fit_als(
    problem: Problem,
    factors: int,
    seed: int,
    run: Run,
    passes: int = 15,
    reg: float | None = None,
    patience: int | None = 3,
) -> Fit:
    """`passes` over both sides; each row minimises its squared error + reg * count * |factors,
    bias|^2.

    Zhou et al. 2008 (weighted-lambda), biases being solved together with the factors.  reg: the L2
    per rating; where it is not given it follows from the ratings per row.  With held-out ratings
    the best pass is kept, and the fit ends `patience` passes after it.
    """
    if reg is None:  # fitted on inner folds
        reg = 0.33 * (len(problem) / (problem.users + problem.items)) ** -0.36
    rng = np.random.default_rng((seed, 3))
    users, items = (_Half(rows, factors, rng) for rows in (problem.by_user, problem.by_item))

    def step(done: int) -> float:
        users.solve(items, reg, run)
        return items.solve(users, reg, run) / len(problem)

    def arrays() -> Arrays:
        return users.Z.copy(), items.Z.copy(), users.bias.copy(), items.bias.copy()

    found, trace, why = descend(problem, run, passes, patience, step, arrays)
    return flat_fit(problem, found, factors, reg, trace, why)


class _Half:
    "One side's ratings and rows."

    def __init__(self, rows: Rows, k: int, rng: np.random.Generator) -> None:
        n = len(rows)
        self.rows = rows
        self.Z = np.zeros((n, padded(k)), np.float32)
        self.Z[:, :k] = rng.standard_normal((n, k), dtype=np.float32) * np.float32(0.1)
        self.Y, self.bias = np.zeros((n, k + 1), np.float32), np.zeros(n, np.float32)
        self.ones, self.sse = np.ones(n, np.float32), np.zeros(n, np.float32)
        self.per_count = (1 / np.maximum(rows.counts, 1)).astype(np.float32)

    def solve(self, other: "_Half", reg: float, run: Run) -> float:
        "All rows given the other side's; the sum of squared errors that they leave."
        n, K = self.Y.shape
        rows = (self.rows.indptr, self.rows.cols, self.rows.values)
        fixed = (other.Z, other.bias, other.ones, self.per_count)
        prior = (reg * np.eye(K, dtype=np.float32), np.zeros((n, K), np.float32))
        key = np.zeros(4, np.uint32)
        run.team.run(
            half_step, *rows, *fixed, *prior, key, False, self.Z, self.bias, self.Y, self.sse
        )
        return float(self.sse.sum(dtype=np.float64))
