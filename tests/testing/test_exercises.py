"What the checks of exercises accept, and what they say about the usual mistakes."

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import entable.testing as published
from entable import Batches
from entable.testing import check_batches, check_linear, check_loss, check_model, check_momentum


class Linear(nn.Module):
    "What a student may write."

    def __init__(self, inputs, outputs, bound=None):
        super().__init__()
        bound = 1 / math.sqrt(inputs) if bound is None else bound
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight.T + self.bias


class Plain(Linear):
    "Its bias does not learn."

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        del self.bias
        self.bias = torch.zeros(outputs)


class Unbiased(Linear):
    def forward(self, x):
        return x @ self.weight.T


class Transposed(Linear):
    "Knows two axes only."

    def forward(self, x):
        return (self.weight @ x.T).T + self.bias if x.ndim == 2 else x @ self.weight.T[..., :1]


class Bent(Linear):
    def forward(self, x):
        return torch.relu(super().forward(x))


class Mixed(Linear):
    "Subtracts the mean of the batch."

    def forward(self, x):
        return super().forward(x - x.mean(0))


class Cut(Linear):
    "Its bias is used, and gets no gradient."

    def forward(self, x):
        return x @ self.weight.T + self.bias.detach()


@pytest.mark.parametrize("kind", [Linear, nn.Linear])
def test_a_linear_layer_passes(kind):
    check_linear(kind)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Plain, r"12 numbers would learn .* 15 were wanted: .* wrapped in nn\.Parameter"),
        (partial(nn.Linear, bias=False), "12 numbers would learn"),
        (Unbiased, "the bias is not added"),
        (Transposed, r"inputs \(2, 3, 4\) became \(2, 3, 1\); \(2, 3, 3\) was wanted"),
        (Bent, "it is not linear"),
        (Mixed, "a row depends on the others|it is not linear"),
        (Cut, "bias has no gradient"),
        (partial(Linear, bound=0), "all outputs start alike"),
        (partial(Linear, bound=1), "give outputs of size 1[78]"),
        (lambda inputs, outputs: print, "no nn.Module"),
    ],
)
def test_a_wrong_linear_layer_is_told_what_is_missing(kind, told):
    with pytest.raises(AssertionError, match=told):
        check_linear(kind)


def test_checks_leave_the_random_state_as_it_was():
    before = torch.random.get_rng_state()
    check_linear(Linear)
    check_model(Product)
    check_momentum(momentum)
    check_loss(squared)
    assert torch.equal(torch.random.get_rng_state(), before)


def momentum(w, g, m, lr, beta):
    m = beta * m + g
    return w - lr * m, m


def in_place(w, g, m, lr, beta):
    m.mul_(beta).add_(g)
    return w.sub_(lr * m), m


@pytest.mark.parametrize("update", [momentum, in_place])
def test_momentum_passes(update):
    check_momentum(update)


@pytest.mark.parametrize(
    ("update", "told"),
    [
        (lambda w, g, m, lr, beta: (w - lr * (beta * m + 0.1 * g), 0.1 * g), "that is an average"),
        (lambda w, g, m, lr, beta: (w - lr * g, g), "step 2 is off .* what was m before is lost"),
        (lambda w, g, m, lr, beta: (w - lr * (beta * m + g), m), "m is still 0"),
        (lambda w, g, m, lr, beta: (w + lr * (beta * m + g), beta * m + g), "step 1 is off by"),
    ],
)
def test_a_wrong_momentum_is_told_what_it_is(update, told):
    with pytest.raises(AssertionError, match=told):
        check_momentum(update)


class Product(nn.Module):
    def __init__(self, users, items, k=4, biases=True):
        super().__init__()
        self.U, self.V = nn.Embedding(users, k), nn.Embedding(items, k)
        self.bu, self.bi = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.biases = biases
        for table in self.children():
            nn.init.normal_(table.weight, 0, 0.1)

    def forward(self, u, i):
        out = (self.U(u) * self.V(i)).sum(1)
        return out + (self.bu(u) + self.bi(i))[:, 0] if self.biases else out


class Biases(Product):
    def forward(self, u, i):
        return (self.bu(u) + self.bi(i))[:, 0]


class Frozen(Product):
    "Tables that nobody told torch about."

    def __init__(self, users, items):
        super().__init__(users, items)
        for p in self.parameters():
            p.requires_grad_(False)


class Squeezed(Product):
    "The usual slip: a batch of one loses its axis."

    def forward(self, u, i):
        return super().forward(u, i).squeeze()


