"""Bayesian matrix factorization by blocked Gibbs sampling.
 Salakhutdinov & Mnih 2008 with a bias as one more coordinate of every row, noise per user and per
item (gamma priors) and, as the rows' prior mean, a regression on the leading components of the
history (`InformedPrior`).  What is kept is the mean over draws: of the biases exactly, of the
products U V' as one product of small rank (`RunningProduct`).
"""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entable.factorize.average import RunningProduct, axes
from entable.factorize.history import Floats, Rows, components
from entable.factorize.levels import Levels
from entable.factorize.prior import InformedPrior
from entable.factorize.problem import Fit, Problem, Run, padded
from entable.factorize.watch import Watch
from entable.kernels._jit import Team
from entable.kernels.ridge import half_step

# Gamma priors of the noise precisions. Inner folds of ML-100K hardly tell shapes of 3 to 10 (users)
# and 5 to 20 (items) apart: .8735 to .8744.
_USER_SHAPE, _ITEM_SHAPE = 5.0, 10.0
_LEAST_NOISE = 1e-3  # variance, in units of the ratings' own: float32 cannot tell much less
_NOISE_FROM = 5  # draws before the noise is learnt: factors must first explain something
_ROOM, _DRAWS = 64 << 20, 48  # bytes and draws kept before the running product takes them in


@dataclass
class _Side:
    "One side's rows, its current draw and its priors."

    rows: Rows
    prior: InformedPrior
    shape: float
    Z: Floats  # (n, padded k)
    bias: Floats  # (n,)
    noise: Floats  # (n,) precision
    sse: Floats  # (n,)
    bias_sum: NDArray[np.float64] = field(init=False)
    noise_sum: NDArray[np.float64] = field(init=False)
    noise_shape: NDArray[np.float64] = field(init=False)
    levels: Levels = field(init=False)

    def __post_init__(self) -> None:
        self.levels = Levels(self.rows.counts > 0)
        self.bias_sum = np.zeros(len(self.rows))
        self.noise_sum = np.zeros(len(self.rows))
        self.noise_shape = self.shape + self.rows.counts / 2

    def draw(
        self, other: "_Side", key: NDArray[np.uint32], rng: np.random.Generator, team: Team
    ) -> None:
        """Rows given the other side's rows and all noise; also the weighted squared errors they
        leave.
        """
        Lambda, lin = self.prior.draw(rng)
        rows = (self.rows.indptr, self.rows.cols, self.rows.values)
        fixed = (other.Z, other.bias, other.noise, self.noise, Lambda.astype(np.float32), lin)
        team.run(half_step, *rows, *fixed, key, True, self.Z, self.bias, self.prior.Y, self.sse)

    @property
    def mean_row(self) -> Floats:
        "Mean of the rated rows (padded k,)."
        mean: Floats = self.levels.share @ self.Z
        return mean

    def draw_noise(self, level: float, rng: np.random.Generator) -> None:
        "Noise precisions around `level`, given the squared errors of the last draw."
        rate = np.float32(self.shape / level) + self.sse * np.float32(0.5)
        np.divide(rng.standard_gamma(self.noise_shape), rate, out=self.noise, casting="same_kind")


def _side(
    rows: Rows, features: Floats, k: int, shape: float, noise: float, rng: np.random.Generator
) -> _Side:
    n = len(rows)
    Z = np.zeros((n, padded(k)), np.float32)
    Z[:, :k] = 0.1 * rng.standard_normal((n, k), dtype=np.float32)
    prior = InformedPrior(features, k + 1)
    prior.Y[:, :k], prior.Y[:, k] = Z[:, :k], 0
    zeros, start = np.zeros(n, np.float32), np.full(n, noise, np.float32)
    return _Side(rows, prior, shape, Z, zeros, start, zeros.copy())


