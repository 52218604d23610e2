"""Weights in a safe file, and back into a model of the same shape."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from entable import modelfile
from entable.errors import BadInput, BadModelFile
from entable.train.faults import shapes
from entable.train.tensors import packed, unpacked

__all__ = ["load", "save"]

_KIND = "weights"


def save(path: str | os.PathLike[str], model: nn.Module) -> Path:
    "Write weights and statistics of a model, whole or not at all."
    state = model.state_dict()
    odd = [name for name, value in state.items() if not isinstance(value, Tensor)]
    if odd:
        raise BadInput(f"the model keeps {odd[0]!r}, which is no tensor, so no file takes it")
    about, arrays = packed(state)
    return modelfile.write(path, _KIND, {"model": type(model).__name__, "tensors": about}, arrays)


def load(path: str | os.PathLike[str], model: nn.Module) -> None:
    """Read weights into a model on whatever device it is.

    Raises BadInput where the model is another, and says what differs; BadModelFile for a file that
    is damaged or something else. The model is then as it was.
    """
    kind, about, arrays = modelfile.read(path)
    if kind != _KIND:
        raise BadModelFile(f"{path} holds a {kind}, not the weights of a Learner; entable.load")
    try:
        state = unpacked(about["tensors"], arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise BadModelFile(f"{path} cannot be read as weights: {error}") from None
    if differ := _differ(state, model.state_dict()):
        raise BadInput(f"{path} holds weights of another model ({about.get('model')}): {differ}")
    model.load_state_dict(state)


def _differ(state: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    "The first three differences in words."
    found = [f"it lacks {name}" for name in own if name not in state]
    found += [f"it has {name}, which this model lacks" for name in state if name not in own]
    found += [
        f"{name} is {shapes(state[name])} there and {shapes(own[name])} here"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more
