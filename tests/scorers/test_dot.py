"Scores against the formula, fold-in against dense algebra."

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.scorers import Dot, Prior, dots, fold

RNG = np.random.default_rng(0)


def prior(k, rng=RNG):
    A = rng.standard_normal((k + 1, 2 * k + 2))
    return Prior(rng.standard_normal(k + 1), A @ A.T + 0.1 * np.eye(k + 1))


def dot(users=3, items=4, k=2, **change):
    rng = np.random.default_rng(0)
    parts = {
        "mean": 3.5,
        "lo": 1,
        "hi": 5,
        "user_noise": rng.gamma(5, 0.2, users),
        "item_noise": rng.gamma(5, 0.2, items),
        "unseen_user_noise": 0.7,
        "unseen_item_noise": 1.3,
        "user_var": rng.random(users),
        "item_var": rng.random(items),
        "unseen_user_var": 0.25,
        "unseen_item_var": 0.5,
        "user_prior": prior(k, rng),
        "item_prior": prior(k, rng),
    }
    return Dot(**(parts | change))


def rows(n, k, kind):
    vectors = RNG.standard_normal((n, k))
    bias, unseen = RNG.standard_normal(n), RNG.standard_normal(k)
    return Embeddings(Vocab.of(range(n), kind), vectors, bias, np.zeros(n), unseen, 0.3)


@pytest.mark.parametrize("k", [0, 1, 5])
def test_raw_scores_are_those_of_the_formula(k, monkeypatch):
    users, items, scorer = rows(3, k, "user"), rows(4, k, "item"), dot(k=k)
    u, i = np.repeat([-1, 0, 1, 2], 5), np.tile([-1, 0, 1, 2, 3], 4)
    got = scorer.raw(users, items, u, i)
    for a, b, score in zip(u, i, got, strict=True):
        U, bu = (users.unseen, 0.3) if a < 0 else (users.vectors[a], users.bias[a])
        V, bi = (items.unseen, 0.3) if b < 0 else (items.vectors[b], items.bias[b])
        want = 3.5 + float(bu) + float(bi) + U.astype("f8") @ V.astype("f8")
        assert score == pytest.approx(want, abs=1e-12)
    monkeypatch.setattr("entable.scorers.dot._BLOCK", 3)
    assert scorer.raw(users, items, u, i).tolist() == got.tolist(), "blocks do not show"


@pytest.mark.parametrize("k", [0, 1, 5])
def test_parts_are_what_a_raw_score_is_the_sum_of(k):
    users, items, scorer = rows(3, k, "user"), rows(4, k, "item"), dot(k=k)
    for u in (-1, 0, 2):
        for i in (-1, 1, 3):
            found = scorer.parts(users, items, u, i)
            assert found.products.shape == (k,)
            assert found.mean == 3.5
            assert found.user_bias == users.rows(np.array([u]))[1][0]
            whole = found.mean + found.user_bias + found.item_bias + found.products.sum()
            want = scorer.raw(users, items, np.array([u]), np.array([i]))[0]
            assert whole == pytest.approx(want, abs=1e-12)


def test_scores_stay_in_the_range_and_without_one_they_do_not():
    raw = np.array([-7, 3, 99.0])
    assert dot().score(raw).tolist() == [1, 3, 5]
    assert dot(lo=-np.inf, hi=np.inf).score(raw).tolist() == raw.tolist()


