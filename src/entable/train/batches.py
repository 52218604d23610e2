"""Batches: arrays cut into pieces, in an order that seed and epoch decide."""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, Self

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler

from entable.data.checks import at_least_one, finite
from entable.errors import BadInput

__all__ = ["Batches", "Epochs", "Loader", "Source", "as_source", "first", "mixed"]

_GATHERED = 1 << 16  # rows put into order at a time: they stay near, and little is held twice
_PIN = torch.cuda.is_available()  # what is pinned reaches a GPU while it computes


class Source(Protocol):
    "What a Learner can learn from: how many steps an epoch has, and its batches from a step on."

    def __len__(self) -> int: ...

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Sequence[Any]]:
        "The batches (x, ..., y) of an epoch, from step `start` on; the same each time."


class Epochs:
    "What sources share whose order (seed, epoch) decides, if `shuffle` asks for any."

    shuffle: bool

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, ...]]:
        "The batches of an epoch, from step `start` on."
        raise NotImplementedError

    def in_order(self) -> Self:
        "The same as it came, not shuffled."
        other = copy.copy(self)
        other.shuffle = False
        return other

    def one(self) -> tuple[Any, ...]:
        "The first batch of the first epoch; nothing moves on."
        return next(self.epoch(0))

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self.epoch(0)


class Batches(Epochs):
    """Rows of arrays in batches of `size`, each a tuple of tensors, the target last.

    The order of an epoch is a function of seed and epoch, so an epoch can be taken up at any step.
    Arrays in memory are kept as tensors; memory-mapped ones stay on disk. On their way to a GPU
    batches are pinned. A last batch of a single row is joined to the one before it, because batch
    norm cannot learn from one. at: positions of the rows to use, if not all. weights: of rows;
    scaled to a mean of 1, they come with the target as (y, weights). classes: names of the target's
    classes. show(batch, pred, n) is what shows rows to people. Raises BadInput for no rows, arrays
    of different length and a size below 1.
    """

    def __init__(
        self,
        arrays: Sequence[Any],
        size: int = 64,
        seed: int = 0,
        shuffle: bool = True,
        valid: "Source | None" = None,
        show: Callable[..., Any] | None = None,
        classes: Sequence[Any] | None = None,
        weights: Any = None,
        at: Any = None,
    ) -> None:
        self.weighted = weights is not None
        parts = [*arrays, _weights(weights)] if self.weighted else arrays
        self.arrays = tuple(map(_kept, parts))
        n = _length(self.arrays)
        self.at = None if at is None else torch.as_tensor(at, dtype=torch.int64)
        self.rows = n if self.at is None else len(self.at)
        if not self.rows:
            raise BadInput("there are no rows to make batches of; one at least is needed")
        self.size, self.seed, self.shuffle = at_least_one(size, "size"), int(seed), shuffle
        self.valid, self.show, self.classes = valid, show, classes

    @classmethod
    def from_arrays(
        cls,
        *arrays: Any,
        size: int = 64,
        valid: "float | Sequence[Any] | Source | None" = None,
        seed: int = 0,
        shuffle: bool = True,
        show: Callable[..., Any] | None = None,
        classes: Sequence[Any] | None = None,
        weights: Any = None,
    ) -> "Batches":
        """Batches of inputs and, last, targets: NumPy arrays, memory maps or tensors.

        valid: a share of the rows to hold out at random, arrays like the first ones, or batches;
        held-out batches are four times as large and not shuffled.
        """
        held: Any = valid
        at = None
        if isinstance(held, float):
            at, out = _parted(_length(arrays), held, seed)
            held = cls(arrays, 4 * size, seed, False, None, show, classes, weights, out)
        elif isinstance(held, (tuple, list)):
            held = cls(held, 4 * size, seed, False, None, show, classes)
        return cls(arrays, size, seed, shuffle, held, show, classes, weights, at)

    def __len__(self) -> int:
        steps = -(-self.rows // self.size)
        return steps - 1 if steps > 1 and self.rows % self.size == 1 else steps

    def __repr__(self) -> str:
        return f"Batches({self.rows:,} rows, {len(self):,} of {self.size})"

    @property
    def inputs(self) -> int:
        "How many arrays there are beside the target and weights."
        return len(self.arrays) - 1 - self.weighted

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, ...]]:
        "The batches of an epoch, from step `start` on; shuffled by (seed, epoch) if at all."
        steps, size = len(self), self.size
        per = max(_GATHERED // size, 1)
        order = self._order(epoch)
        for a in range(start, steps, per):
            b = min(a + per, steps)
            end = self.rows if b == steps else b * size
            chunk = self._gathered(order, a * size, end)
            for step in range(b - a):
                stop = (step + 1) * size if a + step + 1 < steps else None
                cut = tuple([array[step * size : stop] for array in chunk])
                yield (*cut[:-2], cut[-2:]) if self.weighted else cut

    def _order(self, epoch: int) -> Tensor | None:
        "Positions of rows in the order of an epoch; None for all as they came."
        if not self.shuffle:
            return self.at
        generator = torch.Generator().manual_seed(mixed(self.seed, epoch))
        order = torch.randperm(self.rows, generator=generator)
        return order if self.at is None else self.at[order]

    def _gathered(self, order: Tensor | None, a: int, b: int) -> list[Tensor]:
        if order is None:
            return [_tensor(array[a:b]) for array in self.arrays]
        return [_picked(array, order[a:b]) for array in self.arrays]


class Loader:
    "A DataLoader of torch as a source; its shuffling is seeded anew for each epoch."

    def __init__(self, loader: Any, seed: int = 0) -> None:
        self.loader, self.seed = loader, seed
        try:
            steps = len(loader)
        except TypeError:
            raise BadInput(
                "the DataLoader does not know how many batches it has, so nothing can be planned; "
                "give its dataset a __len__"
            ) from None
        if not steps:
            raise BadInput("the DataLoader has no batches; one at least is needed")

    def __len__(self) -> int:
        return len(self.loader)

    @property
    def generators(self) -> list[torch.Generator]:
        "Generators of random numbers that the DataLoader was given."
        sampler = self.loader.sampler
        inner = getattr(self.loader.batch_sampler, "sampler", None)
        found = [getattr(part, "generator", None) for part in (self.loader, sampler, inner)]
        each = {id(one): one for one in found if isinstance(one, torch.Generator)}
        return list(each.values())

    def in_order(self) -> "Loader":
        """The same rows as they came, not shuffled.

        Raises BadInput where it draws them in a way of its own.
        """
        loader = self.loader
        if isinstance(loader.sampler, SequentialSampler) and not loader.drop_last:
            return self
        kinds = (SequentialSampler, RandomSampler)
        if type(loader.batch_sampler) is not BatchSampler or type(loader.sampler) not in kinds:
            raise BadInput(
                "the DataLoader draws its rows in a way of its own, so they do not come in order; "
                "give one without sampler and shuffle"
            )
        return Loader(
            DataLoader(
                loader.dataset,
                loader.batch_size,
                collate_fn=loader.collate_fn,
                num_workers=loader.num_workers,
            )
        )

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Sequence[Any]]:
        "The batches of an epoch, from step `start` on."
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(mixed(self.seed, epoch))
            batches = iter(self.loader)
            ahead = next(batches, None)  # where its order is drawn
        for step in range(len(self.loader)):
            if ahead is None:
                return
            batch, ahead = ahead, None
            if step >= start:
                yield batch
            ahead = next(batches, None)


