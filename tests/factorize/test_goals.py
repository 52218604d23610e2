"""Held-out errors on real ratings, under the protocols of the published figures."""

import numpy as np
import polars as pl
import pytest

from entable.data.ratings import Ratings
from entable.evaluate.intervals import interval
from entable.factorize import factorize

pytestmark = pytest.mark.realdata


def judged(train, test, solver, **settings):
    "RMSE and the share of held-out ratings inside their 80 % intervals."
    model = factorize(train, solver, **settings)
    raw = model.scorer.raw(model.users, model.items, test.u, test.i)
    low, high = interval(raw, model.scorer.std(test.u, test.i), 0.8, 1, 5)
    error = model.scorer.score(raw) - test.r
    return float(np.sqrt(np.mean(error**2))), float(np.mean((low <= test.r) & (test.r <= high)))


@pytest.fixture(scope="module")
def folds(real):
    found = []
    for n in range(1, 6):
        base, test = (
            pl.read_csv(real / "ml-100k" / f"u{n}.{part}", separator="\t", has_header=False)
            for part in ("base", "test")
        )
        both = pl.concat([base, test])
        whole = Ratings.of(*(both[c] for c in both.columns[:3]))
        known = np.arange(len(both)) < len(base)
        found.append((whole.take(known), whole.take(~known)))
    return found


@pytest.mark.parametrize(
    ("solver", "rmse", "inside"),
    [("bayes", 0.8780, (0.78, 0.82)), ("sgd", 0.9090, (0.77, 0.83)), ("als", 0.9180, (0.70, 0.82))],
)
def test_official_folds_of_ml100k(folds, solver, rmse, inside):
    errors, covered = np.mean([judged(*fold, solver) for fold in folds], axis=0)
    assert errors < rmse
    assert inside[0] < covered < inside[1]


@pytest.mark.parametrize(("solver", "rmse"), [("bayes", 0.8225), ("sgd", 0.8420)])
def test_a_random_tenth_of_ml1m(real, solver, rmse):
    whole = Ratings.read(real / "ml-1m" / "ratings.csv")
    order = np.random.RandomState(0).permutation(len(whole))
    cut = len(whole) // 10
    error, inside = judged(whole.take(order[cut:]), whole.take(order[:cut]), solver)
    assert error < rmse
    assert 0.77 < inside < 0.83
