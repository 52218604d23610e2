"Small nets of random weights over small pictures, for every kind of target."

import numpy as np
import polars as pl
import pytest

from entable.data.images import Images
from entable.data.table.source import source_of
from entable.data.table.target import Target
from entable.imagemodel import ImageModel
from entable.scorers.conv import Conv, ConvNet, Flat, Paths, Pool, PoolTo
from entable.scorers.net import Layer

SHAPE = (12, 10, 3)
KNOWN = {
    "classes": {"class": ["rose", "tulip", "daisy", "rose", "tulip", "daisy", "rose", "rose"]},
    "labels": {"red": [0, 1, 0, 1, 1, 0, 0, 1], "wet": [1, 1, 0, 0, 0, 0, 1, 0]},
    "number": {"size": [0.5, 1.5, 2.5, 3.5, 1.0, 2.0, 3.0, 0.25]},
    "numbers": {"x": [0.5, 1.5, 2.5, 3.5, 1.0, 2.0, 3.0, 0.0], "y": [9.0, 8, 7, 6, 5, 4, 3, 2]},
    "binary": {"open": [0, 1, 0, 1, 1, 0, 0, 1]},
}


def net_for(outputs, shape=SHAPE, seed=0, **more):
    "A net with every kind of part that a file must keep."
    rng = np.random.default_rng(seed)

    def some(*shape):
        return (rng.standard_normal(shape) / 2).astype("f4")

    body = Conv(some(3, 3, 4, 4), some(4), padding=(1, 1), name="layer.0.conv1"), Layer("relu")
    side = (Conv(some(1, 1, 4, 4), some(4), name="layer.0.down"),)
    parts = (
        Conv(some(3, 3, shape[2], 4), some(4), (2, 1), (1, 1), (1, 2), name="conv1"),
        Layer("scale", {"factor": some(4), "offset": some(4)}),
        Pool("mean", (3, 3), (1, 1), (1, 1), counted=False),
        Paths("sum", (body, side)),
        Conv(some(2, 2, 2, 4), some(4), groups=2, name="grouped"),
        Layer("leaky_relu", {"slope": np.array([0.1], "f4")}),
        Paths("concat", ((PoolTo("max"),), (PoolTo("mean"),))),
        Flat(),
    )
    given = {"mean": [0.5] * shape[2], "std": [0.25] * shape[2]} | more
    return ConvNet(parts, some(outputs, 8), some(outputs), shape, **given)


def target_of(kind):
    known = pl.DataFrame(KNOWN[kind])
    return Target.fit(source_of(known), known.columns, kind)


@pytest.fixture
def model():
    "What makes a model of a kind of target."

    def make(kind="classes", shape=SHAPE, mirrored=False, **more):
        target = target_of(kind)
        trace = pl.DataFrame({"epoch": [1, 2], "train_loss": [0.5, 0.25]})
        about = {"epochs": 2}, {"accuracy": 0.5}, trace
        net = net_for(target.outputs, shape, **more)
        return ImageModel(target, net, "squish", mirrored, 8, *about)

    return make


@pytest.fixture
def pixels():
    return np.random.default_rng(1).integers(0, 256, (8, *SHAPE), np.uint8)


@pytest.fixture
def images(pixels):
    "Pictures that know something of a kind."
    names = [f"{k}.png" for k in range(8)]
    return lambda kind="classes": Images.arrays(pixels, KNOWN[kind], names, kind)
