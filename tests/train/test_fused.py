import copy

import pytest
import torch
from torch import nn

from entable.train.fused import Adam

SETTINGS = {"betas": (0.9, 0.99), "eps": 1e-5, "weight_decay": 0.1, "fused": True}


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def groups(model):
    return [
        {"params": [model[0].weight, model[2].weight], "lr": 0.02},
        {"params": [model[0].bias, model[2].bias], "lr": 0.1, "weight_decay": 0.0},
    ]


def trained(model, opt, steps=range(8), frozen=()):
    for step in steps:
        g = torch.Generator().manual_seed(step)
        model(torch.randn(5, 3, generator=g)).pow(2).mean().backward()
        for p in frozen:
            p.grad = None
        opt.step()
        opt.zero_grad()


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


@pytest.mark.parametrize("decoupled", [True, False])
def test_it_moves_weights_to_the_same_bits_as_torch(decoupled):
    ours, theirs = net(), net()
    settings = SETTINGS | {"decoupled_weight_decay": decoupled}
    trained(ours, Adam(groups(ours), **settings))
    trained(theirs, torch.optim.Adam(groups(theirs), **settings))
    assert same(ours, theirs)


def test_its_state_goes_on_in_torch_and_back():
    model, again = net(), net(1)
    opt, theirs = (
        Adam(groups(model), **SETTINGS),
        torch.optim.Adam(groups(again), **SETTINGS),
    )
    trained(model, opt)
    again.load_state_dict(model.state_dict())
    theirs.load_state_dict(copy.deepcopy(opt.state_dict()))
    trained(model, opt, range(8, 12))
    trained(again, theirs, range(8, 12))
    assert same(model, again)
    opt.load_state_dict(copy.deepcopy(theirs.state_dict()))
    trained(model, opt, range(12, 16))
    trained(again, theirs, range(12, 16))
    assert same(model, again)


def test_weights_without_gradients_stand_still_and_count_no_steps():
    model = net()
    opt, still = Adam(groups(model), **SETTINGS), model[0].bias
    before = still.clone()
    trained(model, opt, frozen=[still])
    assert torch.equal(still, before)
    assert still not in opt.state
    trained(model, opt, range(8, 10))  # and may join later
    assert opt.state[still]["step"] == 2
    assert opt.state[model[0].weight]["step"] == 10


def test_weights_of_several_types_go_the_way_of_torch():
    def made():
        torch.manual_seed(0)
        return [nn.Parameter(torch.randn(3, dtype=kind)) for kind in (torch.float32, torch.float64)]

    ours, theirs = made(), made()
    for params, kind in ((ours, Adam), (theirs, torch.optim.Adam)):
        opt = kind(params, **SETTINGS)
        for _ in range(3):
            sum(p.pow(2).sum() for p in params).backward()
            opt.step()
            opt.zero_grad()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_gradients_are_forgotten_or_set_to_zero():
    model = net()
    opt = Adam(groups(model), **SETTINGS)
    model(torch.ones(2, 3)).sum().backward()
    opt.zero_grad(set_to_none=False)
    assert all(not p.grad.any() for p in model.parameters())
    opt.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_sparse_gradients_are_refused_as_torch_refuses_them():
    table = nn.Embedding(5, 2, sparse=True)
    opt = Adam(table.parameters(), **SETTINGS)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="sparse"):
        opt.step()


def test_a_closure_is_asked_for_the_loss():
    model = net()
    opt = Adam(groups(model), **SETTINGS)

    def closure():
        loss = model(torch.ones(2, 3)).pow(2).mean()
        loss.backward()
        return loss

    assert opt.step(closure).item() > 0


def test_moments_that_come_from_a_file_are_laid_out_as_their_weights():
    "The fused step goes through memory, so filters held channels last must meet moments so held."

    def trained(steps, state=None):
        torch.manual_seed(0)
        p = torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last).requires_grad_()
        opt = Adam([p], lr=0.1, fused=True)
        if state is not None:
            p.data.copy_(state["p"])
            opt.load_state_dict(state["opt"])
        for _ in range(steps):
            p.grad = (p.detach() - 1) * torch.arange(3.0)
            opt.step()
        return p, opt

    whole, _ = trained(4)
    part, opt = trained(2)
    plain = opt.state_dict()
    moments = {name: value.contiguous() for name, value in plain["state"][0].items()}
    again, _ = trained(2, {"p": part.detach(), "opt": plain | {"state": {0: moments}}})
    assert torch.equal(whole, again)
