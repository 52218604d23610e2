"""Probes, their variances, and when draws tell nothing new."""

import numpy as np
import pytest

from entable.data.ratings import Ratings
from entable.factorize.problem import Problem
from entable.factorize.watch import Watch
from entable.kernels._jit import Team


@pytest.fixture
def watch():
    rng = np.random.default_rng(0)
    u, i = np.nonzero(rng.random((60, 40)) < 0.5)
    ratings = Ratings.of(u, i, rng.normal(0, 1, len(u)))
    with Team(1) as team:
        yield Watch(Problem.of(*ratings.split(0.2)), np.random.default_rng(1), team)


def draws(n, seed, spread_u, spread_i):
    "Models of biases alone, that vary around zero by a known deviation per user and item."
    rng = np.random.default_rng(seed)
    nothing = np.zeros((60, 16), np.float32), np.zeros((40, 16), np.float32)
    for _ in range(n):
        bu, bi = rng.standard_normal(60) * spread_u, rng.standard_normal(40) * spread_i
        yield *nothing, bu.astype(np.float32), bi.astype(np.float32)


def test_every_user_and_item_is_probed(watch):
    assert set(watch.u) == set(range(60))
    assert set(watch.i) == set(range(40))


def test_variances_of_users_and_items_add_up_to_those_of_predictions(watch):
    deviation = np.linspace(0.1, 1, 60)
    for model in draws(3000, 2, deviation, 0.5):
        watch.look(*model)
    users, items = watch.variances()
    wanted = deviation[watch.u] ** 2 + 0.25
    got = users[watch.u] + items[watch.i]
    assert np.corrcoef(got, wanted)[0, 1] > 0.95
    assert got.mean() == pytest.approx(wanted.mean(), rel=0.1)


def test_the_sampling_error_falls_as_the_root_of_the_draws(watch):
    watch.record(1.0)
    errors = {}
    for n, model in enumerate(draws(1600, 3, 0.6, 0.8), 1):
        watch.look(*model)
        if n in (100, 400, 1600):
            errors[n] = watch.sampling_error() / watch.problem.spread
            truth = np.sqrt((0.6**2 + 0.8**2) / n)
            assert errors[n] * watch._trace["noise"][-1] == pytest.approx(truth, rel=0.25)


def test_too_few_draws_have_no_error_yet(watch):
    for model in draws(20, 4, 1, 1):
        watch.look(*model)
    assert watch.sampling_error() == float("inf")


def test_the_held_out_error_is_that_of_the_running_mean(watch):
    models = list(draws(5, 5, 0.3, 0.3))
    for model in models:
        watch.look(*model)
        watch.record(1.0)
    valid = watch.problem.valid
    bu, bi = (np.mean([m[side] for m in models], axis=0) for side in (2, 3))
    score = (bu[valid.u] + bi[valid.i]).clip(watch.problem.lo, watch.problem.hi)
    wanted = watch.problem.spread * np.sqrt(np.mean((score - valid.values) ** 2))
    assert watch.trace()["rmse_valid"][-1] == pytest.approx(wanted, rel=1e-4)
    assert f"{wanted:.3f}"[:4] in watch.text()


def test_the_gap_is_zero_for_the_mean_itself(watch):
    models = list(draws(5, 6, 0.3, 0.3))
    for model in models:
        watch.look(*model)
    bu, bi = (np.mean([m[side] for m in models], axis=0, dtype=np.float64) for side in (2, 3))
    assert watch.gap(models[0][0], models[0][1], bu, bi) < 1e-6
    assert watch.gap(models[0][0], models[0][1], bu + 1, bi) == pytest.approx(watch.problem.spread)
