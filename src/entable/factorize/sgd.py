"""Matrix factorization with biases by stochastic gradient descent on a fixed grid of blocks."""

import numpy as np
from numpy.typing import NDArray

from entable.factorize.descent import descend
from entable.factorize.history import Floats
from entable.factorize.problem import Arrays, Fit, Problem, Run, flat_fit, padded
from entable.kernels._lanes import LANES
from entable.kernels.sgd import blocks, sgd_pass, shuffle_blocks

_STRIPES, _MOST = 16, 128  # stripes per side: at least, at most
_CACHE = 1 << 20  # bytes that the rows of a block should fit into


def fit_sgd(
    problem: Problem,
    factors: int,
    seed: int,
    run: Run,
    passes: int | None = None,
    lr: float | None = None,
    reg: float | None = None,
    init: float = 0.1,
    patience: int | None = 5,
) -> Fit:
    """`passes` over all ratings at a rate that falls in a line from lr to lr / 20.

    reg: the L2 per rating, of factors and biases.  Where passes, lr or reg are not given they
    follow from the number of ratings per row, m / (users + items).  With held-out ratings the best
    pass is kept, and the fit ends `patience` passes after it (None: never early).
    """
    thin = _thin(len(problem), problem.users + problem.items)
    passes = passes or usual_passes(len(problem), problem.users + problem.items)
    lr = 0.03 / min(thin, 1.0) ** 0.45 if lr is None else lr
    reg = 0.06 * thin**0.45 if reg is None else reg
    model = _Blocks(problem, factors, seed, run, init)

    def step(done: int) -> float:
        return model.step(lr * (1 - 0.95 * done / max(passes - 1, 1)), reg)

    found, trace, why = descend(problem, run, passes, patience, step, model.arrays)
    return flat_fit(problem, found, factors, reg, trace, why)


def usual_passes(ratings: int, rows: int) -> int:
    "Passes that suit so many ratings of so many users and items; fitted on inner folds."
    return int(np.clip(round(28 * _thin(ratings, rows) ** 0.75), 10, 80))


def _thin(ratings: int, rows: int) -> float:
    "How few ratings a row has, beside the 27 of an inner fold of ML-100K."
    return 27 * rows / ratings


class _Blocks:
    "Ratings dealt into blocks, and the rows they move: those of a stripe stand together."

    def __init__(self, problem: Problem, factors: int, seed: int, run: Run, init: float) -> None:
        self.run = run
        width = padded(factors)
        self.shape = (0,) * (width // LANES)
        size = 4 * width * (problem.users + problem.items)
        self.grid = int(np.clip(-(-size // _CACHE), _STRIPES, _MOST))
        self.at_u, stripe_u = _deal(problem.u, problem.users, self.grid)
        self.at_i, stripe_i = _deal(problem.i, problem.items, self.grid)
        u, i = self.at_u[problem.u], self.at_i[problem.i]
        self.ratings = blocks(u, i, problem.values, stripe_u, stripe_i, self.grid)
        k0, k1 = np.random.SeedSequence(seed).generate_state(2)
        run.team.run(shuffle_blocks, *self.ratings, k0, k1)
        rng = np.random.default_rng((seed, 2))
        self.U = _start(rng, problem.users, factors, width, init)[np.argsort(self.at_u)]
        self.V = _start(rng, problem.items, factors, width, init)[np.argsort(self.at_i)]
        self.bu, self.bi = (np.zeros(n, np.float32) for n in (problem.users, problem.items))
        self.sse = np.zeros(self.grid**2)

    def step(self, lr: float, reg: float) -> float:
        "One pass; the mean squared error met on the way."
        rows = (self.U.reshape(-1), self.V.reshape(-1), self.bu, self.bi, self.shape)
        rates = (np.float32(lr), np.float32(reg))
        self.run.team.run(sgd_pass, *self.ratings, self.grid, *rows, *rates, self.sse)
        return float(self.sse.sum()) / len(self.ratings[1])

    def arrays(self) -> Arrays:
        "U, V, bu, bi in the order of the users and items."
        return self.U[self.at_u], self.V[self.at_i], self.bu[self.at_u], self.bi[self.at_i]


def _deal(
    rows: NDArray[np.int32], n: int, stripes: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows dealt to stripes by falling count, back and forth, so that all stripes weigh about the
    same.

    Returns the new place of every row (stripe after stripe) and the stripe of every place.
    """
    order = np.argsort(-np.bincount(rows, minlength=n), kind="stable")
    turn = np.arange(n) % (2 * stripes)
    stripe = np.empty(n, np.int32)
    stripe[order] = np.minimum(turn, 2 * stripes - 1 - turn)
    place = np.empty(n, np.int32)
    place[np.argsort(stripe, kind="stable")] = np.arange(n, dtype=np.int32)
    return place, np.sort(stripe)


def _start(rng: np.random.Generator, n: int, k: int, width: int, init: float) -> Floats:
    "Small random rows (n, width), zeros beyond k, on a 64-byte boundary."
    rows = np.zeros((n, width), np.float32)
    rows[:, :k] = rng.standard_normal((n, k), dtype=np.float32) * np.float32(init / k**0.5)
    return rows
