"""Divergence: the loss above which training makes no further step."""

import math
import sys
from typing import Any

from entable.data.checks import number
from entable.train.callbacks import Callback
from entable.train.losses import floor_of
from entable.train.run import Run

__all__ = ["Guard"]

_ROWS = 64  # a mean of fewer losses says too little to be a bound
_OLD = 0.98  # of the past in the smoothed loss, as in `recorder.Smooth`
_NEW = 1 - _OLD
_KEPT = ("sum", "weight", "best", "first", "known")


class Guard(Callback):
    """Sets the loss at which the smoothed loss would be `times` its best, and above its first.

    The loop stops there before the weights move. The first is the smoothed loss after 64 rows, the
    highest of all fits by the same loss: a model that is still better than it once was does not
    diverge, however near to zero its best loss came. Losses that may be negative are only held to
    be finite. times=inf: so are all. Raises BadInput unless times is above 1.
    """

    def __init__(self, times: float = 4.0) -> None:
        self.times = times if times == math.inf else number(times, "guard", 1.0)
        self.first, self._of = 0.0, object()  # of no loss yet
        self._begin()

    def _begin(self) -> None:
        self.sum, self.weight, self.best, self.known = 0.0, 0.0, math.inf, False

    def before_fit(self, run: Run) -> None:
        "Begin anew; what the first loss was is kept while the loss is the same."
        loss = run.learner.loss
        if loss is not self._of:
            self.first, self._of = 0.0, loss
        self._begin()
        floor = floor_of(loss)
        run.floor = -sys.float_info.max if floor is None else floor

    def after_step(self, run: Run) -> None:
        "Set the limit for the next step: the loss that would lift the smoothed one to the bound."
        self.sum += _NEW * (run.value - self.sum)
        self.weight += _NEW * (1 - self.weight)
        mean, best = self.sum / self.weight, self.best
        if not self.known:
            if run.rows >= _ROWS or run.epoch:
                self.first, self.best, self.known = max(self.first, mean), mean, True
            return
        if mean < best:
            best = self.best = mean
        if best > 0:
            bound, weight = self.times * best, self.weight
            bound = bound if bound > self.first else self.first
            run.limit = (bound * (weight + _NEW * (1 - weight)) - _OLD * self.sum) / _NEW
        else:
            run.limit = sys.float_info.max

    def state_dict(self) -> dict[str, Any]:
        "What a checkpoint must keep."
        return {name: getattr(self, name) for name in _KEPT}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there."
        vars(self).update({name: state[name] for name in _KEPT})
