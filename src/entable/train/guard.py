"""Divergence: the loss above which training makes no further step."""

import math
import sys
from typing import Any

from entable.data.checks import number
from entable.train.callbacks import Callback
from entable.train.losses import floor_of
from entable.train.recorder import Smooth
from entable.train.run import Run

__all__ = ["Guard"]

_ROWS = 64  # a mean of fewer losses says too little to be a bound


class Guard(Callback):
    """Sets the loss at which the smoothed loss would be `times` its best, and above its first.

    The loop stops there before the weights move. The first is the smoothed loss after 64 rows, the
    highest of all fits by the same loss: a model that is still better than it once was does not
    diverge, however near to zero its best loss came. Losses that may be negative are only held to
    be finite. times=inf: so are all. Raises BadInput unless times is above 1.
    """

    def __init__(self, times: float = 4.0) -> None:
        self.times = times if times == math.inf else number(times, "guard", 1.0)
        self.smooth, self.best, self.first = Smooth(), math.inf, 0.0
        self._known = False
        self._of: Any = None

    def before_fit(self, run: Run) -> None:
        "Begin anew; what the first loss was is kept while the loss is the same."
        loss = run.learner.loss
        if loss is not self._of:
            self.first, self._of = 0.0, loss
        self.smooth, self.best, self._known = Smooth(), math.inf, False
        floor = floor_of(loss)
        run.floor = -sys.float_info.max if floor is None else floor

    def after_step(self, run: Run) -> None:
        "Set the limit for the next step."
        mean = self.smooth.add(run.value)
        if mean < self.best:
            self.best = mean
        if self._known:
            run.limit = self.limit()
        elif run.rows >= _ROWS or run.epoch:
            self.first, self._known = max(self.first, mean), True

    def limit(self) -> float:
        "The loss of one step that lifts the smoothed loss to the bound."
        smooth, new = self.smooth, 1 - self.smooth.beta
        bound = max(self.times * self.best, self.first)
        weight = smooth.weight + new * (1 - smooth.weight)
        if self.best <= 0:
            return sys.float_info.max
        return (bound * weight - smooth.beta * smooth.sum) / new

    def state_dict(self) -> dict[str, Any]:
        "What a checkpoint must keep."
        return {
            "sum": self.smooth.sum, "weight": self.smooth.weight, "best": self.best,
            "first": self.first, "known": self._known,
        }  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there."
        self.smooth.sum, self.smooth.weight = state["sum"], state["weight"]
        self.best, self.first, self._known = state["best"], state["first"], state["known"]
