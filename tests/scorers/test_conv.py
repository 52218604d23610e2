"Convolutional nets in NumPy: what parts do together, what does not fit, and memory."

import tracemalloc

import numpy as np
import pytest

from entable.errors import BadInput, UnknownName
from entable.scorers import conv as module
from entable.scorers.conv import Conv, ConvNet, Flat, Paths, Pool, PoolTo, after, run, walk
from entable.scorers.net import Layer

RELU = Layer("relu")


def some(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("f4")


def conv(a, b, size=3, name="", **more):
    return Conv(some(size, size, a, b) / size, some(b), padding=(size // 2,) * 2, name=name, **more)


def residual(channels, name=""):
    body = conv(channels, channels, name=f"{name}.1"), RELU, conv(channels, channels)
    return Paths("sum", (body, ()))


def net(shape=(8, 10, 3), **more):
    both = Paths("concat", ((PoolTo("mean"),), (PoolTo("max"),)))
    stem = conv(shape[2], 4, name="stem", stride=(2, 2)), RELU
    parts = *stem, residual(4, "one"), RELU, Pool("max", (2, 2), (2, 2)), both, Flat()
    head = {
        "weight": some(5, 8),
        "bias": some(5),
        "mean": [0.5] * shape[2],
        "std": [0.2] * shape[2],
    }
    return ConvNet(**{"parts": parts, "shape": shape} | head | more)


def pictures(n=7, shape=(8, 10, 3)):
    return np.random.default_rng(1).integers(0, 256, (n, *shape), np.uint8)


def test_paths_add_up_or_stand_side_by_side():
    x = some(2, 4, 4, 3)
    halves = (Layer("tanh"),), ()
    np.testing.assert_allclose(Paths("sum", halves)(x), np.tanh(x) + x, rtol=1e-6)
    found = Paths("concat", halves)(x)
    np.testing.assert_allclose(found, np.concatenate([np.tanh(x), x], -1), rtol=1e-6)
    assert Paths("concat", halves).after((4, 4, 3)) == (4, 4, 6)


def test_the_net_is_its_parts_one_after_the_other():
    made, given = net(), pictures()
    x = (given.astype("f4") / 255 - 0.5) / 0.2
    features = run(made.parts, x.astype("f4"))
    np.testing.assert_allclose(made.features(given), features, atol=1e-5)
    np.testing.assert_allclose(made(given), features @ made.weight.T + made.bias, atol=1e-5)
    assert made(given).dtype == np.float64
    assert made(given[:0]).shape == (0, 5)


def test_outputs_are_squeezed_into_a_range():
    plain, given = net(), pictures()
    found = net(y_range=(1.0, 5.0))(given)
    np.testing.assert_allclose(found, 1 + 4 / (1 + np.exp(-plain(given))), atol=1e-5)


def test_blocks_do_not_show_and_bound_memory(monkeypatch):
    made, given = net((64, 64, 3)), pictures(64, (64, 64, 3))
    whole = made(given)
    monkeypatch.setattr(module, "_BLOCK", 1)
    tracemalloc.start()
    found = made(given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(found, whole, atol=1e-4)
    assert peak < 64 * 64 * 64 * 3 * 4  # less than all pictures as numbers, whatever the cores


def test_the_same_pictures_give_the_same_bytes():
    made, given = net(), pictures(40)
    assert made(given).tobytes() == made(given).tobytes()


def test_every_part_is_walked_with_its_shape():
    made = net()
    shapes = [shape for part, shape in walk(made.parts, made.shape) if isinstance(part, Conv)]
    assert shapes == [(4, 5, 4)] * 3
    assert list(made.convolutions) == ["stem", "one.1", ""]
    assert str(made) == "a net of 3 convolutions"
    assert after(made.parts, (8, 10, 3)) == (8,)


def test_maps_are_what_a_convolution_gives():
    made, given = net(), pictures()
    x = (given.astype("f4") / 255 - 0.5) / 0.2
    np.testing.assert_allclose(made.maps(given, "stem"), made.parts[0](x), atol=1e-5)
    inner = made.parts[2].paths[0][0]
    want = inner(np.maximum(made.parts[0](x), 0))
    np.testing.assert_allclose(made.maps(given, "one.1"), want, atol=1e-5)
    with pytest.raises(UnknownName, match=r"no convolution 'two'; it has stem, one.1"):
        made.maps(given, "two")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"weight": some(5, 7)}, "end in rows of 8 numbers, the last layer takes 7"),
        ({"weight": some(0, 8), "bias": some(0)}, "last layer"),
        ({"bias": some(4)}, "bias of the last layer"),
        ({"parts": (conv(3, 4),)}, "end in maps of 8 x 10 and 4 channels"),
        ({"parts": (Flat(), conv(3, 4))}, "does not fit rows of 240"),
        ({"parts": (Layer("linear", {"weight": some(2, 3), "bias": some(2)}),)}, "takes rows"),
        ({"parts": (Layer("scale", {"factor": some(4), "offset": some(4)}),)}, "does not fit"),
        ({"parts": (Paths("sum", ((), (conv(3, 4),))),)}, "cannot be joined by sum"),
        ({"parts": (Paths("concat", ((), (PoolTo("max"),))),)}, "cannot be joined by concat"),
        ({"mean": [0.5]}, "mean of channels"),
        ({"std": [0.2, 0.2, 0.0]}, "std of channels"),
        ({"std": [0.2, 0.2, np.nan]}, "std of channels"),
        ({"y_range": (2.0, 1.0)}, "lowest and highest"),
    ],
)
def test_a_net_that_does_not_fit_together_is_refused(more, told):
    with pytest.raises(BadInput, match=told):
        net(**more)


def test_paths_that_are_none_are_refused():
    for how, paths in (("product", ((),)), ("sum", ())):
        with pytest.raises(BadInput, match="one at least"):
            Paths(how, paths)


def test_maps_too_large_for_any_memory_are_refused(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST", 200)
    with pytest.raises(BadInput, match="too many"):
        net()


@pytest.mark.parametrize("shape", [(7, 8, 10), (7, 8, 10, 1), (7, 10, 8, 3), (8, 10, 3)])
def test_pictures_of_another_shape_are_refused(shape):
    with pytest.raises(BadInput, match=r"\(n, 8, 10, 3\) were wanted"):
        net()(np.zeros(shape, np.uint8))
