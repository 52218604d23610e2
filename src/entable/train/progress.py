"""A live line while a training goes on, for a person at a terminal."""

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Line
from rich.text import Text

from entable._answer import printable
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["Progress"]

_EVERY = 0.1  # seconds between two looks
_WIDE = 11  # signs of a column


class Progress(Callback):
    """Shows how far a fit is, its smoothed loss and rate, and a line of metrics for each epoch.

    On stderr, or the console of Rich that is given. Nothing is written where that is no terminal,
    nor with quiet=True.
    """

    looks = True

    def __init__(self, quiet: bool = False, console: Console | None = None) -> None:
        self.quiet, self.console = quiet, console
        self._line: Line | None = None
        self._task: Any = None
        self._next = 0.0

    def before_fit(self, run: Run) -> None:
        "Begin the line if somebody can see it."
        console = self.console or Console(stderr=True)
        self._line, self._head = None, ""
        if self.quiet or not console.is_terminal:
            return
        self._line = Line(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[text]}", markup=False),
            console=console,
            transient=True,
            auto_refresh=False,  # no thread beside the training
        )
        self._task = self._line.add_task("epoch 1", total=run.total, text="")
        self._line.start()

    def after_step(self, run: Run) -> None:
        "Bring the line up to date, ten times a second at most."
        if self._line is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self._show(run)

    def after_train(self, run: Run) -> None:
        "Show where it is while held-out batches are looked at."
        self._show(run)

    def after_epoch(self, run: Run) -> None:
        "Write the epoch's metrics above the line."
        if self._line is None:
            return
        names = ["epoch", *run.metrics]
        head = "".join(name[: _WIDE - 1].rjust(_WIDE) for name in names)
        if head != self._head:
            self._print(head, "bold")
        self._head = head
        values = [f"{value:.4f}".rjust(_WIDE) for value in run.metrics.values()]
        self._print(f"{run.epoch + 1}".rjust(_WIDE) + "".join(values))

    def after_fit(self, run: Run) -> None:
        "Take the line away."
        if self._line is not None:
            self._line.stop()
            self._line = None

    def _print(self, line: str, style: str = "") -> None:
        assert self._line is not None
        self._line.console.print(Text(printable(line), style), overflow="ellipsis", no_wrap=True)

    def _show(self, run: Run) -> None:
        if self._line is None:
            return
        smoothed = run.learner.recorder.smoothed
        loss = f"loss {smoothed[-1]:.4f}  " if smoothed else ""
        self._line.update(
            self._task,
            completed=run.done,
            total=run.total,
            description=f"epoch {run.epoch + 1} of {run.epochs}",
            text=f"{loss}lr {run.opt.param_groups[-1]['lr']:.2e}",
            refresh=True,
        )
