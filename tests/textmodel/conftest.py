"Small models of text, not trained."

import numpy as np
import pytest

from entable.data.text import Cut
from entable.data.vocab import Vocab
from entable.scorers.net import Layer
from entable.scorers.recurrent import GATES, Cell, Recurrent
from entable.textmodel import TextModel

LINES = ["the cat sat on the mat\n", "a dog sat too\n"]


def cells(kind, n, hidden, rng, both=False):
    g = GATES[kind] * hidden
    shapes = ((g, n), (g, hidden), (g,), (g,))
    return tuple(
        Cell(kind, *(rng.normal(0, 0.5, shape).astype("f4") for shape in shapes))
        for _ in range(1 + both)
    )


def linear(n, outputs, rng):
    weight = rng.normal(0, 1, (outputs, n)).astype("f4")
    return Layer("linear", {"weight": weight, "bias": np.zeros(outputs, "f4")})


def language(cut, kind="gru"):
    rng = np.random.default_rng(0)
    table = rng.normal(0, 1, (cut.rows, 4)).astype("f4")
    layers = (cells(kind, 4, 6, rng), cells(kind, 6, 5, rng))
    return TextModel(cut, Recurrent(table, layers, (linear(5, cut.rows, rng),)), None, {"lr": 0.1})


@pytest.fixture(params=["characters", "words", "pieces"])
def model(request):
    if request.param == "pieces":
        return language(Cut.learn_pieces(LINES * 9, 270), "lstm")
    return language(Cut.learn(LINES, request.param))


@pytest.fixture
def letters():
    return language(Cut.learn(LINES))


@pytest.fixture
def judge():
    "A classifier that reads from both ends."
    rng, cut = np.random.default_rng(0), Cut.learn(LINES, lower=True)
    table = rng.normal(0, 1, (cut.rows, 4)).astype("f4")
    head = (linear(3 * 12, 5, rng), Layer("relu"), linear(5, 2, rng))
    net = Recurrent(table, (cells("gru", 4, 6, rng, both=True),), head, whole=True)
    return TextModel(cut, net, Vocab.of(["cats", "dogs"], "class"))
