"""Checks for the exercises of docs/lessons: an AssertionError says what is still missing."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from entable.data.vocab import Vocab
from entable.testing.solvers import planted
from entable.train.batches import Batches, Source
from entable.train.learner import Learner

__all__ = ["check_batches", "check_linear", "check_loss", "check_model", "check_momentum"]

Update = Callable[[Tensor, Tensor, Tensor, float, float], tuple[Tensor, Tensor]]


def check_linear(kind: Callable[[int, int], nn.Module], seed: int = 0) -> None:
    """Hold `kind(inputs, outputs)` to what a linear layer must do.

    It is an affine map with a bias, learns all of its numbers, starts at random and small, and
    takes inputs with any number of axes in front. torch's random state comes back as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer, x = kind(4, 3), torch.randn(6, 4)
        _check_parameters(layer, 3 * (4 + 1))
        for shape in ((6, 4), (1, 4), (2, 3, 4)):
            given = torch.randn(shape)
            came, wanted = tuple(layer(given).shape), (*shape[:-1], 3)
            assert came == wanted, f"inputs {shape} became {came}; {wanted} was wanted"
        _check_affine(layer, x)
        layer(x).sum().backward()
        still = [name for name, p in layer.named_parameters() if p.grad is None]
        assert not still, f"{still[0]} has no gradient: does forward use it?"
        _check_start(kind(1000, 200))


def _check_parameters(layer: nn.Module, wanted: int) -> None:
    assert isinstance(layer, nn.Module), "it is no nn.Module"
    sizes = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    count = sum(p.numel() for p in layer.parameters())
    assert count == wanted, (
        f"{count} numbers would learn ({sizes}), {wanted} were wanted: a weight for each pair of "
        "input and output and a bias for each output, each wrapped in nn.Parameter"
    )


@torch.no_grad()
def _check_affine(layer: nn.Module, x: Tensor) -> None:
    for p in layer.parameters():  # a bias that starts at 0 would hide that it is not used
        p.copy_(torch.randn(p.shape))
    constant = layer(torch.zeros(1, x.shape[1]))
    assert constant.abs().max() > 0, "zeros give zeros: the bias is not added"
    parts = layer(x) - constant
    gap = (layer(2 * x + x.flip(0)) - constant - 2 * parts - parts.flip(0)).abs().max()
    assert gap < 1e-4, "it is not linear: f(2a + b) - f(0) is not 2 (f(a) - f(0)) + f(b) - f(0)"
    assert torch.allclose(layer(x)[:1], layer(x[:1]), atol=1e-5), "a row depends on the others"


@torch.no_grad()
def _check_start(layer: nn.Module) -> None:
    out = layer(torch.randn(500, 1000))
    apart = out.std(1).mean().item()
    assert apart > 1e-3, "all outputs start alike, so they would learn alike: start at random"
    assert 0.05 < out.std().item() < 5, (
        f"1,000 inputs of size 1 give outputs of size {out.std().item():.3g}; about .5 to 2 was "
        "wanted: start with weights of about 1 / sqrt(inputs)"
    )


def check_momentum(update: Update, steps: int = 20, seed: int = 0) -> None:
    """Hold `update(w, g, m, lr, beta) -> (w, m)` to SGD with momentum, step by step.

    m starts at 0 and becomes beta m + g, and w moves by -lr m, as in torch.optim.SGD; all are (n,).
    """
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(5, generator=generator)
    theirs = w.clone().requires_grad_()
    opt = torch.optim.SGD([theirs], lr=0.1, momentum=0.9)
    m = torch.zeros(5)
    for step in range(steps):
        g = torch.randn(5, generator=generator)
        theirs.grad = g.clone()
        opt.step()
        w, m = (part.clone() for part in update(w, g, m, 0.1, 0.9))
        gap = (w - theirs.detach()).abs().max().item()
        assert gap < 1e-5, f"step {step + 1} is off by {gap:.3g}{_hint(m, g, step)}"


def _hint(m: Tensor, g: Tensor, step: int) -> str:
    if step == 0 and torch.allclose(m, 0.1 * g, atol=1e-6):
        return ": that is an average, 0.9 m + 0.1 g; the sum 0.9 m + g was wanted"
    if torch.allclose(m, g):
        return ": m is the gradient alone; what was m before is lost"
    if torch.equal(m, torch.zeros(5)):
        return ": m is still 0; return it after the weights"
    return ""


