"Errors by hand, and baselines that minimise what they say."

import numpy as np
import pytest

from entable.evaluate.metrics import Triples, baselines, damped_means, mae, rmse


def triples(n=300, users=20, items=15, seed=0):
    rng = np.random.default_rng(seed)
    u, i = rng.integers(0, users, n), rng.integers(0, items, n)
    bu, bi = rng.standard_normal(users), rng.standard_normal(items)
    return Triples(u, i, (3 + bu[u] + bi[i] + 0.3 * rng.standard_normal(n)).astype("f4"))


def test_errors_by_hand():
    assert rmse(np.array([1, 2, 3]), np.array([1, 2, 5.0])) == pytest.approx(np.sqrt(4 / 3))
    assert mae(np.array([1, 2, 3]), np.array([1, 2, 5.0])) == pytest.approx(2 / 3)
    assert np.isnan(rmse(np.zeros(0), np.zeros(0)))
    assert np.isnan(mae(np.zeros(0), np.zeros(0)))


def test_errors_of_single_precision_do_not_pile_up():
    truth = np.full(1_000_000, 4, "f4")
    assert rmse(truth, truth + 0.1) == pytest.approx(0.1, rel=1e-6)


def loss(t, mean, bu, bi, damp):
    error = t.r - mean - bu[t.u] - bi[t.i]
    return (error**2).sum() + damp * ((bu**2).sum() + (bi**2).sum())


def test_damped_means_are_where_the_loss_is_least():
    t = triples()
    bu, bi = damped_means(t, 3.0, 20, 15, damp=8, passes=200)
    least = loss(t, 3.0, bu, bi, 8)
    rng = np.random.default_rng(1)
    for _ in range(20):
        off_u, off_i = bu + 0.01 * rng.standard_normal(21), bi + 0.01 * rng.standard_normal(16)
        assert loss(t, 3.0, off_u, off_i, 8) > least
    few = loss(t, 3.0, *damped_means(t, 3.0, 20, 15), 8)
    assert few == pytest.approx(least, rel=1e-3), "the few passes that are made come near enough"


def test_baselines_of_unknown_users_and_items_fall_back_on_what_is_known():
    t = triples()
    mean = t.r.astype("f8").mean()
    bu, bi = damped_means(t, mean, 20, 15)
    test = Triples(np.array([-1, 3, -1]), np.array([2, -1, -1]), np.array([2.0, 3, 4]))
    got = baselines(t, test, 20, 15)
    guess = np.array([mean + bi[2], mean + bu[3], mean])
    assert got["user + item means"]["rmse"] == pytest.approx(rmse(test.r, guess))
    assert got["mean"]["mae"] == pytest.approx(np.abs(test.r - mean).mean())


def test_means_beat_the_mean_and_stay_in_the_range():
    t = triples(n=600)
    t, test = Triples(*(x[:400] for x in t)), Triples(*(x[400:] for x in t))
    got = baselines(t, test, 20, 15)
    assert got["user + item means"]["rmse"] < got["mean"]["rmse"]
    narrow = baselines(t, test, 20, 15, lo=3, hi=3)
    assert narrow["mean"] == narrow["user + item means"]


def test_no_training_at_all_predicts_nothing_and_does_not_fail():
    none = Triples(np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    got = baselines(none, Triples(np.array([0]), np.array([0]), np.array([2.0])), 1, 1)
    assert got["mean"]["rmse"] == 2