def test_the_deviation_is_noise_and_parameters():
    scorer = dot()
    u, i = np.array([0, -1, 2, -1]), np.array([1, 2, -1, -1])
    noise_u = np.array([scorer.user_noise[0], 0.7, scorer.user_noise[2], 0.7])
    noise_i = np.array([scorer.item_noise[1], scorer.item_noise[2], 1.3, 1.3])
    var = np.array([scorer.user_var[0], 0.25, scorer.user_var[2], 0.25])
    var += np.array([scorer.item_var[1], scorer.item_var[2], 0.5, 0.5])
    np.testing.assert_allclose(scorer.std(u, i), np.sqrt(1 / (noise_u * noise_i) + var))


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 99))
def test_a_dot_product_has_the_same_bits_in_any_company(k, m, seed):
    rng = np.random.default_rng(seed)
    U, V = rng.standard_normal((m, k)).astype("f4"), rng.standard_normal((m, k)).astype("f4")
    whole = dots(U, V)
    for r in (0, m // 2, m - 1):
        assert dots(U[r : r + 1], V[r : r + 1])[0] == whole[r]
        assert dots(U[r : r + 1], V)[r] == whole[r], "one row against many"
    np.testing.assert_allclose(whole, (U.astype("f8") * V).sum(1), atol=1e-12)


@pytest.mark.parametrize("k", [0, 1, 4])
@pytest.mark.parametrize("m", [0, 1, 3, 4, 5, 30])
def test_a_fold_is_the_ridge_solve_of_its_formula(k, m):
    "Both forms of the solve: m below k + 1 and above."
    before = prior(k)
    V, w, res = RNG.standard_normal((m, k)), RNG.gamma(2, 1, m), RNG.standard_normal(m)
    X, inverse = np.c_[V, np.ones(m)], np.linalg.inv(before.cov)
    want = np.linalg.solve(
        inverse + X.T @ np.diag(w) @ X, inverse @ before.mean + X.T @ np.diag(w) @ res
    )
    found = fold(before, V.astype("f8"), w, res)
    np.testing.assert_allclose(found.z, want, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.precision, inverse + X.T @ np.diag(w) @ X, rtol=1e-8)


def test_a_fold_of_no_ratings_is_the_prior_and_of_many_is_the_truth():
    before, truth = prior(3), np.array([1.0, -2, 0.5, 0.25])
    assert fold(before, np.zeros((0, 3)), np.zeros(0), np.zeros(0)).z == pytest.approx(before.mean)
    V = RNG.standard_normal((5000, 3))
    res = np.c_[V, np.ones(5000)] @ truth
    np.testing.assert_allclose(fold(before, V, np.full(5000, 9.0), res).z, truth, atol=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Prior(np.zeros(2), np.zeros((2, 2))),
        lambda: Prior(np.zeros(2), -np.eye(2)),
        lambda: Prior(np.zeros(2), np.array([[1, 0.5], [0, 1]])),
        lambda: Prior(np.zeros(2), np.eye(3)),
        lambda: Prior(np.zeros(2), np.full((2, 2), np.nan)),
        lambda: Prior(np.zeros(0), np.zeros((0, 0))),
        lambda: Prior(np.zeros((2, 1)), np.eye(2)),
    ],
)
def test_a_prior_must_be_a_normal(make):
    with pytest.raises(BadInput, match="prior"):
        make()


@pytest.mark.parametrize(
    "change",
    [
        {"mean": np.nan},
        {"mean": "3"},
        {"lo": 6},
        {"lo": np.nan},
        {"hi": -np.inf},
        {"lo": np.inf, "hi": np.inf},
        {"user_noise": np.zeros(3)},
        {"user_noise": np.ones((3, 1))},
        {"item_noise": np.full(4, -1)},
        {"unseen_user_noise": 0},
        {"user_var": np.full(3, -1)},
        {"user_var": np.zeros(2)},
        {"item_var": np.full(4, np.inf)},
        {"unseen_item_var": -1},
        {"item_prior": prior(3)},
    ],
    ids=str,
)
def test_a_scorer_of_impossible_parts_is_refused(change):
    with pytest.raises(BadInput):
        dot(**change)


def test_a_noise_that_is_almost_nothing_still_has_a_deviation():
    scorer = replace(dot(), user_noise=np.full(3, 1e-15), item_noise=np.full(4, 1e-15))
    assert np.isfinite(scorer.std(np.array([0]), np.array([0]))).all()
