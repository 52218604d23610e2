"""Where learning starts: weights drawn so that what goes through layers keeps its size."""

import math
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor, nn

from entable.data.checks import number
from entable.errors import BadInput

__all__ = ["identity", "kaiming", "truncated"]

M = TypeVar("M", bound=nn.Module)
_LINEAR = (nn.Linear, nn.modules.conv._ConvNd)
_RECURRENT = (nn.RNN, nn.RNNCell)
_TABLES = (nn.Embedding, nn.EmbeddingBag)


@torch.no_grad()
def kaiming(model: M, slope: float = 0.0, generator: Generator | None = None) -> M:
    """Draw weights of linear layers and convolutions for rectified units (He et al. 2015).

    Normal with variance 2 / ((1 + slope^2) inputs), slope being that of a leaky unit's other side;
    biases are 0. Returns the model. Raises BadInput where there are no such layers.
    """
    gain = nn.init.calculate_gain("leaky_relu", number(slope, "slope"))
    for layer in _found(model, _LINEAR, "linear layers or convolutions"):
        layer.weight.normal_(0.0, gain / max(_inputs(layer), 1) ** 0.5, generator=generator)
        if layer.bias is not None:
            layer.bias.zero_()
    return model


@torch.no_grad()
def identity(model: M, scale: float = 1.0) -> M:
    """Let plain recurrent layers start by remembering: hidden to hidden is `scale` times identity.

    Their recurrent biases are 0 (Le, Jaitly & Hinton 2015, for rectified units). A square linear
    layer that is given by itself is set in the same way. Returns the model. Raises BadInput where
    there is neither: gated layers (GRU, LSTM) have ways of their own to remember.
    """
    scale = number(scale, "scale")
    if isinstance(model, nn.Linear) and model.in_features == model.out_features:
        _set_identity(model.weight, scale)
        if model.bias is not None:
            model.bias.zero_()
        return model
    for layer in _found(model, _RECURRENT, "plain recurrent layers (nn.RNN, nn.RNNCell)"):
        for name, parameter in layer.named_parameters():
            if name.startswith("weight_hh"):
                _set_identity(parameter, scale)
            elif name.startswith("bias"):
                parameter.zero_()
    return model


@torch.no_grad()
def truncated(
    model: M, std: float = 0.01, bound: float = 2.0, generator: Generator | None = None
) -> M:
    """Draw embeddings from a normal distribution that is cut at `bound` times `std` on both sides.

    At 2 their spread is .88 of std; a padding row is 0. Returns the model. Raises BadInput where
    there are no embeddings, and for std and bound that are not above 0.
    """
    std, bound = number(std, "std", 0.0), number(bound, "bound", 0.0)
    for layer in _found(model, _TABLES, "embeddings"):
        nn.init.trunc_normal_(layer.weight, 0.0, std, -bound * std, bound * std, generator)
        if layer.padding_idx is not None:
            layer.weight[layer.padding_idx] = 0.0
    return model


def _inputs(layer: Any) -> float:
    "How many inputs an output is the sum of; with strides of a transposed convolution, on average."
    weight: Tensor = layer.weight  # (out, in / groups, ...)
    if not getattr(layer, "transposed", False):
        return weight.numel() / max(weight.shape[0], 1)
    outputs: float = weight.shape[1] * layer.groups * math.prod(layer.stride)
    return weight.numel() / max(outputs, 1)  # weight: (in, out / groups, ...)


def _set_identity(weight: Tensor, scale: float) -> None:  # weight: (H, H)
    nn.init.eye_(weight).mul_(scale)


def _found(model: nn.Module, kinds: tuple[type, ...], what: str) -> list[Any]:
    found = [module for module in model.modules() if isinstance(module, kinds)]
    if not found:
        raise BadInput(f"{type(model).__name__} has no {what}; nothing was there to set")
    return found
