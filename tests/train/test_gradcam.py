"Grad-CAM: by hand for a net whose gradients are known, and planted things are found."

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput, UnknownName
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.peek import grad_cam


def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True),
        nn.Conv2d(4, 6, 3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3),
    )  # fmt: skip


@pytest.fixture
def learner():
    x = torch.randn(8, 1, 12, 10)
    return Learner(net(), Batches((x, torch.zeros(8, dtype=torch.int64)), 4), nn.CrossEntropyLoss())


def test_behind_mean_pooling_the_weights_are_those_of_the_last_layer(learner):
    x = torch.randn(5, 1, 12, 10)
    found = grad_cam(learner, x)
    model = learner.model.eval()
    with torch.no_grad():
        maps, out = model[:4](x), model(x)
    assert found.layer == "3"
    assert found.of.tolist() == out.argmax(1).tolist()
    np.testing.assert_allclose(found.scores, out.amax(1), rtol=1e-5)
    weights = model[6].weight[out.argmax(1)]  # (5, 6)
    want = (weights[:, :, None, None] * maps).sum(1, keepdim=True).relu()
    want = nn.functional.interpolate(want, (12, 10), mode="bilinear", align_corners=False)[:, 0]
    want = want / want.amax((1, 2), keepdim=True).clamp(min=1e-30)
    np.testing.assert_allclose(found.places, want.detach(), atol=1e-5)


def test_one_output_or_one_each_can_be_asked_for(learner):
    x = torch.randn(3, 1, 12, 10)
    one = grad_cam(learner, x, 2)
    assert one.of.tolist() == [2, 2, 2]
    each = grad_cam(learner, x, [2, 0, 2])
    np.testing.assert_array_equal(each.places[0], one.places[0])
    for wrong in (3, -1, [0, 1], [[0]]):
        with pytest.raises(BadInput, match="of="):
            grad_cam(learner, x, wrong)


def test_layers_are_found_by_name_or_as_they_are(learner):
    x = torch.randn(2, 1, 12, 10)
    by_name = grad_cam(learner, x, layer="0")
    np.testing.assert_array_equal(grad_cam(learner, x, layer=learner.model[0]).places,
                                  by_name.places)  # fmt: skip
    with pytest.raises(UnknownName, match="no layer '6' gives maps; these do: 0, 1, 2, 3"):
        grad_cam(learner, x, layer="6")
    with pytest.raises(UnknownName, match="'Linear'"):
        grad_cam(learner, x, layer=nn.Linear(1, 1))


def test_the_model_stays_as_it_was(learner):
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    learner.model.train()
    learner.freeze()
    x = torch.randn(2, 1, 12, 10)
    grad_cam(learner, x)
    assert learner.model[1].training
    assert all(p.grad is None for p in learner.model.parameters())
    assert not x.requires_grad
    for name, value in learner.model.state_dict().items():
        assert torch.equal(value, before[name])
    assert not any(module._forward_hooks for module in learner.model.modules())


def test_a_net_without_maps_is_refused():
    x = torch.randn(4, 1, 2, 2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    learner = Learner(model, Batches((x, torch.zeros(4, dtype=torch.int64)), 4),
                      nn.CrossEntropyLoss())  # fmt: skip
    with pytest.raises(BadInput, match="no layer of the model gives maps"):
        grad_cam(learner, x)


def test_it_looks_where_the_thing_is():
    "A bright square is pasted anywhere; how bright it is decides the class."
    rng = np.random.default_rng(0)
    x = rng.normal(0, 0.1, (200, 1, 16, 16)).astype("f4")
    y, places = rng.integers(0, 2, 200), rng.integers(0, 12, (200, 2))
    for one, bright, (a, b) in zip(x, y, places, strict=True):
        one[0, a : a + 4, b : b + 4] += 1 + bright
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2),
    )  # fmt: skip
    learner = Learner(model, Batches((x, y), 20), nn.CrossEntropyLoss())
    learner.fit_one_cycle(8, 3e-2)
    bright = np.flatnonzero(y == 1)[:20]
    found = grad_cam(learner, torch.from_numpy(x[bright]), 1)
    inside = [heat[a : a + 4, b : b + 4].mean() for heat, (a, b) in
              zip(found.places, places[bright], strict=True)]  # fmt: skip
    assert np.mean(inside) > 4 * found.places.mean()
