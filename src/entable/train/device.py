"""Where tensors are: the best device there is, and batches on their way to it."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from entable.errors import BadInput

__all__ = ["best_device", "moved", "to"]


def best_device(device: str | torch.device | None = None) -> torch.device:
    """The device asked for; else a GPU if there is one; else the CPU.

    Raises BadInput for a device that is not there.
    """
    if device is None:
        kind = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return kind or torch.device("cpu")
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError) as error:
        why = str(error).partition("\n")[0]
        raise BadInput(f"device={device!r} came, which cannot be used here: {why}") from None
    return found


def to(batch: Any, device: torch.device) -> Any:
    "Tensors of a batch, however nested, on a device."
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, (tuple, list)):
        return type(batch)([to(part, device) for part in batch])
    if isinstance(batch, dict):
        return {key: to(part, device) for key, part in batch.items()}
    return batch


def moved(batches: Iterable[Any], device: torch.device) -> Iterator[Any]:
    "Batches on the device; those that are on the CPU for the CPU stay as they are."
    if device.type == "cpu":
        return iter(batches)
    return (to(batch, device) for batch in batches)
