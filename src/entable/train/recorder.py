"""What happened during training: losses, rates and metrics, as a table and as pictures."""

import math
import time
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from entable._answer import Answer
from entable._plots import ACCENT, MUTED, WARM, canvas
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["Recorder", "Smooth"]

_APART = ("epoch", "step", "seconds")  # columns of the table that are no metrics
_LOSSES = ("train_loss", "valid_loss")


class Smooth:
    "An exponentially weighted mean with bias correction (Kingma & Ba 2015): `beta` of the past."

    def __init__(self, beta: float = 0.98) -> None:
        self.beta, self.sum, self.weight = beta, 0.0, 0.0

    def add(self, value: float) -> float:
        "The mean so far, with this value in it."
        self.sum += (1 - self.beta) * (value - self.sum)
        self.weight += (1 - self.beta) * (1 - self.weight)
        return self.sum / self.weight

    def state_dict(self) -> dict[str, Any]:
        "What the next mean depends on."
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there."
        vars(self).update(state)


class Recorder(Callback, Answer):
    """Losses of every batch, their smoothed mean, rate and momentum; metrics of every epoch.

    `steps`: a frame with a row for each step. `table`: a row for each epoch. Rate and momentum are
    the head's. What was recorded goes on from fit to fit.
    """

    title = "Training"
    _SERIES = ("losses", "smoothed", "rates", "momenta")

    def __init__(self, beta: float = 0.98) -> None:
        self.smooth = Smooth(beta)
        self.losses = array("d")
        self._smoothed = array("d")  # as far as it was asked for
        self.rates = array("d")
        self.momenta = array("d")  # not a number where there is none
        self.epochs: list[dict[str, float]] = []
        self._begun, self._before = time.perf_counter(), 0.0

    def before_epoch(self, run: Run) -> None:
        "Look at the clock."
        self._begun, self._before = time.perf_counter(), 0.0

    def after_step(self, run: Run) -> None:
        "Keep what this step was."
        self.losses.append(run.value)
        head = run.opt.param_groups[-1]
        self.rates.append(head["lr"])
        self.momenta.append(head["betas"][0] if "betas" in head else head.get("momentum", math.nan))

    def after_epoch(self, run: Run) -> None:
        "Keep the epoch's metrics."
        place = {"epoch": len(self.epochs) + 1, "step": len(self.losses)}
        self.epochs.append(place | run.metrics | {"seconds": self._seconds()})

    @property
    def smoothed(self) -> "array[float]":
        "The smoothed loss after every step."
        self._smoothed.extend(map(self.smooth.add, self.losses[len(self._smoothed) :]))
        return self._smoothed

    def _seconds(self) -> float:
        return self._before + time.perf_counter() - self._begun

    @property
    def steps(self) -> pl.DataFrame:
        "step and epoch (both from 1), loss, smooth, lr, momentum (null where there is none)."
        n = len(self.losses)
        ends = [row["step"] for row in self.epochs]
        return pl.DataFrame(
            {
                "step": np.arange(1, n + 1),
                "epoch": np.searchsorted(np.array(ends, np.int64), np.arange(n), "right") + 1,
                "loss": _series(self.losses),
                "smooth": _series(self.smoothed),
                "lr": _series(self.rates),
                "momentum": pl.Series(_series(self.momenta)).fill_nan(None),
            }
        )

    @property
    def table(self) -> pl.DataFrame:
        """A row for each epoch: epoch, step (its last), train_loss, valid_loss and metrics where
        there are any, seconds.
        """
        return pl.DataFrame(self.epochs, infer_schema_length=None)

    @property
    def shown(self) -> pl.DataFrame:
        "The table without the column of steps."
        return self.table.drop("step", strict=False)

    def plot(self, ax: Any = None) -> Any:
        "The losses; Matplotlib's Axes."
        return self.plot_loss(ax)

    def plot_loss(self, ax: Any = None, skip: int = 0) -> Any:
        """Loss of every batch and smoothed, held-out loss of every epoch; Matplotlib's Axes.

        skip: leave out so many first steps, whose losses may dwarf the others.
        """
        ax = canvas(ax, title="Loss")
        at = range(skip + 1, len(self.losses) + 1)
        ax.plot(at, self.losses[skip:], color=MUTED, lw=0.5, alpha=0.6, label="batch")
        ax.plot(at, self.smoothed[skip:], color=ACCENT, lw=1.8, label="smoothed")
        held = [(row["step"], row["valid_loss"]) for row in self.epochs if "valid_loss" in row]
        if held := [pair for pair in held if pair[0] > skip]:
            ax.plot(*zip(*held, strict=True), "o-", color=WARM, lw=1.2, ms=4, label="held out")
        ax.set_xlabel("step")
        ax.legend(frameon=False, fontsize=9)
        return ax

    def plot_lr(self, ax: Any = None) -> Any:
        "Learning rate of every step and, on an axis of its own, momentum; Matplotlib's Axes."
        ax = canvas(ax, title="Learning rate and momentum")
        at = range(1, len(self.rates) + 1)
        ax.plot(at, self.rates, color=ACCENT)
        ax.set_xlabel("step")
        ax.set_ylabel("learning rate", color=ACCENT)
        if not all(map(math.isnan, self.momenta)):
            other = canvas(ax.twinx())
            other.plot(at, self.momenta, color=WARM)
            other.set_ylabel("momentum", color=WARM)
        else:
            ax.set_title("Learning rate", loc="left")
        return ax

    def plot_metrics(self, ax: Any = None) -> Any:
        "Metrics of every epoch, one panel below the other; Matplotlib's Axes, which holds them."
        names = self._metrics()
        ax = canvas(ax, height=max(1.6 * len(names), 3.0), title="Held-out metrics")
        for panel, name in zip(_panels(ax, len(names)), names, strict=True):
            points = [(row["epoch"], row[name]) for row in self.epochs if name in row]
            panel.plot(*zip(*points, strict=True), "o-", color=ACCENT, ms=4)
            panel.set_ylabel(name)
            panel.xaxis.get_major_locator().set_params(integer=True)
            panel.tick_params(labelbottom=name == names[-1])
            panel.set_xlabel("epoch" if name == names[-1] else "")
        return ax

    def _metrics(self) -> list[str]:
        "Names of the metrics; of the losses where there are no others."
        names = dict.fromkeys(name for row in self.epochs for name in row if name not in _APART)
        return [name for name in names if name not in _LOSSES] or list(names)

    def state_dict(self) -> dict[str, Any]:
        "Everything recorded, for a checkpoint."
        kept = {name: _series(getattr(self, name)).copy() for name in self._SERIES}
        table = {"epochs": [dict(row) for row in self.epochs], "seconds": self._seconds()}
        return kept | {"smooth": self.smooth.state_dict()} | table

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Everything recorded, from a checkpoint."
        self.smooth.load_state_dict(state["smooth"])
        for name in self._SERIES:
            own = "_smoothed" if name == "smoothed" else name
            setattr(self, own, array("d", np.asarray(state[name]).tobytes()))
        self.epochs = [dict(row) for row in state["epochs"]]
        self._begun, self._before = time.perf_counter(), state["seconds"]


def _series(values: Sequence[float]) -> Any:  # (n,) float64
    return np.frombuffer(values, np.float64) if len(values) else np.zeros(0)  # type: ignore[call-overload]


def _panels(ax: Any, n: int) -> list[Any]:
    "The Axes itself for one panel, else n of them inside, from top to bottom."
    if n < 2:
        return [ax] * n
    ax.axis("off")
    height = 1 / (n + 0.25 * (n - 1))
    return [canvas(ax.inset_axes((0, 1 - height * (1 + 1.25 * k), 1, height))) for k in range(n)]
