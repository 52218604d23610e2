"""Blocks that weigh alike, rows in their places, and settings that follow the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable._stopping import Stop
from entable.data.ratings import Ratings
from entable.factorize.problem import Problem, Run
from entable.factorize.sgd import _Blocks, _deal, fit_sgd, usual_passes
from entable.kernels._jit import Team
from entable.testing import planted


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 99))
def test_rows_are_dealt_to_stripes_that_stand_together(n, stripes, seed):
    rows = np.random.default_rng(seed).zipf(1.5, 300).clip(max=n) - 1
    place, stripe = _deal(rows.astype(np.int32), n, stripes)
    assert sorted(place) == list(range(n))
    assert (np.diff(stripe) >= 0).all()
    assert len(stripe) == n


def test_stripes_weigh_about_the_same():
    rng = np.random.default_rng(0)
    rows = np.minimum(rng.lognormal(5, 1.2, 50_000), 999).astype(np.int32)
    place, stripe = _deal(rows, 1000, 16)
    weight = np.bincount(stripe[place[rows]], minlength=16)
    heaviest_row = np.bincount(rows).max()
    assert weight.max() - weight.min() <= heaviest_row


def test_without_a_step_rows_come_back_in_their_own_order():
    problem = Problem.of(planted()[0])
    with Team(1) as team:
        run = Run(team, Stop(), lambda *_: None)
        U, V, bu, bi = _Blocks(problem, 5, 3, run, 0.1).arrays()
    rng = np.random.default_rng((3, 2))
    for rows in (U, V):
        start = rng.standard_normal((len(rows), 5), dtype=np.float32) * np.float32(0.1 / 5**0.5)
        assert np.array_equal(rows[:, :5], start)
        assert not rows[:, 5:].any()
    assert not bu.any()
    assert not bi.any()


def test_a_user_who_loves_all_has_a_high_bias():
    u, i = (x.ravel() for x in np.indices((12, 10)))
    ratings = Ratings.of(u, i, np.where(u == 4, 5.0, 2.0) + (i == 7))
    with Team(2) as team:
        fit = fit_sgd(Problem.of(ratings), 2, 0, Run(team, Stop(), lambda *_: None), passes=60)
    assert fit.bu.argmax() == 4
    assert fit.bi.argmax() == 7


@pytest.mark.parametrize(
    ("ratings", "rows", "passes"), [(80_000, 2_625, 26), (900_000, 9_746, 11), (3, 6, 80)]
)
def test_rows_with_many_ratings_need_fewer_passes(ratings, rows, passes):
    assert usual_passes(ratings, rows) == passes
