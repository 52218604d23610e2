"Weights at the start, by their statistics."

import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train.init import identity, kaiming, truncated


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (nn.Linear(300, 200), 300),
        (nn.Conv2d(16, 64, 5), 16 * 25),
        (nn.Conv1d(32, 90, 3, groups=2), 16 * 3),
        (nn.ConvTranspose2d(64, 16, 5), 64 * 25),
        (nn.ConvTranspose2d(64, 32, 4, stride=2, groups=2), 32 * 16 / 4),
    ],
)
@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_kaiming_has_the_variance_of_the_paper_and_no_bias(layer, inputs, slope):
    assert kaiming(layer, slope, seeded()) is layer
    wanted = (2 / ((1 + slope**2) * inputs)) ** 0.5
    weight = layer.weight.detach()
    assert float(weight.std()) == pytest.approx(wanted, rel=0.03)
    assert abs(float(weight.mean())) < wanted / 50
    assert not layer.bias.any()


@torch.no_grad()
def test_kaiming_keeps_the_size_of_what_goes_through_twenty_layers():
    layers = [part for _ in range(20) for part in (nn.Linear(256, 256, bias=False), nn.ReLU())]
    net = kaiming(nn.Sequential(*layers), generator=seeded())
    x = torch.randn(500, 256, generator=seeded(1))
    assert 0.3 < float(net(x).square().mean() / x.square().mean()) < 3


@pytest.mark.parametrize(
    "layer",
    [nn.Conv2d(64, 512, 3), nn.ConvTranspose2d(64, 512, 4, 2), nn.ConvTranspose2d(64, 512, 3)],
)
@torch.no_grad()
def test_kaiming_keeps_the_size_of_what_goes_through_convolutions(layer):
    x = torch.relu(torch.randn(4, 64, 16, 16, generator=seeded(1)))
    out = kaiming(layer, generator=seeded())(x)[:, :, 4:-4, 4:-4]  # at its rim there are fewer
    assert float(torch.relu(out).square().mean() / x.square().mean()) == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_identity_remembers(bidirectional):
    rnn = nn.RNN(3, 5, 2, nonlinearity="relu", bidirectional=bidirectional)
    identity(rnn)
    for name, parameter in rnn.named_parameters():
        if name.startswith("weight_hh"):
            assert torch.equal(parameter, torch.eye(5))
        if name.startswith("bias"):
            assert not parameter.any()
    cell = identity(nn.Sequential(nn.RNNCell(2, 4, nonlinearity="relu")), 0.5)[0]
    start = torch.rand(1, 4, generator=seeded())
    assert torch.allclose(cell(torch.zeros(1, 2), start), start / 2)
    square = identity(nn.Linear(4, 4))
    assert torch.equal(square(start), start)


def test_truncated_stays_within_its_bounds():
    table = nn.Embedding(5000, 20, padding_idx=7)
    truncated(nn.ModuleDict({"t": table}), 0.05, generator=seeded())
    rest = torch.cat([table.weight[:7], table.weight[8:]]).detach()
    assert float(rest.abs().max()) <= 0.1
    assert float(rest.std()) == pytest.approx(0.8796 * 0.05, rel=0.01)
    assert abs(float(rest.mean())) < 0.001
    assert not table.weight[7].any()
    assert table.weight.requires_grad


@pytest.mark.parametrize(
    ("start", "model", "told"),
    [
        (kaiming, nn.Embedding(3, 2), "Embedding has no linear layers or convolutions"),
        (identity, nn.GRU(3, 3), "GRU has no plain recurrent layers"),
        (identity, nn.Linear(2, 3), "Linear has no plain recurrent layers"),
        (truncated, nn.Linear(2, 3), "Linear has no embeddings"),
    ],
)
def test_a_model_with_nothing_to_set_is_refused(start, model, told):
    with pytest.raises(BadInput, match=told):
        start(model)


def test_spreads_must_be_numbers_above_zero():
    for settings in ({"std": 0}, {"std": -1}, {"bound": 0}, {"std": float("nan")}):
        with pytest.raises(BadInput):
            truncated(nn.Embedding(3, 2), **settings)
    with pytest.raises(BadInput, match="scale"):
        identity(nn.RNN(2, 2), float("inf"))
