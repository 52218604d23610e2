"""A trained recurrent net over text as a scorer that needs no torch."""

from typing import Any

import numpy as np

from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.models.rnn import Body, LanguageModel, TextClassifier
from entable.recipes.records import array, records
from entable.scorers.net import Layer
from entable.scorers.recurrent import ARRAYS, Cell, Recurrent

__all__ = ["to_recurrent"]


def to_recurrent(net: Any, counts: np.ndarray) -> Recurrent:
    """What a net computes at rest, with copies of its weights.

    counts (V,): how often each code was in training. The vector of what is unseen, if it was never
    there to be learnt, is the mean of those that were. Raises BadInput for another net.
    """
    if not isinstance(net, (LanguageModel, TextClassifier)):
        raise BadInput(
            f"{type(net).__name__} cannot be computed without torch; a LanguageModel and a "
            "TextClassifier can"
        )
    table = array(net.body.vectors.weight)
    if isinstance(net, TextClassifier):
        head, whole = tuple(records(net.head)), True
    else:
        tied = net.head.weight is net.body.vectors.weight
        bias = array(net.head.bias, len(table))
        weight = table if tied else array(net.head.weight)
        head, whole = (Layer("linear", {"weight": weight, "bias": bias}),), False
    if not counts[Vocab.UNSEEN] and counts.sum():
        table[Vocab.UNSEEN] = np.average(table, axis=0, weights=counts)
    return Recurrent(table, _layers(net.body), head, whole)


def _layers(body: Body) -> tuple[tuple[Cell, ...], ...]:
    ends = ("_l0", "_l0_reverse")[: 1 + body.both]
    return tuple(
        tuple(
            Cell(body.cell, *(array(getattr(layer, name + end)) for name in ARRAYS)) for end in ends
        )
        for layer in body.layers
    )
