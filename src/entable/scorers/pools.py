"""Pooling and flattening of maps (m, H, W, C), in NumPy."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput
from entable.scorers.spatial import Pair, Shape, cells, padded, pairs, shifted, told

__all__ = ["Flat", "How", "Pool", "PoolTo"]

Singles = NDArray[np.float32]
How = Literal["max", "mean"]
_CELLS = 64  # rows or columns that a PoolTo makes at most


@dataclass(frozen=True)
class Pool:
    """The largest number or the mean of each window of `size`.

    counted: what is padded counts as 0 in a mean; it never counts in a maximum. Raises BadInput for
    settings that are none.
    """

    how: How
    size: Pair
    stride: Pair
    padding: Pair = (0, 0)
    counted: bool = True

    def __post_init__(self) -> None:
        _known(self.how)
        pairs("pooling", size=self.size, stride=self.stride)
        pairs("pooling", 0, padding=self.padding)
        if type(self.counted) is not bool:
            raise BadInput("pooling: padding counts or does not")
        if any(2 * p > s for p, s in zip(self.padding, self.size, strict=True)):
            raise BadInput(f"pooling is padded by {self.padding}, more than half of {self.size}")

    def after(self, given: Shape) -> Shape:
        "The shape after it; BadInput where a map of shape `given` does not fit."
        if len(given) != 3:
            raise BadInput(f"pooling does not fit {told(given)}")
        h, w = cells(given, self.size, self.stride, self.padding, "pooling")
        return h, w, given[2]

    def __call__(self, x: Singles) -> Singles:
        "(m, H, W, C) -> (m, h, w, C)."
        h, w, _ = self.after(x.shape[1:])
        wide = padded(x, self.padding, -np.inf if self.how == "max" else 0)
        found = self._joined(wide, (h, w))
        if self.how == "max":
            return found
        ones = np.ones((1, *x.shape[1:3], 1), np.float32)
        ones = padded(ones, self.padding, 1 if self.counted else 0)
        found /= self._joined(ones, (h, w))
        return found

    def _joined(self, x: Singles, places: Pair) -> Singles:
        parts = (part for _, part in shifted(x, self.size, self.stride, places))
        out = next(parts).copy()
        for part in parts:
            (np.maximum if self.how == "max" else np.add)(out, part, out=out)
        return out


@dataclass(frozen=True)
class PoolTo:
    "The largest number or the mean of each of so many cells, whatever the size of the map."

    how: How
    to: Pair = (1, 1)

    def __post_init__(self) -> None:
        _known(self.how)
        pairs("pooling", to=self.to)
        if max(self.to) > _CELLS:
            raise BadInput(f"pooling to {self.to} cells; {_CELLS} a side at most")

    def after(self, given: Shape) -> Shape:
        "The shape after it; BadInput where it is no map."
        if len(given) != 3:
            raise BadInput(f"pooling does not fit {told(given)}")
        return (*self.to, given[2])

    def __call__(self, x: Singles) -> Singles:
        "(m, H, W, C) -> (m, h, w, C)."
        out = np.empty((len(x), *self.to, x.shape[3]), np.float32)
        rows, columns = (_parts(n, k) for n, k in zip(x.shape[1:3], self.to, strict=True))
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                cell = x[:, row, column]
                out[:, i, j] = cell.max((1, 2)) if self.how == "max" else cell.mean((1, 2))
        return out


@dataclass(frozen=True)
class Flat:
    "A map as one row of numbers, channel by channel, as torch flattens it."

    def after(self, given: Shape) -> Shape:
        "The shape after it."
        return (int(np.prod(given)),)

    def __call__(self, x: Singles) -> Singles:
        "(m, H, W, C) -> (m, C * H * W)."
        if x.ndim == 2:
            return x
        return x.transpose(0, 3, 1, 2).reshape(len(x), int(np.prod(x.shape[1:])))


def _known(how: str) -> None:
    if how not in get_args(How):
        raise BadInput(f"pooling {how!r} came; max or mean was wanted")


def _parts(n: int, k: int) -> list[slice]:
    "k cells that cover n, which overlap where k does not divide n."
    return [slice(i * n // k, -(-(i + 1) * n // k)) for i in range(k)]
