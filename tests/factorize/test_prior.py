"""Draws of the rows' prior beside their closed forms."""

import numpy as np
import pytest

from entable.factorize.prior import InformedPrior, _normal_wishart


def test_normal_wishart_draws_have_the_moments_of_the_posterior():
    rng = np.random.default_rng(0)
    n, K, count = 40, 3, 6000
    Y = rng.standard_normal((n, K)) * [1, 0.5, 2] + [0.3, -1, 0]
    draws = [_normal_wishart(n, Y.sum(0), Y.T @ Y, rng) for _ in range(count)]
    mean, spread = Y.mean(0), (Y - Y.mean(0)).T @ (Y - Y.mean(0))
    W = np.linalg.inv(np.eye(K) + spread + 2 * n / (2 + n) * np.outer(mean, mean))
    m, Lambda = (np.array(x) for x in zip(*draws, strict=True))
    assert np.allclose(Lambda.mean(0), (K + 4 + n) * W, rtol=0.03, atol=0.02)
    assert np.allclose(m.mean(0), n * mean / (2 + n), atol=0.03)
    wanted = np.linalg.inv(W) / (K + 4 + n - K - 1) / (2 + n)  # E[Lambda^-1] / (2 + n)
    assert np.allclose(np.cov(m.T), wanted, rtol=0.15, atol=0.003)


def test_coefficients_are_drawn_from_their_posterior():
    rng = np.random.default_rng(1)
    n, p, K = 60, 4, 2
    prior = InformedPrior(rng.standard_normal((n, p)).astype(np.float32), K)
    X = prior.X[:, :p].astype(np.float64)
    Y = X @ rng.standard_normal((p, K)) + 0.3 * rng.standard_normal((n, K))
    Lambda = np.array([[2.0, 0.5], [0.5, 1.0]])
    drawn = []
    for _ in range(5000):
        prior.shrink = 3.0
        prior._draw_coefficients(X.T @ Y, Lambda, rng)
        drawn.append(prior.B)
    B = np.array(drawn)
    precision = np.kron(X.T @ X + 3.0 * np.eye(p), Lambda)  # of B laid out row after row
    mean = np.linalg.solve(precision, (X.T @ Y @ Lambda).ravel()).reshape(p, K)
    assert np.allclose(B.mean(0), mean, atol=0.02)
    assert np.allclose(np.cov(B.reshape(5000, -1).T), np.linalg.inv(precision), atol=0.002)


def test_rows_get_the_mean_that_their_features_say():
    rng = np.random.default_rng(2)
    n, p, K = 400, 5, 3
    features = rng.standard_normal((n, p)).astype(np.float32)
    prior = InformedPrior(features, K)
    B = rng.standard_normal((p, K))
    prior.Y[:] = features @ B + 1 + 0.01 * rng.standard_normal((n, K))
    for _ in range(20):
        Lambda, lin = prior.draw(rng)
    mean = np.linalg.solve(Lambda, lin.T).T
    assert np.allclose(mean, features @ B + 1, atol=0.2)


def test_without_features_all_rows_share_one_mean():
    rng = np.random.default_rng(3)
    prior = InformedPrior(np.zeros((50, 0), np.float32), 2)
    prior.Y[:] = rng.standard_normal((50, 2)) + 5
    _, lin = prior.draw(rng)
    assert (lin == lin[0]).all()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_rows_never_run_away(n):
    rng = np.random.default_rng(4)
    prior = InformedPrior(np.zeros((n, 0), np.float32), 20)
    for _ in range(500):
        Lambda, lin = prior.draw(rng)
        root = np.linalg.inv(np.linalg.cholesky(Lambda))
        prior.Y[:] = np.linalg.solve(Lambda, lin.T).T + rng.standard_normal((n, 20)) @ root
    assert np.abs(prior.Y).max() < 100
