"""What a training is: its model, its data and its plan, told so that two can be compared."""

import hashlib
import inspect
import platform
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn

from entable.train.losses import Loss
from entable.train.run import Run
from entable.train.state import labelled

__all__ = ["differences", "place", "told"]

_WHOLE = 1 << 26  # bytes of an array of which every one is looked at
_PIECES = 1 << 10  # pieces looked at of a larger one
_MOMENTS = [k / 16 for k in range(17)]  # of a schedule that are compared


def told(run: Run) -> dict[str, Any]:
    "Model, data and plan of a fit, as JSON."
    learner, listeners = run.learner, labelled(run.callbacks)
    return {
        "model": _model(run.model),
        "data": {"train": _data(run.batches), "held out": _data(learner.valid)},
        "plan": {
            "epochs": run.epochs,
            "steps of an epoch": run.steps,
            "loss": _loss(learner.loss),
            "seed": getattr(learner, "seed", None),
            "precision": str(getattr(learner.place, "precision", None)),
            "callback": {name: _callback(c) for name, c in listeners.items() if not c.looks},
            "optimizer": _optimizer(run.opt),
            "weights group": {str(n): _settings(g) for n, g in enumerate(run.opt.param_groups)},
        },
    }


def place(device: torch.device) -> dict[str, Any]:
    "On what a training runs: bits agree where all of it does."
    return {
        "entable": version("entable"),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "torch": str(torch.__version__),
        "NumPy": np.__version__,
        "CPU": f"{_cpu()} {torch.backends.cpu.get_cpu_capability()}",
        "threads": torch.get_num_threads(),
        "device": device.type,
    }


@cache
def _cpu() -> str:
    "The type of CPU, as far as the system tells it."
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def differences(then: Any, now: Any, at: str = "") -> Iterator[str]:
    "Where two descriptions differ, in words."
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*then, *now]):
            inner = f"{at} {key}".strip()
            yield from differences(then.get(key), now.get(key), inner)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (a, b) in enumerate(zip(then, now, strict=True), 1):
            yield from differences(a, b, f"{at} {number}" if isinstance(a, dict) else at)
    elif then != now:
        yield f"{at} {_said(then)} then, {_said(now)} now".strip()


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        value = next(iter(value.values()), "there")
    text = "missing" if value is None else f"{value:g}" if type(value) is float else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _kind(thing: Any) -> str:
    return str(getattr(thing, "__name__", type(thing).__name__))


def _settings(values: Mapping[str, Any]) -> dict[str, Any]:
    "What of some attributes are numbers, text or short tuples of them."
    plain = (bool, int, float, str)
    found = {}
    for name, value in values.items():
        parts = list(value) if isinstance(value, tuple) else [value]
        if not name.startswith("_") and len(parts) < 9 and all(isinstance(p, plain) for p in parts):
            found[name] = parts if isinstance(value, tuple) else value
    return found


def _model(model: nn.Module) -> dict[str, Any]:
    tensors = [*model.named_parameters(), *model.named_buffers()]
    weights = {name: f"{str(t.dtype)[6:]} {tuple(t.shape)}" for name, t in tensors}
    still = [name for name, p in model.named_parameters() if not p.requires_grad]
    lines = re.sub(r" at 0x[0-9a-f]+", "", repr(model)).splitlines()  # of functions, in memory
    return {"": type(model).__name__, "weight": weights, "frozen": still, "layers": lines}


def _loss(loss: Any) -> dict[str, Any]:
    "Its kind, its settings and its weights of classes, and those of the one that it wraps."
    told = {"": _kind(loss)}
    if isinstance(loss, partial):
        return {"": _kind(loss.func)} | _settings(loss.keywords) | {"of": _loss(loss.func)}
    if isinstance(loss, nn.Module):
        weights = {name: _contents(buffer) for name, buffer in loss.named_buffers()}
        return told | _settings({**vars(loss), "training": None}) | weights
    return told | {"of": _loss(loss.function)} if isinstance(loss, Loss) else told


def _optimizer(opt: Any) -> dict[str, Any]:
    "Its kind and settings, and those of the one that it wraps."
    inner = [part for part in vars(opt).values() if hasattr(part, "param_groups")]
    moving = opt.state_dict()  # what changes with every step is no setting
    settings = {name: value for name, value in _settings(vars(opt)).items() if name not in moving}
    return {"": _kind(opt)} | settings | {"of": [_optimizer(part) for part in inner]}


def _callback(callback: Any) -> dict[str, Any]:
    "Its kind, its settings (what it keeps of the arguments it was made with) and its curves."
    given = inspect.signature(type(callback)).parameters
    settings = _settings({name: kept for name, kept in vars(callback).items() if name in given})
    curves = getattr(callback, "curves", {})
    drawn = {name: _digest_of([float(f(t)) for t in _MOMENTS]) for name, f in curves.items()}
    return {"": _kind(callback)} | settings | drawn


def _digest_of(values: list[float]) -> str:
    shown = ", ".join(f"{value:.3g}" for value in values[::8])
    return f"{shown} ({hashlib.sha256(np.array(values).tobytes()).hexdigest()[:8]})"


def _data(source: Any) -> dict[str, Any] | None:
    "Settings and contents of batches; of a DataLoader also its size and its dataset's tensors."
    if source is None:
        return None
    told = {"": _kind(source)} | _settings(vars(source))
    arrays = getattr(source, "arrays", ())
    if (loader := getattr(source, "loader", None)) is not None:
        told |= {"size": loader.batch_size, "rows": len(loader.dataset)}
        arrays = getattr(loader.dataset, "tensors", ())
    if (at := getattr(source, "at", None)) is not None:
        told["rows at"] = _contents(at)
    return told | {"array": {str(n): _contents(array) for n, array in enumerate(arrays)}}


def _contents(array: Any) -> str:
    "Type, shape and a fingerprint: of every byte of up to 64 MiB, else of 1,024 pieces."
    digest, told = hashlib.blake2b(digest_size=8), f"{array.dtype} {tuple(array.shape)}"
    if isinstance(array, torch.Tensor):
        flat = array.detach().cpu().contiguous().reshape(-1)
        array = flat.view(torch.uint8).numpy()
    for piece in _pieces(array):
        digest.update(np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data)
    return f"{told.removeprefix('torch.')} {digest.hexdigest()}"


def _pieces(array: Any) -> Iterator[Any]:
    if array.nbytes <= _WHOLE or len(array) <= _PIECES:
        yield array
        return
    length = max(_WHOLE // _PIECES * len(array) // array.nbytes, 1)
    for first in np.linspace(0, len(array) - length, _PIECES).astype(np.int64):
        yield array[first : first + length]
