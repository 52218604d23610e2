"""What callbacks see of a training that is under way."""

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from entable.errors import EntableError

if TYPE_CHECKING:
    from entable.train.learner import Learner

__all__ = ["Diverged", "Run"]


class Diverged(EntableError, ArithmeticError):
    "The loss is not finite, or far above its best; the weights are those of the last good step."


@dataclass(eq=False)
class Run:
    """A training under way: what it works with, where it is, what the last step gave.

    epoch and step (of the epoch) count from 0; done counts steps of the whole fit, of `total`.
    loss is a tensor of one number, value the same as a float.
    A callback ends training after a step by setting stop to a reason. A loss that is not between
    floor and limit (NaN is not) ends it at once, before the weights move.
    """

    learner: "Learner"
    model: nn.Module
    opt: Any
    batches: Any
    epochs: int
    steps: int  # of an epoch
    before: int = 0  # epochs of earlier fits
    callbacks: tuple[Any, ...] = ()  # all that listen, in their order
    epoch: int = 0
    step: int = 0
    done: int = 0
    batch: Any = None
    pred: Any = None
    loss: Tensor | Any = None
    value: float = float("nan")
    floor: float = -sys.float_info.max
    limit: float = sys.float_info.max
    stop: str | None = None
    rows: int = 0  # of this epoch so far
    summed: float = 0.0  # loss times rows of this epoch so far
    metrics: dict[str, float] = field(default_factory=dict)

    def interrupt(self) -> None:
        "End training after the step that it is in."
        self.stop = "interrupted"

    @property
    def total(self) -> int:
        "Steps of the whole fit."
        return self.epochs * self.steps

    @property
    def progress(self) -> float:
        "The share of the fit that is done, from 0 to 1."
        return self.done / max(self.total, 1)
