"""Checkpoints: the whole state of a training on the disk, so that it can be taken up at a step."""

import contextlib
import json
import os
import re
import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from entable import modelfile
from entable.data.checks import at_least_one
from entable.errors import BadInput, BadModelFile
from entable.train import plan
from entable.train.callbacks import Callback
from entable.train.run import Run
from entable.train.state import drawn, put_back, taken
from entable.train.tensors import packed, unpacked
from entable.train.tree import grown, pruned

__all__ = ["Checkpoint", "ElsewhereWarning"]

_KIND = "checkpoint"
_NAME = re.compile(r"(\d{4})-(\d{9})\.checkpoint")  # epochs of earlier fits, steps of this one


class ElsewhereWarning(UserWarning):
    "A training goes on where bits may differ: other versions, another CPU, other threads."


class Checkpoint(Callback):
    """Saves the whole state of a training every so many steps or epochs, and takes it up again.

    With resume=True the newest checkpoint of the folder is where `fit` goes on, in the middle of an
    epoch too; an empty folder starts anew, so that the same script can be run until it is done.
    Each fit of the Learner has its own checkpoints, and finished fits are not repeated. The `keep`
    last are kept, and the last of every finished fit. Ctrl-C, or a callback that stops between two
    steps, saves one more; what was ended after an epoch, as by EarlyStop, stays ended.

    What goes on ends in the same bytes as what was never interrupted, whenever it was killed: with
    the same versions of Python, torch and NumPy, type of CPU and number of threads (a warning says
    what differs); on a GPU as far as its kernels are deterministic. Callbacks of your own take part
    if they have state_dict and load_state_dict; those that only look (`Callback.looks`) may come
    and go. Checkpoints hold no code, only numbers and text.

    Raises BadInput for a checkpoint of another model, data or plan, for a folder that has some
    already without resume=True, and where one cannot be written: the one before stays.
    """

    last, looks = 2, True  # it saves what all others have become

    def __init__(
        self,
        folder: str | os.PathLike[str],
        steps: int | None = None,
        epochs: int | None = None,
        keep: int = 2,
        resume: bool = False,
    ) -> None:
        self.folder, self.resume = Path(folder), resume
        self.steps = None if steps is None else at_least_one(steps, "steps")
        self.epochs = None if epochs is None else at_least_one(epochs, "epochs")
        if steps is None and epochs is None:
            self.epochs = 1
        self.keep = at_least_one(keep, "keep")
        self._fit, self._stopped = "", False
        self._told: dict[str, Any] = {}
        self._drawn: list[Any] = []
        self._pending: dict[str, Any] | None = None

    @property
    def paths(self) -> list[Path]:
        "The checkpoints that there are, the newest last."
        found = {path: _NAME.fullmatch(path.name) for path in self.folder.glob("*.checkpoint")}
        numbers = {path: (int(m[1]), int(m[2])) for path, m in found.items() if m}
        return sorted(numbers, key=numbers.__getitem__)

    def before_fit(self, run: Run) -> None:
        "Go on where the newest checkpoint of this fit is, if there is one."
        self._make_folder()
        self._told, first, self._fit = plan.told(run), not self._fit, f"{run.before:04}-"
        if first and not self.resume and self.paths:
            raise BadInput(
                f"{self.folder} holds checkpoints already: resume=True goes on from the newest; to "
                "begin anew, name another folder or remove them"
            )
        own = [path for path in self.paths if path.name.startswith(self._fit)]
        if self.resume and own:
            self._pending = self._read(own[-1], run)
            put_back(run, self._pending)

    def before_epoch(self, run: Run) -> None:
        "In the middle of an epoch: what others do at its beginning has been done before."
        if self._pending is not None and run.step:
            put_back(run, self._pending)
        self._pending, self._drawn = None, drawn(run)

    def after_step(self, run: Run) -> None:
        "Save every so many steps."
        if self.steps is not None and run.done % self.steps == 0:
            self._save(run, {"stop": None})

    def after_train(self, run: Run) -> None:
        "Save where training is interrupted, so that it can go on there."
        self._stopped = run.stop is not None
        if self._stopped and run.step < run.steps:
            self._save(run, {"stop": None})

    def after_epoch(self, run: Run) -> None:
        "Save every so many epochs, and at the end."
        ends = run.stop is not None or run.epoch + 1 == run.epochs
        due = self.epochs is not None and (run.epoch + 1) % self.epochs == 0
        if ends or due:
            goes_on = self._stopped or run.stop == "interrupted"  # not ended by what was learnt
            place = {"epoch": run.epoch + 1, "step": 0, "rows": 0, "summed": 0.0}
            self._drawn = drawn(run)
            self._save(run, place | ({"stop": None} if goes_on else {}))

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"{self.folder} cannot hold checkpoints ({error.strerror}): name another folder"
            ) from error
        for half in self.folder.glob(".*.checkpoint.*.part"):  # of a process that was killed
            with contextlib.suppress(OSError):
                half.unlink()

    def _save(self, run: Run, place: dict[str, Any]) -> None:
        path = self.folder / f"{self._fit}{run.done:09}.checkpoint"
        about = {"told": self._told, "place": plan.place(run.learner.place.device)}
        _write(path, taken(run, self._drawn) | about, place)
        paths = self.paths
        own = [p for p in paths if p.name.startswith(self._fit)]
        later = [p for p in paths if p.name[:5] > self._fit]  # they had gone on from another end
        done = [a for a, b in pairwise(paths) if a.name[:5] == b.name[:5] < self._fit]
        for old in (*own[: -self.keep], *later, *done):
            old.unlink(missing_ok=True)

    def _read(self, path: Path, run: Run) -> dict[str, Any]:
        "The state in a file; BadInput where it is of something else."
        state = _read(path)
        now = json.loads(json.dumps(self._told))
        for part in ("model", "data", "plan"):
            found = list(plan.differences(state["told"][part], now[part]))
            if found:
                raise BadInput(
                    f"{path} is of another {part}: {_listed(found)}. Go on with what it was begun "
                    "with, or name another folder"
                )
        elsewhere = list(plan.differences(state["place"], plan.place(run.learner.place.device)))
        if elsewhere:
            warnings.warn(
                f"{path} was saved elsewhere, so the end may differ in its last bits: "
                f"{'; '.join(elsewhere)}",
                ElsewhereWarning,
                stacklevel=4,
            )
        return state


