"""From a solved problem to a Recommender: the same scores, readable biases, honest priors."""

import numpy as np
import pytest

from entable.data.ratings import Ratings
from entable.factorize import factorize
from entable.factorize.finish import centred, recommender
from entable.factorize.problem import Fit
from entable.scorers import Sigmoid


def a_fit(n=30, m=20, k=5, seed=0):
    rng = np.random.default_rng(seed)
    f32 = lambda *shape: (rng.standard_normal(shape) + 0.5).astype(np.float32)  # noqa: E731
    ones = [np.ones(size, np.float32) for size in (n, m, n, m)]
    return Fit(3.0, f32(n, k), f32(m, k), f32(n), f32(m), *ones)


def scores(fit):
    return fit.mean + fit.bu[:, None] + fit.bi + fit.U @ fit.V.T


def test_centring_keeps_scores_and_puts_the_mean_taste_at_the_origin():
    fit = a_fit()
    every = np.ones(30, bool), np.ones(20, bool)
    other = centred(fit, *every)
    assert np.allclose(scores(other), scores(fit), atol=1e-4)
    for rows in (other.U, other.V, other.bu, other.bi):
        assert np.abs(rows.mean(0)).max() < 1e-5
    weight = np.linalg.norm(other.U, axis=0) * np.linalg.norm(other.V, axis=0)
    assert (np.diff(weight) <= 1e-4).all()


def test_an_items_bias_is_what_the_mean_user_makes_of_it():
    fit = a_fit()
    other = centred(fit, np.ones(30, bool), np.ones(20, bool))
    mean_user = scores(fit).mean(0)
    assert np.allclose(other.bi, mean_user - mean_user.mean(), atol=1e-4)


def test_rows_never_rated_are_the_origin_and_do_not_count():
    fit = a_fit()
    rated = np.ones(30, bool)
    rated[4] = False
    fit.U[4], fit.bu[4] = 1e3, 1e3
    other = centred(fit, rated, np.ones(20, bool))
    assert not other.U[4].any()
    assert other.bu[4] == 0
    assert np.allclose(scores(other)[rated], scores(fit)[rated], atol=1e-3)


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(1)
    u, i = np.nonzero(rng.random((60, 40)) < 0.4)
    ratings = Ratings.of(u + 100, i, rng.integers(1, 6, len(u)).astype(float))
    return ratings, factorize(ratings, "sgd", 4, passes=10)


def test_history_counts_and_means_are_those_of_the_ratings(model):
    ratings, found = model
    u, i, r = found.history.triples()
    key = np.argsort(ratings.u.astype(np.int64) * 100 + ratings.i)
    assert np.array_equal(u, ratings.u[key])
    assert np.array_equal(i, ratings.i[key])
    assert np.array_equal(r, ratings.r[key])
    assert np.array_equal(found.items.counts, ratings.counts("item"))
    for position in (0, 7, 39):
        assert found.items.means[position] == pytest.approx(ratings.r[ratings.i == position].mean())


def test_priors_are_the_mean_and_covariance_of_the_rows(model):
    _, found = model
    rows = np.concatenate([found.users.vectors, found.users.bias[:, None]], 1)
    assert np.allclose(found.scorer.user_prior.mean, rows.mean(0), atol=1e-5)
    cov = np.cov(rows.T.astype(np.float64))
    ridge = found.scorer.user_prior.cov - cov  # a point estimate: nothing varies around it
    assert np.allclose(ridge, np.diag(np.diag(ridge)), atol=1e-6)
    assert 0 < ridge[0, 0] < 0.01 * np.trace(cov)


def test_settings_and_fingerprint_travel_along(model):
    ratings, found = model
    assert found.settings == {"solver": "sgd", "factors": 4, "seed": 0, "passes": 10}
    assert found.fingerprint == ratings.fingerprint()
    assert found.scorer.lo, found.scorer.hi == (1, 5)


def test_rows_that_speak_for_themselves_keep_their_scores():
    fit = a_fit()
    rated, speak = np.ones(20, bool), np.zeros(20, bool)
    rated[[3, 4]], speak[3] = False, True
    other = centred(fit, np.ones(30, bool), rated, (None, speak))
    assert np.allclose(scores(other)[:, 3], scores(fit)[:, 3], atol=1e-4)
    assert not other.V[4].any()
    assert np.abs(other.V[rated].mean(0)).max() < 1e-5


def test_what_is_not_known_counts_by_the_slope_of_the_link():
    rng = np.random.default_rng(1)
    u, i = np.nonzero(rng.random((30, 20)) < 0.4)
    ratings = Ratings.of(u, i, np.full(len(u), 3.0), range=(1, 5))
    fit = a_fit()
    plain = recommender(ratings, fit, {}, {}).scorer
    linked = recommender(ratings, fit, {}, {}, Sigmoid(1, 5)).scorer
    slope = 4 * 0.5 * 0.5  # of the sigmoid at 3
    assert linked.unseen_user_var == pytest.approx(slope**2 * plain.unseen_user_var)
