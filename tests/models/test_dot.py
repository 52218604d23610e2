"Dot products by hand, and the same model as the compiled solver's."

import numpy as np
import pytest
import torch

from entable.kernels._jit import Team
from entable.kernels.sgd import blocks, sgd_pass
from entable.models.dot import DotBias, DotProduct
from entable.train import optim
from entable.train.batches import Batches
from entable.train.learner import Learner

USERS, ITEMS = 6, 9


def test_scores_are_those_of_a_loop():
    model = DotBias(USERS, ITEMS, 4, y_range=(0.5, 5.5), mean=0.3)
    plain = DotProduct(USERS, ITEMS, 4)
    u, i = torch.tensor([0, 5, 3]), torch.tensor([8, 0, 8])
    for row, (a, b) in enumerate(zip(u, i, strict=True)):
        U, V = model.U.weight[a], model.V.weight[b]
        raw = 0.3 + model.bu.weight[a, 0] + model.bi.weight[b, 0] + sum(U * V)
        want = 0.5 + 5 / (1 + torch.exp(-raw))
        assert model(u, i)[row].item() == pytest.approx(want.item(), abs=1e-6)
        want = sum(plain.U.weight[a] * plain.V.weight[b]).item()
        assert plain(u, i)[row].item() == pytest.approx(want, abs=1e-7)


@pytest.mark.parametrize("make", [DotProduct, DotBias])
def test_several_items_are_scored_as_one_by_one(make):
    model = make(USERS, ITEMS, 4)
    u, i = torch.tensor([1, 2]), torch.tensor([[3, 4, 5], [0, 0, 8]])
    many = model(u, i)
    assert many.shape == (2, 3)
    for n in range(3):
        assert torch.allclose(many[:, n], model(u, i[:, n]))


def test_it_says_what_its_scores_are_made_of():
    scored = DotBias(USERS, ITEMS, 4, mean=0.3).scored()
    assert (scored.U.shape, scored.V.shape) == ((USERS, 4), (ITEMS, 4))
    assert (scored.bu.shape, scored.bi.shape, scored.mean) == ((USERS,), (ITEMS,), 0.3)
    assert DotProduct(USERS, ITEMS, 4).scored().bu is None


def arrays(model):
    "Weights as the compiled solver holds them, rows padded to panels of 16."
    U, V = (table.weight.detach().numpy().copy() for table in (model.U, model.V))
    bu, bi = (table.weight.detach().numpy()[:, 0].copy() for table in (model.bu, model.bi))
    padded = [np.pad(rows, ((0, 0), (0, 16 - rows.shape[1]))).reshape(-1) for rows in (U, V)]
    return *padded, bu, bi


def half_squares(pred, y):
    "Its gradient is the error itself, as in the compiled solver."
    return ((pred - y) ** 2).sum() / 2


def test_one_step_is_the_step_of_the_compiled_solver():
    "A batch in which every user and every item comes once: there order does not matter."
    n, lr, reg, rng = 40, 0.05, 0.1, np.random.default_rng(0)
    model = DotBias(n, n, 5)
    for table in (model.U, model.V, model.bu, model.bi):
        torch.nn.init.normal_(table.weight, std=0.5)
    u = rng.permutation(n).astype(np.int32)
    i = rng.permutation(n).astype(np.int32)
    r = rng.standard_normal(n).astype(np.float32)
    rows = arrays(model)
    one = np.zeros(n, np.int32)
    sse = np.zeros(1)
    with Team(1) as team:
        rates = np.float32(lr), np.float32(reg)
        team.run(sgd_pass, *blocks(u, i, r, one, one, 1), 1, *rows, (0,), *rates, sse)

    def plain(groups):
        return optim.sgd(groups, momentum=0.0)

    batches = Batches((u, i, r), size=n)
    learner = Learner(model, batches, half_squares, plain, wd=reg, lr=lr)
    learner.fit(1)
    assert learner.recorder.losses[0] * 2 == pytest.approx(sse[0], rel=1e-5)
    for ours, theirs in zip(arrays(model), rows, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
