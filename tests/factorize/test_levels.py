"Biases over draws are counted as they are read: with the mean taste at the origin."

import numpy as np
import pytest

from entable import factorize
from entable.data.ratings import Ratings
from entable.data.sample import sample_ratings
from entable.factorize.levels import Levels


def draws(n=7, k=3, many=20, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(many):
        rows = rng.standard_normal((n, k + 1)).astype("f4")
        yield rows[:, :k], rows[:, k], rng.standard_normal(k).astype("f4")


def test_the_deviation_is_that_of_centred_biases_computed_at_once():
    rated = np.array([True, True, False, True, True, True, True])
    levels = Levels(rated)
    for Z, bias, other in draws():
        levels.add(Z, bias, other)
    centred = [b + Z @ o - (b + Z @ o)[rated].mean() for Z, b, o in draws()]
    want = np.where(rated, np.std(centred, axis=0, ddof=1), 0)
    np.testing.assert_allclose(levels.std(), want, rtol=1e-5)


def test_moving_a_constant_from_bias_to_factors_changes_nothing():
    plain, moved = Levels(np.ones(7, bool)), Levels(np.ones(7, bool))
    for Z, bias, other in draws():
        plain.add(Z, bias, other)
        shift = np.float32(0.7)
        moved.add(Z, bias - shift * Z[:, 0], other + shift * np.eye(3, dtype="f4")[0])
    np.testing.assert_allclose(moved.std(), plain.std(), atol=1e-5)


def test_one_draw_says_nothing_of_deviations():
    levels = Levels(np.ones(7, bool))
    assert levels.std() is None
    levels.add(*next(draws()))
    assert levels.std() is None


def test_only_draws_give_deviations_and_more_ratings_make_them_smaller():
    ratings = sample_ratings(n=8_000, users=200, items=100, seed=1)
    model = factorize(ratings, draws=40, burn=10)
    std, counts = model.items.bias_std, model.items.counts
    assert (std[counts > 0] > 0).all()
    order = np.argsort(counts)
    assert std[order[:20]].mean() > 1.3 * std[order[-20:]].mean()
    assert factorize(ratings, solver="als", passes=2).items.bias_std is None


@pytest.mark.slow
def test_intervals_of_biases_hold_the_planted_ones():
    "80 % intervals around centred biases cover 80 % of the true ones, give or take."
    rng = np.random.default_rng(0)
    users, items, n = 600, 300, 30_000
    bu, bi = 0.4 * rng.standard_normal(users), 0.5 * rng.standard_normal(items)
    pairs = rng.permutation(users * items)[:n]
    u, i = pairs // items, pairs % items
    r = 3 + bu[u] + bi[i] + 0.9 * rng.standard_normal(n)
    model = factorize(Ratings.of(u, i, r), factors=4, draws=100)
    found = model.items
    truth = (bi - bi.mean())[found.names.astype(int)]
    inside = np.abs(truth - found.bias) < 1.2816 * found.bias_std
    assert 0.72 < inside.mean() < 0.9
