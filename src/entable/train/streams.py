"""Streams: windows over one long array, such that each row of a batch goes on in the next one."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train.batches import Epochs, mixed

__all__ = ["Streams"]


class Streams(Epochs):
    """Batches (x, begins, y) of windows (B, T) of a long array (n,) of whole numbers.

    The array is cut into `size` rows that lie side by side; row b of a batch goes on where row b of
    the batch before ended, so that what a model remembers may be carried on. y is x one step later.
    begins (B,) says which rows start anew: all of them in the first batch of an epoch, none in any
    other. Each epoch begins a little later, by (seed, epoch), unless shuffle is False, so that
    windows are not always cut at the same places. Windows are of one length, `length` at most, and
    equally many in every epoch; a few steps at the end are left over. The array may be a memory
    map: it stays on disk. Raises BadInput for an array shorter than one window.
    """

    inputs = 2

    def __init__(
        self,
        array: Any,
        size: int = 64,
        length: int = 64,
        seed: int = 0,
        shuffle: bool = True,
        valid: Any = None,
        show: Callable[..., Any] | None = None,
    ) -> None:
        self.arrays = (array,)
        self.length = at_least_one(length, "length")
        if len(array) < self.length + 1:
            raise BadInput(
                f"{len(array):,} steps came, fewer than one window of {self.length} and the step "
                "after it; give a longer text, or a shorter window by length="
            )
        self.size = min(at_least_one(size, "size"), (len(array) - 1) // self.length)
        self.seed, self.shuffle = int(seed), shuffle
        spare = min(self.length - 1, len(array) // 16) if shuffle else 0
        steps = max((len(array) - 1 - spare) // self.size, 1)  # of a row
        self.windows = -(-steps // self.length)
        self.wide = steps // self.windows
        self.valid, self.show = valid, show

    def __len__(self) -> int:
        return self.windows

    def __repr__(self) -> str:
        return (
            f"Streams({len(self.arrays[0]):,} steps, {len(self):,} windows of {self.size} x "
            f"{self.length})"
        )

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        "The batches of an epoch, from window `start` on."
        (array,) = self.arrays
        first = self._first(epoch)
        rows = first + self.windows * self.wide * np.arange(self.size)
        for k in range(start, len(self)):
            at = rows + k * self.wide
            found = np.stack([array[a : a + self.wide + 1] for a in at]).astype(np.int64)
            both = torch.from_numpy(found)  # (B, T + 1)
            yield both[:, :-1], torch.full((self.size,), k == 0), both[:, 1:]

    def _first(self, epoch: int) -> int:
        "The step that an epoch begins at."
        spare = len(self.arrays[0]) - 1 - self.size * self.windows * self.wide
        if not self.shuffle or not spare:
            return 0
        return int(mixed(self.seed, epoch) % (min(spare, self.length - 1) + 1))
