"""How a score comes from rows: a dot product with biases, or a small net."""

from entable.scorers.dot import Dot, Fold, Parts, Prior, dots, fold
from entable.scorers.link import Identity, Link, Ordinal, Sigmoid
from entable.scorers.net import Join, Layer, Net

__all__ = [
    "Dot",
    "Fold",
    "Identity",
    "Join",
    "Layer",
    "Link",
    "Net",
    "Ordinal",
    "Parts",
    "Prior",
    "Scorer",
    "Sigmoid",
    "dots",
    "fold",
]

Scorer = Dot | Net
