"""What happened during training: losses, rates and metrics, as a table and as pictures."""

from typing import Any

import polars as pl

from entable.interpret.answer import Answer
from entable.interpret.plots import ACCENT, MUTED, WARM, canvas
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["Recorder", "Smooth"]


class Smooth:
    "An exponentially weighted mean with bias correction (Kingma & Ba 2015): `beta` of the past."

    def __init__(self, beta: float = 0.98) -> None:
        self.beta, self.sum, self.weight = beta, 0.0, 0.0

    def add(self, value: float) -> float:
        "The mean so far, with this value in it."
        self.sum += (1 - self.beta) * (value - self.sum)
        self.weight += (1 - self.beta) * (1 - self.weight)
        return self.sum / self.weight


class Recorder(Callback, Answer):
    """Losses of every batch, their smoothed mean, rate and momentum; metrics of every epoch.

    `steps`: a frame of step, epoch, loss, smooth, lr, momentum. `table`: a row for each epoch.
    What was recorded goes on from fit to fit.
    """

    title = "Training"

    def __init__(self, beta: float = 0.98) -> None:
        self.smooth = Smooth(beta)
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self.rates: list[float] = []
        self.momenta: list[float | None] = []
        self.epochs: list[dict[str, float]] = []

    def after_step(self, run: Run) -> None:
        "Keep what this step was."
        self.losses.append(run.value)
        self.smoothed.append(self.smooth.add(run.value))
        last = run.opt.param_groups[-1]
        self.rates.append(last["lr"])
        self.momenta.append(last["betas"][0] if "betas" in last else last.get("momentum"))

    def after_epoch(self, run: Run) -> None:
        "Keep the epoch's metrics."
        self.epochs.append({"epoch": len(self.epochs) + 1} | run.metrics)

    @property
    def steps(self) -> pl.DataFrame:
        "step (from 1), loss, smooth, lr, momentum."
        return pl.DataFrame(
            {
                "step": range(1, len(self.losses) + 1),
                "loss": self.losses,
                "smooth": self.smoothed,
                "lr": self.rates,
                "momentum": pl.Series(self.momenta, dtype=pl.Float64),
            }
        )

    @property
    def table(self) -> pl.DataFrame:
        "A row for each epoch: epoch, train_loss, valid_loss and metrics where there are any."
        return pl.DataFrame(self.epochs)

    def plot_loss(self, ax: Any = None) -> Any:
        "Loss of every batch and smoothed, held-out loss of every epoch; Matplotlib's Axes."
        ax = canvas(ax, title="Loss")
        ax.plot(self.losses, color=MUTED, lw=0.5, label="batch")
        ax.plot(self.smoothed, color=ACCENT, label="smoothed")
        held = [(row["step"], row["valid_loss"]) for row in self.epochs if "valid_loss" in row]
        if held:
            ax.plot(*zip(*held, strict=True), "o-", color=WARM, label="held out")
        ax.set_xlabel("step")
        ax.legend(frameon=False)
        return ax
