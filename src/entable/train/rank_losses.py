"""Losses of orders: of an item liked before others, and of the levels of a scale."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as fn

from entable.data.checks import at_least_one
from entable.train.losses import Loss

__all__ = ["Ranks", "ahead", "bpr", "ordinal", "sampled_softmax"]


class Ranks(Loss):
    """A loss of scores (B, 1 + negatives), each row's first that of what was liked.

    The scores mean an order, not ratings. function(scores, y) gives one number.
    """

    def __init__(self, function: Callable[[Tensor, Any], Tensor], negatives: int) -> None:
        super().__init__(function)
        self.negatives = at_least_one(negatives, "negatives")


def bpr(negatives: int = 1) -> Ranks:
    "The liked one before each other: -log sigmoid(its score - the other's) (Rendle et al. 2009)."
    return Ranks(_before, negatives)


def sampled_softmax(negatives: int = 50) -> Ranks:
    "The liked one as the class among others drawn evenly (Jean et al. 2015)."
    return Ranks(_among, negatives)


def ordinal(levels: Tensor, expected: Callable[[Tensor], Tensor]) -> Loss:
    """Minus the log of the odds of being above each level but the last, summed over them.

    Outputs (B, L - 1) are log-odds, targets (B,) ratings; expected makes a mean rating of outputs.
    """
    return Loss(partial(_above, levels=levels), expected)


def ahead(pred: Tensor, y: Tensor) -> Tensor:
    "Share of the other items that score below the liked one, ties half."
    liked, others = pred[:, :1], pred[:, 1:]
    return (liked > others).float().mean() + (liked == others).float().mean() / 2


def _before(pred: Tensor, y: Any) -> Tensor:
    return fn.softplus(pred[:, 1:] - pred[:, :1]).mean()


def _among(pred: Tensor, y: Any) -> Tensor:
    return (pred.logsumexp(1) - pred[:, 0]).mean()


def _above(odds: Tensor, y: Tensor, levels: Tensor) -> Tensor:
    above = (y[:, None] > levels.to(y)[:-1]).to(odds)  # (B, L - 1)
    each = fn.binary_cross_entropy_with_logits(odds, above, reduction="none")
    return torch.mean(each.sum(1))
