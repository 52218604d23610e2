"""Logs of a training: CSV files, and event files for TensorBoard."""

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from entable._extras import need
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["CsvLog", "TensorBoardLog"]

_STEP = ("step", "loss", "smooth", "lr", "momentum")


class CsvLog(Callback):
    """Writes `steps.csv`, a row every so many steps, and `epochs.csv`, into a folder.

    They say what the Recorder does. Older files there are replaced, unless a checkpoint is resumed:
    then rows after it are taken back and the files go on. Raises BadInput where they cannot be
    written, and for metrics that change from fit to fit.
    """

    def __init__(self, folder: str | os.PathLike[str], every: int = 1) -> None:
        self.folder, self.every = Path(folder), at_least_one(every, "every")
        self._ends: dict[str, int] = {}  # bytes of each file that are ours
        self._heads: dict[str, list[str]] = {}
        self._files: dict[str, TextIO] = {}

    def after_step(self, run: Run) -> None:
        "A row of this step, if it is time."
        recorder = run.learner.recorder
        if len(recorder.losses) % self.every == 0:
            self._write("steps.csv", _STEP, _last(run))

    def after_epoch(self, run: Run) -> None:
        "A row of this epoch; what was written is on its way to the disk."
        row = run.learner.recorder.epochs[-1]
        self._write("epochs.csv", list(row), list(row.values()))
        self._flush()

    def after_fit(self, run: Run) -> None:
        "Close the files; a further fit goes on in them."
        self._flush()
        for file in self._files.values():
            file.close()
        self._files = {}

    def state_dict(self) -> dict[str, Any]:
        "How long the files are."
        self._flush()
        return {"ends": dict(self._ends), "heads": dict(self._heads)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Take back what was written later."
        self._files = {}
        self._ends, self._heads = dict(state["ends"]), dict(state["heads"])

    def _flush(self) -> None:
        for name, file in self._files.items():
            file.flush()
            self._ends[name] = file.tell()

    def _write(self, name: str, head: Sequence[str], row: Sequence[float]) -> None:
        if name not in self._files:
            self._files[name] = self._opened(name)
        known = self._heads.setdefault(name, list(head))
        if known != list(head):
            raise BadInput(
                f"{self.folder / name} has columns {', '.join(known)}; {', '.join(head)} came: "
                "give the other metrics a log in another folder"
            )
        out = csv.writer(self._files[name], lineterminator="\n")
        if not self._ends.get(name):
            out.writerow(head)
            self._ends[name] = 1
        out.writerow(["" if value != value else value for value in row])

    def _opened(self, name: str) -> TextIO:
        "The file from where we left it; what stands behind that is cut off."
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            there = path.stat().st_size if path.exists() else 0
            end = self._ends[name] = min(self._ends.get(name, 0), there)
            if end < there:
                os.truncate(path, end)
            return path.open("a", encoding="utf-8", newline="")
        except OSError as error:
            raise BadInput(
                f"{path} cannot be written ({error.strerror}): name another folder for the log"
            ) from error


class TensorBoardLog(Callback):
    """Writes event files for TensorBoard into a folder: each step's loss and rate, epochs' metrics.

    Needs tensorboardX, which is small: pip install 'entable[tensorboard]'; TensorBoard itself may
    be anywhere. After a resume from a checkpoint TensorBoard hides what was written after it.
    Raises MissingExtra.
    """

    def __init__(self, folder: str | os.PathLike[str], every: int = 1) -> None:
        self.folder, self.every = Path(folder), at_least_one(every, "every")
        self._make = need("tensorboardX").SummaryWriter
        self._out: Any = None
        self._purge: int | None = None

    def after_step(self, run: Run) -> None:
        "Loss, smoothed loss, rate and momentum, if it is time."
        step = len(run.learner.recorder.losses)
        if step % self.every == 0:
            for name, value in zip(_STEP[1:], _last(run)[1:], strict=True):
                if not math.isnan(value):
                    self._writer().add_scalar(f"step/{name}", value, step)

    def after_epoch(self, run: Run) -> None:
        "The epoch's metrics."
        step = len(run.learner.recorder.losses)
        for name, value in run.metrics.items():
            self._writer().add_scalar(f"epoch/{name}", value, step)
        self._writer().flush()

    def after_fit(self, run: Run) -> None:
        "Close the file; a further fit begins another beside it."
        if self._out is not None:
            self._out.close()
            self._out = None

    def state_dict(self) -> dict[str, Any]:
        "Nothing: the Recorder knows the step."
        if self._out is not None:
            self._out.flush()
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Steps that are done anew hide those that were written before."
        self._purge = -1

    def _writer(self) -> Any:
        if self._out is None:
            self._out = self._make(str(self.folder), purge_step=self._purge)
        return self._out


def _last(run: Run) -> list[float]:
    recorder = run.learner.recorder
    n = len(recorder.losses)
    series = (recorder.losses, recorder.smoothed, recorder.rates, recorder.momenta)
    return [n, *(values[-1] for values in series)]
