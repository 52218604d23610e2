"What a place of a map sees: found out by changing one pixel after the other."

import numpy as np
import pytest

from entable.errors import UnknownName
from entable.scorers.conv import Conv, ConvNet, Flat, Paths, Pool, PoolTo
from entable.scorers.reach import reach


def some(*shape):
    return np.random.default_rng(0).uniform(0.1, 1, shape).astype("f4")  # nothing cancels


def conv(name, size=3, stride=1, padding=1, dilation=1):
    pairs = {"stride": (stride,) * 2, "padding": (padding, 0), "dilation": (dilation, 1)}
    return Conv(some(size, size, 1, 1), some(1), name=name, **pairs)


PARTS = (
    conv("first", 3, 2),
    Pool("mean", (2, 2), (1, 1)),
    Paths("sum", ((conv("wide", 3), conv("inner", 1, padding=0)), (conv("narrow", 3),))),
    conv("far", 2, 2, 1, 2),
    PoolTo("mean"),
    Flat(),
)


@pytest.fixture
def net():
    return ConvNet(PARTS, some(1, 1), some(1), (18, 22, 1), [0.5], [0.25])


@pytest.mark.parametrize("name", ["first", "wide", "inner", "narrow", "far"])
def test_a_place_changes_with_the_pixels_of_its_window_and_no_others(net, name):
    (h, w), (down, right), (top, left) = reach(net.parts, name, net.shape)
    plain = np.full((1, *net.shape), 100, np.uint8)
    before = net.maps(plain, name)[0, ..., 0]
    changed = np.zeros((18, 22, *before.shape), bool)
    every = np.repeat(plain, 18 * 22, 0).reshape(18, 22, *net.shape)
    for r, c in np.ndindex(18, 22):
        every[r, c, r, c] = 250
    after = net.maps(every.reshape(-1, *net.shape), name)[..., 0]
    changed = abs(after - before).reshape(18, 22, *before.shape) > 1e-4
    for i, j in np.ndindex(*before.shape):
        rows, columns = (np.flatnonzero(changed[..., i, j].any(axis)) for axis in (1, 0))
        a, b = max(top + i * down, 0), max(left + j * right, 0)
        assert rows.min() == a
        assert columns.min() == b
        # a dilated window has holes at its end only where it stands over the edge
        assert rows.max() == min(top + i * down + h, 18) - 1 or top + i * down + h > 18
        assert columns.max() == left + j * right + w - 1


def test_behind_pooling_everything_is_seen_and_unknown_names_are_said():
    parts = (PoolTo("mean"), conv("last", 1, padding=0))
    assert reach(parts, "last", (18, 22, 1))[0] == (18, 22)
    with pytest.raises(UnknownName, match="no convolution 'none'"):
        reach(PARTS, "none", (18, 22, 1))
