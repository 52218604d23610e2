"""Items that a user has not rated, drawn beside each that they have."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from entable.data.ratings import Ratings
from entable.train.batches import Batches, mixed

__all__ = ["Negatives"]

_TRIES = 100  # draws for an item that is not rated; of users who rated all, the last one stays


class Negatives:
    """Batches (user, item, rating) as (user (B,), items (B, 1 + n), rating): the item rated first,
    then n that the user has rated in none of `known`, drawn evenly by seed, epoch and step.
    """

    inputs = 2

    def __init__(
        self,
        batches: Batches,
        known: Sequence[Ratings],
        n: int,
        seed: int = 0,
        valid: "Negatives | None" = None,
    ) -> None:
        self.batches, self.n, self.seed, self.valid = batches, n, seed, valid
        self.size, self.items = batches.size, len(known[0].items)
        pairs = [each.u.astype(np.int64) * self.items + each.i for each in known]
        self.known = torch.from_numpy(np.unique(np.concatenate(pairs)))

    def __len__(self) -> int:
        return len(self.batches)

    def in_order(self) -> "Negatives":
        "The same rows as they came, not shuffled."
        other = Negatives.__new__(Negatives)
        vars(other).update(vars(self) | {"batches": self.batches.in_order()})
        return other

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, ...]]:
        "The batches of an epoch, from step `start` on."
        seed = mixed(self.seed + 1, epoch)
        for step, (u, i, r) in enumerate(self.batches.epoch(epoch, start), start):
            draws = torch.Generator().manual_seed(mixed(seed, step))
            yield u, torch.cat([i[:, None], self._drawn(u, draws).to(i)], 1), r

    def _drawn(self, u: Tensor, draws: torch.Generator) -> Tensor:
        "(B, n) items that users (B,) have not rated."
        first = (u.long() * self.items).repeat_interleave(self.n)  # (B n,)
        found = torch.randint(self.items, first.shape, generator=draws)
        at = torch.arange(len(found))
        for _ in range(_TRIES):
            at = at[self._rated(first[at] + found[at])]
            if not len(at):
                break
            found[at] = torch.randint(self.items, at.shape, generator=draws)
        return found.view(len(u), self.n)

    def _rated(self, keys: Tensor) -> Tensor:
        "Which pairs (m,), user times items plus item, are known."
        at = torch.searchsorted(self.known, keys).clamp_(max=len(self.known) - 1)
        return self.known[at] == keys