def check_model(
    kind: Callable[[int, int], nn.Module], epochs: int = 15, lr: float = 0.03, seed: int = 0
) -> None:
    """Hold `kind(users, items)` to what a model of ratings must do in a Learner.

    forward(u, i), rows of users and items, (B,) each -> (B,) scores. Even users love even items and
    odd users odd ones; trained on planted ratings, it must find the loves that were hidden.
    """
    ratings, hidden = planted()
    mean = float(ratings.r.mean())
    y = torch.from_numpy(ratings.r).float() - mean  # stars above the mean
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = kind(len(ratings.users), len(ratings.items))
        u, i = (torch.from_numpy(rows).long() for rows in (ratings.u, ratings.i))
        _check_scores(model, u[:7], i[:7])
        batches = Batches.from_arrays(u, i, y, size=64, seed=seed)
        learn = Learner(model, batches, nn.functional.mse_loss, device="cpu", seed=seed)
        before = learn.validate(batches)["valid_loss"]
        learn.fit_one_cycle(epochs, lr)
    after = learn.validate(batches)["valid_loss"]
    assert after < before, f"the loss was {before:.3f} before training and is {after:.3f} after it"
    users, items = map(list, zip(*hidden, strict=True))
    rows = (ratings.users.rows(users), ratings.items.rows(items))
    with torch.no_grad():
        scores = model.eval()(*(torch.from_numpy(side - Vocab.FIRST).long() for side in rows))
    found = (scores > 0).float().mean().item()
    assert found > 0.9, (
        f"{found:.0%} of the hidden loves score above the mean, 90 % were wanted: the score must "
        "hold something that depends on user and item together, such as a dot product"
    )


def _check_scores(model: nn.Module, u: Tensor, i: Tensor) -> None:
    assert any(p.requires_grad for p in model.parameters()), (
        "nothing would learn: are the tables nn.Parameter or nn.Embedding, kept as attributes?"
    )
    for n in (7, 1):
        came = tuple(model(u[:n], i[:n]).shape)
        assert came == (n,), (
            f"{n} users and {n} items gave scores of shape {came}; ({n},) was wanted"
        )


def check_loss(loss: Callable[[Tensor, Tensor], Tensor], seed: int = 0) -> None:
    """Hold `loss(pred, y)`, (B,) both, to what a Learner needs of a loss of numbers.

    One finite number with a gradient, least where predictions are right, larger the farther they
    are off, and a mean: the same rows twice cost the same.
    """
    y = torch.randn(50, generator=torch.Generator().manual_seed(seed))
    far = (y + torch.linspace(-2, 2, 50)).requires_grad_()
    cost = loss(far, y)
    assert isinstance(cost, Tensor), f"a {type(cost).__name__} came; a tensor was wanted"
    assert cost.shape == (), f"a tensor of shape {tuple(cost.shape)} came; one number was wanted"
    assert cost.requires_grad, "it has no gradient: was it made with detach, item or NumPy?"
    cost.backward()  # type: ignore[no-untyped-call]
    _check_slope(far.grad, far.detach() - y)
    shifts = [loss(y + shift, y).item() for shift in (0.0, 0.5, 1.0, 2.0)]
    assert shifts == sorted(set(shifts)), f"all off by 0, .5, 1, 2 cost {shifts}; they must rise"
    double = loss(far.detach().repeat(2), y.repeat(2)).item()
    assert abs(double - cost.item()) < 1e-4 * abs(cost.item()), (
        f"the same rows twice cost {double:.3g} instead of {cost.item():.3g}: take the mean, not "
        "the sum, or the rate would have to change with the size of the batch"
    )


def _check_slope(grad: Tensor | None, error: Tensor) -> None:
    assert grad is not None
    assert torch.isfinite(grad).all(), "some slopes are not finite"
    wrong = (grad * error < 0).sum().item()
    assert not wrong, f"for {wrong} of {len(error)} rows a step down moves away from the target"


def check_batches(source: Source) -> None:
    """Hold batches of your own to what a Learner needs: `len` and `epoch(epoch, start)`.

    Each epoch has len(source) batches (x, ..., y) of tensors and the same rows in another order; an
    epoch is the same each time, and can be taken up at any step.
    """
    first = list(source.epoch(0))
    assert len(first) == len(source), f"len says {len(source)}, epoch(0) has {len(first)} batches"
    for step, batch in enumerate(first):
        assert isinstance(batch, (tuple, list)) and len(batch) >= 2, (  # noqa: PT018
            f"batch {step} is a {type(batch).__name__}; (x, ..., y) was wanted"
        )
        lengths = {len(part) for part in batch}
        assert len(lengths) == 1, f"the parts of batch {step} have {sorted(lengths)} rows"
        assert lengths != {0}, f"batch {step} is empty"
    rows, later = (sorted(_rows(batches)) for batches in (first, source.epoch(1)))
    assert rows == later, (
        f"epoch(0) has {len(rows)} rows and epoch(1) {len(later)}, or others: each row comes once"
    )
    assert _same(first, list(source.epoch(0))), (
        "epoch(0) is another each time: let (seed, epoch) decide the order"
    )
    assert len(rows) < 10 or not _same(first, list(source.epoch(1))), (
        "epoch(1) has the order of epoch(0): let (seed, epoch) decide the order, not the seed alone"
    )
    middle = len(first) // 2
    assert _same(first[middle:], list(source.epoch(0, middle))), (
        f"epoch(0, {middle}) does not go on where epoch(0) was after {middle} steps"
    )


def _rows(batches: Iterable[Any]) -> list[str]:
    return [str([part.tolist() for part in row]) for b in batches for row in zip(*b, strict=True)]


def _same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        len(x) == len(y) and all(torch.equal(p, q) for p, q in zip(x, y, strict=True))
        for x, y in zip(a, b, strict=True)
    )
