"""Checkpoints: the whole state of a training on the disk, so that it can be taken up at a step."""

import contextlib
import dataclasses
import json
import os
import random
import re
import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from entable import modelfile
from entable.data.checks import at_least_one
from entable.errors import BadInput, BadModelFile
from entable.train import plan
from entable.train.callbacks import Callback
from entable.train.run import Run
from entable.train.tensors import packed, unpacked
from entable.train.tree import grown, pruned

__all__ = ["Checkpoint", "ElsewhereWarning"]

_KIND = "checkpoint"
_NAME = re.compile(r"(\d{4,})-(\d{9,})\.checkpoint")  # epochs of earlier fits, steps of this one
_LIVE = {  # of a Run: what is made anew, or saved as something else
    "learner", "model", "opt", "batches", "epochs", "steps", "batch", "pred", "loss", "callbacks",
}  # fmt: skip


class ElsewhereWarning(UserWarning):
    "A training goes on where bits may differ: other versions, another CPU, other threads."


class Checkpoint(Callback):
    """Saves the whole state of a training every so many steps or epochs, and takes it up again.

    With resume=True the newest checkpoint of the folder is where `fit` goes on, in the middle of an
    epoch too; an empty folder starts anew, so that the same script can be run until it is done.
    Each fit of the Learner has its own checkpoints, and finished fits are not repeated. The `keep`
    last are kept, and the last of every finished fit. Ctrl-C saves one more.

    What goes on ends in the same bytes as what was never interrupted, whenever it was killed: with
    the same versions of Python, torch and NumPy, type of CPU and number of threads (a warning says
    what differs); on a GPU as far as its kernels are deterministic. Callbacks of your own take part
    if they have state_dict and load_state_dict. Checkpoints hold no code, only numbers and text.

    Raises BadInput for a checkpoint of another model, data or plan, for a folder that has some
    already without resume=True, and where one cannot be written: the one before stays.
    """

    last = True

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
        own = self._own() if self.resume else []
        if own:
            self._pending = self._read(own[-1], run)
            _restore(run, self._pending)

    def before_epoch(self, run: Run) -> None:
        "In the middle of an epoch: what others do at its beginning has been done before."
        if self._pending is not None and run.step:
            _restore(run, self._pending)
        self._pending = None

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

    def _own(self) -> list[Path]:
        "Checkpoints of this fit."
        return [path for path in self.paths if path.name.startswith(self._fit)]

    def _save(self, run: Run, place: dict[str, Any]) -> None:
        path = self.folder / f"{self._fit}{run.done:09}.checkpoint"
        _write(path, _state(run) | {"told": self._told}, place)
        paths = self.paths
        for old in self._own()[: -self.keep]:
            old.unlink(missing_ok=True)
        for old, new in pairwise(paths):
            fit = old.name.partition("-")[0] + "-"
            if fit != self._fit and new.name.startswith(fit):
                old.unlink(missing_ok=True)

    def _read(self, path: Path, run: Run) -> dict[str, Any]:
        "The state in a file; BadInput where it is of something else."
        state = _read(path)
        now = json.loads(json.dumps(self._told))
        for part in ("model", "data", "plan"):
            found = list(plan.differences(state["told"][part], now[part]))
            if found:
                more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
                raise BadInput(
                    f"{path} is of another {part}: {'; '.join(found[:3])}{more}. Go on with what "
                    "it was begun with, or name another folder"
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


def _state(run: Run) -> dict[str, Any]:
    "Everything that the rest of the training depends on."
    weights = run.model.state_dict()
    loss, listeners = run.learner.loss, run.callbacks
    return {
        "run": {f.name: getattr(run, f.name) for f in _fields(run)},
        "weights": weights,
        "buffers": {n: b for n, b in run.model.named_buffers() if n not in weights},
        "grads": {n: p.grad for n, p in run.model.named_parameters() if p.grad is not None},
        "loss": loss.state_dict() if isinstance(loss, nn.Module) else {},
        "opt": run.opt.state_dict(),
        "callbacks": [c.state_dict() if hasattr(c, "state_dict") else None for c in listeners],
        "random": _random_states(run.learner.place.device),
        "place": plan.place(run.learner.place.device),
    }


def _fields(run: Run) -> list[Any]:
    return [field for field in dataclasses.fields(run) if field.name not in _LIVE]


def _restore(run: Run, state: Mapping[str, Any]) -> None:
    "Set everything to what `_state` found."
    for field in _fields(run):
        setattr(run, field.name, state["run"][field.name])
    run.metrics = dict(run.metrics)
    run.model.load_state_dict(state["weights"])
    buffers = dict(run.model.named_buffers())
    for name, buffer in state["buffers"].items():
        buffers[name].copy_(buffer)
    for name, p in run.model.named_parameters():
        grad = state["grads"].get(name)
        p.grad = None if grad is None else grad.to(p.device, copy=True)
    if isinstance(run.learner.loss, nn.Module):
        run.learner.loss.load_state_dict(state["loss"])
    run.opt.load_state_dict(state["opt"])
    for callback, kept in zip(run.callbacks, state["callbacks"], strict=True):
        if kept is not None:
            callback.load_state_dict(kept)
    _set_random_states(state["random"])


def _random_states(device: torch.device) -> dict[str, Any]:
    "Of torch, NumPy and Python."
    there = {"torch": torch.get_rng_state(), "python": random.getstate()}
    name, key, *rest = np.random.get_state()  # noqa: NPY002  others may use it
    there["numpy"] = (name, np.asarray(key).view(np.int32), *rest)
    if device.type == "cuda":
        there["cuda"] = torch.cuda.get_rng_state_all()
    return there


def _set_random_states(state: Mapping[str, Any]) -> None:
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    name, key, *rest = state["numpy"]
    np.random.set_state((name, key.view(np.uint32), *rest))  # noqa: NPY002
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


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
