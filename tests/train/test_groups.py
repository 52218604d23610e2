"Groups of layers: every weight once, rates by the rules of the course, frozen ones at rest."

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from entable.errors import BadInput
from entable.train.groups import freeze_to, layers, parameters, rates, to_train


class Whole(nn.Module):
    "A body of four layers with weights, and a head."

    def __init__(self):
        super().__init__()
        parts = [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2)]
        self.body, self.head = nn.Sequential(*parts), nn.Linear(2, 1)

    def forward(self, x):
        return self.head(self.body(x))


def test_a_body_with_a_head_has_three_groups():
    model = Whole()
    found = layers(model)
    parts = list(model.body)
    assert found == [[parts[0], parts[2]], [parts[3], parts[4]], [model.head]]
    model.body = nn.Linear(2, 2)
    assert layers(model) == [[model.body], [model.head]]
    assert layers(model.head) == [[model.head]]


def test_what_is_neither_body_nor_head_goes_first():
    model = Whole()
    model.start = nn.Embedding(3, 2)
    assert layers(model)[0][0] is model.start


def test_groups_hold_every_weight_once():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    assert layers(model, lambda m: [[m[0]], [m[1]]]) == [[model[0]], [model[1]]]
    with pytest.raises(BadInput, match=r"1\.weight is in none"):
        layers(model, lambda m: [[m[0]]])
    with pytest.raises(BadInput, match="a weight is in two"):
        layers(model, lambda m: [[m[0]], [m]])


def test_weights_and_biases_apart_norms_do_not_decay():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.LayerNorm(3), nn.Embedding(4, 3))
    decaying, still = parameters([[model]])
    assert [tuple(p.shape) for p in decaying["params"]] == [(3, 2), (4, 3)]
    assert len(still["params"]) == 5
    assert (decaying["decays"], still["decays"]) == (True, False)


def test_a_module_may_say_that_its_weights_do_not_decay():
    model = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Embedding(4, 3))
    model[1].decays = False
    decaying, still = parameters([[model]])
    assert [tuple(p.shape) for p in decaying["params"]] == [(3, 2)]
    assert [tuple(p.shape) for p in still["params"]] == [(4, 3)]


def test_a_shared_weight_counts_once():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    found = parameters([[first], [second]])
    assert [(g["layers"], g["decays"], len(g["params"])) for g in found] == [
        (0, True, 1), (0, False, 1), (1, False, 1),
    ]  # fmt: skip


@given(st.integers(1, 9), st.floats(1e-6, 1), st.floats(1e-6, 1))
def test_a_slice_goes_by_equal_factors(groups, a, b):
    found = rates(slice(a, b), groups)
    assert found[-1] == pytest.approx(b)
    if groups > 1:
        assert found[0] == pytest.approx(a)
        factors = np.divide(found[1:], found[:-1])
        np.testing.assert_allclose(factors, factors[0], rtol=1e-9)


def test_rates_by_the_rules_of_the_course():
    assert rates(0.3, 3) == [0.3] * 3
    assert rates(slice(0.3), 3) == pytest.approx([0.1, 0.1, 0.3])
    assert rates(slice(0.3), 1) == [0.3]
    assert rates((0.1, 0.2), 2) == [0.1, 0.2]
    assert rates(np.float32(0.5), 1) == [0.5]


@pytest.mark.parametrize(
    ("lr", "told"),
    [
        ([1, 2, 3], "3 learning rates came for 2 layer groups"),
        ([1], "1 learning rates came"),
        (-1.0, "learning rate -1.0 came"),
        (float("nan"), "numbers from 0 on"),
        (slice(0.0, 1.0), "must be above 0"),
        (slice(1, 2, 3), "slice\\(last\\) or slice\\(first, last\\)"),
        (slice(None), "slice\\(last\\)"),
    ],
)
def test_rates_that_do_not_fit_are_refused(lr, told):
    with pytest.raises(BadInput, match=told):
        rates(lr, 2)


@given(st.integers(-3, 3))
def test_freezing_counts_from_either_end(n):
    model = Whole()
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    groups = layers(model)
    freeze_to(groups, n)
    for number, group in enumerate(groups):
        moves = number >= (n if n >= 0 else 3 + n)
        for module in group:
            assert all(p.requires_grad == moves for p in module.parameters())
            assert all((p.grad is not None) == moves for p in module.parameters())


def test_batch_norm_stands_still_while_it_is_frozen():
    model, x = Whole(), torch.randn(20, 2) * 5 + 3
    freeze_to(layers(model), -1)
    to_train(model)
    norm = model.body[3]
    before = {name: b.clone() for name, b in norm.named_buffers()}
    model(x)
    assert model.training
    assert all(torch.equal(b, before[name]) for name, b in norm.named_buffers())
    freeze_to(layers(model), 0)
    to_train(model)
    model(x)
    assert not torch.equal(norm.running_mean, before["running_mean"])
    free = nn.BatchNorm1d(2, affine=False)
    to_train(free)
    assert free.training  # it has no weights that could be frozen
