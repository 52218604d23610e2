"""Matrix factorization with biases by alternating least squares: each side in closed form in turn."""

import numpy as np

from entable.factorize.history import Floats, Rows
from entable.factorize.problem import (
    Arrays,
    Fit,
    Problem,
    Run,
    flat_fit,
    held_out_error,
    padded,
)
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
    """`passes` over both sides; each row minimises its squared error + reg * count * |factors, bias|^2.

    Zhou et al. 2008 (weighted-lambda), biases being solved together with the factors.  reg: the L2 per
    rating; where it is not given it follows from the ratings per row.  With held-out ratings the best
    pass is kept, and the fit ends `patience` passes after it.
    """
    if reg is None:  # fitted on inner folds
        reg = 0.33 * (len(problem) / (problem.users + problem.items)) ** -0.36
    rng = np.random.default_rng((seed, 3))
    users, items = (_Half(rows, factors, rng) for rows in (problem.by_user, problem.by_item))
    trace: dict[str, list[float]] = {"pass": [], "rmse_train": []}
    best, since, why = None, 0, "passes"
    for done in range(1, passes + 1):
        users.solve(items, reg, run)
        sse = items.solve(users, reg, run)
        trace["pass"].append(float(done))
        trace["rmse_train"].append(problem.spread * (sse / len(problem)) ** 0.5)
        text = f"training error {trace['rmse_train'][-1]:.4f}"
        if problem.valid is not None:
            held = trace.setdefault("rmse_valid", [])
            held.append(held_out_error(problem, _arrays(users, items), run))
            text = f"held-out error {held[-1]:.4f}"
            since = 0 if held[-1] <= min(held) else since + 1
            best = best if since else tuple(a.copy() for a in _arrays(users, items))
        run.progress(done, passes, text)
        if run.stop.asked or (patience is not None and since >= patience):
            why = "interrupted" if run.stop.asked else "no better"
            break
    return flat_fit(problem, best or _arrays(users, items), factors, trace, why)


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
        run.team.run(half_step, *rows, *fixed, *prior, key, False, self.Z, self.bias, self.Y, self.sse)
        return float(self.sse.sum(dtype=np.float64))


def _arrays(users: _Half, items: _Half) -> Arrays:
    return users.Z, items.Z, users.bias, items.bias
