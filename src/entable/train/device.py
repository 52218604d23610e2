"""Where tensors are and how they are computed with: device, batches on their way, precision."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from entable.errors import BadInput

__all__ = ["Place", "best_device", "to"]

_PRECISIONS = (None, "bf16")


@dataclass(frozen=True)
class Place:
    "A device and the precision to compute in: None for that of the weights, or bf16."

    device: torch.device
    precision: str | None = None

    @classmethod
    def of(cls, device: str | torch.device | None = None, precision: str | None = None) -> "Place":
        "The device asked for, or the best there is; BadInput where it or the precision is not."
        if precision not in _PRECISIONS:
            raise BadInput(f"precision={precision!r} came; None or 'bf16' was wanted")
        return cls(best_device(device), precision)

    def computing(self) -> AbstractContextManager[Any]:
        """Mixed precision inside, if it was asked for.

        Weights are cast at each use: torch would otherwise keep the casts until the block ends, and
        steps of training inside it would see the weights of the first one.
        """
        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16, cache_enabled=False)

    def moved(self, batches: Iterable[Any]) -> Iterator[Any]:
        "Batches on the device; for the CPU they stay as they are."
        if self.device.type == "cpu":
            return iter(batches)
        return (to(batch, self.device) for batch in batches)

    def forked(self) -> AbstractContextManager[Any]:
        "Random states of torch are afterwards what they were before."
        devices = [self.device] if self.device.type == "cuda" else []
        return torch.random.fork_rng(devices)

    def seed(self, seed: int) -> None:
        """Random numbers of torch begin anew, the same for the same seed.

        On the CPU without `torch.manual_seed`, which writes down the stack for devices that may
        come: longer than a small step.
        """
        if self.device.type == "cpu":
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)


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