def _listed(found: list[str]) -> str:
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    hint = "; one that changes nothing may, if its class says `looks = True`"
    callbacks = any(text.startswith("callback ") for text in found[:3])
    return "; ".join(found[:3]) + more + hint * callbacks


def _write(path: Path, state: Mapping[str, Any], place: Mapping[str, Any]) -> None:
    "One file: the state as JSON, what its tensors are, and their numbers one after the other."
    state = {**state, "run": state["run"] | place}
    tensors: dict[str, Tensor] = {}
    try:
        tree = {part: pruned(value, tensors) for part, value in state.items()}
        about, arrays = packed(tensors)
    except TypeError as error:
        raise BadInput(
            "a checkpoint keeps numbers, text, lists, dicts and arrays; the state of the model, "
            f"the optimizer or a callback has something else: {error}"
        ) from None
    sizes = [arrays[name].nbytes for name in about]
    told = json.dumps({"tree": tree, "tensors": list(about.values()), "bytes": sizes})
    flat = [arrays[name].view(np.uint8) for name in about]
    modelfile.write(
        path,
        _KIND,
        {},
        {
            "state": np.frombuffer(told.encode(), np.uint8),
            "numbers": np.concatenate(flat) if flat else np.zeros(0, np.uint8),
        },
    )


def _read(path: Path) -> dict[str, Any]:
    "The state in a file; BadModelFile where it is no checkpoint, or not as `_write` writes it."
    kind, _, arrays = modelfile.read(path)
    if kind != _KIND or set(arrays) != {"state", "numbers"}:
        raise BadModelFile(f"{path} holds a {kind}, no checkpoint")
    try:
        told = json.loads(arrays["state"].tobytes())
        about = {str(n): t for n, t in enumerate(told["tensors"])}
        ends = np.cumsum([0, *told["bytes"]])
        if len(about) != len(ends) - 1 or ends[-1] != len(arrays["numbers"]):
            raise ValueError("its numbers are not those that it describes")
        flat = (arrays["numbers"][a:b] for a, b in pairwise(ends))
        tensors = unpacked(about, dict(zip(about, flat, strict=True)))
        return {part: grown(value, tensors) for part, value in told["tree"].items()}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadModelFile(f"{path} cannot be read as a checkpoint: {error}") from None
