"""Alternating least squares beside dense solves, and its objective."""

import itertools

import numpy as np
import pytest

from entable._stopping import Stop
from entable.data.ratings import Ratings
from entable.factorize.als import fit_als
from entable.factorize.problem import Problem, Run
from entable.kernels._jit import Team


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    u, i = np.nonzero(rng.random((25, 18)) < 0.5)
    return Problem.of(Ratings.of(u, i, rng.normal(3, 1, len(u))))


def solved(problem, passes, reg=0.2, k=3):
    with Team(2) as team:
        return fit_als(problem, k, 7, Run(team, Stop(), lambda *_: None), passes, reg)


def by_hand(problem, passes, reg, k, seed=7):
    "Each row in turn by a dense ridge regression, biases as one more column."
    rng = np.random.default_rng((seed, 3))
    sides = [0.1 * rng.standard_normal((n, k), dtype=np.float32) for n in (25, 18)]
    rows = [np.concatenate([Z, np.zeros((len(Z), 1))], 1).astype(np.float64) for Z in sides]
    ids = (problem.u, problem.i)
    for _ in range(passes):
        for side, other in ((0, 1), (1, 0)):
            for a in range(len(rows[side])):
                mine = ids[side] == a
                partner = rows[other][ids[other][mine]]
                x = np.concatenate([partner[:, :k], np.ones((len(partner), 1))], 1)
                A = x.T @ x + reg * max(len(x), 1) * np.eye(k + 1)
                rows[side][a] = np.linalg.solve(A, x.T @ (problem.values[mine] - partner[:, k]))
    return rows


@pytest.mark.parametrize("passes", [1, 4])
def test_passes_are_those_of_dense_solves(problem, passes):
    fit, (users, items) = solved(problem, passes), by_hand(problem, passes, 0.2, 3)
    root = problem.spread**0.5
    assert np.allclose(fit.U @ fit.V.T, root**2 * users[:, :3] @ items[:, :3].T, atol=1e-3)
    assert np.allclose(fit.bu, problem.spread * users[:, 3], atol=1e-3)
    assert np.allclose(fit.bi, problem.spread * items[:, 3], atol=1e-3)


def test_the_objective_falls_with_every_pass(problem):
    def objective(passes):
        users, items = by_hand(problem, passes, 0.2, 3)
        x, y = users[problem.u], items[problem.i]
        e = problem.values - x[:, 3] - y[:, 3] - np.sum(x[:, :3] * y[:, :3], 1)
        return np.sum(e**2) + 0.2 * (np.sum(x**2) + np.sum(y**2))

    values = [objective(passes) for passes in range(1, 8)]
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(values))
    errors = solved(problem, 7).trace["rmse_train"]
    users, items = by_hand(problem, 7, 0.2, 3)
    x, y = users[problem.u], items[problem.i]
    e = problem.values - x[:, 3] - y[:, 3] - np.sum(x[:, :3] * y[:, :3], 1)
    assert errors[-1] == pytest.approx(problem.spread * np.sqrt(np.mean(e**2)), rel=1e-3)
