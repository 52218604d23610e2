"Numbers are checked before they are used."

import tracemalloc

import numpy as np
import pytest

from entable.data.checks import at_least_one, finite, number
from entable.errors import BadInput


def test_what_fits_comes_back_in_the_type_asked_for():
    array = finite([[1, 2], [3, 4]], np.float32, (2, None), "weights")
    assert array.dtype == np.float32
    assert array.tolist() == [[1, 2], [3, 4]]
    same = np.ones(3)
    assert finite(same, np.float64, (3,), "weights") is same


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([1, 2], r"weights: shape \(2,\) came, any x 3 was wanted"),
        ([[1, 2]], r"shape \(1, 2\) came"),
        ([[1, 2, np.nan]], "only finite numbers above 0 can be used"),
        ([[1, 2, -np.inf]], "only finite numbers"),
        ([[1, 2, 0]], "above 0"),
    ],
)
def test_what_does_not_is_said(values, why):
    with pytest.raises(BadInput, match=why):
        finite(values, np.float64, (None, 3), "weights", above=0)


def test_one_bad_number_is_found_wherever_it_is():
    array = np.ones(700_000)
    for at in (0, 262_143, 262_144, 699_999):
        array[at] = np.inf
        with pytest.raises(BadInput):
            finite(array, np.float64, (None,), "weights")
        array[at] = 1


def test_checking_a_large_array_allocates_little():
    array = np.ones(4_000_000)
    tracemalloc.start()
    try:
        finite(array, np.float64, (None,), "weights")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes / 10


@pytest.mark.parametrize("value", ["1", True, np.nan, [1.0], 0])
def test_a_number_must_be_one_and_above_its_bound(value):
    assert number(np.float32(0.5), "mean", above=0) == 0.5
    with pytest.raises(BadInput, match="mean"):
        number(value, "mean", above=0)


@pytest.mark.parametrize("n", [0, -1, True, 1.0, "1", None])
def test_how_many_is_a_whole_number_from_one(n):
    assert at_least_one(np.int32(3)) == 3
    with pytest.raises(BadInput, match=r"k=.* came; a whole number from 1 on was wanted"):
        at_least_one(n, "k")
