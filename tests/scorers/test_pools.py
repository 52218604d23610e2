"Pooling in NumPy against torch."

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as fn

from entable.errors import BadInput
from entable.scorers.pools import Flat, Pool, PoolTo

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 4))


def maps(m, h, w, c, seed=0):
    return np.random.default_rng(seed).standard_normal((m, h, w, c)).astype("f4")


def turned(x):
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))


def back(x):
    return x.numpy().transpose(0, 2, 3, 1)


@settings(max_examples=50, deadline=None)
@given(st.data(), SIZES, SIZES, st.sampled_from(["max", "mean"]), st.booleans())
def test_pooling_is_that_of_torch(data, size, stride, how, counted):
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in size)
    h, w = (data.draw(st.integers(k, k + 6)) for k in size)
    x = maps(2, h, w, 3)
    found = Pool(how, size, stride, padding, counted)(x)
    if how == "max":
        want = fn.max_pool2d(turned(x), size, stride, padding)
    else:
        want = fn.avg_pool2d(turned(x), size, stride, padding, count_include_pad=counted)
    np.testing.assert_allclose(found, back(want), atol=1e-6)
    assert found.dtype == np.float32


@settings(max_examples=50, deadline=None)
@given(SIZES, st.integers(1, 9), st.integers(1, 9), st.sampled_from(["max", "mean"]))
def test_pooling_to_a_size_is_that_of_torch(to, h, w, how):
    x = maps(2, h, w, 3)
    pool = fn.adaptive_max_pool2d if how == "max" else fn.adaptive_avg_pool2d
    np.testing.assert_allclose(PoolTo(how, to)(x), back(pool(turned(x), to)), atol=1e-6)


def test_a_map_is_flattened_as_torch_does():
    x = maps(2, 3, 4, 5)
    np.testing.assert_array_equal(Flat()(x), turned(x).flatten(1).numpy())
    assert Flat().after((3, 4, 5)) == (60,)
    assert Flat()(Flat()(x)).shape == (2, 60)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Pool("sum", (2, 2), (2, 2)), "'sum' came"),
        (lambda: Pool("max", (2, 2), (0, 2)), "stride"),
        (lambda: Pool("max", (2, 2), (2, 2), (2, 0)), "more than half"),
        (lambda: Pool("max", (2, 2), (2, 2), counted=1), "counts or does not"),
        (lambda: PoolTo("mean", (0, 1)), "to="),
        (lambda: PoolTo("mean", (65, 1)), "64 a side at most"),
        (lambda: PoolTo("median"), "'median' came"),
        (lambda: PoolTo("mean").after((12,)), "rows of 12"),
        (lambda: Pool("max", (2, 2), (2, 2)).after((12,)), "rows of 12"),
        (lambda: Pool("max", (4, 4), (2, 2)).after((3, 9, 1)), "does not fit maps of 3 x 9"),
    ],
)
def test_what_is_no_pooling_is_refused(make, told):
    with pytest.raises(BadInput, match=told):
        make()
