"Varimax finds the simple axes that were mixed."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.interpret.rotate import simplicity, varimax


def mixed(seed, k=3, n=400):
    "Heavy-tailed columns, whitened, and the same turned by a random rotation."
    rng = np.random.default_rng(seed)
    plain = rng.standard_t(3, (n, k))
    plain -= plain.mean(0)
    plain = np.linalg.qr(plain)[0] * np.sqrt(n)
    turn = np.linalg.qr(rng.standard_normal((k, k)))[0]
    return plain, plain @ turn


@pytest.mark.parametrize("seed", range(5))
def test_simple_axes_that_were_mixed_come_back(seed):
    plain, scores = mixed(seed)
    found = scores @ varimax(scores)
    match = np.abs(plain.T @ found) / len(plain)
    assert match.max(0).min() > 0.9
    assert sorted(match.argmax(0)) == [0, 1, 2]


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_it_is_a_rotation_that_never_makes_axes_less_simple(seed, k):
    _, scores = mixed(seed, k, 60)
    T = varimax(scores)
    np.testing.assert_allclose(T @ T.T, np.eye(k), atol=1e-9)
    assert simplicity(scores @ T) >= simplicity(scores) * (1 - 1e-9)


def test_in_the_plane_it_is_the_best_of_all_angles():
    _, scores = mixed(1, 2)
    angles = np.linspace(0, np.pi, 2000)
    turns = [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles]
    best = max(simplicity(scores @ turn) for turn in turns)
    assert simplicity(scores @ varimax(scores)) == pytest.approx(best, rel=1e-4)


def test_scores_that_do_not_vary_are_left_alone():
    assert np.isfinite(varimax(np.zeros((5, 2)))).all()
    assert varimax(np.ones((3, 1))).tolist() == [[1.0]]
