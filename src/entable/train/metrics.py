"""Metrics: what a person asks of predictions, by batch and averaged by rows, or of all at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from entable.errors import BadInput

__all__ = ["Whole", "accuracy", "mae", "named", "rmse", "whole"]


class Whole:
    "A metric of all predictions and targets at once, such as a root or a rank; made by `whole`."

    def __init__(self, function: Callable[[Tensor, Tensor], Any], name: str) -> None:
        self.function, self.__name__ = function, name

    def __call__(self, pred: Tensor, y: Tensor) -> Any:
        "The metric of all rows."
        return self.function(pred, y)


def whole(function: Callable[[Tensor, Tensor], Any]) -> Whole:
    "Ask this metric once, of all held-out rows, instead of averaging it over batches."
    return Whole(function, getattr(function, "__name__", "metric"))


def accuracy(pred: Tensor, y: Tensor) -> Tensor:
    "Share of rows whose largest output is the class; of one output, whose sign is (0 or 1)."
    if pred.ndim == y.ndim:
        return ((pred > 0) == (y > 0.5)).float().mean()
    return (pred.argmax(1) == y).float().mean()


def mae(pred: Tensor, y: Tensor) -> Tensor:
    "Mean absolute error."
    return (pred - y).abs().mean()


def _rmse(pred: Tensor, y: Tensor) -> Tensor:
    return torch.sqrt(torch.mean((pred.double() - y.double()) ** 2))


rmse = Whole(_rmse, "rmse")  # root of the mean squared error of all rows


def named(metrics: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Metrics by name; a function's own name where none is given.

    Raises BadInput where two have one name, or that of a loss.
    """
    pairs = metrics.items() if isinstance(metrics, Mapping) else [(_name(m), m) for m in metrics]
    found = dict(pairs)
    if len(found) < len(metrics) or {"train_loss", "valid_loss"} & set(found):
        names = ", ".join(name for name, _ in pairs)
        raise BadInput(
            f"metrics named {names} came; names must differ from each other and from train_loss "
            "and valid_loss: give them as a dict, {name: function}"
        )
    return found


def _name(metric: Any) -> str:
    name = getattr(metric, "__name__", type(metric).__name__)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
