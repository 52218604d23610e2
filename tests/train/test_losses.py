"What outputs mean, and what rows and classes weigh."

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as fn

from entable.errors import BadInput
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.losses import (
    Loss,
    Weighted,
    activation_of,
    class_weights,
    decode_of,
    floor_of,
    log_target,
    meaning,
    within,
)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), fn.mse_loss, nn.HuberLoss(delta=0.5), partial(fn.huber_loss, delta=2)]
)
def test_a_row_of_weight_k_counts_like_k_rows(loss, n):
    torch.manual_seed(n)
    pred, y = torch.randn(n, 3), torch.randn(n, 3)
    times = torch.arange(1, n + 1)
    weights = times / times.float().mean()
    repeated = loss(pred.repeat_interleave(times, 0), y.repeat_interleave(times, 0))
    torch.testing.assert_close(Weighted(loss)(pred, (y, weights)), repeated)


def test_weights_of_rows_and_classes_join():
    classes = torch.tensor([1.0, 3.0])
    loss = Weighted(nn.CrossEntropyLoss(weight=classes))
    pred, y = torch.randn(4, 2), torch.tensor([0, 1, 1, 0])
    each = -torch.log_softmax(pred, 1)[range(4), y] * classes[y]
    w = torch.tensor([0.5, 1.5, 0, 2])
    torch.testing.assert_close(loss(pred, (y, w)), (each * w).mean())
    torch.testing.assert_close(loss(pred, y), each.mean())


def test_weights_reach_through_what_outputs_mean():
    pred, y = torch.randn(3), torch.tensor([1.0, 2.0, 3.0])
    w = torch.tensor([0.0, 0.0, 3.0])
    want = (torch.sigmoid(pred[2]) * 4 - 3) ** 2
    loss = Weighted(within(0, 4))
    torch.testing.assert_close(loss(pred, (y, w)), want)
    assert loss.activation is not None
    torch.testing.assert_close(loss.activation(pred), torch.sigmoid(pred) * 4)
    torch.testing.assert_close(
        Weighted(log_target())(pred, (y, w)), (pred[2] - torch.log(y[2])) ** 2
    )


def test_losses_that_are_already_a_mean_cannot_weigh_rows():
    loss = Weighted(lambda pred, y: ((pred - y) ** 2).mean())
    with pytest.raises(BadInput, match="does not give a number for each row"):
        loss(torch.zeros(3), (torch.zeros(3), torch.ones(3)))


def test_the_learner_weighs_rows_that_come_with_weights():
    x = np.ones((60, 1), np.float32)
    y = np.repeat([0.0, 1.0], 30).astype(np.float32)[:, None]
    w = np.repeat([1.0, 3.0], 30)
    batches = Batches.from_arrays(x, y, size=60, weights=w, valid=0.1)
    learn = Learner(nn.Linear(1, 1), batches, fn.mse_loss, metrics=[fn.l1_loss], lr=0.1, wd=0.0)
    learn.fit(300)
    kept = batches.at.numpy()
    mean = np.average(y[kept, 0], weights=w[kept])
    assert learn.predict(x[:1])[0, 0] == pytest.approx(mean, abs=1e-3)
    assert set(learn.validate()) == {"valid_loss", "l1_loss"}
    assert learn.show_results(3).table.columns == ["x[0]", "target[0]", "weight", "predicted[0]"]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_classes_with_weights_count_alike(y):
    weights, counts = class_weights(y).numpy(), np.bincount(y)
    there = counts > 0
    np.testing.assert_allclose((weights * counts)[there], len(y) / there.sum(), rtol=1e-5)
    assert (weights[~there] == 0).all()
    np.testing.assert_allclose(class_weights(y, 0.5), np.sqrt(weights), rtol=1e-5)
    assert class_weights(y, 0.0).tolist() == there.astype(float).tolist()


@pytest.mark.parametrize("y", [[], [0.5], [-1, 2]])
def test_what_is_no_class_has_no_weight(y):
    with pytest.raises(BadInput, match="the classes of some rows"):
        class_weights(y)


def test_a_range_is_never_left_and_its_middle_is_at_zero():
    loss = within(0.5, 5.5, fn.l1_loss)
    pred = torch.tensor([-100.0, 0.0, 100.0])
    assert loss.activation(pred).tolist() == [0.5, 3.0, 5.5]
    assert float(loss(pred, torch.tensor([0.5, 4.0, 5.5]))) == pytest.approx(1 / 3)
    with pytest.raises(BadInput, match="the lower bound must be below"):
        within(2, 2)


def test_the_kind_of_a_loss_is_seen_through_what_wraps_it():
    assert meaning(nn.MSELoss()) is nn.MSELoss
    assert meaning(partial(fn.mse_loss, reduction="sum")) is fn.mse_loss
    assert meaning(Weighted(within(0, 1, nn.L1Loss()))) is nn.L1Loss
    ranged = Loss(fn.cross_entropy)
    assert activation_of(ranged)(torch.zeros(1, 2)).tolist() == [[0.5, 0.5]]
    assert decode_of(ranged)(torch.tensor([[0.1, 0.9]])).tolist() == [1]
    assert floor_of(log_target()) == pytest.approx(0, abs=1e-3)
    assert floor_of(nn.GaussianNLLLoss()) is None
    counts = partial(fn.poisson_nll_loss, log_input=False)
    assert activation_of(counts)(torch.tensor([2.0])).tolist() == [2.0]


def test_attributes_of_a_loss_say_what_it_means():
    def loss(pred, y):
        return ((pred - y) ** 2).mean()

    loss.activation, loss.decode = torch.exp, torch.round
    assert activation_of(loss) is torch.exp
    assert decode_of(loss) is torch.round
    assert Loss(loss, torch.tanh).activation is torch.tanh
    assert Loss(loss).decode is torch.round


def test_weights_of_classes_go_to_the_device():
    loss = Loss(nn.CrossEntropyLoss(weight=torch.ones(2)))
    assert Loss(loss).to(torch.device("meta")).function.function.weight.device.type == "meta"
