"""State of any shape as JSON and tensors, and back: what checkpoints are made of."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["grown", "pruned"]

_SCALARS = (bool, int, str, type(None))


def pruned(state: Any, tensors: dict[str, Tensor]) -> Any:
    """The state as JSON; its tensors and arrays are put into `tensors` and leave their names.

    Numbers, text, None, lists, tuples, dicts with such keys, tensors and NumPy arrays come back as
    they were. Raises TypeError for anything else.
    """
    if isinstance(state, Tensor):
        return _tensor(state, tensors)
    if isinstance(state, np.ndarray):
        return {"array": _named(torch.from_numpy(np.array(state)), tensors)}
    if isinstance(state, (float, np.floating)):
        value = float(state)
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(state, np.integer):
        return int(state)
    if isinstance(state, _SCALARS):
        return state
    if isinstance(state, (list, tuple)):
        parts = [pruned(part, tensors) for part in state]
        return parts if isinstance(state, list) else {"tuple": parts}
    if isinstance(state, Mapping):
        pairs = [[pruned(key, tensors), pruned(value, tensors)] for key, value in state.items()]
        return {"dict": pairs}
    raise TypeError(f"a {type(state).__name__}")


def grown(told: Any, tensors: Mapping[str, Tensor]) -> Any:
    "The state that `pruned` took apart; ValueError for what it would not write."
    try:
        return _grown(told, tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"its state has a part that cannot be read ({error!r})") from None


def _grown(told: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(told, (float, *_SCALARS)):
        return told
    if isinstance(told, list):
        return [_grown(part, tensors) for part in told]
    if not isinstance(told, dict) or len(told) != 1:
        raise ValueError("it is not as it is written")
    [(kind, value)] = told.items()
    return _GROWN[kind](value, tensors)


def _named(tensor: Tensor, tensors: dict[str, Tensor]) -> str:
    name = str(len(tensors))
    tensors[name] = tensor
    return name


def _tensor(tensor: Tensor, tensors: dict[str, Tensor]) -> Any:
    if tensor.layout != torch.sparse_coo:
        return {"tensor": _named(tensor, tensors)}
    parts = [tensor._indices(), tensor._values()]
    told = [_named(part, tensors) for part in parts]
    return {"sparse": [*told, list(tensor.shape), tensor.is_coalesced()]}


def _sparse(value: Any, tensors: Mapping[str, Tensor]) -> Tensor:
    indices, values, shape, coalesced = value
    return torch.sparse_coo_tensor(
        tensors[indices], tensors[values], shape, is_coalesced=coalesced, check_invariants=True
    )


_GROWN: dict[str, Callable[[Any, Mapping[str, Tensor]], Any]] = {
    "tensor": lambda name, tensors: tensors[name].clone(),  # memory of torch's own
    "array": lambda name, tensors: tensors[name].clone().numpy(),
    "sparse": _sparse,
    "float": lambda text, tensors: float(text),
    "tuple": lambda parts, tensors: tuple(_grown(part, tensors) for part in parts),
    "dict": lambda pairs, tensors: {_grown(k, tensors): _grown(v, tensors) for k, v in pairs},
}
