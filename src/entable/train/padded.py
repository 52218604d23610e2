"""Padded: batches of sequences of different lengths, those of like length side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train.batches import Epochs, mixed

__all__ = ["Padded"]

_POOL = 32  # batches of rows drawn by chance that are sorted by length together


class Ragged(Protocol):
    "Sequences that can be put side by side, padded behind."

    def __len__(self) -> int: ...

    @property
    def lengths(self) -> NDArray[np.int64]: ...

    def padded(self, rows: Any) -> tuple[NDArray[Any], NDArray[np.int64]]: ...


class Padded(Epochs):
    """Batches (codes (B, T), lengths (B,), y (B,)) of sequences, padded to the longest of a batch.

    Rows are drawn by (seed, epoch) and then sorted by length among the rows of 32 batches, so that
    little is padded and yet every epoch mixes them anew; not shuffled they come as they stand. at:
    the rows to use. Raises BadInput for no rows, and where targets are more or fewer.
    """

    inputs = 2

    def __init__(
        self,
        sequences: Ragged,
        y: Any,
        size: int = 32,
        seed: int = 0,
        shuffle: bool = True,
        valid: Any = None,
        show: Callable[..., Any] | None = None,
        classes: Sequence[Any] | None = None,
        at: Any = None,
    ) -> None:
        self.sequences, self.y = sequences, torch.as_tensor(np.asarray(y))
        if len(self.y) != len(sequences):
            raise BadInput(f"{len(self.y):,} targets came for {len(sequences):,} sequences")
        self.at = np.arange(len(sequences)) if at is None else np.asarray(at, np.int64)
        if not len(self.at):
            raise BadInput("there are no rows to make batches of; one at least is needed")
        self.size, self.seed, self.shuffle = at_least_one(size, "size"), int(seed), shuffle
        self.valid, self.show, self.classes = valid, show, classes

    @property
    def arrays(self) -> tuple[Any, ...]:
        "What the batches are of, for a fingerprint."
        return (*(getattr(self.sequences, n) for n in ("codes", "offsets")), self.y)

    def __len__(self) -> int:
        steps = -(-len(self.at) // self.size)
        return steps - 1 if steps > 1 and len(self.at) % self.size == 1 else steps

    def __repr__(self) -> str:
        return f"Padded({len(self.at):,} sequences, {len(self):,} batches of {self.size})"

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        "The batches of an epoch, from step `start` on."
        for rows in self._batches(epoch)[start:]:
            codes, lengths = self.sequences.padded(rows)
            long = torch.from_numpy(codes.astype(np.int64))
            yield long, torch.from_numpy(lengths), self.y[torch.from_numpy(rows)]

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        "The rows of each batch; a last one of a single row is joined to the one before it."
        if not self.shuffle:
            return _cut(self.at, self.size, len(self))
        chance = np.random.default_rng(mixed(self.seed, epoch))
        order = chance.permutation(self.at)
        pool, lengths = _POOL * self.size, self.sequences.lengths
        parts = [order[a : a + pool] for a in range(0, len(order), pool)]
        alike = [part[np.argsort(lengths[part], kind="stable")] for part in parts]
        found = _cut(np.concatenate(alike), self.size, len(self))
        return [found[k] for k in chance.permutation(len(found))]


def _cut(rows: NDArray[np.int64], size: int, n: int) -> list[NDArray[np.int64]]:
    return [rows[k * size : (k + 1) * size if k + 1 < n else None] for k in range(n)]
