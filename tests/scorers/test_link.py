"Links against their formulas, and the ways there and back."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.errors import BadInput
from entable.scorers import Identity, Ordinal, Sigmoid

RAW = np.linspace(-3, 3, 41)
LINKS = [Identity(), Sigmoid(0.5, 5.5), Ordinal([1, 2, 3, 5], [-1, 0.5, 0.75])]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
def test_a_link_rises_and_its_slope_is_its_derivative(link):
    assert (np.diff(link(RAW)) > 0).all()
    h = 1e-6
    np.testing.assert_allclose(
        link.slope(RAW), (link(RAW + h) - link(RAW - h)) / (2 * h), rtol=1e-6
    )


@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
def test_the_way_back_is_the_inverse(link):
    np.testing.assert_allclose(link.back(link(RAW)), RAW, atol=1e-8)


def test_what_lies_at_the_ends_or_beyond_has_a_finite_score():
    for link in LINKS[1:]:
        back = link.back(np.array([-9.0, 0.5, 5.5, 99]))
        assert np.isfinite(back).all()
        assert back[0] == back[1] < back[2] == back[3]
    found = Sigmoid(0, 1)(np.array([-1e9, 1e9]))
    assert found.tolist() == [0, 1]


@given(st.floats(-30, 30), st.floats(-5, 5), st.floats(0.1, 10))
def test_a_sigmoid_is_its_formula(raw, lo, span):
    got = Sigmoid(lo, lo + span)(np.array([raw]))[0]
    assert got == pytest.approx(lo + span / (1 + np.exp(-raw)), abs=1e-12 * (1 + abs(lo) + span))


def test_an_ordinal_rating_is_the_mean_of_its_levels():
    levels, cuts = [1.0, 2.0, 4.0], [-0.5, 1.5]
    above = 1 / (1 + np.exp(-(RAW[:, None] - cuts)))
    p = -np.diff(np.c_[np.ones(41), above, np.zeros(41)], axis=1)
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_allclose(Ordinal(levels, cuts)(RAW), p @ levels)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sigmoid(2, 2),
        lambda: Sigmoid(0, np.inf),
        lambda: Sigmoid("0", 1),
        lambda: Ordinal([1], []),
        lambda: Ordinal([1, 1], [0]),
        lambda: Ordinal([1, 2, 3], [1, 0]),
        lambda: Ordinal([1, 2, 3], [0]),
        lambda: Ordinal([1, 2], [np.nan]),
    ],
)
def test_an_impossible_link_is_refused(make):
    with pytest.raises(BadInput):
        make()
