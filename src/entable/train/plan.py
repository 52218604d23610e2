"""What a training is: its model, its data and its plan, told so that two can be compared."""

import hashlib
import platform
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

import entable
from entable.train.peek import Peek
from entable.train.progress import Progress
from entable.train.run import Run

__all__ = ["differences", "place", "told"]

_WHOLE = 1 << 26  # bytes of an array of which every one is looked at
_PIECES = 1 << 10  # pieces looked at of a larger one
_MOMENTS = [k / 16 for k in range(17)]  # of a schedule that are compared
_LOOKERS = (Peek, Progress)  # they change nothing, so they may come and go


def told(run: Run) -> dict[str, Any]:
    "Model, data and plan of a fit, as JSON."
    learner = run.learner
    return {
        "model": _model(run.model),
        "data": {"train": _data(run.batches), "held out": _data(learner.valid)},
        "plan": {
            "epochs": run.epochs,
            "steps of an epoch": run.steps,
            "loss": _kind(learner.loss),
            "seed": getattr(learner, "seed", None),
            "precision": str(getattr(learner.place, "precision", None)),
            "optimizer": _optimizer(run.opt),
            "weights group": {str(n): _settings(g) for n, g in enumerate(run.opt.param_groups)},
            "callback": [_callback(c) for c in run.callbacks if not isinstance(c, _LOOKERS)],
        },
    }


def place(device: torch.device) -> dict[str, Any]:
    "On what a training runs: bits agree where all of it does."
    return {
        "entable": entable.__version__,
        "torch": str(torch.__version__),
        "NumPy": np.__version__,
        "CPU": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "threads": torch.get_num_threads(),
        "device": device.type,
    }


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
        yield f"{at} {_said(then)} then, {_said(now)} now"


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
    lines = repr(model).splitlines()
    return {"": type(model).__name__, "weight": weights, "frozen": still, "layers": lines}


def _optimizer(opt: Any) -> dict[str, Any]:
    "Its kind and settings, and those of the one that it wraps."
    inner = [part for part in vars(opt).values() if hasattr(part, "param_groups")]
    moving = opt.state_dict()  # what changes with every step is no setting
    settings = {name: value for name, value in _settings(vars(opt)).items() if name not in moving}
    return {"": _kind(opt)} | settings | {"of": [_optimizer(part) for part in inner]}


def _callback(callback: Any) -> dict[str, Any]:
    curves = getattr(callback, "curves", {})
    drawn = {name: [float(curve(t)) for t in _MOMENTS] for name, curve in curves.items()}
    return {"": _kind(callback)} | {name: _digest_of(values) for name, values in drawn.items()}


def _digest_of(values: list[float]) -> str:
    shown = ", ".join(f"{value:.3g}" for value in values[::8])
    return f"{shown} ({hashlib.sha256(np.array(values).tobytes()).hexdigest()[:8]})"


def _data(batches: Any) -> dict[str, Any] | None:
    if batches is None:
        return None
    arrays = getattr(batches, "arrays", ())
    contents = {str(n): _contents(array) for n, array in enumerate(arrays)}
    return {"": _kind(batches)} | _settings(vars(batches)) | {"array": contents}


def _contents(array: Any) -> str:
    "Type, shape and a fingerprint: of every byte of up to 64 MiB, else of 1,024 pieces."
    if isinstance(array, torch.Tensor):
        array = array.detach().cpu().contiguous().view(torch.uint8).numpy() if array.numel() else []
    digest = hashlib.blake2b(digest_size=8)
    array = np.asarray(array)
    for piece in _pieces(array):
        digest.update(np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data)
    return f"{array.shape} {digest.hexdigest()}"


def _pieces(array: Any) -> Iterator[Any]:
    if array.nbytes <= _WHOLE or len(array) <= _PIECES:
        yield array
        return
    length = max(_WHOLE // _PIECES * len(array) // array.nbytes, 1)
    for first in np.linspace(0, len(array) - length, _PIECES).astype(np.int64):
        yield array[first : first + length]
