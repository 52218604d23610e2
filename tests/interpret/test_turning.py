"Main axes of any shape of table, and the turn towards facts: orthogonal, in order, no chance."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.interpret.facts import Features
from entable.interpret.turning import principal, turned_to_facts


def made(*columns, names="abcdef"):
    return Features(tuple(names[: len(columns)]), np.column_stack(columns).astype(float))


def everyone(n):
    return np.arange(n)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_main_axes_are_the_singular_vectors(n, width, k, seed):
    X = np.random.default_rng(seed).standard_normal((n, width)).astype("f4")
    components, shares, center = principal(X, k)
    whole = X.astype(float) - X.astype(float).mean(0)
    values = np.linalg.svd(whole, compute_uv=False) ** 2
    m = min(n, width, k)
    assert components.shape == (m, width)
    np.testing.assert_allclose(center, X.astype(float).mean(0))
    if n > 1:
        np.testing.assert_allclose(shares, (values / values.sum())[:m], atol=1e-9)
        np.testing.assert_allclose(components @ components.T, np.eye(m), atol=1e-9)
    else:
        np.testing.assert_allclose(shares, 0, atol=1e-9)


@given(st.integers(0, 99), st.integers(1, 5), st.integers(0, 4))
def test_a_turn_is_orthogonal_whatever_the_facts(seed, k, facts):
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((80, k))
    tables = [scores @ rng.standard_normal(k) + rng.standard_normal(80) for _ in range(facts)]
    found = made(*tables) if facts else Features((), np.empty((80, 0)))
    turn, m, notes = turned_to_facts(scores, found, everyone(80))
    np.testing.assert_allclose(turn @ turn.T, np.eye(k), atol=1e-9)
    assert m <= min(k, facts)
    assert len(notes) == (m > 0)


def test_the_best_fact_comes_first_and_its_direction_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((500, 3)) * [3, 2, 1]
    good, fair = scores @ [1, -1, 2.0], scores @ [1, 1, 0] + 3 * rng.standard_normal(500)
    turn, m, notes = turned_to_facts(scores, made(fair, good), everyone(500))
    assert m == 2
    np.testing.assert_allclose(turn[0], np.array([1, -1, 2]) / np.sqrt(6), atol=1e-9)
    assert notes[0].startswith("Turned, within the space of the main axes, to b +1.00, a +0.")
    assert np.corrcoef(scores @ turn[1], fair)[0, 1] > 0.5


def test_of_equally_good_facts_the_first_is_taken():
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((500, 2))
    fact = scores[:, 0] + 0.5 * rng.standard_normal(500)
    twin = -(scores[:, 0] + 0.49 * rng.standard_normal(500))
    for facts, sign in ((made(fact, twin), 1), (made(twin, fact), -1)):
        turn, m, _ = turned_to_facts(scores, facts, everyone(500))
        assert sign * turn[0, 0] > 0.99
        assert m == 1  # what is left of the other fact tells nothing


def test_what_is_left_follows_by_variance():
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((900, 3)) * [1, 2, 3]
    turn, m, _ = turned_to_facts(scores, made(scores[:, 0]), everyone(900))
    assert m == 1
    assert (scores @ turn.T).var(0)[1:] == pytest.approx([9, 4], rel=0.2)


@pytest.mark.parametrize(
    "fact",
    [
        np.ones(50), np.full(50, np.nan), np.r_[1.0, 2, 3, np.full(47, np.nan)],
        np.random.default_rng(5).standard_normal(50),
    ],
)  # fmt: skip
def test_constant_missing_and_unrelated_facts_turn_nothing(fact):
    scores = np.random.default_rng(0).standard_normal((50, 3))
    turn, m, notes = turned_to_facts(scores, made(fact), everyone(50))
    assert (m, notes) == (0, ())
    np.testing.assert_array_equal(turn, np.eye(3))


def test_counts_of_ratings_are_no_taste():
    scores = np.random.default_rng(0).standard_normal((50, 3))
    found = Features(("log count",), scores[:, :1])
    assert turned_to_facts(scores, found, everyone(50))[1] == 0


def test_facts_are_those_of_the_rows_at_positions():
    rng = np.random.default_rng(0)
    scores, at = rng.standard_normal((50, 2)), rng.permutation(80)[:50]
    fact = np.full(80, 9.0)
    fact[at] = scores[:, 1]
    turn, m, _ = turned_to_facts(scores, made(fact), at)
    assert m == 1
    np.testing.assert_allclose(turn[0], [0, 1], atol=1e-9)
