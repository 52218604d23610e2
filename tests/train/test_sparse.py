"Lazy updates against a dense twin written by hand: the same weights at every lookup."

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from entable.errors import BadInput
from entable.train import groups, optim, sparse
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.run import Diverged
from entable.train.wrap import Accumulate, Clip, Lookahead

ROWS, K = 12, 3


class Sum(nn.Module):
    "The sum of a row's numbers, and a bias: small, but with a table and a rest."

    def __init__(self, rows=ROWS, k=K, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.table = nn.Embedding(rows, k, sparse=True)
        self.head = nn.Linear(k, 1)

    def forward(self, u):
        return self.head(self.table(u))[:, 0]


class Twin:
    "Dense, slow, row by row: every row decays in every step, a touched one then moves."

    def __init__(self, weight, adam, betas=(0.9, 0.99), eps=1e-5):
        self.w = weight.detach().double().numpy().copy()
        self.m, self.v = np.zeros_like(self.w), np.zeros_like(self.w)
        self.clock = np.zeros(len(self.w), int)
        self.adam, self.betas, self.eps = adam, betas, eps

    def step(self, grads, lr, wd):
        "grads: {row: gradient}"
        self.w *= 1 - lr * wd
        for row, g in grads.items():
            self.w[row] -= lr * (self._scaled(row, g) if self.adam else g)

    def _scaled(self, row, g):
        b1, b2 = self.betas
        self.clock[row] += 1
        self.m[row] = b1 * self.m[row] + (1 - b1) * g
        self.v[row] = b2 * self.v[row] + (1 - b2) * g * g
        m, v = self.m[row] / (1 - b1 ** self.clock[row]), self.v[row] / (1 - b2 ** self.clock[row])
        return m / (np.sqrt(v) + self.eps)


def made(model, maker, lr=0.1, wd=0.3):
    opt = maker(groups.parameters([[model]]))
    for group in opt.param_groups:
        group["lr"] = lr
        optim.set_decay(group, wd if group["decays"] else 0.0)
    return opt


def rates(opt, lr, wd):
    for group in opt.param_groups:
        group["lr"] = lr
        optim.set_decay(group, wd if group["decays"] else 0.0)


def by_row(grad):
    grad = grad.coalesce()
    rows, values = grad.indices()[0].tolist(), grad.values().double().numpy()
    return dict(zip(rows, values, strict=True))


STEPS = st.lists(
    st.tuples(
        st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=6),
        st.floats(0.001, 0.2),
        st.sampled_from([0.0, 0.1, 1.0]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("adam", [True, False])
@settings(deadline=None, max_examples=40)
@given(STEPS, st.integers(0, 99))
def test_lazy_is_the_dense_rule(adam, steps, seed):
    "With rates and decay that change, rows that come twice in a batch, and rows never seen."
    model = Sum(seed=seed)
    opt = made(model, (sparse.adam if adam else sparse.sgd)(model))
    twin = Twin(model.table.weight, adam)
    for rows, lr, wd in steps:
        rates(opt, lr, wd)
        rows = torch.tensor(rows)
        pred = model(rows)
        np.testing.assert_allclose(  # what the model sees is what a dense one would see
            model.table.weight.detach()[rows], twin.w[rows.numpy()], rtol=1e-4, atol=1e-5
        )
        (pred**2).mean().backward()
        grads = by_row(model.table.weight.grad)
        opt.step()
        opt.zero_grad()
        twin.step(grads, lr, wd)
    opt.catch_up()
    np.testing.assert_allclose(model.table.weight.detach(), twin.w, rtol=1e-4, atol=1e-5)


def dense_twin(model):
    again = copy.deepcopy(model)
    again.table.sparse = False
    return again


@pytest.mark.parametrize(
    ("lazy", "dense"),
    [(sparse.sgd, lambda groups: optim.sgd(groups, momentum=0.0)), (sparse.adam, optim.adam)],
)
def test_with_every_row_in_every_batch_it_is_what_dense_optimizers_do(lazy, dense):
    "So Adam's rule is torch's AdamW wherever a row is always there."
    model = Sum()
    other = dense_twin(model)
    opts = made(model, lazy(model)), made(other, dense)
    for step in range(20):
        rows = torch.arange(ROWS).roll(step)
        for net, opt in zip((model, other), opts, strict=True):
            ((net(rows) - rows) ** 2).mean().backward()
            opt.step()
            opt.zero_grad()
    opts[0].catch_up()
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_lazy_sgd_is_dense_sgd_whatever_comes_when():
    "Plain SGD moves an untouched row by its decay only, so there is nothing to define."
    model = Sum()
    other = dense_twin(model)
    opts = made(model, sparse.sgd(model)), made(other, lambda g: optim.sgd(g, momentum=0.0))
    generator = torch.Generator().manual_seed(1)
    for step in range(60):
        rows = torch.randint(0, ROWS - 2, (4,), generator=generator)
        for net, opt in zip((model, other), opts, strict=True):
            rates(opt, 0.1 * (1 - step / 60), 0.5)
            ((net(rows) - rows) ** 2).mean().backward()
            opt.step()
            opt.zero_grad()
    for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    assert (
        model.table.weight[-1].norm() < 0.3 * Sum().table.weight[-1].norm()
    )  # never seen: decayed


def test_a_row_that_comes_late_takes_a_whole_first_step():
    "Adam's first step is the rate, whatever the gradient: the row's own clock corrects the bias."
    model = Sum()
    opt = made(model, sparse.adam(model, eps=0.0), lr=0.01, wd=0.0)
    for _ in range(50):
        model(torch.tensor([0])).sum().backward()
        opt.step()
        opt.zero_grad()
    before = model.table.weight[5].detach().clone()
    model(torch.tensor([5])).sum().backward()
    opt.step()
    moved = (model.table.weight[5] - before).abs()
    torch.testing.assert_close(moved, torch.full((K,), 0.01), rtol=1e-3, atol=1e-6)


def test_a_step_reads_and_writes_only_what_was_touched():
    "Other rows hold what they held, bit for bit, though decay is on, until they are looked up."
    model = Sum()
    opt = made(model, sparse.adam(model))
    before = model.table.weight.detach().clone()
    for _ in range(3):
        model(torch.tensor([2, 2, 7])).sum().backward()
        opt.step()
        opt.zero_grad()
    others = [row for row in range(ROWS) if row not in (2, 7)]
    assert torch.equal(model.table.weight[others], before[others])
    late = (1 - 0.1 * 0.3) ** 3 * before[4]
    with torch.inference_mode():
        model.eval()(torch.tensor([4]))
    torch.testing.assert_close(model.table.weight[4].detach(), late)
    assert torch.equal(model.table.weight[5], before[5])


def test_saving_tells_all_rows_and_loading_forgets_what_they_missed():
    model = Sum()
    before = model.table.weight.detach().clone()
    opt = made(model, sparse.sgd(model))
    model(torch.tensor([0])).sum().backward()
    opt.step()
    saved = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.testing.assert_close(saved["table.weight"][1:], before[1:] * (1 - 0.03))
    opt.step()  # the gradient is still there, and all rows decay again
    model.load_state_dict(saved)
    model(torch.arange(ROWS))
    assert torch.equal(model.table.weight, saved["table.weight"])


def test_a_copy_of_a_model_keeps_its_own_books():
    model = Sum()
    opt = made(model, sparse.sgd(model))
    model(torch.tensor([0])).sum().backward()
    opt.step()
    again = copy.deepcopy(model)
    rows = torch.arange(ROWS)
    seen = again(rows)
    assert not torch.equal(again.table.weight, model.table.weight)  # nobody asked the first one
    assert torch.equal(seen, model(rows))


def trained(model, opt, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        rows = torch.randint(0, ROWS, (4,), generator=generator)
        ((model(rows) - rows) ** 2).mean().backward()
        opt.step()
        opt.zero_grad()


@pytest.mark.parametrize("maker", [sparse.adam, sparse.sgd])
@pytest.mark.parametrize("around", [lambda o: o, lambda o: Accumulate(Clip(o, 0.5), 3)])
def test_state_goes_to_another_model_and_trains_on_to_the_same_bits(maker, around):
    model, other = Sum(seed=1), Sum(seed=2)
    opt = around(made(model, maker(model)))
    trained(model, opt, 7, seed=3)  # in the middle of an accumulation
    other.load_state_dict(model.state_dict())
    again = around(made(other, maker(other), lr=9, wd=9))
    again.load_state_dict(copy.deepcopy(opt.state_dict()))
    for net, each in ((model, opt), (other, again)):
        trained(net, each, 8, seed=4)
    for (name, a), b in zip(model.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert [g["lr"] for g in again.param_groups] == [g["lr"] for g in opt.param_groups]


def test_state_keeps_its_types_and_is_not_shared():
    model = Sum()
    opt = made(model, sparse.adam(model))
    trained(model, opt, 3, 0)
    state = opt.state_dict()
    again = made(other := Sum(), sparse.adam(other))
    again.load_state_dict(state)
    table = again.state_dict()["tables"][0]
    assert (table["told"].dtype, table["clock"].dtype) == (torch.float64, torch.int64)
    told = state["tables"][0]["told"].clone()
    again.catch_up()
    assert torch.equal(opt.state_dict()["tables"][0]["told"], told)


def test_clipping_knows_rows_that_come_twice():
    model = Sum()
    opt = Clip(made(model, sparse.sgd(model)), 1e9)
    model(torch.tensor([1, 1, 1])).sum().backward()
    dense = [p.grad.to_dense() for p in model.parameters()]
    opt.step()
    assert float(opt.length) == pytest.approx(float(torch.cat([g.flatten() for g in dense]).norm()))


def test_a_new_optimizer_takes_the_place_of_the_old_one():
    "The old one tells all rows first; then only one listens."
    model = Sum()
    before = model.table.weight.detach().clone()
    maker = sparse.sgd(model)
    first = made(model, maker)
    model(torch.tensor([0])).sum().backward()
    first.step()
    second = made(model, maker)
    torch.testing.assert_close(model.table.weight[1:].detach(), before[1:] * 0.97)
    assert len(model.table._forward_pre_hooks) == 1
    assert len(second.param_groups) == 3  # table, weight and bias of the head
    second.release()
    assert not model.table._forward_pre_hooks


def test_a_table_with_dense_gradients_is_touched_everywhere():
    model = Sum()
    opt = made(model, sparse.sgd(model), lr=0.1, wd=0.0)
    before = model.table.weight.detach().clone()
    model.table.weight.sum().backward()
    opt.step()
    torch.testing.assert_close(model.table.weight.detach(), before - 0.1)


def test_a_model_that_is_all_tables_has_no_rest():
    model = nn.Embedding(4, 2, sparse=True)
    opt = made(model, sparse.adam(model))
    model(torch.tensor([1])).sum().backward()
    opt.step()
    opt.zero_grad()
    assert model.weight.grad is None
    assert len(opt.param_groups) == 1
    again = made(model, sparse.adam(model))
    again.load_state_dict(opt.state_dict())


def test_what_cannot_be_is_refused():
    with pytest.raises(BadInput, match="no table for sparse updates"):
        made(net := nn.Linear(2, 1), sparse.adam(net))
    with pytest.raises(BadInput, match="Lookahead moves every row"):
        Lookahead(made(net := Sum(), sparse.adam(net)))
    model = Sum()
    opt = made(model, sparse.sgd(model), lr=2.0, wd=0.5)
    model(torch.tensor([1])).sum().backward()
    with pytest.raises(Diverged, match=r"the learning rate 2 times the decay 0\.5 is 1; below"):
        opt.step()
    wider = made(net := Sum(rows=20), sparse.adam(net))
    with pytest.raises(BadInput, match=r"tables of \[20\] rows came for tables of \[12\]"):
        opt.load_state_dict(wider.state_dict())


class Looks(Callback):
    "The least that a row is behind, at every held-out look."

    def __init__(self):
        self.behind = []

    def after_epoch(self, run):
        (state,) = run.opt.state.values()
        self.behind.append(float((state["told"] - state["decayed"]).max()))


def test_the_learner_trains_tables_and_leaves_them_complete():
    "What was planted in rows is found; CatchUp tells rows that the last batches did not touch."
    rng = np.random.default_rng(0)
    u = rng.integers(0, ROWS - 1, 600)
    truth = rng.standard_normal(ROWS).astype("f4")
    model = Sum()
    looks = Looks()
    learner = Learner(
        model,
        Batches.from_arrays(u, truth[u], size=32),
        nn.MSELoss(),
        opt=sparse.adam(model),
        callbacks=[sparse.CatchUp(), looks],
        wd=0.01,
        lr=0.03,
        device="cpu",
    )
    learner.fit_one_cycle(20)
    assert learner.recorder.losses[-1] < 0.05
    assert looks.behind == [0.0] * 20
    never = Sum().table.weight[ROWS - 1].detach().norm()
    rate = math.fsum(0.01 * lr for lr in learner.recorder.rates)
    assert float(model.table.weight[ROWS - 1].detach().norm()) == pytest.approx(
        float(never) * math.exp(-rate), rel=1e-3
    )