def fit_bayes(
    problem: Problem,
    factors: int,
    seed: int,
    run: Run,
    draws: int = 120,
    burn: int = 20,
    rank: int = 64,
    seconds: float | None = None,
    tol: float | None = None,
) -> Fit:
    """Average `draws` draws after `burn` that are thrown away; stop earlier at `seconds` or at
    `tol`.

    rank: components of the history in the prior (0: none).  tol: stop when the sampling error of
    the averaged predictions, by batch means, is below tol times the noise.
    """
    begun = time.perf_counter()
    rng = np.random.default_rng((seed, 1))
    rows, cols = problem.by_user, problem.by_item
    history = components(rows, cols, rank, rng, run.team)
    users = _side(rows, history, factors, _USER_SHAPE, 1.5, rng)
    history = components(cols, rows, rank, rng, run.team)
    items = _side(cols, history, factors, _ITEM_SHAPE, 1.0, rng)
    size = (problem.users, problem.items, factors, 3 * factors + 8)
    room = max(2, _ROOM // (4 * factors * (problem.users + problem.items)))
    product = RunningProduct(*size, min(room, _DRAWS, draws), run.team)
    watch = Watch(problem, rng, run.team)
    words = np.random.SeedSequence(seed).generate_state(2)
    why: str | None = None
    for draw in range(burn + draws):
        key = np.array([*words, draw, 0], np.uint32)
        level = _draw_both(users, items, key, draw >= _NOISE_FROM, rng, run.team)
        if draw >= burn:
            _keep(users, items, product, watch, factors)
        watch.record(level)
        run.progress(draw + 1, burn + draws, watch.text())
        why = _ended(run, watch, begun, seconds, tol)
        if why and (draw >= burn or why == "interrupted"):
            break
    if not watch.kept:
        _keep(users, items, product, watch, factors)
    product.compress()
    return _finish(problem, users, items, product, watch, 2 * factors, why or "draws")


def _draw_both(
    users: _Side,
    items: _Side,
    key: NDArray[np.uint32],
    noise: bool,
    rng: np.random.Generator,
    team: Team,
) -> float:
    "One draw of everything; returns the precision of the noise."
    users.draw(items, key, rng, team)
    n = len(users.rows.values)
    level = n / max(float(users.sse.sum(dtype=np.float64)), _LEAST_NOISE * n)
    if noise:
        users.draw_noise(level, rng)
    key[3] = 1
    items.draw(users, key, rng, team)
    if noise:
        items.draw_noise(1.0, rng)
    return level


def _keep(users: _Side, items: _Side, product: RunningProduct, watch: Watch, k: int) -> None:
    product.add(users.Z[:, :k], items.Z[:, :k])
    for side, other in ((users, items), (items, users)):
        side.bias_sum += side.bias
        side.noise_sum += side.noise
        side.levels.add(side.Z, side.bias, other.mean_row)
    watch.look(users.Z, items.Z, users.bias, items.bias)


def _ended(
    run: Run, watch: Watch, begun: float, seconds: float | None, tol: float | None
) -> str | None:
    if run.stop.asked:
        return "interrupted"
    if seconds is not None and time.perf_counter() - begun > 0.97 * seconds:
        return "seconds"
    if tol is not None and watch.kept >= 30 and watch.sampling_error() < tol:
        return "tol"
    return None


def _finish(
    problem: Problem,
    users: _Side,
    items: _Side,
    product: RunningProduct,
    watch: Watch,
    rank: int,
    why: str,
) -> Fit:
    "Means over draws, in the units of the ratings."
    n, root = watch.kept, np.float32(np.sqrt(problem.spread))
    user_var, item_var = watch.variances()
    square = problem.spread**2
    U, V = axes(product.left, product.right, rank)
    return Fit(
        mean=problem.mean,
        U=U * root,
        V=V * root,
        bu=(users.bias_sum / n * problem.spread).astype(np.float32),
        bi=(items.bias_sum / n * problem.spread).astype(np.float32),
        user_noise=(users.noise_sum / n / square).astype(np.float32),
        item_noise=(items.noise_sum / n).astype(np.float32),
        user_var=(user_var * square).astype(np.float32),
        item_var=(item_var * square).astype(np.float32),
        user_bias_std=_scaled(users.levels.std(), problem.spread),
        item_bias_std=_scaled(items.levels.std(), problem.spread),
        trace=watch.trace(),
        stopped=why,
        facts={
            "draws": n,
            "truncation_rms": watch.gap(U, V, users.bias_sum / n, items.bias_sum / n),
        },
    )


def _scaled(std: Floats | None, spread: float) -> Floats | None:
    return None if std is None else std * np.float32(spread)
