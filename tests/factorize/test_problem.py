"""Ratings as solvers see them; the noise of point estimates."""

import numpy as np
import pytest

from entable.data.ratings import Ratings
from entable.factorize.problem import Problem, freedom, padded


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    u, i = np.nonzero(rng.random((30, 20)) < 0.4)
    return Ratings.of(u, i, rng.integers(1, 6, len(u)).astype(float))


def test_values_have_mean_zero_and_unit_spread(ratings):
    problem = Problem.of(ratings)
    assert abs(problem.values.mean()) < 1e-5
    assert problem.values.std() == pytest.approx(1, abs=1e-5)
    assert np.allclose(problem.mean + problem.spread * problem.values, ratings.r, atol=1e-5)
    assert problem.mean + problem.spread * problem.lo == pytest.approx(1)
    assert problem.mean + problem.spread * problem.hi == pytest.approx(5)


def test_held_out_ratings_are_scaled_like_those_of_training(ratings):
    train, test = ratings.split(0.3)
    problem = Problem.of(train, test)
    back = problem.mean + problem.spread * problem.valid.values
    assert np.allclose(back, test.r, atol=1e-5)
    assert Problem.of(train, test.take(np.zeros(len(test), bool))).valid is None


def test_rows_of_both_sides_hold_the_same_ratings(ratings):
    problem = Problem.of(ratings)
    u = np.repeat(np.arange(30), problem.by_user.counts)
    i = np.repeat(np.arange(20), problem.by_item.counts)
    one = set(zip(u, problem.by_user.cols, problem.by_user.values, strict=True))
    other = set(zip(problem.by_item.cols, i, problem.by_item.values, strict=True))
    assert one == other
    assert len(one) == len(ratings)


def test_freedom_is_that_of_ridge_regressions(ratings):
    problem = Problem.of(ratings)
    rng = np.random.default_rng(1)
    U, V = (rng.standard_normal((n, 4)).astype(np.float32) for n in (30, 20))
    spent = freedom(problem, U, V, 0.5)
    exact = 0.0
    for own, other, Z in ((problem.u, problem.i, V), (problem.i, problem.u, U)):
        for a in np.unique(own):
            x = np.concatenate([Z[other[own == a]], np.ones((np.sum(own == a), 1))], 1)
            hat = x @ np.linalg.solve(x.T @ x + 0.5 * len(x) * np.eye(5), x.T)
            exact += np.trace(hat)
    assert spent == pytest.approx(exact, rel=0.2)
    assert freedom(problem, U, V, 1e9) < 1e-3
    assert freedom(problem, U, V, 0.0) <= 2 * len(ratings)


def test_padded_is_whole_vectors():
    assert [padded(k) for k in (0, 1, 16, 17, 48)] == [16, 16, 16, 32, 48]
