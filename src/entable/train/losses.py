"""Losses: what their outputs mean to people, and how rows and classes weigh."""

import copy
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from entable.data.checks import number
from entable.errors import BadInput

__all__ = [
    "Loss",
    "Weighted",
    "activation_of",
    "class_weights",
    "decode_of",
    "floor_of",
    "log_target",
    "meaning",
    "sequence_cross_entropy",
    "within",
]

Function = Callable[..., Any]


class Loss:
    """A loss that says what its outputs mean: `Loss(function, activation=, decode=)`.

    function(pred, y) gives one number. activation turns the model's output into what a person
    reads, such as a probability; decode turns that into an answer, such as a class. What is not
    given is what the function itself would mean. pred and target are what becomes of outputs and
    targets before they are compared.
    """

    def __init__(
        self,
        function: Function,
        activation: Function | None = None,
        decode: Function | None = None,
        pred: Function | None = None,
        target: Function | None = None,
    ) -> None:
        self.function, self.pred, self.target = function, pred, target
        self.activation = activation or activation_of(function)
        self.decode = decode or decode_of(function)
        self.__name__ = _name(function)

    def __call__(self, pred: Any, y: Any) -> Any:
        "The loss of outputs and targets."
        pred = pred if self.pred is None else self.pred(pred)
        return self.function(pred, y if self.target is None else self.target(y))

    def to(self, device: torch.device) -> "Loss":
        "Weights of classes and the like on a device."
        if isinstance(self.function, (nn.Module, Loss)):
            self.function.to(device)
        return self


class Weighted(Loss):
    """The mean over rows of weight times loss: for batches whose target is (y, weights).

    `Batches(..., weights=)` makes them, with a mean of 1; a target without weights counts evenly.
    The loss is any of torch's, or a function that gives a number for each row.
    Raises BadInput where it gives anything else.
    """

    def __init__(self, function: Function) -> None:
        super().__init__(_by_row(function), activation_of(function), decode_of(function))

    def __call__(self, pred: Any, y: Any) -> Tensor:
        "The weighted loss of outputs and (targets, weights)."
        y, weights = y if isinstance(y, tuple) else (y, None)
        each, n = self.function(pred, y), len(pred)  # each: (B,) or (B, ...)
        if not isinstance(each, Tensor) or each.shape[:1] != (n,):
            raise BadInput(
                f"{self.__name__} does not give a number for each row, so rows cannot weigh: give "
                "Weighted a function that does"
            )
        each = each.reshape(n, -1).mean(1)  # (B,)
        return each.mean() if weights is None else (each * weights).mean()


def within(low: float, high: float, loss: Function = fn.mse_loss) -> Loss:
    """A loss of outputs squeezed between two bounds by a sigmoid, which never arrives at them.

    Raises BadInput unless low < high.
    """
    a, b = number(low, "low"), number(high, "high")
    if not a < b:
        raise BadInput(f"within({low}, {high}) came; the lower bound must be below the upper one")

    def squeeze(pred: Tensor) -> Tensor:
        return a + (b - a) * torch.sigmoid(pred)

    return Loss(loss, squeeze, pred=squeeze)


def log_target(loss: Function = fn.mse_loss) -> Loss:
    "A loss of the target's logarithm: relative errors count, and people read exp(output)."
    return Loss(loss, torch.exp, target=torch.log)


def class_weights(y: Any, power: float = 1.0) -> Tensor:
    """A weight for each class that balances rare and frequent ones: (n / classes / count) ** power.

    y: whole numbers from 0. power 1 makes classes count alike, 0 rows. A class without rows gets 0.
    For the `weight=` of cross-entropy. Raises BadInput for no rows or other numbers.
    """
    y = torch.as_tensor(y)
    if not y.numel() or y.is_floating_point() or y.min() < 0:
        raise BadInput("class_weights wants the classes of some rows, as whole numbers from 0 on")
    counts = torch.bincount(y.reshape(-1)).double()
    weights = (counts.sum() / (counts > 0).sum() / counts) ** power
    return torch.where(counts > 0, weights, 0.0).float()


