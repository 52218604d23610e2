"The loss around the weights, by closed forms; the weights are afterwards what they were."

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train import sparse
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.surface import Surface, surface


def learner(model=None, loss=None):
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(60, 4, generator=draw)
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1)
    )
    batches = Batches.from_arrays(x, x.sum(1, keepdim=True), size=20)
    return Learner(model or net, batches, loss or nn.MSELoss())


def test_a_linear_model_has_the_parabola_of_its_directions():
    model = nn.Linear(4, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[3.0, 0.0, 4.0, 0.0]]))
    x, y = torch.eye(4), torch.zeros(4, 1)
    found = surface(learner(model), batch=(x, y), n=5, reach=2.0)
    assert found.at.tolist() == [-2, -1, 0, 1, 2]
    here = 25 / 4  # the mean of squares of the weights
    assert found.losses[2, 2] == pytest.approx(here)
    # |w + a d|^2 = |w|^2 (1 + a^2) + 2 a w.d, for d is as long as w
    across = found.losses[2]
    assert across + across[::-1] == pytest.approx(2 * here * (1 + found.at**2))
    down = found.losses[:, 2]
    assert down + down[::-1] == pytest.approx(2 * here * (1 + found.at**2))


def test_nothing_is_different_afterwards():
    learn = learner()
    learn.fit(1)
    state = copy.deepcopy(learn.model.state_dict())
    learn.model[1].eval()
    random, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    surface(learn, n=3)
    assert all(torch.equal(state[name], now) for name, now in learn.model.state_dict().items())
    assert [part.training for part in learn.model] == [True, False, True, True, True]
    assert torch.equal(random, torch.get_rng_state())
    assert (numbers == np.random.get_state()[1]).all()  # noqa: NPY002
    assert all(p.grad is None and p.requires_grad for p in learn.model.parameters())
    learn.fit(1)  # and it can learn


def test_tables_with_decay_to_catch_up_with_are_seen_as_they_should_be():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 50, (40, 1)), rng.standard_normal((40, 3)).astype("f4")

    def trained():
        torch.manual_seed(0)
        table = nn.Sequential(nn.Embedding(50, 3, sparse=True), nn.Flatten())
        batches = Batches.from_arrays(x, y, size=4)
        learn = Learner(table, batches, nn.MSELoss(), opt=sparse.sgd(table), wd=0.9, lr=0.1)
        learn.fit(1)
        return learn

    one, other = trained(), trained()
    table = one.model[0].weight
    was = table.detach().clone()
    found = surface(one, batch=(torch.arange(50)[:, None], torch.zeros(50, 3)), n=3)
    assert torch.equal(table, was)
    one.fit(1)
    other.fit(1)
    assert torch.equal(one.model.state_dict()["0.weight"], other.model.state_dict()["0.weight"])
    third = trained()
    caught = third.model.state_dict()["0.weight"]
    assert not torch.equal(caught, was)
    assert found.losses[1, 1] == pytest.approx(float(caught.square().mean()))


def test_an_error_brings_the_weights_back_too():
    calls = []

    def loss(pred, y):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("broken")
        return (pred - y).square().mean()

    learn = learner(loss=loss)
    state = copy.deepcopy(learn.model.state_dict())
    with pytest.raises(RuntimeError, match="broken"):
        surface(learn, n=3)
    assert all(torch.equal(state[name], now) for name, now in learn.model.state_dict().items())


def test_the_same_seed_has_the_same_directions():
    learn = learner()
    a, b, c = (surface(learn, n=3, seed=seed).losses for seed in (1, 1, 2))
    assert (a == b).all()
    assert (a != c).any()


def test_its_table_has_every_point():
    found = surface(learner(), n=4)  # made odd, so that the weights are one of them
    assert found.losses.shape == (5, 5)
    table = found.table
    assert table.columns == ["first", "second", "loss"]
    corner = table.filter(first=1.0, second=-1.0)["loss"].to_list()
    assert corner == [found.losses[0, -1]]
    rows = dict(found.shown.select("point", "loss").iter_rows())
    assert rows["here"] == found.losses[2, 2]
    assert rows["lowest"] == found.losses.min()


def test_it_draws_itself_whatever_the_losses_are():
    ax = surface(learner(), n=5).plot()
    assert ax.get_xlabel() == "first direction"
    at = np.linspace(-1, 1, 3)
    odd = np.array([[1.0, math.nan, 3.0], [1.0, 0.5, math.inf], [2.0, 2.0, 2.0]])
    assert Surface(at, odd).plot() is not None
    assert Surface(at, np.ones((3, 3))).plot() is not None
    nothing = Surface(at, np.full((3, 3), math.nan))
    assert nothing.plot() is not None
    assert "Loss around" in str(nothing)


@pytest.mark.parametrize("settings", [{"n": 0}, {"reach": 0.0}, {"reach": float("nan")}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(BadInput):
        surface(learner(), **settings)
