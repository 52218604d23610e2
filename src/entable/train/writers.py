"""Logs of a training: CSV files, and event files for TensorBoard."""

import csv
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train import events
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["CsvLog", "TensorBoardLog"]

_STEP = ("step", "loss", "smooth", "lr", "momentum")
_FLUSH = 5.0  # seconds that an event may wait on its way to the disk


class CsvLog(Callback):
    """Writes `steps.csv`, a row every so many steps, and `epochs.csv`, into a folder.

    They say what the Recorder does. Older files there are replaced, unless a checkpoint is resumed:
    then rows after it are taken back and the files go on. Raises BadInput where they cannot be
    written, and for metrics that change from fit to fit.
    """

    looks = True

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
        try:
            self._flush()
        finally:
            self._close()

    def state_dict(self) -> dict[str, Any]:
        "How long the files are."
        self._flush()
        return {"ends": dict(self._ends), "heads": dict(self._heads)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Take back what was written later."
        self._close()
        self._ends, self._heads = dict(state["ends"]), dict(state["heads"])

    def _close(self) -> None:
        files, self._files = self._files, {}
        with ExitStack() as stack:  # one that fails does not leave the others open
            for name, file in files.items():
                stack.enter_context(_written(self.folder / name))
                stack.callback(file.close)

    def _flush(self) -> None:
        for name, file in self._files.items():
            with _written(self.folder / name):
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
        with _written(self.folder / name):
            if not self._ends.get(name):
                out.writerow(head)
                self._ends[name] = 1
            out.writerow(["" if value != value else value for value in row])

    def _opened(self, name: str) -> TextIO:
        "The file from where we left it; what stands behind that is cut off."
        path = self.folder / name
        with _written(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            there = path.stat().st_size if path.exists() else 0
            end = self._ends[name] = min(self._ends.get(name, 0), there)
            if end < there:
                os.truncate(path, end)
            return path.open("a", encoding="utf-8", newline="")


class TensorBoardLog(Callback):
    """Writes event files for TensorBoard into a folder: each step's loss and rate, epochs' metrics.

    Neither TensorBoard nor anything else is needed to write them. Each fit has a file of its own;
    after a resume from a checkpoint TensorBoard hides what was written after it. Raises BadInput
    where they cannot be written.
    """

    looks = True

    def __init__(self, folder: str | os.PathLike[str], every: int = 1) -> None:
        self.folder, self.every = Path(folder), at_least_one(every, "every")
        self._path, self._next = self.folder, 0.0
        self._step = 0
        self._again: int | None = None  # the first step that is done anew
        self._file: BinaryIO | None = None

    def after_step(self, run: Run) -> None:
        "Loss, smoothed loss, rate and momentum, if it is time."
        self._step = len(run.learner.recorder.losses)
        if self._step % self.every == 0:
            self._write("step", dict(zip(_STEP[1:], _last(run)[1:], strict=True)))

    def after_epoch(self, run: Run) -> None:
        "The epoch's metrics; what was written is on its way to the disk."
        self._step = len(run.learner.recorder.losses)
        self._write("epoch", run.metrics)
        self._flush()

    def after_fit(self, run: Run) -> None:
        "Close the file; a further fit begins another beside it."
        self._close()

    def state_dict(self) -> dict[str, Any]:
        "At which step the events are."
        self._flush()
        return {"step": self._step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Steps that are done anew hide those that were written before."
        self._close()
        self._step, self._again = state["step"], state["step"] + 1

    def _write(self, part: str, values: dict[str, float]) -> None:
        "An event; numbers that are none are left out."
        now = time.time()
        if self._file is None:
            self._open(now)
        told = {f"{part}/{name}": value for name, value in values.items() if value == value}
        with _written(self._path):
            self._put(events.scalars(now, self._step, told))
            if now > self._next:
                self._flush()
                self._next = now + _FLUSH

    def _open(self, now: float) -> None:
        self._path = self.folder / f"events.out.tfevents.{now:017.6f}.entable"
        with _written(self._path):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")
            self._put(events.version(now))
            if self._again is not None:
                self._put(events.goes_on(now, self._again))
                self._again = None

    def _put(self, event: bytes) -> None:
        assert self._file is not None
        self._file.write(events.record(event))

    def _flush(self) -> None:
        if self._file is not None:
            with _written(self._path):
                self._file.flush()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with _written(self._path):
                file.close()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    "BadInput where a file cannot be written, or not any more."
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written ({error.strerror}): make room, or name another folder for "
            "the log"
        ) from error


def _last(run: Run) -> list[float]:
    recorder = run.learner.recorder
    n = len(recorder.losses)
    series = (recorder.losses, recorder.smoothed, recorder.rates, recorder.momenta)
    return [n, *(values[-1] for values in series)]
