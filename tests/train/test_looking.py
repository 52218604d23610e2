"Looking changes nothing, and every row counts once."

import pytest
import torch
from torch import nn
from torch.nn import functional as fn

from entable.errors import BadInput
from entable.train.batches import Batches
from entable.train.device import Place
from entable.train.looking import activations, at_rest, judged, outputs
from entable.train.losses import Weighted
from entable.train.metrics import whole

CPU = Place.of("cpu")


def net():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))


def batches(n=11, size=4, **rest):
    x = torch.arange(2.0 * n).reshape(n, 2)
    return Batches((x, x[:, :1]), size, shuffle=False, **rest)


def test_modes_come_back_one_by_one_also_after_an_error():
    model = net().train()
    model[1].eval()
    seen = []

    def look():
        with at_rest(model):
            seen.append((any(m.training for m in model.modules()), torch.is_grad_enabled()))
            raise KeyError

    with pytest.raises(KeyError):
        look()
    assert seen == [(False, False)]
    assert [module.training for module in model] == [True, False, True, True]
    assert model.training
    assert torch.is_grad_enabled()


def test_statistics_stand_still():
    model = net()
    before = {name: b.clone() for name, b in model.named_buffers()}
    judged(model, batches(), fn.mse_loss, {}, CPU)
    outputs(model, batches().epoch(0), CPU, 1)
    activations(model, model[1], batches().epoch(0), CPU, 1)
    assert all(torch.equal(b, before[name]) for name, b in model.named_buffers())


def test_means_are_over_rows_and_some_metrics_over_all_at_once():
    model, source = net(), batches()

    def spread(pred, y):
        return (pred - y).std()

    found = judged(model, source, fn.mse_loss, {"mae": fn.l1_loss, "all": whole(spread)}, CPU)
    x, y = source.arrays
    pred = outputs(model, source.epoch(0), CPU, 1)
    torch.testing.assert_close(pred, outputs(model, [(x,)], CPU))
    assert found["valid_loss"] == pytest.approx(float(fn.mse_loss(pred, y)), rel=1e-5)
    assert found["mae"] == pytest.approx(float(fn.l1_loss(pred, y)), rel=1e-5)
    assert found["all"] == pytest.approx(float(spread(pred, y)), rel=1e-5)


def test_metrics_see_targets_without_their_weights():
    source = batches(weights=[1.0] * 10 + [5.0])
    found = judged(net(), source, Weighted(fn.mse_loss), {"mae": fn.l1_loss}, CPU)
    assert set(found) == {"valid_loss", "mae"}


def test_activations_are_one_flat_row_each_and_nothing_stays_behind():
    model = nn.Sequential(nn.Conv1d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(10, 1)).bfloat16()
    x = torch.randn(7, 1, 5, dtype=torch.bfloat16)
    found = activations(model, model[0], [(x[:4],), (x[4:],)], CPU)
    assert found.shape == (7, 10)
    assert found.dtype == torch.float32
    with torch.no_grad():
        assert torch.equal(found, model[0](x).reshape(7, -1).float())
    with pytest.raises(RuntimeError):
        activations(model, model[0], [(x[:, :, :2],)], CPU)
    assert not model[0]._forward_hooks


def test_no_rows_and_no_tensor_are_refused():
    for look in (lambda: outputs(net(), [], CPU), lambda: activations(net(), nn.ReLU(), [], CPU)):
        with pytest.raises(BadInput, match="there are no rows to look at"):
            look()
    with pytest.raises(BadInput, match="Linear ran 0 times for a batch"):
        activations(net(), nn.Linear(1, 1), [(torch.zeros(2, 2),)], CPU)
