"Intervals of a normal, cut to the range."

import numpy as np
import pytest

from entable.errors import BadInput
from entable.evaluate.intervals import coverage, interval


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_as_many_as_promised_lie_inside(level):
    rng = np.random.default_rng(0)
    raw, std = rng.standard_normal(200_000), rng.gamma(4, 0.25, 200_000)
    low, high = interval(raw, std, level)
    assert coverage(raw + std * rng.standard_normal(200_000), low, high) == pytest.approx(
        level, abs=0.005
    )


def test_the_ends_are_symmetric_and_stay_in_the_range():
    low, high = interval(np.array([3.0, 4.9]), np.array([1.0, 1.0]), 0.8, 1, 5)
    assert low[0] == pytest.approx(3 - 1.2816, abs=1e-4)
    assert high.tolist() == [pytest.approx(3 + 1.2816, abs=1e-4), 5]


@pytest.mark.parametrize("level", [0, 1, -0.1, 80, float("nan")])
def test_a_level_must_be_a_share(level):
    with pytest.raises(BadInput, match=r"a share between 0 and 1 was wanted"):
        interval(np.zeros(1), np.ones(1), level)


def test_ends_count_as_inside_and_nothing_covers_nothing():
    ends = np.array([1.0, 2.0])
    assert coverage(np.array([1.0, 2.5]), ends, ends) == 0.5
    assert np.isnan(coverage(np.zeros(0), np.zeros(0), np.zeros(0)))