class Column(Product):
    def forward(self, u, i):
        return super().forward(u, i)[:, None]


@pytest.mark.parametrize("biases", [True, False])
def test_a_product_of_tables_passes(biases):
    check_model(partial(Product, biases=biases))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Biases, "must hold something that depends on user and item together"),
        (Frozen, "nothing would learn"),
        (Squeezed, r"1 users and 1 items gave scores of shape \(\); \(1,\) was wanted"),
        (Column, r"shape \(7, 1\); \(7,\) was wanted"),
    ],
)
def test_a_wrong_model_is_told_what_is_missing(kind, told):
    with pytest.raises(AssertionError, match=told):
        check_model(kind)


def squared(pred, y):
    return ((pred - y) ** 2).mean()


@pytest.mark.parametrize(
    "loss", [squared, nn.functional.l1_loss, nn.HuberLoss(), nn.SmoothL1Loss(beta=0.5)]
)
def test_a_loss_passes(loss):
    check_loss(loss)


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (lambda pred, y: (pred - y) ** 2, r"shape \(50,\) came; one number"),
        (lambda pred, y: ((pred - y) ** 2).sum(), "take the mean, not the sum"),
        (lambda pred, y: ((pred - y) ** 2).mean().item(), "a float came"),
        (lambda pred, y: ((pred.detach() - y) ** 2).mean(), "no gradient"),
        (lambda pred, y: -((pred - y) ** 2).mean(), "a step down moves away"),
        (lambda pred, y: (pred - y).mean(), "a step down moves away"),
        (lambda pred, y: ((pred - y) ** 2).sqrt().sqrt().mean() * torch.nan, "not finite"),
        (lambda pred, y: (pred - y).abs().clamp(max=0.1).mean(), "they must rise"),
    ],
)
def test_a_wrong_loss_is_told_what_is_missing(loss, told):
    with pytest.raises(AssertionError, match=told):
        check_loss(loss)


class Own:
    "Batches of four, shuffled by (seed, epoch)."

    def __init__(self, n=30):
        self.x, self.y = torch.arange(n).float(), torch.arange(n) * 2.0

    def __len__(self):
        return -(-len(self.x) // 4)

    def order(self, epoch):
        return np.random.default_rng((0, epoch)).permutation(len(self.x))

    def epoch(self, epoch, start=0):
        order = torch.from_numpy(self.order(epoch))
        for step in range(start, len(self)):
            rows = order[4 * step : 4 * step + 4]
            yield self.batch(rows)

    def batch(self, rows):
        return self.x[rows], self.y[rows]


def wrong(**methods):
    "Batches of which something is different."
    return type("Wrong", (Own,), methods)()


def from_the_start(self, epoch, start=0):
    yield from Own.epoch(self, epoch)


def fewer(self, epoch, start=0):
    yield from list(Own.epoch(self, epoch))[start:-1]


@pytest.mark.parametrize("source", [Own(), Own(3), Batches((np.arange(100.0), np.arange(100)))])
def test_batches_pass(source):
    check_batches(source)


def test_a_few_rows_may_come_in_the_same_order_by_chance():
    check_batches(
        wrong(__init__=lambda self: Own.__init__(self, 9), order=lambda self, epoch: np.arange(9))
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (wrong(epoch=fewer), r"len says 8, epoch\(0\) has 7"),
        (wrong(batch=lambda self, rows: self.x[rows]), "batch 0 is a Tensor"),
        (wrong(batch=lambda self, rows: (self.x[rows], self.y[rows][:2])), r"\[2, 4\] rows"),
        (wrong(batch=lambda self, rows: (self.x[:0], self.y[:0])), "batch 0 is empty"),
        (
            wrong(order=lambda self, epoch: np.random.default_rng().permutation(30)),
            r"epoch\(0\) is another each time",
        ),
        (
            wrong(order=lambda self, epoch: np.random.default_rng(0).permutation(30)),
            r"epoch\(1\) has the order of epoch\(0\)",
        ),
        (
            wrong(order=lambda self, epoch: np.random.default_rng(epoch).integers(0, 30, 30)),
            "each row comes once",
        ),
        (wrong(epoch=from_the_start), r"epoch\(0, 4\) does not go on"),
    ],
)
def test_wrong_batches_are_told_what_is_missing(source, told):
    with pytest.raises(AssertionError, match=told):
        check_batches(source)


def test_everything_published_is_there_and_documented():
    for name in published.__all__:
        assert getattr(published, name).__doc__
    with pytest.raises(AttributeError, match="check_everything"):
        _ = published.check_everything
