"Losses of orders by their formulas."

import math

import pytest
import torch

from entable.errors import BadInput
from entable.models.parts import Ordinal
from entable.train.losses import activation_of
from entable.train.rank_losses import Ranks, ahead, bpr, ordinal, sampled_softmax

SCORES = torch.tensor([[2.0, 1.0, -1.0], [0.5, 0.5, 3.0]])  # the liked one first


def test_bpr_is_the_mean_of_minus_log_sigmoid_of_differences():
    gaps = [2 - 1, 2 + 1, 0.5 - 0.5, 0.5 - 3]
    want = sum(-math.log(1 / (1 + math.exp(-gap))) for gap in gaps) / 4
    assert bpr(2)(SCORES, None).item() == pytest.approx(want)


def test_sampled_softmax_is_the_cross_entropy_of_the_liked_one():
    want = torch.nn.functional.cross_entropy(SCORES, torch.tensor([0, 0]))
    assert sampled_softmax(2)(SCORES, None).item() == pytest.approx(want.item())


def test_the_ordinal_loss_is_the_likelihood_of_each_step():
    link = Ordinal([1, 2, 4])
    loss, odds = ordinal(link.levels, link.expected), torch.tensor([[1.0, -1.0], [0.3, 0.1]])
    p = torch.sigmoid(odds)
    above = torch.log(p[0, 0]) + torch.log(1 - p[0, 1])  # a 2 is above 1 and not above 2
    most = torch.log(p[1]).sum()  # a 4 is above both
    got = loss(odds, torch.tensor([2.0, 4.0]))
    assert got.item() == pytest.approx(-(above + most).item() / 2)
    assert torch.equal(activation_of(loss)(odds), link.expected(odds))


def test_ahead_counts_the_others_below_and_ties_half():
    assert ahead(SCORES, None).item() == pytest.approx((1 + 1 + 0.5 + 0) / 4)


def test_negatives_are_counted_from_one():
    assert bpr().negatives == 1
    assert sampled_softmax().negatives == 50
    assert isinstance(bpr(), Ranks)
    with pytest.raises(BadInput, match="negatives"):
        sampled_softmax(0)
