"""The best epoch: ending when nothing gets better, keeping the weights that were best."""

import math
from typing import Any

from torch import Tensor

from entable.data.checks import at_least_one, number
from entable.errors import BadInput
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["EarlyStop", "KeepBest"]


class _Best(Callback):
    "Whether an epoch's metric is better than all before, by more than `least`."

    def __init__(self, by: str, least: float, high: bool) -> None:
        self.by, self.least, self.high = by, number(least, "least", -1e-300), bool(high)
        self.best, self.epoch, self.waited = math.nan, 0, 0

    def before_fit(self, run: Run) -> None:
        "Each fit begins anew."
        self.best, self.epoch, self.waited = math.nan, 0, 0

    def better(self, run: Run) -> bool:
        "Look at this epoch; BadInput where it has no such metric."
        if self.by not in run.metrics:
            known = ", ".join(run.metrics)
            raise BadInput(
                f"there is no {self.by!r} to judge epochs by; there are {known} (the loss and "
                "metrics of held-out rows need valid=)"
            )
        value, best = run.metrics[self.by], self.best
        gain = value - best if self.high else best - value
        if math.isnan(best) or gain > self.least:
            self.best, self.epoch, self.waited = value, run.epoch + 1, 0
            return True
        self.waited += 1
        return False

    def state_dict(self) -> dict[str, Any]:
        "What a checkpoint must keep."
        return {"best": self.best, "epoch": self.epoch, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there."
        self.best, self.epoch, self.waited = state["best"], state["epoch"], state["waited"]


class EarlyStop(_Best):
    """Ends training after `patience` epochs in a row that were no better than the best by `least`.

    by: "valid_loss", "train_loss" or a metric's name; high: more of it is better.
    `best` and `epoch` (from 1) say which was best.
    """

    def __init__(
        self, by: str = "valid_loss", patience: int = 3, least: float = 0.0, high: bool = False
    ) -> None:
        super().__init__(by, least, high)
        self.patience = at_least_one(patience, "patience")

    def after_epoch(self, run: Run) -> None:
        "End it if the patience is at its end."
        if not self.better(run) and self.waited >= self.patience:
            epochs = f"{self.waited} epoch{'s' * (self.waited > 1)}"
            run.stop = f"{self.by} has not been better for {epochs}"


class KeepBest(_Best):
    """Keeps the weights of the best epoch and, when training ends, gives them back to the model.

    by: "valid_loss", "train_loss" or a metric's name; high: more of it is better.
    `best` and `epoch` (from 1) say which was best. The optimizer's moments stay as they are.
    """

    def __init__(self, by: str = "valid_loss", high: bool = False) -> None:
        super().__init__(by, 0.0, high)
        self.weights: dict[str, Tensor] = {}

    def before_fit(self, run: Run) -> None:
        "Forget what an earlier fit kept."
        super().before_fit(run)
        self.weights = {}

    def after_epoch(self, run: Run) -> None:
        "Copy the weights if this epoch was the best so far."
        if self.better(run):
            state = run.model.state_dict()
            self.weights = {name: tensor.detach().clone() for name, tensor in state.items()}

    def after_fit(self, run: Run) -> None:
        "Give the best weights back."
        if self.weights:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        "What a checkpoint must keep."
        return super().state_dict() | {"weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there."
        super().load_state_dict(state)
        self.weights = dict(state["weights"])
