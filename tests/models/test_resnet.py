"Residual nets have the layers, names and sizes of the common public weights."

import pytest
import torch
from torch import nn

from entable.models import resnet
from entable.models.resnet import BasicBlock, Bottleneck, ResNet

TINY = {"depths": (1, 1, 1, 1), "widths": (4, 8, 8, 16)}


@pytest.mark.parametrize(
    ("made", "weights", "tensors"),
    [
        (resnet.resnet18, 11_689_512, 122),
        (resnet.resnet34, 21_797_672, 218),
        (resnet.resnet50, 25_557_032, 320),
    ],
)
def test_as_many_weights_as_the_public_ones(made, weights, tensors):
    net = made()
    assert sum(p.numel() for p in net.parameters()) == weights
    assert len(net.state_dict()) == tensors


def test_names_and_shapes_are_those_of_the_public_weights():
    own = {name: tuple(value.shape) for name, value in resnet.resnet50().state_dict().items()}
    for name, shape in {
        "conv1.weight": (64, 3, 7, 7),
        "bn1.running_var": (64,),
        "layer1.0.conv1.weight": (64, 64, 1, 1),
        "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "layer1.0.downsample.1.num_batches_tracked": (),
        "layer2.0.conv2.weight": (128, 128, 3, 3),
        "layer3.5.bn3.bias": (1024,),
        "layer4.2.conv3.weight": (2048, 512, 1, 1),
        "fc.weight": (1000, 2048),
        "fc.bias": (1000,),
    }.items():
        assert own[name] == shape
    assert "layer1.1.downsample.0.weight" not in own


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_pictures_become_outputs(block):
    net = ResNet(block, channels=1, outputs=5, **TINY)
    assert net(torch.randn(2, 1, 40, 33)).shape == (2, 5)
    assert net.features == 16 * block.expansion


def test_a_small_stem_keeps_the_size_of_small_pictures():
    seen = []
    for small in (False, True):
        net = ResNet(outputs=3, small=small, **TINY)
        net.layer1.register_forward_hook(lambda _, given, out: seen.append(out.shape[2]))
        net(torch.randn(2, 3, 32, 32))
    assert seen == [8, 32]


def test_a_new_head_gets_the_features():
    net = ResNet(head=lambda features: nn.Sequential(nn.Flatten(), nn.Linear(features, 2)), **TINY)
    assert net(torch.randn(2, 3, 32, 32)).shape == (2, 2)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_block_starts_as_if_it_were_not_there(block):
    channels = 4 * block.expansion
    net = ResNet(block, outputs=3, **TINY)
    x = torch.rand(2, channels, 6, 6)
    one = net.layer1[0] if block is BasicBlock else block(channels, 4)
    if block is Bottleneck:
        nn.init.zeros_(one.bn3.weight)
    assert torch.equal(one(x), x)


def test_its_start_keeps_activations_of_one_size_through_fifty_layers():
    torch.manual_seed(0)
    net = ResNet(Bottleneck, (3, 4, 6, 3), outputs=5, widths=(8, 16, 32, 64), small=True)
    spread = {}
    for k in range(1, 5):
        layer = net.get_submodule(f"layer{k}")
        layer.register_forward_hook(lambda _, x, out, k=k: spread.update({k: float(out.std())}))
    with torch.inference_mode():
        net(torch.randn(8, 3, 32, 32))
    assert all(0.1 < value < 10 for value in spread.values())


def test_three_groups_of_layers_hold_every_weight_once():
    net = ResNet(outputs=3, **TINY)
    first, second, head = resnet.groups(net)
    assert first == [net.conv1, net.bn1, net.layer1, net.layer2]
    assert (second, head) == ([net.layer3, net.layer4], [net.fc])
    every = [p for group in (first, second, head) for m in group for p in m.parameters()]
    assert len(every) == len(set(every)) == len(list(net.parameters()))
