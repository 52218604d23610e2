"Nets over the vectors of users and items, beside the same arithmetic written out."

import pytest
import torch

from entable.models.deep import EmbeddingNN, MiniNet, NeuMF
from entable.models.parts import width

USERS, ITEMS = 6, 9
SOME = torch.tensor([0, 5, 3, 3]), torch.tensor([8, 0, 8, 1])
MODELS = [
    MiniNet(USERS, ITEMS, 4, hidden=3, y_range=(0.5, 5.5)),
    EmbeddingNN(USERS, ITEMS, hidden=(5, 4), y_range=(0.5, 5.5), dropout=0.2),
    EmbeddingNN(USERS, ITEMS, (3, 2), hidden=(), norm=False),
    NeuMF(USERS, ITEMS, 3, 2, hidden=(4,), mean=3.0),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_scores_are_what_the_model_says_that_they_are_made_of(model):
    "mean + biases + the sum of joins over columns of both sides, through the link."
    model.eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.3)
    u, i = SOME
    scored = model.scored()
    raw = torch.full((4,), scored.mean)
    if scored.bu is not None:
        raw = raw + scored.bu[u] + scored.bi[i]
    for join in scored.joins:
        U, V = scored.U[u, slice(*join.users)], scored.V[i, slice(*join.items)]
        x = U * V if join.how == "product" else torch.cat([U, V], 1)
        raw = raw + join.layers(x)[:, 0]
    torch.testing.assert_close(model(u, i), scored.link(raw))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_several_items_are_scored_as_one_by_one(model):
    model.eval()
    u, i = torch.tensor([1, 2]), torch.tensor([[3, 4, 5], [0, 0, 8]])
    many = model(u, i)
    assert many.shape == (2, 3)
    for n in range(3):
        torch.testing.assert_close(many[:, n], model(u, i[:, n]))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_every_weight_learns(model):
    model.train()
    model.zero_grad()
    u, i = torch.arange(18) % USERS, torch.arange(18) % ITEMS
    (model(u, i) ** 2).mean().backward()
    still = [name for name, p in model.named_parameters() if p.grad is None]
    assert not still


def test_widths_are_by_the_rule_unless_given():
    model = EmbeddingNN(943, 1682)
    assert model.U.weight.shape == (943, width(943))
    assert model.V.weight.shape == (1682, width(1682))


def test_neumf_begins_as_a_dot_product_beside_its_net():
    model = NeuMF(USERS, ITEMS, 3, 2, hidden=(4,)).eval()
    for p in model.net.parameters():
        torch.nn.init.zeros_(p)
    u, i = SOME
    dot = (model.U(u)[:, :3] * model.V(i)[:, :3]).sum(1)
    want = dot + model.bu(u)[:, 0] + model.bi(i)[:, 0]
    torch.testing.assert_close(model(u, i), want)
