"""What was learnt from pictures as an ImageModel, and nets as scorers, that need no torch."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from entable.errors import BadInput
from entable.imagemodel import ImageModel
from entable.models import conv, resnet
from entable.models.parts import Range
from entable.recipes.records import array, doubles, records
from entable.scorers.conv import Conv, ConvNet, Flat, Part, Paths, Pool, PoolTo, after
from entable.scorers.net import Layer

if TYPE_CHECKING:
    from entable.recipes.vision import VisionLearner

__all__ = ["image_model", "parts_of", "to_convnet"]

Parts = list[Part]
Singles = NDArray[np.float32]


def image_model(learner: "VisionLearner") -> ImageModel:
    """What a Learner of pictures has learnt, with how pictures come into it: without torch.

    Raises BadInput for a model that cannot be computed without torch.
    """
    images = learner.images
    assert images.target is not None
    shape = (*images.size, images.channels)
    net = to_convnet(learner.model, shape, *learner.normal)
    epochs = learner.recorder.epochs
    settings = {
        "model": type(learner.model).__name__,
        "epochs": learner.trained,
        "lr": learner.lr,
        "wd": learner.wd,
        "size": getattr(learner.batches, "size", None),
        "seed": learner.seed,
    }
    metrics: dict[str, Any] = {"seconds": round(sum(row["seconds"] for row in epochs), 4)}
    metrics |= {k: v for row in epochs[-1:] for k, v in row.items() if k != "seconds"}
    trace = learner.recorder.table if epochs else None
    mirrored = _mirrors(getattr(learner.batches, "augment", None), shape)
    about = settings, metrics, trace
    return ImageModel(images.target, net, images.fit, mirrored, len(images), *about)


def _mirrors(change: Any, shape: tuple[int, int, int]) -> bool:
    "Does a change of pictures turn left into right, now and then?"
    if change is None:
        return False
    h, w, channels = shape
    x = torch.zeros(64, channels, h, w)
    x[..., w // 2 :] = 1
    found = change(x, torch.Generator().manual_seed(0))
    turned = found[..., : w // 2].mean((1, 2, 3)) > 0.7
    return bool(turned.any())


def to_convnet(
    model: nn.Module,
    shape: tuple[int, int, int],
    mean: ArrayLike,
    std: ArrayLike,
) -> ConvNet:
    """What a net of pictures computes at rest, with copies of its weights; batch norms are folded.

    shape: height, width and channels of pictures; mean, std: of channels, in shares of 255, as they
    were taken off and divided by in training. Raises BadInput for a part that cannot be computed
    without torch.
    """
    parts = parts_of(model)
    y_range = None
    if isinstance(model, nn.Sequential) and isinstance(model[-1], Range):
        y_range = model[-1].lo, model[-1].hi
    last = parts[-1] if parts else None
    if isinstance(last, Layer) and last.kind == "linear":
        parts.pop()
        ends = last.arrays["weight"], last.arrays["bias"]
    else:  # scores come from the maps themselves; each is a feature of its own
        parts.append(Flat())
        (outputs,) = after(tuple(parts), shape)
        ends = np.eye(outputs, dtype=np.float32), np.zeros(outputs, np.float32)
    norm = np.asarray(mean, np.float32), np.asarray(std, np.float32)
    return ConvNet(tuple(parts), *ends, shape, *norm, y_range)


def parts_of(module: nn.Module, name: str = "") -> Parts:
    "The records of a module, its convolutions named by their path in the model."
    make = _MAKERS.get(type(module))
    if make is not None:
        return make(module, name)
    return [*records(module)]


def _inside(module: nn.Module, name: str, *children: str) -> Parts:
    "Records of some children, one after the other; those that are None are left out."
    parts: Parts = []
    for child in children:
        inner = getattr(module, child)
        if inner is not None:
            _add(parts, parts_of(inner, f"{name}.{child}" if name else child))
    return parts


def _add(parts: Parts, more: Parts) -> None:
    "Records after others; a batch norm right after a layer of weights becomes a part of it."
    for part in more:
        folded = None
        if parts and isinstance(part, Layer) and part.kind == "scale":
            folded = _folded(parts[-1], part.arrays["factor"], part.arrays["offset"])
        if folded is None:
            parts.append(part)
        else:
            parts[-1] = folded


def _folded(before: Part, factor: Singles, offset: Singles) -> Part | None:
    "Weights that give what `before`, times factor, plus offset, gives; None for other parts."
    if isinstance(before, Conv):
        return replace(before, weight=before.weight * factor, bias=before.bias * factor + offset)
    if isinstance(before, Layer) and before.kind == "linear":
        weight, bias = before.arrays["weight"], before.arrays["bias"]
        arrays = {"weight": weight * factor[:, None], "bias": bias * factor + offset}
        return Layer("linear", arrays)
    return None


def _outputs(layer: Any, name: str) -> Parts:
    return [Layer("scale", {"factor": array(layer.scale), "offset": array(layer.centre)})]


def _sequence(module: Any, name: str) -> Parts:
    return _inside(module, name, *(child for child, _ in module.named_children()))


def _conv(layer: Any, name: str) -> Parts:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise BadInput(
            f"the convolution {name!r} is padded by {layer.padding!r} ({layer.padding_mode}), "
            "which cannot be computed without torch; whole numbers of zeros can"
        )
    weight = array(layer.weight).transpose(2, 3, 1, 0)
    bias = array(layer.bias, layer.out_channels)
    how = {key: _pair(getattr(layer, key)) for key in ("stride", "padding", "dilation")}
    return [Conv(np.ascontiguousarray(weight), bias, groups=layer.groups, name=name, **how)]


def _norm(layer: Any, name: str) -> Parts:
    if layer.running_mean is None:
        raise BadInput(f"{name!r} has no running statistics, so it depends on the other pictures")
    factor = 1 / np.sqrt(doubles(layer.running_var) + layer.eps)
    factor = factor if layer.weight is None else factor * doubles(layer.weight)
    offset = -doubles(layer.running_mean) * factor
    offset = offset if layer.bias is None else offset + doubles(layer.bias)
    return [Layer("scale", {"factor": factor, "offset": offset})]


def _pool(how: Any) -> Callable[[Any, str], Parts]:
    def make(layer: Any, name: str) -> Parts:
        odd = layer.ceil_mode or getattr(layer, "divisor_override", None)
        if odd or _pair(getattr(layer, "dilation", 1)) != (1, 1):
            raise BadInput(
                f"the pooling {name!r} has ceil_mode, dilation or a divisor of its own, which "
                "cannot be computed without torch"
            )
        size, padding = _pair(layer.kernel_size), _pair(layer.padding)
        stride = size if layer.stride is None else _pair(layer.stride)
        counted = getattr(layer, "count_include_pad", True)
        return [Pool(how, size, stride, padding, counted)]

    return make


def _pool_to(how: Any) -> Callable[[Any, str], Parts]:
    def make(layer: Any, name: str) -> Parts:
        to = _pair(layer.output_size)
        if None in to:
            raise BadInput(f"the pooling {name!r} keeps a side as it comes; name both sizes")
        return [PoolTo(how, to)]

    return make


def _concat_pool(layer: Any, name: str) -> Parts:
    return [Paths("concat", ((PoolTo("max"),), (PoolTo("mean"),))), Flat()]


def _block(*body: str) -> Callable[[Any, str], Parts]:
    def make(block: Any, name: str) -> Parts:
        paths = tuple(_inside(block, name, *body)), tuple(_inside(block, name, "downsample"))
        return [Paths("sum", paths), Layer("relu")]

    return make


def _resnet(model: Any, name: str) -> Parts:
    layers = [f"layer{k + 1}" for k in range(model.layers)]
    stem = "conv1", "bn1", "relu", "maxpool"
    return _inside(model, name, *stem, *layers, "avgpool", "flatten", "fc")


def _flat(layer: Any, name: str) -> Parts:
    if (layer.start_dim, layer.end_dim) != (1, -1):
        raise BadInput(f"{name!r} flattens some axes only, which cannot be computed without torch")
    return [Flat()]


def _pair(value: Any) -> tuple[Any, Any]:
    return (value, value) if isinstance(value, int) or value is None else tuple(value)


_MAKERS: dict[type, Callable[[Any, str], Parts]] = {
    nn.Sequential: _sequence,
    nn.Conv2d: _conv,
    nn.BatchNorm2d: _norm,
    nn.MaxPool2d: _pool("max"),
    nn.AvgPool2d: _pool("mean"),
    nn.AdaptiveMaxPool2d: _pool_to("max"),
    nn.AdaptiveAvgPool2d: _pool_to("mean"),
    nn.Flatten: _flat,
    nn.Dropout2d: lambda layer, name: [],
    Range: lambda layer, name: [],
    conv.BatchNorm: _norm,
    conv.Dropout: lambda layer, name: [],
    conv.ConcatPool: _concat_pool,
    conv.Outputs: _outputs,
    conv.ConvNet: lambda net, name: _inside(net, name, "body", "head"),
    resnet.BasicBlock: _block("conv1", "bn1", "relu", "conv2", "bn2"),
    resnet.Bottleneck: _block("conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3"),
    resnet.ResNet: _resnet,
}
