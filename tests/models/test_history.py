"What a history makes of a row, by hand; and the components of histories, by NumPy."

import numpy as np
import pytest
import torch

from entable.errors import BadInput
from entable.models.dot import DotBias
from entable.models.history import DotHistory, components

USERS, ITEMS = 30, 20


def pairs(seed=0, share=0.3):
    met = np.random.default_rng(seed).random((USERS, ITEMS)) < share
    return (torch.from_numpy(side) for side in np.nonzero(met))


def model(k=4, **settings):
    g = torch.Generator().manual_seed(1)
    known = torch.randn(USERS, 6, generator=g), torch.randn(ITEMS, 5, generator=g)
    made = DotHistory(*known, k, **settings)
    for p in made.parameters():
        torch.nn.init.normal_(p, std=0.3, generator=g)
    return made.eval()


def test_components_are_the_leading_ones_of_the_centred_history():
    u, i = pairs()
    found = components(u, i, USERS, ITEMS, 4).double().numpy()
    met = np.zeros((USERS, ITEMS))
    met[u, i] = 1
    met /= np.sqrt(np.maximum(met.sum(1, keepdims=True), 1))
    Q, s, _ = np.linalg.svd(met - met.mean(0), full_matrices=False)
    assert np.linalg.norm(found, axis=0) == pytest.approx(s[:4], rel=1e-4)
    assert np.abs((found / s[:4] * Q[:, :4]).sum(0)) == pytest.approx(1, abs=1e-3)
    assert found.mean(0) == pytest.approx(0, abs=1e-6)


def test_there_are_no_more_components_than_the_history_has():
    u, i = pairs()
    assert components(u, i, USERS, ITEMS, 64).shape == (USERS, ITEMS)
    one = torch.tensor([0])
    assert torch.equal(components(one, one, 1, 1), torch.zeros(1, 1))
    assert components(one, one, 3, 2).isfinite().all()  # two rows met nobody


def test_components_depend_on_the_random_state_alone():
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(components(*pairs(), USERS, ITEMS, 4))
    assert torch.equal(*found)


def test_a_score_is_that_of_own_numbers_and_what_the_history_adds():
    made = model(y_range=(0.5, 5.5), mean=0.2)
    U, V = made.U, made.V
    u, i = 7, 11
    a = U.known[u] @ U.map  # (k + 1,), the bias last
    b = V.known[i] @ V.map
    dot = (U.own.weight[u] + a[:4]) @ (V.own.weight[i] + b[:4])
    raw = 0.2 + U.bias[u] + a[4] + V.bias[i] + b[4] + dot
    want = 0.5 + 5 / (1 + torch.exp(-raw))
    assert made(torch.tensor([u]), torch.tensor([i])).item() == pytest.approx(want.item(), abs=1e-6)


def test_it_is_a_plain_dot_product_once_it_is_learnt():
    made = model(mean=0.2)
    U, V, bu, bi, mean = made.scored()[:5]
    u, i = torch.arange(USERS), torch.arange(USERS) % ITEMS
    plain = mean + bu[u] + bi[i] + (U[u] * V[i]).sum(1)
    assert torch.allclose(made(u, i), plain, atol=1e-6)


def test_without_what_the_history_adds_it_is_dot_and_bias():
    made, plain = model(), DotBias(USERS, ITEMS, 4)
    with torch.no_grad():
        for ours, table, bias in ((made.U, plain.U, plain.bu), (made.V, plain.V, plain.bi)):
            ours.map.zero_()
            table.weight.copy_(ours.own.weight)
            bias.weight[:, 0] = ours.bias
    u, i = torch.tensor([0, 3]), torch.tensor([2, 2])
    assert torch.allclose(made(u, i), plain(u, i))


def test_several_items_are_scored_as_one_by_one():
    made = model()
    u, i = torch.tensor([1, 2]), torch.tensor([[3, 4, 5], [0, 0, 8]])
    many = made(u, i)
    assert many.shape == (2, 3)
    for n in range(3):
        assert torch.allclose(many[:, n], made(u, i[:, n]), atol=1e-6)


def test_products_are_left_out_only_while_it_learns():
    made = model(dropout=0.5)
    u, i = torch.arange(USERS), torch.arange(USERS) % ITEMS
    assert torch.equal(made(u, i), made(u, i))
    made.train()
    torch.manual_seed(0)
    noisy = torch.stack([made(u, i) for _ in range(4000)])
    assert not torch.equal(noisy[0], noisy[1])
    assert torch.allclose(noisy.mean(0), made.eval()(u, i), atol=0.2)  # the same on average


def test_its_history_is_saved_with_its_weights():
    made, other = model(), DotHistory(torch.zeros(USERS, 6), torch.zeros(ITEMS, 5), 4).eval()
    other.load_state_dict(made.state_dict())
    u, i = torch.tensor([0, 3]), torch.tensor([2, 2])
    assert torch.equal(made(u, i), other(u, i))


def test_a_history_of_another_shape_is_refused():
    with pytest.raises(BadInput, match=r"shape \(3,\) came; \(rows, m\)"):
        DotHistory(torch.zeros(3), torch.zeros(3, 2))
