"""Residual nets (He et al. 2016) whose layers are named as those of the common public weights."""

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn

__all__ = ["BasicBlock", "Bottleneck", "ResNet", "groups", "resnet18", "resnet34", "resnet50"]


class BasicBlock(nn.Module):
    "Two convolutions of 3 x 3; what goes in is added to what comes out."

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _way(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        "(B, C, H, W) -> (B, width, H / stride, W / stride)."
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        way: Tensor = x if self.downsample is None else self.downsample(x)
        joined: Tensor = self.relu(out + way)
        return joined


class Bottleneck(nn.Module):
    "Narrowed by 1 x 1, looked at by 3 x 3 (which has the stride), widened fourfold by 1 x 1."

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        wide = width * self.expansion
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, wide, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(wide)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _way(channels, wide, stride)

    def forward(self, x: Tensor) -> Tensor:
        "(B, C, H, W) -> (B, 4 width, H / stride, W / stride)."
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        way: Tensor = x if self.downsample is None else self.downsample(x)
        joined: Tensor = self.relu(out + way)
        return joined


def _way(channels: int, wide: int, stride: int) -> nn.Sequential | None:
    "How what goes in gets the shape of what comes out; None where it has it already."
    if stride == 1 and channels == wide:
        return None
    return nn.Sequential(nn.Conv2d(channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))


Block = type[BasicBlock] | type[Bottleneck]


class ResNet(nn.Module):
    """A stem, four layers of blocks, pooling, and `fc`, the head.

    depths: blocks of each layer. channels: of the pictures. widths: of the layers, before a
    bottleneck's expansion. small: a stem for small pictures (a filter of 3 x 3 without stride, no
    pooling); its first filter is not that of public weights. head: a module from the features
    (B, C, h, w) to outputs in place of mean pooling and `fc`. zero: the last batch norm of every
    block starts at 0, so that it starts as if it were not there (Goyal et al. 2017).
    """

    def __init__(
        self,
        block: Block = BasicBlock,
        depths: tuple[int, ...] = (2, 2, 2, 2),
        channels: int = 3,
        outputs: int = 1000,
        widths: tuple[int, ...] = (64, 128, 256, 512),
        small: bool = False,
        head: Callable[[int], nn.Module] | None = None,
        zero: bool = True,
    ) -> None:
        super().__init__()
        first = widths[0]
        self.conv1 = (
            nn.Conv2d(channels, first, 3, 1, 1, bias=False)
            if small
            else nn.Conv2d(channels, first, 7, 2, 3, bias=False)
        )
        self.bn1 = nn.BatchNorm2d(first)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool: nn.Module = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        ends = [first, *(width * block.expansion for width in widths)]
        for k, ((before, _), depth) in enumerate(zip(pairwise(ends), depths, strict=True)):
            layer = _layer(block, before, widths[k], depth, 1 if k == 0 else 2)
            self.add_module(f"layer{k + 1}", layer)
        self.layers = len(depths)
        self.features = ends[-1]
        self.avgpool: nn.Module = nn.AdaptiveAvgPool2d(1) if head is None else nn.Identity()
        self.flatten: nn.Module = nn.Flatten() if head is None else nn.Identity()
        self.fc = nn.Linear(self.features, outputs) if head is None else head(self.features)
        _start(self, zero)

    def forward(self, x: Tensor) -> Tensor:
        "(B, C, H, W) -> (B, outputs)."
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for k in range(self.layers):
            x = self.get_submodule(f"layer{k + 1}")(x)
        out: Tensor = self.fc(self.flatten(self.avgpool(x)))
        return out


def _layer(block: Block, channels: int, width: int, depth: int, stride: int) -> nn.Sequential:
    wide = width * block.expansion
    rest = [block(wide, width) for _ in range(depth - 1)]
    return nn.Sequential(block(channels, width, stride), *rest)


def _start(model: nn.Module, zero: bool) -> None:
    "Kaiming's start, counting what goes out, as the paper's authors did."
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif zero and isinstance(module, (BasicBlock, Bottleneck)):
            last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
            nn.init.zeros_(last.weight)


def groups(model: ResNet) -> list[list[nn.Module]]:
    "Three groups of layers: stem and the first half, the second half, the head."
    layers = [model.get_submodule(f"layer{k + 1}") for k in range(model.layers)]
    half = len(layers) // 2
    return [[model.conv1, model.bn1, *layers[:half]], layers[half:], [model.fc]]


def resnet18(channels: int = 3, outputs: int = 1000, **rest: object) -> ResNet:
    "ResNet-18: 11 million weights without the head."
    return ResNet(BasicBlock, (2, 2, 2, 2), channels, outputs, **rest)  # type: ignore[arg-type]


def resnet34(channels: int = 3, outputs: int = 1000, **rest: object) -> ResNet:
    "ResNet-34: 21 million weights without the head."
    return ResNet(BasicBlock, (3, 4, 6, 3), channels, outputs, **rest)  # type: ignore[arg-type]


def resnet50(channels: int = 3, outputs: int = 1000, **rest: object) -> ResNet:
    "ResNet-50: 24 million weights without the head; its blocks are bottlenecks."
    return ResNet(Bottleneck, (3, 4, 6, 3), channels, outputs, **rest)  # type: ignore[arg-type]
