"A small trained table model, with every kind of part that a file must keep."

import numpy as np
import polars as pl
import pytest

from entable.data.table import Table
from entable.scorers.net import Layer
from entable.scorers.readers import Reader
from entable.scorers.tablenet import Block, Ensemble, TableNet
from entable.tablemodel import TableModel


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "city": ["Aachen", "Bonn", "Aachen", None, "Celle", "Bonn"],
            "day": [1, 2, 3, 1, 2, 3],
            "x": [0.5, 1.5, None, 2.5, 3.5, 0.25],
            "sold": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "grade": ["low", "mid", "high", "low", "mid", "high"],
            "back": ["no", "yes", "no", "yes", "no", "yes"],
        }
    )


@pytest.fixture
def table(frame):
    return lambda target="sold", frame=frame, **more: Table.fit(
        frame, target, categories=["city", "day"], numbers=["x"], **more
    )


def net_for(table, seed=0, kind="pieces"):
    "A net of random weights for a table."
    rng = np.random.default_rng(seed)

    def some(*shape):
        return rng.standard_normal(shape).astype("f4")

    tables = tuple(some(category.levels, 2 + k) for k, category in enumerate(table.categories))
    M = len(table.numbers)
    arrays = {"low": some(M, 2), "slope": some(M, 2), "weight": some(M, 2, 3), "bias": some(M, 3)}
    reader = Reader(kind, arrays, some(M, 3))
    first = sum(t.shape[1] for t in tables) + 3 * M
    linear = Layer("linear", {"weight": some(4, first), "bias": some(4)})
    blocks = (Block((linear, Layer("relu"))), Block((Layer("tanh"),), residual=True))
    outputs = table.target.outputs
    return TableNet(
        tables, reader, blocks, some(2, outputs, 4), some(2, outputs), some(outputs), some(outputs),
        some(2, first), some(sum(map(len, tables)), outputs), (-2.0, 3.0),
    )  # fmt: skip


@pytest.fixture
def model(table):
    "What makes a model of a target, of one net or of two."

    def make(target="sold", nets=1, **more):
        made = table(target, **more)
        found = tuple(net_for(made, seed) for seed in range(nets))
        scorer = found[0] if nets == 1 else Ensemble(found)
        trace = pl.DataFrame({"epoch": [1, 2], "train_loss": [0.5, 0.25]})
        return TableModel(made, scorer, {"epochs": 2}, {"rmse": 0.5}, trace)

    return make
