"""The sampler beside a plain one in NumPy, its intervals, and the ways in which it ends."""

import time

import numpy as np
import pytest

from entable.data.ratings import Ratings
from entable.factorize import factorize
from entable.testing import planted


def some_ratings(users=40, items=30, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    U, V = rng.standard_normal((users, 2)), rng.standard_normal((items, 2))
    u, i = np.nonzero(rng.random((users, items)) < 0.5)
    truth = 3 + rng.standard_normal(users)[u] * 0.5 + np.sum(U[u] * V[i], axis=1)
    return Ratings.of(u, i, truth + noise * rng.standard_normal(len(u)))


def by_hand(ratings, k, draws, burn=50, seed=0, shapes=(5.0, 10.0)):
    "Gibbs sampling as the papers write it: one row after another; the mean of all users' scores."
    rng = np.random.default_rng(seed)
    n, m, K = len(ratings.users), len(ratings.items), k + 1
    mean, spread = ratings.r.mean(dtype=float), ratings.r.std(dtype=float)
    y = (ratings.r - mean) / spread
    rows = [0.1 * rng.standard_normal((size, K)) for size in (n, m)]
    rows[0][:, k] = rows[1][:, k] = 0
    noise = [np.full(n, 1.5), np.ones(m)]
    ids, total = (ratings.u, ratings.i), np.zeros((n, m))
    for draw in range(burn + draws):
        for side, other in ((0, 1), (1, 0)):
            Y, size = rows[side], len(rows[side])
            mu = Y.mean(0)
            S = np.eye(K) + (Y - mu).T @ (Y - mu) + 2 * size / (2 + size) * np.outer(mu, mu)
            root = np.linalg.cholesky(np.linalg.inv(S))
            G = root @ rng.standard_normal((K, K + 4 + size))  # a Wishart is a sum of squares
            Lambda = G @ G.T
            m0 = rng.multivariate_normal(size * mu / (2 + size), np.linalg.inv(Lambda * (2 + size)))
            left = np.zeros(size)
            for a in range(size):
                mine = ids[side] == a
                j = ids[other][mine]
                x = np.concatenate([rows[other][j, :k], np.ones((len(j), 1))], 1)
                e, w = y[mine] - rows[other][j, k], noise[other][j] * noise[side][a]
                A = Lambda + (x.T * w) @ x
                z = np.linalg.solve(A, Lambda @ m0 + x.T @ (w * e))
                rows[side][a] = rng.multivariate_normal(z, np.linalg.inv(A))
                left[a] = np.sum(noise[other][j] * (e - x @ rows[side][a]) ** 2)
            if draw >= 5:
                level = len(y) / left.sum() if side == 0 else 1.0
                count = np.bincount(ids[side], minlength=size)
                shape = shapes[side]
                noise[side] = rng.gamma(shape + count / 2) / (shape / level + left / 2)
        if draw >= burn:
            U, V = rows
            total += U[:, :k] @ V[:, :k].T + U[:, k:] + V[:, k]
    return mean + spread * total / draws


def everyone(model):
    u, i = np.indices((len(model.users), len(model.items)))
    raw = model.scorer.raw(model.users, model.items, u.ravel(), i.ravel())
    return raw.reshape(u.shape)


@pytest.mark.slow
def test_the_mean_over_draws_is_that_of_the_plain_sampler():
    ratings = some_ratings()
    slow = by_hand(ratings, 2, 600)
    fast = everyone(factorize(ratings, "bayes", 2, rank=0, draws=1500, burn=50))
    again = everyone(factorize(ratings, "bayes", 2, rank=0, draws=1500, burn=50, seed=1))
    own, gap = np.std(fast - again), np.std(fast - slow)
    assert gap < 3 * own + 0.03
    assert gap < 0.15 * np.std(slow)
    assert abs((fast - slow).mean()) < 0.03


def test_the_history_as_a_prior_helps_where_who_rates_what_tells():
    rng = np.random.default_rng(0)
    taste = rng.integers(0, 2, 300)
    kind = np.arange(120) % 2
    chance = np.where(taste[:, None] == kind, 0.12, 0.02)  # people rate what they like
    u, i = np.nonzero(rng.random(chance.shape) < chance)
    r = 3 + 1.0 * (taste[u] == kind[i]) + 0.8 * rng.standard_normal(len(u))
    train, test = Ratings.of(u, i, r).split(0.3)
    blind, informed = (
        factorize(train, "bayes", 4, rank=rank).evaluate(test).rmse for rank in (0, 8)
    )
    assert informed < blind - 0.002


def test_intervals_cover_what_they_say_where_the_model_holds():
    train, test = some_ratings(300, 200, noise=0.7).split(0.2)
    model = factorize(train, "bayes", 4)
    frame = test.frame()
    for level in (0.5, 0.8, 0.95):
        found = model.predict(frame["user"], frame["item"], details=True, level=level)
        inside = (found["low"] <= frame["rating"]) & (frame["rating"] <= found["high"])
        assert inside.mean() == pytest.approx(level, abs=0.03)


def test_noisy_users_get_wide_intervals():
    rng = np.random.default_rng(0)
    u, i = np.nonzero(rng.random((200, 100)) < 0.5)
    wild = u % 2 == 0
    r = 3 + 0.5 * (i % 3) + np.where(wild, 1.2, 0.3) * rng.standard_normal(len(u))
    scorer = factorize(Ratings.of(u, i, r), "bayes", 2).scorer
    std = 1 / np.sqrt(scorer.user_noise)
    assert std[::2].mean() > 2.5 * std[1::2].mean()


def test_the_error_of_the_truncation_is_stated():
    model = factorize(some_ratings(), "bayes", 8)
    assert 0 <= model.metrics["truncation_rms"] < 0.1
    assert model.metrics["draws"] == 120


def test_a_budget_of_seconds_ends_the_fit():
    ratings, _ = planted(200, 150)
    factorize(ratings, "bayes", 4, draws=5)
    begun = time.perf_counter()
    model = factorize(ratings, "bayes", 4, draws=100_000, seconds=0.5)
    assert model.metrics["stopped"] == "seconds"
    assert time.perf_counter() - begun < 30  # 100,000 draws would take minutes
    assert 1 <= model.metrics["draws"] < 100_000


def test_a_budget_too_small_for_anything_still_answers():
    model = factorize(planted()[0], "bayes", 4, seconds=1e-6)
    assert model.metrics["draws"] == 1
    assert np.isfinite(everyone(model)).all()


def test_the_trace_ends_the_fit_when_draws_tell_nothing_new():
    ratings = some_ratings(100, 80)
    coarse = factorize(ratings, "bayes", 3, draws=3000, tol=0.15).metrics
    fine = factorize(ratings, "bayes", 3, draws=3000, tol=0.08).metrics
    assert coarse["stopped"] == fine["stopped"] == "tol"
    assert 30 <= coarse["draws"] < fine["draws"] < 3000


def test_the_trace_has_a_line_per_draw():
    trace = factorize(some_ratings(), "bayes", 3, draws=30, burn=10).trace
    assert trace["pass"].to_list() == list(range(1, 41))
    assert trace["noise"].min() > 0