def meaning(loss: Function) -> Function:
    "The kind of a loss: its class if it is a module, the function inside of what wraps it."
    while isinstance(loss, (partial, Loss)):
        loss = loss.func if isinstance(loss, partial) else loss.function
    return type(loss) if isinstance(loss, nn.Module) else loss


def activation_of(loss: Function) -> Function:
    "What turns the model's output into what a person reads; the output itself for most losses."
    own = getattr(loss, "activation", None)
    if callable(own):
        return own  # type: ignore[no-any-return]
    settings = loss.keywords if isinstance(loss, partial) else getattr(loss, "__dict__", {})
    known = settings.get("log_input", True)  # a Poisson loss may be given the rate itself
    return _ACTIVATIONS.get(meaning(loss), _same) if known else _same


def decode_of(loss: Function) -> Function:
    "What turns that into an answer: the most likely class of several, yes or no, or the number."
    own = getattr(loss, "decode", None)
    if callable(own):
        return own  # type: ignore[no-any-return]
    return _DECODES.get(meaning(loss), _same)


def floor_of(loss: Function) -> float | None:
    "What a loss is not below if its inputs are what it wants (0, rounded); None if unknown."
    return -1e-4 if meaning(loss) in _POSITIVE else None


def _same(pred: Any) -> Any:
    return pred


def _softmax(pred: Tensor) -> Tensor:
    return torch.softmax(pred, 1)


def _largest(pred: Tensor) -> Tensor:
    return pred.argmax(1)


def _likelier(pred: Tensor) -> Tensor:
    return pred > 0.5


_CLASSES = (nn.CrossEntropyLoss, fn.cross_entropy, nn.NLLLoss, fn.nll_loss)
_BINARY = (
    nn.BCEWithLogitsLoss, fn.binary_cross_entropy_with_logits, nn.BCELoss, fn.binary_cross_entropy,
    nn.MultiLabelSoftMarginLoss, fn.multilabel_soft_margin_loss, nn.SoftMarginLoss,
    fn.soft_margin_loss,
)  # fmt: skip
_POSITIVE = {
    *_CLASSES, *_BINARY, nn.MSELoss, fn.mse_loss, nn.L1Loss, fn.l1_loss, nn.HuberLoss,
    fn.huber_loss, nn.SmoothL1Loss, fn.smooth_l1_loss,
}  # fmt: skip
_ACTIVATIONS: dict[Any, Function] = {
    **dict.fromkeys(_CLASSES[:2], _softmax),
    **dict.fromkeys((*_CLASSES[2:], nn.PoissonNLLLoss, fn.poisson_nll_loss), torch.exp),
    **dict.fromkeys((*_BINARY[:2], *_BINARY[4:]), torch.sigmoid),
}
_DECODES: dict[Any, Function] = {
    **dict.fromkeys(_CLASSES, _largest),
    **dict.fromkeys(_BINARY, _likelier),
}


def _name(function: Function) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _by_row(function: Function) -> Function:
    "A loss of torch without its mean; other functions as they are."
    if isinstance(function, Loss):
        function = copy.copy(function)
        function.function = _by_row(function.function)
        return function
    if isinstance(function, nn.Module):
        function = copy.copy(function)
        function.reduction = "none"  # type: ignore[assignment]
        return function
    try:
        known = "reduction" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        known = False
    return partial(function, reduction="none") if known else function


def _by_step(pred: Tensor, y: Tensor, **rest: Any) -> Tensor:
    return fn.cross_entropy(pred.float().flatten(0, 1), y.flatten(), **rest)


# Cross-entropy of every step: scores (B, T, V) and answers (B, T) are laid out as B T rows of V
# scores and B T answers, for to the loss a step of a text is a row like any other. -100: left out.
sequence_cross_entropy = Loss(
    _by_step, lambda pred: torch.softmax(pred, -1), lambda pred: pred.argmax(-1)
)
