"""A table as integers and floats, the same for one row or ten million."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Encoded"]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Rows of a table as models take them.

    codes: (n, C) int32 rows of vocabs. numbers: (n, M) float32, scaled and filled. missing: (n, M)
    where a number was missing. unseen: (n,) int16, how many levels of the row were not learnt.
    target: float32 (n,) or (n, T), int64 classes (n,), or None. weights: (n,) float32 or None.
    notes: sentences about what was ignored or read otherwise.
    """

    codes: NDArray[np.int32]
    numbers: NDArray[np.float32]
    missing: NDArray[np.bool_]
    unseen: NDArray[np.int16]
    target: NDArray[Any] | None = None
    weights: NDArray[np.float32] | None = None
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.codes)

    def vectors(self, tables: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        "Each category's vectors out of tables (levels, k), side by side (n, K)."
        found = [table[self.codes[:, c]] for c, table in enumerate(tables)]
        return np.concatenate([*found, np.empty((len(self), 0), np.float32)], 1)

    def take(self, rows: ArrayLike | slice) -> "Encoded":
        "Some of the rows, by mask, slice or row numbers."
        at = rows if isinstance(rows, slice) else np.asarray(rows)
        return replace(
            self,
            codes=self.codes[at],
            numbers=self.numbers[at],
            missing=self.missing[at],
            unseen=self.unseen[at],
            target=None if self.target is None else self.target[at],
            weights=None if self.weights is None else self.weights[at],
        )
