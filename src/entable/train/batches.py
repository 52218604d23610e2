"""Batches: arrays cut into pieces, in an order that seed and epoch decide."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from entable.data.checks import at_least_one
from entable.errors import BadInput

__all__ = ["Batches", "Loader", "Source", "as_source"]

_GATHERED = 1 << 16  # rows put into order at a time: they stay near, and little is held twice


class Source(Protocol):
    "What a Learner can learn from: how many steps an epoch has, and its batches from a step on."

    def __len__(self) -> int: ...

    @property
    def rows(self) -> int:
        "Rows of an epoch."

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Sequence[Any]]:
        "The batches (x, ..., y) of an epoch, from step `start` on; the same each time."


class Batches:
    """Rows of arrays in batches of `size`, each a tuple of tensors, the target last.

    The order of an epoch is a function of seed and epoch, so an epoch can be taken up at any step.
    Arrays in memory are kept as tensors (pinned where there is a GPU); memory-mapped ones stay on
    disk. A last batch of a single row is joined to the one before it, because batch norm cannot
    learn from one. Raises BadInput for no rows, arrays of different length and a size below 1.
    """

    def __init__(
        self,
        arrays: Sequence[Any],
        size: int = 64,
        seed: int = 0,
        shuffle: bool = True,
        valid: "Source | None" = None,
        show: Callable[..., Any] | None = None,
    ) -> None:
        self.arrays = tuple(map(_kept, arrays))
        lengths = [len(array) for array in self.arrays]
        if not lengths or not lengths[0]:
            raise BadInput("there are no rows to make batches of; one at least is needed")
        if len(set(lengths)) > 1:
            told = ", ".join(f"{n:,}" for n in lengths)
            raise BadInput(f"arrays of one length were wanted, with {told} rows they came")
        self.size, self.seed, self.shuffle = at_least_one(size, "size"), int(seed), shuffle
        self.rows, self.valid, self.show = lengths[0], valid, show

    @classmethod
    def from_arrays(
        cls,
        *arrays: Any,
        size: int = 64,
        valid: "float | Sequence[Any] | Source | None" = None,
        seed: int = 0,
        shuffle: bool = True,
    ) -> "Batches":
        """Batches of inputs and, last, targets: NumPy arrays, memory maps or tensors.

        valid: a share of the rows to hold out at random, arrays like the first ones, or batches.
        """
        held: Any = valid
        if isinstance(held, float):
            arrays, held = _parted(arrays, held, seed)
        if isinstance(held, (tuple, list)):
            held = cls(held, 4 * size, seed, shuffle=False)
        return cls(arrays, size, seed, shuffle, held)

    def __len__(self) -> int:
        steps = -(-self.rows // self.size)
        return steps - 1 if steps > 1 and self.rows % self.size == 1 else steps

    def __repr__(self) -> str:
        return f"Batches({self.rows:,} rows, {len(self):,} of {self.size})"

    def one(self) -> tuple[Tensor, ...]:
        "The first batch of the first epoch; nothing moves on."
        return next(self.epoch(0))

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        return self.epoch(0)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        "The batches of an epoch, from step `start` on; shuffled by (seed, epoch) if at all."
        steps, size = len(self), self.size
        per = max(_GATHERED // size, 1)
        order = self._order(epoch) if self.shuffle else None
        for first in range(start, steps, per):
            last = min(first + per, steps)
            end = self.rows if last == steps else last * size
            chunk = self._rows(order, first * size, end)
            for step in range(last - first):
                stop = (step + 1) * size if first + step + 1 < steps else None
                yield tuple([array[step * size : stop] for array in chunk])

    def _order(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(_mixed(self.seed, epoch))
        return torch.randperm(self.rows, generator=generator)

    def _rows(self, order: Tensor | None, a: int, b: int) -> list[Tensor]:
        if order is None:
            return [_tensor(array[a:b]) for array in self.arrays]
        chosen = order[a:b]
        return [_picked(array, chosen) for array in self.arrays]


class Loader:
    "A DataLoader of torch as a source; its shuffling is seeded anew for each epoch."

    def __init__(self, loader: Any, seed: int = 0) -> None:
        self.loader, self.seed = loader, seed
        if not len(loader):
            raise BadInput("the DataLoader has no batches; one at least is needed")
        self.rows = len(loader.dataset)

    def __len__(self) -> int:
        return len(self.loader)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Sequence[Any]]:
        "The batches of an epoch, from step `start` on."
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_mixed(self.seed, epoch))
            batches = iter(self.loader)
        for step, batch in enumerate(batches):
            if step >= start:
                yield batch


def as_source(batches: Any) -> Any:
    "Batches as they are, a DataLoader wrapped; BadInput for anything else."
    if hasattr(batches, "epoch"):
        return batches
    if isinstance(batches, torch.utils.data.DataLoader):
        return Loader(batches)
    raise BadInput(f"a {type(batches).__name__} came; Batches or a DataLoader of torch were wanted")


def _mixed(seed: int, epoch: int) -> int:
    words = np.random.SeedSequence((seed, epoch)).generate_state(2)
    return int(words[0]) << 31 | int(words[1]) >> 1


def _kept(array: Any) -> Any:
    if isinstance(array, np.memmap):
        return array
    tensor = array if isinstance(array, Tensor) else torch.from_numpy(np.ascontiguousarray(array))
    return tensor.pin_memory() if torch.cuda.is_available() and not tensor.is_cuda else tensor


def _tensor(rows: Any) -> Tensor:
    return rows if isinstance(rows, Tensor) else torch.from_numpy(np.array(rows))


def _picked(array: Any, chosen: Tensor) -> Tensor:
    if isinstance(array, Tensor):
        return array[chosen.to(array.device)]
    near = torch.argsort(chosen)  # a disk is read from front to back
    rows = torch.from_numpy(array[chosen[near].numpy()])
    return torch.empty_like(rows).index_copy_(0, near, rows)


def _parted(arrays: Sequence[Any], share: float, seed: int) -> tuple[Any, Any]:
    if not 0 < share < 1:
        raise BadInput(f"valid={share} came; a share between 0 and 1 was wanted")
    n = len(arrays[0])
    order = np.random.default_rng((seed, 1)).permutation(n)
    held = max(1, round(share * n))
    test, train = np.sort(order[:held]), np.sort(order[held:])
    return tuple(array[train] for array in arrays), tuple(array[test] for array in arrays)
