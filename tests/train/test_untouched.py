"A learner that was borrowed comes back bit for bit, whatever happened inside."

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from entable.train import optim, sparse
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.untouched import untouched


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))


def data(n=64):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 4)).astype("f4")
    return x, x.sum(1, keepdims=True)


def made(model=None, opt=None, batches=None, **rest):
    batches = batches or Batches.from_arrays(*data(), size=16)
    rest = {"device": "cpu", "opt": opt or optim.adam} | rest
    return Learner(model or net(), batches, nn.MSELoss(), **rest)


def all_of(learner):
    "Everything that must come back, copied."
    model = learner.model
    return copy.deepcopy(
        {
            "weights": [(p, p.requires_grad) for p in model.parameters()],
            "buffers": dict(model.named_buffers()),
            "grads": [p.grad for p in model.parameters()],
            "modes": [m.training for m in model.modules()],
            "opt": None if learner.opt is None else learner.opt.state_dict(),
            "torch": torch.get_rng_state(),
            "numpy": np.random.get_state(),  # noqa: NPY002
            "python": random.getstate(),
            "losses": list(learner.recorder.losses),
            "epochs": learner.recorder.epochs,
            "trained": learner.trained,
        }
    )


def equal(a, b):
    "The same types and bits, however deep."
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b


def mess(learner):
    "Change whatever can be changed."
    learner.fit(1, 0.1)
    for tensor in (*learner.model.parameters(), *learner.model.buffers()):
        tensor.data = tensor.data + 1
    learner.model[0].weight.grad = torch.ones(8, 4)
    learner.model[1].register_buffer("running_mean", torch.ones(8))
    learner.model.eval()
    for draw in (torch.rand, np.random.rand, lambda n: random.random()):
        draw(3)


def assert_same(before, learner):
    after = all_of(learner)
    for name in before:
        assert equal(before[name], after[name]), name


SETUPS = {
    "new": {},
    "momentum": {"opt": optim.sgd},
    "lookahead": {"opt": optim.lookahead(optim.adam, every=3)},
    "accumulation": {"accumulate": 3, "clip": 0.5},
}


def test_what_is_compared_is_changed_by_the_mess():
    learner = made()
    before = all_of(learner)
    mess(learner)
    after = all_of(learner)
    assert [name for name in before if equal(before[name], after[name])] == []


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS.keys())
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("raises", [False, True])
def test_everything_comes_back(setup, trained, raises):
    learner = made(**setup)
    if trained:
        learner.fit(1)
        learner.model[3].weight.grad = torch.full((1, 8), 0.5)
    before = all_of(learner)
    recorded = len(learner.recorder.losses)
    try:
        with untouched(learner):
            mess(learner)
            if raises:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert raises
    del learner.recorder.losses[recorded:], learner.recorder.epochs[int(trained) :]  # fit's own
    assert_same(before, learner)


def test_the_next_fit_is_what_it_would_have_been():
    "With dropout, batch norm, shuffles and moments."
    one, other = made(), made()
    for learner in (one, other):
        learner.fit(1)
    with untouched(one):
        mess(one)
    for learner in (one, other):
        learner.fit(2)
    assert equal(one.model.state_dict(), other.model.state_dict())
    assert equal(one.opt.state_dict(), other.opt.state_dict())


def test_a_loss_with_numbers_of_its_own_comes_back():
    learner = made()
    learner.loss.register_buffer("seen", torch.zeros(()))
    with untouched(learner):
        learner.loss.seen += 1
    assert float(learner.loss.seen) == 0


def test_generators_of_a_loader_come_back():
    generator = torch.Generator().manual_seed(3)
    x, y = map(torch.from_numpy, data())
    loader = DataLoader(TensorDataset(x, y), 16, shuffle=True, generator=generator)
    learner = made(batches=loader)
    state = generator.get_state()
    with untouched(learner):
        learner.fit(2)
        assert not torch.equal(generator.get_state(), state)
    assert torch.equal(generator.get_state(), state)


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(9, 2, sparse=True)

    def forward(self, u):
        return self.table(u).sum(1)


@pytest.mark.parametrize("trained", [False, True])
def test_lazy_tables_come_back_as_they_lay_in_memory(trained):
    "Rows that were not told of their decay yet still are not, and still will be."
    one, other = Rows(), Rows()
    batches = Batches.from_arrays(np.arange(8) % 5, np.ones(8, "f4"), size=2)
    learners = [made(model, sparse.adam(model), batches, wd=0.5, lr=0.1) for model in (one, other)]
    for learner in learners:
        if trained:
            learner.fit(1)
    before = one.table.weight.detach().clone()
    with untouched(learners[0]):
        learners[0].fit(2)
        assert not torch.equal(one.table.weight, before)
    assert torch.equal(one.table.weight, before)
    assert len(one.table._forward_pre_hooks) == int(trained)
    for learner in learners:
        learner.fit(1)
    assert equal(one.state_dict(), other.state_dict())


class Breaks(nn.Module):
    "Raises after n calls."

    def __init__(self, n, error):
        super().__init__()
        self.line, self.n, self.calls, self.error = nn.Linear(4, 1), n, 0, error

    def forward(self, x):
        self.calls += 1
        if self.calls > self.n:
            raise self.error
        return self.line(x)


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS.keys())
@pytest.mark.parametrize("trained", [False, True])
def test_a_sweep_leaves_no_trace(setup, trained):
    learner = made(**setup)
    if trained:
        learner.fit_one_cycle(1)
    before = all_of(learner)
    assert len(learner.lr_find().losses) > 40
    assert_same(before, learner)


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_a_sweep_leaves_no_trace_where_the_model_raises(error):
    learner = made(Breaks(9, error))
    before = all_of(learner)
    with pytest.raises(type(error)):
        learner.lr_find()
    assert_same(before, learner)
    assert learner.opt is None


@pytest.mark.parametrize("maker", [optim.sgd, optim.adam])
def test_training_after_a_sweep_is_training_without_one(maker):
    "The order of the data, dropout and moments too."
    one, other = made(opt=maker), made(opt=maker)
    one.lr_find()
    for learner in (one, other):
        learner.fit(1, 0.01)
    one.lr_find()
    for learner in (one, other):
        learner.fit_one_cycle(2, 0.01)
    for a, b in zip(
        one.model.state_dict().values(), other.model.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b)
    assert one.recorder.losses == other.recorder.losses


def test_a_sweep_twice_is_the_same():
    learner = made()
    assert learner.lr_find().losses.tolist() == learner.lr_find().losses.tolist()


def test_a_sweep_over_lazy_tables_leaves_no_trace():
    model, twin = Rows(), Rows()
    batches = Batches.from_arrays(np.arange(8) % 5, np.ones(8, "f4"), size=2)
    one, other = (made(m, sparse.adam(m), batches, wd=0.5, lr=0.1) for m in (model, twin))
    one.fit(1)
    other.fit(1)
    one.lr_find()
    one.fit(1)
    other.fit(1)
    assert torch.equal(model.state_dict()["table.weight"], twin.state_dict()["table.weight"])
