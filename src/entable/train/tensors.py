"""Tensors as arrays that a model file takes, and back, bit for bit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["packed", "unpacked"]

_PLAIN = {torch.float64, torch.float32, torch.int64, torch.int32, torch.uint8}
_TYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *_PLAIN, torch.bool, torch.int8, torch.int16, torch.float16, torch.bfloat16,
        torch.complex64, torch.complex128,
    )
}  # fmt: skip


def packed(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What each tensor is (type and shape), and its numbers as a flat array, by name.

    Types that a model file lacks go as bytes. Raises TypeError for what cannot be kept.
    """
    about, arrays = {}, {}
    for name, tensor in tensors.items():
        dtype = str(tensor.dtype).removeprefix("torch.")
        if dtype not in _TYPES or tensor.layout != torch.strided:
            raise TypeError(f"{name!r} is a {tensor.layout} tensor of {tensor.dtype}")
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        about[name] = [dtype, *tensor.shape]
        arrays[name] = (flat if tensor.dtype in _PLAIN else flat.view(torch.uint8)).numpy()
    return about, arrays


def unpacked(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    "The tensors again, on the CPU; ValueError where arrays and their description disagree."
    if set(about) != set(arrays):
        raise ValueError("its arrays are not those that it describes")
    return {name: _tensor(name, told, arrays[name]) for name, told in about.items()}


def _tensor(name: str, told: Any, array: np.ndarray) -> Tensor:
    dtype = _TYPES.get(told[0]) if isinstance(told, list) and told else None
    if dtype is None or not all(type(n) is int and n >= 0 for n in told[1:]):
        raise ValueError(f"it does not describe the tensor {name[:50]!r}")
    flat = torch.from_numpy(np.array(array).reshape(-1))  # a copy: a file's pages are read-only
    if dtype == torch.bool:
        flat = flat.ne(0)  # whatever bytes a file may hold
    try:
        return (flat if flat.dtype == dtype else flat.view(dtype)).reshape(told[1:])
    except RuntimeError:
        raise ValueError(f"the tensor {name[:50]!r} does not have its numbers") from None
