"Nets of torch and the same nets in NumPy give the same answers."

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.models.conv import BatchNorm, ConcatPool, ConvNet, Dropout, concat_head
from entable.models.parts import Range
from entable.models.resnet import resnet18, resnet34, resnet50
from entable.recipes.visionserved import to_convnet


def trained(model):
    "A model as if it had learnt: its norms have statistics and weights of their own."
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, BatchNorm)):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            if module.weight is not None:
                nn.init.uniform_(module.weight, 0.4, 0.9)
                nn.init.normal_(module.bias, 0, 0.2)
    return model.eval()


def both(model, shape, n=4):
    "Outputs by torch and by NumPy, for the same pictures."
    mean, std = [0.45] * shape[2], [0.25] * shape[2]
    net = to_convnet(trained(model), shape, mean, std)
    pictures = np.random.default_rng(0).integers(0, 256, (n, *shape), np.uint8)
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        want = model((x - 0.45) / 0.25).numpy()
    return net, pictures, want


NETS = {
    "small": (lambda: ConvNet(1, 10), (28, 28, 1)),
    "wide head": (
        lambda: ConvNet(3, 4, (8, 8), head=lambda f: concat_head(f, 4, 16, 0.5)), (20, 24, 3)
    ),
    "resnet18": (lambda: resnet18(3, 7), (64, 64, 3)),
    "resnet34, small pictures": (
        lambda: resnet34(1, 3, small=True, widths=(8, 8, 16, 16)), (32, 32, 1),
    ),
    "resnet50, concatenated pooling": (
        lambda: resnet50(widths=(8, 8, 16, 16), head=lambda f: concat_head(f, 5, 16)), (64, 48, 3),
    ),
    "one of each": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 6, (3, 2), (2, 1), (1, 0), (1, 2)), BatchNorm(6), nn.LeakyReLU(0.2),
            nn.Conv2d(6, 6, 3, groups=3, bias=False), nn.MaxPool2d(2, padding=1), nn.SiLU(),
            nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.Dropout2d(), Dropout(),
            nn.BatchNorm2d(6, affine=False), nn.AdaptiveMaxPool2d((3, 2)), nn.Flatten(),
            nn.BatchNorm1d(36), nn.Linear(36, 4),
        ),
        (20, 20, 3),
    ),
    "scores from the maps": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        (12, 12, 3),
    ),
    "pooled only": (lambda: nn.Sequential(ConcatPool(), nn.Linear(6, 2)), (8, 8, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_outputs_are_those_of_torch(name):
    make, shape = NETS[name]
    net, pictures, want = both(make(), shape)
    np.testing.assert_allclose(net(pictures), want, atol=1e-4, rtol=1e-4)


def test_batch_norms_become_a_part_of_the_convolution_before():
    net, _, _ = both(resnet18(3, 4, widths=(4, 4, 8, 8)), (32, 32, 3))
    kinds = {type(part).__name__ for part in net.parts}
    assert kinds == {"Conv", "Layer", "Pool", "Paths", "PoolTo", "Flat"}
    assert all(part.kind == "relu" for part in net.parts if type(part).__name__ == "Layer")


def test_convolutions_keep_their_names():
    net, _, _ = both(resnet18(3, 4, widths=(4, 4, 8, 8)), (32, 32, 3))
    assert [*net.convolutions][:3] == ["conv1", "layer1.0.conv1", "layer1.0.conv2"]
    assert "layer2.0.downsample.0" in net.convolutions
    assert len(net.convolutions) == 20


def test_features_are_what_the_last_layer_takes():
    net, pictures, want = both(ConvNet(3, 4, (8, 8)), (16, 16, 3))
    assert net.features(pictures).shape == (4, 16)
    np.testing.assert_allclose(net.said(net.features(pictures)), want, atol=1e-4)
    net, pictures, want = both(NETS["scores from the maps"][0](), (12, 12, 3))
    np.testing.assert_allclose(net.features(pictures), want, atol=1e-4)


def test_a_range_at_the_end_is_kept():
    model = nn.Sequential(ConvNet(3, 2, (4, 4)), Range(1.0, 5.0))
    net, pictures, want = both(model, (12, 12, 3))
    np.testing.assert_allclose(net(pictures), want, atol=1e-4)
    assert net.y_range == (1.0, 5.0)


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (nn.Conv2d(3, 4, 3, padding="same"), "padded by 'same'"),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), "reflect"),
        (nn.BatchNorm2d(3, track_running_stats=False), "no running statistics"),
        (nn.MaxPool2d(2, ceil_mode=True), "ceil_mode"),
        (nn.MaxPool2d(2, dilation=2), "dilation"),
        (nn.AvgPool2d(2, divisor_override=3), "divisor"),
        (nn.AdaptiveAvgPool2d((None, 1)), "name both sizes"),
        (nn.Flatten(2), "flattens some axes only"),
        (nn.PixelShuffle(2), "PixelShuffle, which cannot be computed without torch"),
        (nn.LayerNorm([8]), "takes rows of numbers"),
    ],
)
def test_what_cannot_be_computed_without_torch_is_said(layer, told):
    model = nn.Sequential(layer, nn.Flatten(), nn.Linear(3, 2))
    with pytest.raises(BadInput, match=told):
        to_convnet(model, (8, 8, 3), [0.5] * 3, [0.25] * 3)
