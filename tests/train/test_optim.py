"Optimizers against their formulas by hand and torch's; decay decoupled and as L2."

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from entable.train import groups, optim
from entable.train.wrap import Decay, Lookahead

LR, WD, STEPS = 0.05, 0.3, 12


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.LayerNorm(3), nn.Linear(3, 1))


def made(model, maker, lr=LR, wd=WD):
    opt = maker(groups.parameters([[model]]))
    for group in opt.param_groups:
        group["lr"] = lr
        optim.set_decay(group, wd if group["decays"] else 0.0)
    return opt


def data(step):
    generator = torch.Generator().manual_seed(step)
    x = torch.randn(16, 4, generator=generator)
    return x, x.sum(1, keepdim=True)


def trained(model, opt, steps=range(STEPS)):
    for step in steps:
        x, y = data(step)
        ((model(x) - y) ** 2).mean().backward()
        opt.step()
        opt.zero_grad()
    return model


def by_hand(model, rule, wd=WD, l2=0.0, steps=STEPS):
    "Every weight tensor moved by rule(w, g, its state, whether it decays), in NumPy's doubles."
    model = copy.deepcopy(model)
    parts = groups.parameters([[model]])
    weights = [(p, group["decays"], {}) for group in parts for p in group["params"]]
    for step in range(steps):
        x, y = data(step)
        model.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        with torch.no_grad():
            for p, decays, state in weights:
                w, g = p.double().numpy().copy(), p.grad.double().numpy().copy()
                g += l2 * w * decays
                w *= 1 - LR * wd * decays
                p.copy_(torch.from_numpy(w - rule(w, g, state, decays)))
    return model


def momentum(w, g, state, decays):
    state["m"] = 0.9 * state.get("m", 0) + g
    return LR * state["m"]


def nesterov(w, g, state, decays):
    state["m"] = 0.9 * state.get("m", 0) + g
    return LR * (g + 0.9 * state["m"])


def rmsprop(w, g, state, decays):
    state["v"] = 0.99 * state.get("v", 0) + 0.01 * g * g
    return LR * g / (np.sqrt(state["v"]) + 1e-5)


def adam(w, g, state, decays, eps=1e-5):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.99 * state.get("v", 0) + 0.01 * g * g
    m, v = state["m"] / (1 - 0.9**t), state["v"] / (1 - 0.99**t)
    return LR * m / (np.sqrt(v) + eps)


def lamb(w, g, state, decays):
    update = adam(w, g, state, decays) / LR + WD * w * decays
    a, b = np.linalg.norm(w), np.linalg.norm(update)
    return LR * update * (a / b if decays and a and b else 1)


def same(one, other, tol=2e-5):
    for (name, a), b in zip(one.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=tol, atol=tol, msg=lambda m, name=name: f"{name} {m}")


PLAIN = partial(optim.sgd, momentum=0.0)
RULES = [
    (PLAIN, lambda w, g, state, decays: LR * g),
    (optim.sgd, momentum),
    (partial(optim.sgd, nesterov=True), nesterov),
    (optim.rmsprop, rmsprop),
    (optim.adam, adam),
]


@pytest.mark.parametrize(("maker", "rule"), RULES)
def test_each_is_its_formula_with_decay_apart(maker, rule):
    model = net()
    want = by_hand(model, rule)
    same(trained(model, made(model, maker)), want)


@pytest.mark.parametrize(("maker", "rule"), RULES)
def test_each_is_its_formula_with_decay_in_the_gradient(maker, rule):
    model = net()
    want = by_hand(model, rule, wd=0.0, l2=WD)
    same(trained(model, made(model, partial(maker, decoupled=False))), want)


def test_lamb_is_its_formula():
    model = net()
    want = by_hand(model, lamb, wd=0.0)
    same(trained(model, made(model, optim.lamb)), want)


def test_lamb_steps_are_as_long_as_the_weights():
    "Lengths of the steps of weights that decay are lr times their own, whatever the gradient."
    model = net()
    opt = made(model, optim.lamb, lr=0.01)
    before = [p.detach().clone() for p in model.parameters()]
    trained(model, opt, range(1))
    for p, was in zip(model.parameters(), before, strict=True):
        length = float((p - was).detach().norm() / was.norm())
        if p.ndim == 2:
            assert length == pytest.approx(0.01, rel=1e-3)


