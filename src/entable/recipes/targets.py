"""What goes with a target's kind, of tables and pictures alike: its loss and its metrics."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as fn

from entable.data.table import Target
from entable.train.metrics import accuracy, rmse

__all__ = ["usual_loss", "usual_metrics"]


def usual_loss(target: Target) -> Callable[..., Any]:
    "The loss of a target's kind; several numbers count alike, whatever their units."
    if target.kind == "classes":
        return fn.cross_entropy
    if target.kind in ("binary", "labels"):
        return fn.binary_cross_entropy_with_logits
    if target.kind == "number":
        return fn.mse_loss
    scale = torch.as_tensor(target.scale, dtype=torch.float32)

    def scaled(pred: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
        return fn.mse_loss(pred / scale.to(pred), y / scale.to(pred), reduction=reduction)

    return scaled


def usual_metrics(target: Target) -> Sequence[Any]:
    "What is told of what was held out, by the target's kind."
    return (rmse,) if target.kind in ("number", "numbers") else (accuracy,)
