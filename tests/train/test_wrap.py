"Optimizers around optimizers: the same verbs, the formula of each, exact states."

import copy

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train import groups, optim
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.run import Diverged
from entable.train.wrap import Accumulate, Clip, Decay, Lookahead, Wrapper, innermost


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def made(model, maker=optim.adam, lr=0.02):
    opt = maker(groups.parameters([[model]]))
    for group in opt.param_groups:
        group["lr"] = lr
        optim.set_decay(group, 0.1 if group["decays"] else 0.0)
    return opt


def rows(start, n):
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(400, 4, generator=generator)
    return x[start : start + n], x[start : start + n].sum(1, keepdim=True)


def step(model, opt, start, n=8):
    x, y = rows(start, n)
    ((model(x) - y) ** 2).mean().backward()
    opt.step()
    opt.zero_grad()


def bits(model):
    return [p.detach().clone() for p in model.parameters()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_batches_accumulated_are_one_large_batch():
    small, large = net(), net()
    parts, whole = Accumulate(made(small), 4), made(large)
    for turn in range(5):
        for part in range(4):
            before = bits(small)
            step(small, parts, 32 * turn + 8 * part)
            assert same(before, bits(small)) == (part < 3)
        step(large, whole, 32 * turn, 32)
        for a, b in zip(small.parameters(), large.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_accumulating_one_batch_is_nothing():
    one, other = net(), net()
    for opt, model in ((Accumulate(made(one), 1), one), (made(other), other)):
        for start in range(0, 40, 8):
            step(model, opt, start)
    assert same(bits(one), bits(other))


def test_gradients_are_shortened_to_the_norm_and_no_more():
    for norm in (1e-3, 1e9):
        model = net()
        opt = Clip(made(model, lambda g: optim.sgd(g, momentum=0.0), lr=1.0), norm)
        for group in opt.param_groups:
            group["decay"] = 0.0
        before = torch.cat([p.flatten() for p in bits(model)])
        x, y = rows(0, 8)
        ((model(x) - y) ** 2).mean().backward()
        grad = torch.cat([p.grad.flatten() for p in model.parameters()])
        opt.step()
        moved = before - torch.cat([p.flatten() for p in bits(model)])
        assert float(opt.length) == pytest.approx(float(grad.norm()), rel=1e-5)
        want = grad * min(1.0, norm / float(grad.norm()))
        torch.testing.assert_close(moved, want, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gradients_that_are_not_finite_move_nothing(value):
    model = net()
    opt = Clip(made(model))
    before = bits(model)
    for p in model.parameters():
        p.grad = torch.full_like(p, value)
    with pytest.raises(Diverged, match="the gradients are not finite: their norm is"):
        opt.step()
    assert same(before, bits(model))


def test_slow_weights_follow_a_share_of_the_way():
    "By hand: fast ones go on from the slow ones every third step."
    model, twin = net(), net()
    opt, plain = Lookahead(made(model), every=3, share=0.4), made(twin)
    slow = bits(twin)
    for turn in range(10):
        step(model, opt, 8 * turn)
        step(twin, plain, 8 * turn)
        if turn % 3 == 2:
            with torch.no_grad():
                slow = [s + 0.4 * (p - s) for s, p in zip(slow, twin.parameters(), strict=True)]
                for p, s in zip(twin.parameters(), slow, strict=True):
                    p.copy_(s)
        for a, b in zip(model.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_slow_weights_all_the_way_are_no_slower():
    model, twin = net(), net()
    opt, plain = Lookahead(made(model), every=1, share=1.0), made(twin)
    for turn in range(4):
        step(model, opt, 8 * turn)
        step(twin, plain, 8 * turn)
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_decay_shrinks_by_the_rate_times_itself():
    w = nn.Parameter(torch.ones(3))
    opt = Decay(torch.optim.SGD([{"params": [w], "decay": 0.5}], lr=0.1))
    w.grad = torch.zeros(3)
    for _ in range(3):
        opt.step()
    torch.testing.assert_close(w.detach(), torch.full((3,), 0.95**3))


def stacks():
    yield "clip", lambda opt: Clip(opt, 0.1)
    yield "accumulate", lambda opt: Accumulate(opt, 3)
    yield "lookahead", lambda opt: Lookahead(opt, 3)
    yield "all", lambda opt: Accumulate(Clip(Lookahead(opt, 2), 0.1), 3)


@pytest.mark.parametrize("at", [0, 1, 5, 6])
@pytest.mark.parametrize("around", [make for _, make in stacks()], ids=[n for n, _ in stacks()])
def test_training_goes_on_from_a_state_to_the_same_bits(around, at):
    "Also in the middle of an accumulation: gradients held are part of the state."
    model = net()
    opt = around(made(model))
    for turn in range(at):
        step(model, opt, 8 * turn)
    weights, state = copy.deepcopy(model.state_dict()), copy.deepcopy(opt.state_dict())
    again = net(seed=3)
    other = around(made(again, lr=5.0))
    step(again, other, 0)  # something to be forgotten
    again.load_state_dict(weights)
    other.load_state_dict(state)
    for turn in range(at, 16):
        step(model, opt, 8 * turn)
        step(again, other, 8 * turn)
    assert same(bits(model), bits(again))


def test_loaded_states_are_not_shared():
    model = net()
    opt = Accumulate(Lookahead(made(model), 2), 2)
    for turn in range(5):
        step(model, opt, 8 * turn)
    state = opt.state_dict()
    kept = copy.deepcopy(state)
    again = net(seed=3)
    other = Accumulate(Lookahead(made(again), 2), 2)
    other.load_state_dict(state)
    for tensor in (*other.opt.slow, *(p.grad for p in again.parameters())):
        tensor.add_(1)
    for name in ("slow",):
        assert same(state["opt"][name], kept["opt"][name])
    assert same(state["grads"], kept["grads"])


def test_groups_are_those_of_the_inner_one_also_after_loading():
    opt = Accumulate(Clip(Decay(made(net(), optim.rmsprop).opt)), 2)
    assert opt.param_groups is innermost(opt).param_groups
    opt.load_state_dict(copy.deepcopy(opt.state_dict()))
    assert opt.param_groups is innermost(opt).param_groups
    assert isinstance(opt, Wrapper)


def test_the_learner_puts_accumulation_around_clipping():
    x, y = rows(0, 64)
    learner = Learner(
        net(), Batches.from_arrays(x, y, size=8), nn.MSELoss(), clip=0.5, accumulate=4, device="cpu"
    )
    learner.fit(3)
    assert isinstance(learner.opt, Accumulate)
    assert isinstance(learner.opt.opt, Clip)
    state = next(iter(innermost(learner.opt).state.values()))
    assert int(state["step"]) == 6


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda opt: Clip(opt, 0), "clip=0 came"),
        (lambda opt: Clip(opt, np.nan), "clip=nan came"),
        (lambda opt: Clip(Accumulate(opt, 2)), "put Accumulate around Clip"),
        (lambda opt: Accumulate(opt, 0), "accumulate"),
        (lambda opt: Lookahead(opt, 0), "every"),
        (lambda opt: Lookahead(opt, share=0), "share=0 came"),
        (lambda opt: Lookahead(opt, share=1.5), "share=1.5 came"),
    ],
)
def test_what_makes_no_sense_is_refused(make, told):
    with pytest.raises(BadInput, match=told):
        make(made(net()))
