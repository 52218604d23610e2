"""Ratings as the solvers see them, and what the solvers give back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entable._stopping import Stop
from entable.data.ratings import Ratings
from entable.factorize.history import Floats, Rows
from entable.kernels._jit import Team
from entable.kernels._lanes import LANES
from entable.kernels.sparse import group

Progress = Callable[[int, int, str], None]  # passes done, passes planned, what to show


@dataclass(frozen=True)
class Run:
    "What a solver works with: threads, the wish to stop, and somebody who watches."

    team: Team
    stop: Stop
    progress: Progress


@dataclass(frozen=True)
class Problem:
    "Ratings less their mean in units of their spread, in rows of either side."

    u: NDArray[np.int32]  # (m,)
    i: NDArray[np.int32]  # (m,)
    values: Floats  # (m,)
    users: int
    items: int
    mean: float
    spread: float
    lo: float  # the range of ratings, in the same units as the values
    hi: float
    valid: "Problem | None" = None  # with the mean and spread of the training part

    @staticmethod
    def of(ratings: Ratings, valid: Ratings | None = None) -> "Problem":
        "The problem that ratings pose; held-out ratings are scaled like them."
        mean = float(ratings.r.mean(dtype=np.float64))
        spread = float(ratings.r.std(dtype=np.float64)) or 1.0
        held = None if valid is None or not len(valid) else _scaled(valid, mean, spread, None)
        return _scaled(ratings, mean, spread, held)

    @cached_property
    def by_user(self) -> Rows:
        "The ratings in rows of users."
        return Rows(*group(self.u, self.i, self.values, self.users))

    @cached_property
    def by_item(self) -> Rows:
        "The ratings in rows of items."
        return Rows(*group(self.i, self.u, self.values, self.items))

    def __len__(self) -> int:
        return len(self.values)


def _scaled(ratings: Ratings, mean: float, spread: float, valid: Problem | None) -> Problem:
    values = ((ratings.r - np.float64(mean)) / spread).astype(np.float32)
    users, items = len(ratings.users), len(ratings.items)
    lo, hi = ((end - mean) / spread for end in ratings.scale)
    return Problem(ratings.u, ratings.i, values, users, items, mean, spread, lo, hi, valid)


@dataclass
class Fit:
    """A solved problem: score = mean + bu + bi + U V' in the units of the ratings.

    U (users, k), V (items, k) float32, bu, bi; precisions of the noise and variances of the
    parameters per user and item; deviations of the biases over draws, where there are draws;
    trace: one row per pass; stopped: why it ended.
    """

    mean: float
    U: Floats
    V: Floats
    bu: Floats
    bi: Floats
    user_noise: Floats
    item_noise: Floats
    user_var: Floats
    item_var: Floats
    user_bias_std: Floats | None = None
    item_bias_std: Floats | None = None
    trace: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = "done"
    facts: dict[str, float] = field(default_factory=dict)  # e.g. the error of a truncation


Arrays = tuple[
    Floats, Floats, Floats, Floats
]  # U, V (n, 16 panels), bu, bi, in units of the spread


def flat_fit(
    problem: Problem,
    arrays: Arrays,
    factors: int,
    reg: float,
    trace: dict[str, list[float]],
    stopped: str,
) -> Fit:
    """A point estimate as a fit: one level of noise for all pairs, no variance of the parameters.

    The noise is the held-out error where there is one; else the training error, made larger by the
    degrees of freedom that the fit has spent.
    """
    U, V, bu, bi = arrays
    root, spread = np.float32(problem.spread**0.5), np.float32(problem.spread)
    if "rmse_valid" in trace:
        noise = min(trace["rmse_valid"])
    else:
        left = 1 - freedom(problem, U, V, reg) / len(problem)
        noise = trace["rmse_train"][-1] / max(left, 0.1) ** 0.5
    users, items = problem.users, problem.items
    return Fit(
        mean=problem.mean,
        U=U[:, :factors] * root,
        V=V[:, :factors] * root,
        bu=bu * spread,
        bi=bi * spread,
        user_noise=np.full(users, 1 / max(noise, 1e-6) ** 2, np.float32),
        item_noise=np.ones(items, np.float32),
        user_var=np.zeros(users, np.float32),
        item_var=np.zeros(items, np.float32),
        trace=trace,
        stopped=stopped,
    )


def freedom(problem: Problem, U: Floats, V: Floats, reg: float) -> float:
    """Degrees of freedom that ridge regressions of both sides spend.

    A row with c ratings spends the sum of s / (s + reg) over the eigenvalues s of its partners'
    mean x x'; those of the rated average stand in for every row's own, and no row spends more than
    c.
    """
    counts = np.bincount(problem.u, minlength=problem.users)
    partners = np.bincount(problem.i, minlength=problem.items)
    spent = 0.0
    for own, other, Z in ((counts, partners, V), (partners, counts, U)):
        weights = (other / len(problem)).astype(np.float32)
        s = np.append(np.linalg.eigvalsh((Z.T * weights) @ Z).clip(0), 1.0)  # and the bias's ones
        per_row = float(np.sum(s / (s + reg))) if reg else float(np.sum(s > 0))
        spent += float(np.minimum(own, per_row).sum())
    return spent


def padded(k: int) -> int:
    "k rounded up to whole vectors of the processor."
    return -(-max(k, 1) // LANES) * LANES
