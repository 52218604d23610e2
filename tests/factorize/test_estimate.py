"""What a fit will cost grows with what it does."""

import pytest

from entable.factorize import SOLVERS, estimate, foresee
from entable.factorize.estimate import Estimate
from entable.testing import planted


@pytest.mark.parametrize("solver", SOLVERS)
def test_more_work_is_foreseen_to_take_longer(solver):
    small, large = planted()[0], planted(800, 600)[0]
    base = estimate(small, solver, 16, 10, threads=1)
    assert estimate(large, solver, 16, 10, threads=1).bytes > 10 * base.bytes
    for more in (
        estimate(large, solver, 16, 10, threads=1),
        estimate(small, solver, 64, 10, threads=1),
        estimate(small, solver, 16, 20, threads=1),
    ):
        assert more.seconds > 1.5 * base.seconds
    assert estimate(small, solver, 16, 10, threads=2).seconds == base.seconds / 2


def test_a_budget_of_seconds_bounds_the_time():
    ratings = planted(300, 200)[0]
    assert foresee(ratings, draws=10**7, seconds=5).seconds == 5
    assert "x 140 draws at 16 factors" in str(foresee(ratings))
    assert "x 7 passes" in str(foresee(ratings, "als", passes=7))


@pytest.mark.parametrize(
    ("bytes_", "seconds", "said"),
    [
        (3 << 20, 0.2, "w; 3 MB of memory, under a second"),
        (3 << 30, 75.4, "w; 3.0 GB of memory, about 75 s"),
    ],
)
def test_estimates_read_well(bytes_, seconds, said):
    assert str(Estimate("w", bytes_, seconds)) == said
