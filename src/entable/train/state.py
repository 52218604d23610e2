"""The state of a training: everything that the rest of it depends on, taken and put back."""

import dataclasses
import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from entable.errors import BadInput
from entable.train.run import Run

__all__ = ["drawn", "labelled", "put_back", "taken"]

_LIVE = {  # of a Run: what is made anew, or kept as something else
    "learner", "model", "opt", "batches", "epochs", "steps", "batch", "pred", "loss", "callbacks",
}  # fmt: skip
_PAIR = ("state_dict", "load_state_dict")


def drawn(run: Run) -> list[Tensor]:
    "States of the generators that draw the order of the data, if it has any of its own."
    return [generator.get_state() for generator in _generators(run)]


def taken(run: Run, begun: list[Tensor]) -> dict[str, Any]:
    """The state as it is; its tensors are the living ones.

    begun: what `drawn` was when the epoch began that it goes on in, for there its order is drawn.
    """
    listeners = labelled(run.callbacks)
    return {
        "run": {name: getattr(run, name) for name in _fields(run)},
        "model": _of_module(run.model),
        "loss": _of_module(run.learner.loss),
        "opt": run.opt.state_dict(),
        "callbacks": {name: c.state_dict() for name, c in listeners.items() if _keeps(name, c)},
        "random": _random_states(run.learner.place.device),
        "drawn": begun,
    }


def put_back(run: Run, state: Mapping[str, Any]) -> None:
    "Set everything to what `taken` found."
    for name in _fields(run):
        setattr(run, name, state["run"][name])
    run.metrics = dict(run.metrics)
    _into_module(run.model, state["model"])
    _into_module(run.learner.loss, state["loss"])
    run.opt.load_state_dict(state["opt"])
    for name, callback in labelled(run.callbacks).items():
        if name in state["callbacks"]:
            callback.load_state_dict(state["callbacks"][name])
    _set_random_states(state["random"])
    for generator, was in zip(_generators(run), state["drawn"], strict=True):
        generator.set_state(was)


def labelled(callbacks: tuple[Any, ...]) -> dict[str, Any]:
    "Callbacks by their kind; from the second of a kind on with a number."
    found: dict[str, Any] = {}
    for callback in callbacks:
        kind, number = type(callback).__name__, 1
        while (label := kind if number == 1 else f"{kind} {number}") in found:
            number += 1
        found[label] = callback
    return found


def _generators(run: Run) -> list[torch.Generator]:
    sources = (run.batches, run.learner.valid)
    return [each for source in sources for each in getattr(source, "generators", ())]


def _keeps(name: str, callback: Any) -> bool:
    "Whether a callback has a state; BadInput where it can be taken and not put back, or so."
    has = [callable(getattr(callback, method, None)) for method in _PAIR]
    if any(has) and not all(has):
        there, lacks = _PAIR if has[0] else _PAIR[::-1]
        raise BadInput(
            f"the callback {name} has {there} and no {lacks}, so a checkpoint could not bring its "
            "state back; give it both or neither"
        )
    return all(has)


def _fields(run: Run) -> list[str]:
    return [field.name for field in dataclasses.fields(run) if field.name not in _LIVE]


def _of_module(module: Any) -> dict[str, Any]:
    """Weights, gradients and buffers as they lie in memory, and extra states.

    Not `state_dict()`: what listens to that may change weights, such as decay that has to catch up.
    """
    if not isinstance(module, nn.Module):
        return {}
    weights = dict(module.named_parameters())
    return {
        "weights": weights,
        "grads": {name: p.grad for name, p in weights.items()},
        "buffers": dict(module.named_buffers()),
        "extra": {name: part.get_extra_state() for name, part in _with_extra(module).items()},
    }


@torch.no_grad()
def _into_module(module: Any, kept: Mapping[str, Any]) -> None:
    if not kept:
        return
    for name, p in module.named_parameters():
        p.copy_(kept["weights"][name])
        grad = kept["grads"][name]
        p.grad = None if grad is None else grad.to(p.device, copy=True)
    for name, buffer in list(module.named_buffers()):
        was = kept["buffers"][name]
        if buffer.shape == was.shape:
            buffer.copy_(was)
        else:  # its size moves with the data, such as what a recurrent layer remembers of each row
            owner, _, leaf = name.rpartition(".")
            module.get_submodule(owner)._buffers[leaf] = was.to(buffer.device)
    for name, part in _with_extra(module).items():
        part.set_extra_state(kept["extra"][name])


def _with_extra(module: nn.Module) -> dict[str, nn.Module]:
    plain = nn.Module.get_extra_state
    parts = module.named_modules()
    return {name: part for name, part in parts if type(part).get_extra_state is not plain}


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
