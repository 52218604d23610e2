"""The contract of `check_solver` and other behaviours, held over all solvers."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.data.ratings import Ratings
from entable.factorize import SOLVERS, estimate, factorize, options
from entable.testing import check_solver, planted

ALL = pytest.mark.parametrize("solver", SOLVERS)
FACTORS = {"bayes": 4, "sgd": 8, "als": 4}


def fitted(ratings, solver, **settings):
    return factorize(ratings, solver, settings.pop("factors", FACTORS[solver]), **settings)


@ALL
def test_contract(solver):
    check_solver(lambda ratings: fitted(ratings, solver))


def test_contract_refuses_a_solver_that_learns_nothing():
    def lazy(ratings):
        return factorize(ratings, "sgd", 2, passes=1, lr=1e-6)

    with pytest.raises(AssertionError, match="hidden loves"):
        check_solver(lazy)


def weights(model):
    scorer = model.scorer
    arrays = (model.users.vectors, model.items.vectors, model.users.bias, model.items.bias)
    return b"".join(a.tobytes() for a in (*arrays, scorer.user_noise, scorer.item_var))


@ALL
def test_same_bytes_for_any_number_of_threads(solver):
    ratings, _ = planted(300, 200, seed=3)
    bytes_of = {t: weights(fitted(ratings, solver, threads=t)) for t in (1, 2, 8)}
    assert bytes_of[1] == bytes_of[2] == bytes_of[8]


BLAS = """
import sys, hashlib
from entable.factorize import factorize
from entable.testing import planted
m = factorize(planted(400, 300, seed=3)[0], sys.argv[1], 20)
print(hashlib.sha256(m.users.vectors.tobytes() + m.items.bias.tobytes()).hexdigest())
"""


@ALL
def test_same_bytes_for_any_number_of_blas_and_numba_threads(solver):
    found = set()
    for threads in ("1", "2", "8"):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
        env = os.environ | dict.fromkeys(names, threads)
        ran = subprocess.run(
            [sys.executable, "-c", BLAS, solver],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(ran.stdout)
    assert len(found) == 1


@ALL
def test_another_seed_another_model(solver):
    ratings, _ = planted()
    assert weights(fitted(ratings, solver, seed=1)) != weights(fitted(ratings, solver, seed=2))


@ALL
def test_one_factor(solver):
    ratings, hidden = planted()
    model = fitted(ratings, solver, factors=1)
    users, items = map(list, zip(*hidden, strict=True))
    assert np.mean(model.predict(users, items) > 4) > 0.95


@ALL
@pytest.mark.parametrize("factors", [None, 1])
@pytest.mark.parametrize(
    ("users", "items", "r"),
    [
        (["a"], ["x"], [3.0]),
        (["a"] * 3, ["x", "y", "z"], [1.0, 3.0, 5.0]),
        (["a", "b", "c"], ["x"] * 3, [1.0, 3.0, 5.0]),
        (["a", "b"], ["x", "y"], [4.0, 4.0]),
    ],
    ids=["one rating", "one user", "one item", "all equal"],
)
def test_hardly_any_data(solver, factors, users, items, r):
    model = factorize(Ratings.of(users, items, r), solver, factors)
    scores = model.predict(users, items)
    assert np.isfinite(scores).all()
    assert scores.min() >= min(r)
    assert scores.max() <= max(r)
    assert np.isfinite(model.predict(["nobody"], ["nothing"])).all()


@ALL
def test_all_equal_ratings_are_predicted_as_they_are(solver):
    u, i = np.nonzero(np.random.default_rng(0).random((20, 15)) < 0.5)
    model = fitted(Ratings.of(u, i, np.full(len(u), 2.5)), solver)
    assert np.allclose(model.predict(u.tolist(), i.tolist()), 2.5)


@ALL
def test_names_without_training_ratings_get_the_mean_taste(solver):
    whole, _ = planted(40, 30)
    lonely = whole.take((whole.u != 5) & (whole.i != 7))
    model = fitted(lonely, solver)
    user, item = whole.users.names[5], whole.items.names[7]
    others = [n for n in whole.items.names if n != item]
    assert np.allclose(
        model.predict([user] * len(others), others),
        model.predict(["nobody"] * len(others), others),
        atol=0.35 if solver == "bayes" else 1e-6,  # draws from the prior average to its mean
    )
    assert model.items.counts[7] == 0


@ALL
def test_permuted_rows_hardly_change_scores(solver):
    ratings, hidden = planted()
    order = np.random.default_rng(1).permutation(len(ratings))
    users, items = map(list, zip(*hidden, strict=True))
    scores = fitted(ratings, solver).predict(users, items)
    other = fitted(ratings.take(order), solver).predict(users, items)
    assert np.abs(scores - other).max() < 0.5


@ALL
@settings(max_examples=15, deadline=None)
@given(
    shift=st.integers(-100, 100),
    scale=st.sampled_from([0.01, 0.5, 1, 20]),
    seed=st.integers(0, 2**31),
)
def test_scores_follow_shift_and_scale_of_the_ratings(solver, shift, scale, seed):
    ratings, hidden = planted(30, 20, seed=seed % 5)
    users, items = map(list, zip(*hidden, strict=True))
    given_, what = ratings.users.names[ratings.u], ratings.items.names[ratings.i]
    moved = Ratings.of(given_, what, ratings.r.astype(np.float64) * scale + shift)
    few = {"bayes": {"draws": 20}, "sgd": {"passes": 20}, "als": {"passes": 5}}[solver]
    scores = fitted(ratings, solver, seed=seed, **few).predict(users, items)
    other = fitted(moved, solver, seed=seed, **few).predict(users, items)
    assert np.abs((other - shift) / scale - scores).max() < 0.02 * (1 + abs(shift) / scale / 100)


@ALL
def test_held_out_error_is_recorded_per_pass_and_is_that_of_the_model(solver):
    ratings, _ = planted(100, 80)
    train, test = ratings.split(0.2, seed=1)
    model = fitted(train, solver, valid=test)
    errors = [e for e in model.trace["rmse_valid"] if e == e]
    assert len(errors) > 3
    assert errors[-1] < errors[0]
    judged = model.evaluate(test).rmse
    assert judged == pytest.approx(
        model.metrics["rmse_valid"], abs=0.05 if solver == "bayes" else 1e-4
    )


@pytest.mark.parametrize(("solver", "reg"), [("sgd", 1e-4), ("als", 0.05)])
def test_the_best_pass_is_kept_and_the_fit_ends_early(solver, reg):
    rng = np.random.default_rng(0)
    u, i = np.nonzero(rng.random((80, 60)) < 0.3)
    noise = Ratings.of(u, i, rng.normal(3, 1, len(u)))
    train, test = noise.split(0.3)
    model = factorize(train, solver, 20, valid=test, reg=reg, passes=60, patience=2)
    errors = model.trace["rmse_valid"].to_list()
    assert len(errors) < 60
    assert model.metrics["stopped"] == "no better"
    assert model.evaluate(test).rmse == pytest.approx(min(errors), abs=1e-4)


@ALL
def test_progress_is_told_to_the_end(solver):
    seen = []
    fitted(
        planted()[0], solver, progress=lambda done, total, text: seen.append((done, total, text))
    )
    assert [done for done, _, _ in seen] == list(range(1, len(seen) + 1))
    assert seen[-1][0] == seen[-1][1]
    assert all("error" in text or "noise" in text for _, _, text in seen)


def test_whole_numbers_of_numpy_are_whole_numbers():
    model = factorize(planted()[0], "sgd", np.int64(4), seed=np.uint8(3), passes=np.int32(2))
    assert json.loads(json.dumps(model.settings))["factors"] == 4


def test_patience_may_be_endless():
    train, test = planted()[0].split(0.3)
    model = factorize(train, "als", 4, valid=test, reg=1.0, passes=12, patience=None)
    assert len(model.trace) == 12


def test_settings_are_listed_with_their_defaults():
    assert options("bayes")["draws"] > 50
    assert options("sgd")["patience"] == 5
    assert set(options("als")) == {"passes", "reg", "patience"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver": "magic"}, "no solver is called 'magic'; there are bayes, sgd, als"),
        ({"factors": 0}, "factors=0 came; a whole number of at least 1"),
        ({"factors": 1.5}, "factors=1.5 came"),
        ({"seed": -1}, "seed=-1 came"),
        ({"threads": 0}, "threads=0 came"),
        ({"passes": 3}, "bayes has no setting 'passes'; it has draws, burn"),
        ({"factors": "many"}, "factors='many' came"),
        ({"factors": 400}, "factors=400 came for 29 ratings; there can be no more"),
        ({"draws": 0}, "draws=0 came; a whole number of at least 1"),
        ({"draws": 2.5}, "draws=2.5 came; a whole number"),
        ({"draws": None}, "draws=None came; a whole number"),
        ({"seconds": 0}, "seconds=0 came; more than 0"),
        ({"tol": "small"}, "tol='small' came; a finite number"),
        ({"seconds": float("nan")}, "seconds=nan came"),
        ({"solver": "sgd", "reg": -1}, "reg=-1 came; at least 0"),
        ({"solver": "sgd", "lr": float("inf")}, "lr=inf came"),
    ],
)
def test_bad_settings_are_said(settings, message):
    with pytest.raises(ValueError, match=message):
        factorize(planted(10, 10)[0], **settings)


def test_no_ratings_and_other_things_are_said():
    ratings, _ = planted(10, 10)
    with pytest.raises(ValueError, match="no ratings to learn from"):
        factorize(ratings.take(np.zeros(len(ratings), bool)))
    with pytest.raises(ValueError, match="list came, Ratings were wanted"):
        factorize([("a", "b", 3)])
    with pytest.raises(ValueError, match="valid: float came, Ratings were wanted"):
        factorize(ratings, valid=0.1)
    with pytest.raises(ValueError, match="valid: its users and items"):
        factorize(ratings, valid=planted(11, 10)[0])


@ALL
def test_estimate_is_said_in_one_line(solver):
    said = str(estimate(planted()[0], solver, 16, 100))
    assert "at 16 factors" in said
    assert "MB of memory" in said
    assert "second" in said
