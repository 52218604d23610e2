"""Layers of torch as records that NumPy computes with."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from entable.errors import BadInput
from entable.scorers import Layer

__all__ = ["array", "doubles", "records"]

Floats = NDArray[np.float32]


def array(tensor: Tensor | None, n: int = 0) -> Floats:
    "A copy of a tensor in single precision; n zeros for None."
    if tensor is None:
        return np.zeros(n, np.float32)
    return tensor.detach().to("cpu", torch.float32, copy=True).numpy()


def doubles(tensor: Tensor) -> NDArray[np.float64]:
    "A tensor in double precision."
    return tensor.detach().to("cpu", torch.float64).numpy()


def records(module: nn.Module) -> Iterator[Layer]:
    "The records of a layer; none for what does nothing at rest."
    if isinstance(module, nn.Sequential):
        for inner in module:
            yield from records(inner)
    elif type(module) in _RECORDS:
        yield _RECORDS[type(module)](module)
    elif not isinstance(module, _NOTHING):
        known = ", ".join(kind.__name__ for kind in (*_RECORDS, *_NOTHING))
        raise BadInput(
            f"the model has a layer {type(module).__name__}, which cannot be computed without "
            f"torch; these can: {known}. Predict by the Learner, or build the net of these"
        )


def _linear(layer: Any) -> Layer:
    bias = array(layer.bias, layer.out_features)
    return Layer("linear", {"weight": array(layer.weight), "bias": bias})


def _batch_norm(layer: Any) -> Layer:
    if layer.running_mean is None:
        raise BadInput("a batch norm without running statistics cannot be computed row by row")
    factor = 1 / np.sqrt(doubles(layer.running_var) + layer.eps)
    if layer.affine:
        factor = factor * doubles(layer.weight)
    offset = -doubles(layer.running_mean) * factor
    offset = offset + doubles(layer.bias) if layer.affine else offset
    return Layer("scale", {"factor": factor, "offset": offset})


def _layer_norm(layer: Any) -> Layer:
    n = layer.normalized_shape[-1]
    weight = np.ones(n) if layer.weight is None else array(layer.weight)
    arrays = {"weight": weight, "bias": array(layer.bias, n), "eps": np.array([layer.eps])}
    return Layer("norm", arrays)


def _elu(layer: Any) -> Layer:
    if layer.alpha != 1:
        raise BadInput(f"ELU with alpha={layer.alpha} cannot be computed without torch; 1 can")
    return Layer("elu")


def _gelu(layer: Any) -> Layer:
    return Layer("gelu" if layer.approximate == "none" else "gelu_tanh")


_RECORDS: dict[type, Callable[[Any], Layer]] = {
    nn.Linear: _linear,
    nn.BatchNorm1d: _batch_norm,
    nn.LayerNorm: _layer_norm,
    nn.ReLU: lambda _: Layer("relu"),
    nn.LeakyReLU: lambda layer: Layer("leaky_relu", {"slope": np.array([layer.negative_slope])}),
    nn.ELU: _elu,
    nn.GELU: _gelu,
    nn.Mish: lambda _: Layer("mish"),
    nn.SiLU: lambda _: Layer("silu"),
    nn.Sigmoid: lambda _: Layer("sigmoid"),
    nn.Tanh: lambda _: Layer("tanh"),
}
_NOTHING = (nn.Dropout, nn.Identity)