def as_source(batches: Any) -> Any:
    "Batches as they are, a DataLoader wrapped; BadInput for anything else."
    if hasattr(batches, "epoch"):
        return batches
    if isinstance(batches, DataLoader):
        return Loader(batches)
    raise BadInput(f"a {type(batches).__name__} came; Batches or a DataLoader of torch were wanted")


def first(source: Any) -> Any:
    "The first batch of the first epoch; BadInput where there is none."
    for batch in source.epoch(0):
        return batch
    raise BadInput("there are no batches; one at least is needed")


def mixed(seed: int, epoch: int) -> int:
    "One seed out of two numbers, such that near ones have nothing in common."
    if seed < 0:
        raise BadInput(f"seed={seed} came; a whole number from 0 on was wanted")
    words = np.random.SeedSequence((seed, epoch)).generate_state(2)
    return int(words[0]) << 31 | int(words[1]) >> 1


def _length(arrays: Sequence[Any]) -> int:
    lengths = [len(array) for array in arrays]
    if not lengths or not all(lengths):
        raise BadInput("there are no rows to make batches of; one at least is needed")
    if len(set(lengths)) > 1:
        told = ", ".join(f"{n:,}" for n in lengths)
        raise BadInput(f"arrays of one length were wanted, with {told} rows they came")
    return lengths[0]


def _weights(weights: Any) -> Tensor:
    array = finite(weights, np.float64, (None,), "weights", above=-1e-300)
    if not array.sum() > 0:
        raise BadInput("weights: all of them are 0, so no row would count")
    return torch.from_numpy((array / array.mean()).astype(np.float32))


def _kept(array: Any) -> Any:
    if isinstance(array, (np.memmap, Tensor)):
        return array
    array = np.ascontiguousarray(array)
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _tensor(rows: Any) -> Tensor:
    return rows if isinstance(rows, Tensor) else _pinned(torch.from_numpy(np.array(rows)))


def _picked(array: Any, chosen: Tensor) -> Tensor:
    "Rows of an array in this order, (n, ...)."
    if isinstance(array, Tensor):
        if array.device.type != "cpu":
            return array[chosen.to(array.device)]
        out = torch.empty(len(chosen), *array.shape[1:], dtype=array.dtype, pin_memory=_PIN)
        return torch.index_select(array, 0, chosen, out=out)
    near = torch.argsort(chosen)  # a disk is read from front to back
    rows = torch.from_numpy(array[chosen[near].numpy()])
    return _pinned(torch.empty_like(rows).index_copy_(0, near, rows))


def _pinned(rows: Tensor) -> Tensor:
    return rows.pin_memory() if _PIN else rows


def _parted(n: int, share: float, seed: int) -> tuple[Any, Any]:
    "Positions of rows to learn from and of those held out, sorted."
    if not 0 < share < 1 or n < 2:
        raise BadInput(
            f"valid={share} of {n:,} rows came; a share between 0 and 1 of at least 2 was wanted"
        )
    order = np.random.default_rng((seed, 1)).permutation(n)
    held = min(max(1, round(share * n)), n - 1)
    return np.sort(order[held:]), np.sort(order[:held])