def test_lamb_moves_weights_of_zeros():
    "There is no length to scale a step to, so it is Adam's."
    w = nn.Parameter(torch.zeros(5))
    opt = made(nn.ParameterList([w]), optim.lamb, lr=0.01)
    w.sum().backward()
    opt.step()
    torch.testing.assert_close(w.detach(), torch.full((5,), -0.01), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    ("maker", "alike"), [(PLAIN, True), (optim.sgd, False), (optim.adam, False)]
)
def test_decoupled_and_l2_are_one_for_plain_sgd_and_two_for_all_others(maker, alike):
    "Momentum sums up the decay of the past; Adam divides it by the size of the gradients."
    one, other = net(), net()
    trained(one, made(one, maker))
    trained(other, made(other, partial(maker, decoupled=False)))
    gap = max(
        float((a - b).detach().abs().max())
        for a, b in zip(one.parameters(), other.parameters(), strict=True)
    )
    assert (gap < 1e-5) == alike
    assert alike or gap > 1e-2


def test_adam_as_l2_hardly_decays_what_has_large_gradients():
    "The reason to keep decay apart: two weights alike but for the size of their gradients."
    left = {}
    for decoupled in (True, False):
        w = nn.Parameter(torch.ones(2))
        opt = made(nn.ParameterList([w]), partial(optim.adam, decoupled=decoupled), lr=0.01, wd=1.0)
        for step in range(100):
            w.grad = torch.tensor([0.01, 100.0]) * (-1) ** step
            opt.step()
        left[decoupled] = w.detach()
    torch.testing.assert_close(left[True][0], left[True][1], rtol=2e-2, atol=0)
    assert left[True][1] < 0.4
    assert left[False][0] < 0.4
    assert left[False][1] > 0.9


@pytest.mark.parametrize(
    "kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.NAdam]
)
def test_optimizers_of_torch_are_makers(kind):
    model = net()
    opt = made(model, kind)
    before = model[0].weight.detach().clone()
    trained(model, opt, range(1))
    assert not torch.equal(before, model[0].weight)
    assert {group["weight_decay"] for group in opt.param_groups} == {0.0, WD}


def test_decay_goes_where_the_optimizer_takes_it():
    for maker, key in ((optim.sgd, "decay"), (optim.adam, "weight_decay")):
        group = {group["decays"]: group for group in made(net(), maker).param_groups}
        assert group[True][key] == WD
        assert group[False][key] == 0.0
    assert made(net(), optim.sgd).param_groups[0]["weight_decay"] == 0


def test_weights_without_gradients_stay_where_they_are():
    for maker in (optim.sgd, optim.rmsprop, optim.adam, optim.lamb, optim.lookahead(optim.sgd)):
        model = net()
        model[0].requires_grad_(False)
        before = model[0].weight.clone()
        trained(model, made(model, maker))
        assert torch.equal(model[0].weight, before)


MAKERS = [
    PLAIN,
    partial(optim.sgd, nesterov=True),
    optim.rmsprop,
    partial(optim.rmsprop, momentum=0.5),
    optim.adam,
    partial(optim.adam, decoupled=False),
    optim.lamb,
    optim.lookahead(optim.adam, every=3),
    optim.lookahead(optim.sgd, every=5, share=0.3),
]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("at", [0, 1, 7])
def test_training_goes_on_from_a_state_to_the_same_bits(maker, at):
    model = net()
    opt = made(model, maker)
    trained(model, opt, range(at))
    weights, state = copy.deepcopy(model.state_dict()), copy.deepcopy(opt.state_dict())
    trained(model, opt, range(at, STEPS))

    again = net(seed=5)
    other = made(again, maker, lr=9.0, wd=9.0)
    again.load_state_dict(weights)
    other.load_state_dict(state)
    trained(again, other, range(at, STEPS))
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_fused_loops_of_torch_are_used():
    assert all(group["fused"] for group in made(net(), optim.adam).param_groups)
    assert all(group["fused"] for group in made(net(), optim.sgd).param_groups)
    assert isinstance(made(net(), optim.sgd), Decay)
    assert isinstance(made(net(), optim.lookahead(optim.adam)), Lookahead)


def test_groups_given_are_not_changed():
    given = groups.parameters([[net()]])
    keys = [set(group) for group in given]
    optim.sgd(given)
    assert [set(group) for group in given] == keys
