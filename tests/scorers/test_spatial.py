"Convolutions in NumPy against loops and against torch, in every setting."

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as fn

from entable.errors import BadInput
from entable.scorers import spatial
from entable.scorers.spatial import Conv


def some(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("f4")


def by_hand(x, conv):
    "Every place of the output, one after the other."
    (a, b), (c, d), (p, q) = conv.stride, conv.dilation, conv.padding
    kh, kw, take, outputs = conv.weight.shape
    h, w, _ = conv.after(x.shape[1:])
    x = np.pad(x.astype(float), ((0, 0), (p, p), (q, q), (0, 0)))
    out = np.zeros((len(x), h, w, outputs))
    for o in range(outputs):
        first = o // (outputs // conv.groups) * take
        for i in range(h):
            for j in range(w):
                rows, columns = a * i + c * np.arange(kh), b * j + d * np.arange(kw)
                patch = x[:, rows][:, :, columns][..., first : first + take]
                out[:, i, j, o] = (patch * conv.weight[..., o]).sum((1, 2, 3)) + conv.bias[o]
    return out


def by_torch(x, conv):
    weight = torch.from_numpy(np.ascontiguousarray(conv.weight.transpose(3, 2, 0, 1)))
    pictures = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    settings = conv.stride, conv.padding, conv.dilation, conv.groups
    found = fn.conv2d(pictures, weight, torch.from_numpy(conv.bias), *settings)
    return found.numpy().transpose(0, 2, 3, 1)


PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def convolutions(draw):
    size, dilation = draw(PAIRS), draw(PAIRS)
    groups, take, many = (draw(st.integers(1, 3)) for _ in range(3))
    weight = some(*size, take, many * groups, seed=draw(st.integers(0, 99)))
    padding = tuple(
        draw(st.integers(0, (k - 1) * d + 1)) for k, d in zip(size, dilation, strict=True)
    )
    conv = Conv(weight, some(many * groups), draw(PAIRS), padding, dilation, groups)
    least = [max(e - 2 * p, 1) for e, p in zip(conv.extent, padding, strict=True)]
    h, w = (draw(st.integers(n, n + 3)) for n in least)
    return conv, some(draw(st.integers(0, 3)), h, w, take * groups, seed=1)


@settings(max_examples=30, deadline=None)
@given(convolutions())
def test_a_convolution_is_that_of_the_formula_and_of_torch(made):
    conv, x = made
    found = conv(x)
    assert found.dtype == np.float32
    assert found.shape == (len(x), *conv.after(x.shape[1:]))
    np.testing.assert_allclose(found, by_hand(x, conv), atol=1e-4)
    if len(x):
        np.testing.assert_allclose(found, by_torch(x, conv), atol=1e-5)


@pytest.mark.parametrize("most", [1, 60, 500])
def test_patches_at_a_time_do_not_show(monkeypatch, most):
    conv, x = Conv(some(3, 3, 2, 4), some(4), padding=(1, 1)), some(3, 6, 5, 2)
    whole = conv(x)
    monkeypatch.setattr(spatial, "_PATCHES", most)
    np.testing.assert_allclose(conv(x), whole, atol=1e-6)


def test_a_filter_of_its_own_for_each_channel():
    conv, x = Conv(some(3, 3, 1, 6), some(6), (2, 1), (1, 1), groups=6), some(2, 7, 8, 6)
    np.testing.assert_allclose(conv(x), by_torch(x, conv), atol=1e-5)


def test_what_goes_in_stays_as_it_is():
    conv, x = Conv(some(1, 1, 3, 2), some(2)), some(2, 4, 4, 3)
    kept = x.copy()
    conv(x)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"weight": some(3, 3, 2)}, "shape"),
        ({"weight": some(3, 3, 0, 2)}, "weights and one group"),
        ({"weight": np.full((3, 3, 2, 2), np.nan)}, "finite"),
        ({"bias": some(3)}, "shape"),
        ({"stride": (0, 1)}, "stride=.* two whole numbers"),
        ({"stride": 2}, "stride=2 came"),
        ({"stride": (2.0, 1)}, "stride"),
        ({"padding": (-1, 0)}, "padding"),
        ({"padding": (4, 0)}, "padded by 4, more than it spans"),
        ({"dilation": (1, 1 << 20)}, "dilation"),
        ({"groups": 0}, "one group"),
        ({"groups": True}, "one group"),
        ({"groups": 4}, "cannot be dealt"),
    ],
)
def test_what_is_no_convolution_is_refused(more, told):
    with pytest.raises(BadInput, match=told):
        Conv(**{"weight": some(3, 3, 2, 2), "bias": some(2)} | more)


def test_maps_that_do_not_fit_are_refused():
    conv = Conv(some(3, 3, 2, 4), some(4))
    with pytest.raises(BadInput, match="of 2 channels does not fit maps of 5 x 5 and 3 channels"):
        conv.after((5, 5, 3))
    with pytest.raises(BadInput, match="over 3 x 3 does not fit maps of 2 x 5"):
        conv.after((2, 5, 2))
    with pytest.raises(BadInput, match="does not fit rows of 18 numbers"):
        conv.after((18,))
