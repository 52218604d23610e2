"""Which learning rate? A sweep through all of them, and four opinions on what it shows."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, GROUPS, MUTED, PALE, canvas
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train.batches import mixed
from entable.train.callbacks import Bound, Callback
from entable.train.faults import no_steps
from entable.train.recorder import Smooth
from entable.train.run import Diverged, Run
from entable.train.untouched import untouched

if TYPE_CHECKING:
    from entable.train.learner import Learner

__all__ = ["LRs", "lr_find"]

_TIMES = 4.0  # the sweep ends where the smoothed loss is above its best by this
_FIRST, _LAST = 0.1, 5  # a smoothed loss begins with noise and ends with an explosion: left out
_WINDOW, _ALIKE = 0.15, 0.005  # of `slide`: a share of the sweep, and of the loss for each step


@dataclass(frozen=True, eq=False, repr=False)
class LRs(Answer):
    """Losses by learning rate, and four suggestions; `suggest` is the valley's.

    rates, losses, smooth: one number for each step of the sweep. why: what ended it. steps: how
    many there were to be.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smooth: NDArray[np.float64]
    steps: int
    why: str

    @property
    def suggest(self) -> float:
        "The rate to begin with: that of the valley."
        return self.valley

    @property
    def valley(self) -> float:
        "The middle of the longest run along which the smoothed loss falls."
        rates, smooth = self._inner
        return float(rates[_middle(smooth.tolist())])

    @property
    def steep(self) -> float:
        """Where the smoothed loss falls fastest, over the logarithm of the rate.

        On the way down to its minimum: behind it a loss that explodes and comes back would count.
        """
        rates, smooth = self._inner
        low = int(smooth.argmin())
        return float(rates[np.gradient(smooth)[: low + 1].argmin()] if low else rates[0])

    @property
    def minimum(self) -> float:
        "A tenth of the rate at which the smoothed loss is lowest."
        rates, smooth = self._inner
        return float(rates[smooth.argmin()]) / 10

    @property
    def slide(self) -> float:
        "From the right, the first rate behind which the slope no longer changes."
        rates, smooth = self._inner
        return float(rates[_slid(smooth, round(_WINDOW * self.steps))])

    @property
    def _inner(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n = len(self.rates)
        first, last = int(n * _FIRST), n - _LAST
        kept = slice(first, last) if last - first >= 10 else slice(None)
        return self.rates[kept], self.smooth[kept]

    @property
    def title(self) -> str:  # type: ignore[override]
        "The suggestion in a sentence."
        return f"A learning rate of {self.suggest:.2g}"

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        "Why the sweep ended, and whether anything was learnt in it."
        told = [f"{len(self.rates)} of {self.steps} steps, up to {self.rates[-1]:.2g}: {self.why}."]
        _, smooth = self._inner
        if not smooth.min() < smooth[0]:
            told.append("The loss never fell, so none of these rates can be trusted.")
        return tuple(told)

    @property
    def table(self) -> pl.DataFrame:
        "suggestion, rate, loss (the smoothed one at that rate)."
        names = ("valley", "steep", "minimum", "slide")
        found = [getattr(self, name) for name in names]
        at = [float(np.interp(np.log(r), np.log(self.rates), self.smooth)) for r in found]
        return pl.DataFrame({"suggestion": names, "rate": found, "loss": at})

    def plot(self, ax: Any = None) -> Any:
        "Losses by rate, with the suggestions marked; Matplotlib's Axes."
        ax = canvas(ax, title=self.title)
        ax.plot(self.rates, self.losses, color=PALE, lw=0.8, label="batch")
        ax.plot(self.rates, self.smooth, color=ACCENT, lw=1.8, label="smoothed")
        marks = zip(self.table.iter_rows(), "osD^", GROUPS[1:], strict=False)
        for (name, rate, loss), shape, color in marks:
            ax.axvline(rate, color=color, lw=0.6, ls=":")
            ax.plot(rate, loss, shape, color=color, ms=7, label=f"{_TOLD[name]} {rate:.2g}")
        low = int(self.smooth.argmin())
        bottom, top = self.smooth[low], self.smooth[: low + 1].max()
        room = top - bottom or abs(top) or 1.0
        ax.set_ylim(bottom - 0.15 * room, top + 0.4 * room)
        ax.set_xscale("log")
        ax.set_xlabel("learning rate")
        ax.set_ylabel("loss")
        ax.legend(frameon=False, fontsize=9, labelcolor=MUTED)
        return ax


_TOLD = {"valley": "valley", "steep": "steep", "minimum": "minimum / 10", "slide": "slide"}


def lr_find(
    learner: "Learner",
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    callbacks: Iterable[Callback] = (),
) -> LRs:
    """Train with rates from start to end by equal factors, and give everything back as it was.

    Step i of n has the rate start * (end / start) ** (i / n) in every layer group (Smith 2017).
    It ends where the smoothed loss is above four times its best, or not finite. Weights, optimizer,
    random states, statistics, data order and recorder are the same bits as before, also if an error
    comes. callbacks: those without which training would not be what it is; no others are told.
    Raises BadInput for rates or steps that make no sweep, Diverged where the first loss is no
    number.
    """
    if not 0 < start < end < np.inf:
        raise BadInput(f"start={start}, end={end} came; 0 < start < end was wanted")
    n = at_least_one(steps, "steps")
    sweep = _Sweep(start * (end / start) ** (np.arange(n) / n))
    with untouched(learner):
        run = learner._begin(1, start, None, False)
        run.epochs = -(-n // run.steps)
        _swept(learner, run, Bound([sweep, *callbacks]))
    done = len(sweep.losses)
    losses, smooth = np.array(sweep.losses), np.array(sweep.smooth)
    return LRs(sweep.rates[:done], losses, smooth, n, run.stop or "")


def _swept(learner: "Learner", run: Run, on: Bound) -> None:
    "The learner's own loop, epoch after epoch, until the sweep stops it."
    try:
        with learner.place.computing():
            while not run.stop:
                learner.place.seed(mixed(learner.seed, run.before + run.epoch))
                learner._train(run, on)
                if not run.rows:
                    raise no_steps(run)
                run.epoch, run.step, run.rows = run.epoch + 1, 0, 0
    except Diverged:
        if not run.done:
            raise
        run.stop = "the next step diverged"


class _Sweep(Callback):
    "Sets each step's rate, keeps its loss, and stops."

    def __init__(self, rates: NDArray[np.float64]) -> None:
        self.rates, self.mean, self.best = rates, Smooth(), np.inf
        self.losses: list[float] = []
        self.smooth: list[float] = []

    def before_step(self, run: Run) -> None:
        "This step's rate, for every group."
        for group in run.opt.param_groups:
            group["lr"] = float(self.rates[len(self.losses)])

    def after_step(self, run: Run) -> None:
        "Keep the loss; enough is known at the last rate and where the loss explodes."
        self.losses.append(run.value)
        self.smooth.append(self.mean.add(run.value))
        self.best = min(self.best, self.smooth[-1])
        if self.smooth[-1] > self.best + (_TIMES - 1) * abs(self.best):
            run.stop = "the smoothed loss was above four times its best"
        elif len(self.losses) == len(self.rates):
            run.stop = "all rates were tried"


def _middle(losses: Sequence[float]) -> int:
    """The middle of the longest falling run, the first of several.

    A run may be broken by a few steps up: it is as long as the longest falling subsequence, and
    ends where that ends.
    """
    lowest: list[float] = []  # lowest[n]: the end of falling n + 1 times, negated, as low as can be
    longest, end = 0, 0
    for i, loss in enumerate(losses):
        length = bisect_left(lowest, -loss)
        lowest[length : length + 1] = [-loss]
        if length + 1 > longest:
            longest, end = length + 1, i
    return end - longest // 2


def _slid(smooth: NDArray[np.float64], window: int) -> int:
    "Slide a window to the left while the slopes at its two ends differ."
    slopes = np.gradient(smooth) / max(abs(smooth[0]), 1e-300) if len(smooth) > 1 else smooth * 0
    right = len(smooth) - 1
    left = found = right - min(max(window, 1), right)
    while left >= 0 and abs(slopes[right] - slopes[left]) > _ALIKE:
        found, left, right = left, left - 1, right - 1
    return found
