"""Optimizers: torch's own where it has them, with decay apart from the gradients."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

__all__ = ["Maker", "adam", "set_decay", "sgd"]

Groups = list[dict[str, Any]]
Maker = Callable[[Groups], Any]


def set_decay(group: dict[str, Any], wd: float) -> None:
    "Decay of a group per step: decoupled where its optimizer knows how, else as L2."
    group["decay" if "decay" in group else "weight_decay"] = wd


def adam(groups: Groups, betas: tuple[float, float] = (0.9, 0.99), eps: float = 1e-5) -> Optimizer:
    "Adam with decoupled decay (Loshchilov & Hutter 2019)."
    return torch.optim.AdamW(groups, betas=betas, eps=eps, weight_decay=0.0, fused=True)


def sgd(groups: Groups, momentum: float = 0.9, nesterov: bool = False) -> Optimizer:
    "Stochastic gradient descent; momentum is torch's sum."
    return torch.optim.SGD(groups, lr=1e-3, momentum=momentum, nesterov=nesterov)
