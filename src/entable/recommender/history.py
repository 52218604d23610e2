"""Who rated what, in compressed rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import finite
from entable.errors import BadInput

__all__ = ["History"]


@dataclass(frozen=True, eq=False)
class History:
    """The ratings a model was learnt from, by user: those of user u are indptr[u]:indptr[u + 1].

    Shapes: indptr (nu + 1,) int64, items (n,) int32 positions that grow within a user, ratings (n,)
    float32. Raises BadInput where they do not fit each other.
    """

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]
    ratings: NDArray[np.float32]

    def __post_init__(self) -> None:
        indptr, items = np.asarray(self.indptr, np.int64), np.asarray(self.items, np.int32)
        ratings = finite(self.ratings, np.float32, (None,), "history ratings")
        if indptr.ndim != 1 or items.ndim != 1 or not len(indptr) or indptr[0] != 0:
            raise BadInput("history: the rows of users must begin at 0")
        if (indptr[1:] < indptr[:-1]).any() or not indptr[-1] == len(items) == len(ratings):
            raise BadInput("history: the rows of users must follow each other and hold all ratings")
        falls = np.flatnonzero(items[1:] <= items[:-1]) + 1
        if len(items) and (items.min() < 0 or not np.isin(falls, indptr).all()):
            raise BadInput("history: the items of a user must be distinct and in order")
        for name, value in (("indptr", indptr), ("items", items), ("ratings", ratings)):
            object.__setattr__(self, name, value)

    @classmethod
    def of(
        cls,
        u: NDArray[np.integer],
        i: NDArray[np.integer],
        r: NDArray[np.floating],
        users: int,
        items: int,
    ) -> "History":
        "From positions of users and items and their ratings, in any order, pairs distinct."
        order = np.argsort(u.astype(np.int64) * items + i)
        indptr = np.zeros(users + 1, np.int64)
        np.cumsum(np.bincount(u, minlength=users), out=indptr[1:])
        return cls(indptr, i[order].astype(np.int32), r[order].astype(np.float32))

    def __len__(self) -> int:
        return len(self.items)

    def of_user(self, u: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        "Item positions and ratings of one user; none for -1."
        if u < 0:
            return self.items[:0], self.ratings[:0]
        row = slice(self.indptr[u], self.indptr[u + 1])
        return self.items[row], self.ratings[row]

    def holds(
        self, u: NDArray[np.integer], i: NDArray[np.integer], items: int
    ) -> NDArray[np.bool_]:
        "Which pairs (m,) of positions were learnt from, `items` being all; none with -1."
        users, known, _ = self.triples()
        keys = users * items + known  # in order, as rows and items within a row are
        wanted = u.astype(np.int64) * items + i
        at = np.searchsorted(keys, wanted).clip(max=max(len(keys) - 1, 0))
        held: NDArray[np.bool_] = (u >= 0) & (i >= 0) & bool(len(keys))
        return held & (keys[at] == wanted) if len(keys) else held

    def select(self, u: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        "Compressed rows (indptr, items) of some users in the order given; none for -1."
        counts = np.where(u >= 0, self.indptr[u + 1] - self.indptr[u], 0)
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        shift = np.repeat(np.where(u >= 0, self.indptr[u], 0) - indptr[:-1], counts)
        return indptr, self.items[np.arange(indptr[-1]) + shift]

    def triples(self) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[np.float32]]:
        "Users, items and ratings (n,) one by one."
        users = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        return users, self.items, self.ratings
