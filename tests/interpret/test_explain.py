"The shares of a ridge solve sum to what it says."

import numpy as np
import pytest

from entable.interpret.explain import shares


@pytest.mark.parametrize("m", [0, 1, 5])
def test_prior_and_shares_sum_to_the_whole(m):
    rng = np.random.default_rng(m)
    X, w, res, x = rng.random((m, 4)), rng.random(m) + 0.5, rng.standard_normal(m), rng.random(4)
    precision = np.eye(4) + (X.T * w) @ X
    pull = rng.standard_normal(4)
    found = shares(precision, pull, X, w, res, x)
    whole = x @ np.linalg.solve(precision, pull + X.T @ (w * res))
    assert found.prior + found.ratings.sum() == pytest.approx(whole, abs=1e-12)
    assert found.ratings.shape == (m,)


def test_a_share_is_what_the_solve_loses_when_its_rating_was_as_expected():
    rng = np.random.default_rng(0)
    X, w, res, x = rng.random((5, 4)), rng.random(5) + 0.5, rng.standard_normal(5), rng.random(4)
    precision, pull = np.eye(4) + (X.T * w) @ X, rng.standard_normal(4)
    found = shares(precision, pull, X, w, res, x)
    for j in range(5):
        calm = np.where(np.arange(5) == j, 0, res)
        lost = x @ np.linalg.solve(precision, X.T @ (w * (res - calm)))
        assert found.ratings[j] == pytest.approx(lost)
