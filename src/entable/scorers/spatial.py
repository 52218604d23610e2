"""Convolutions in NumPy: every place looks at its own patch of a map through the same weights.

Maps are (m, H, W, C). Channels are the last axis, so that a patch is a few runs of memory and all
patches together are one matrix, whose product with the weights is the convolution.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from entable.data.checks import finite
from entable.errors import BadInput

__all__ = ["Conv", "Pair", "Shape", "cells", "padded", "pairs", "shifted", "told"]

Singles = NDArray[np.float32]
Shape = tuple[int, ...]  # (H, W, C) of a map, (F,) once it is flat
Pair = tuple[int, int]
_PATCHES = 1 << 21  # numbers copied at a time for one matrix product


@dataclass(frozen=True, eq=False)
class Conv:
    """A convolution: weight (h, w, C / groups, O), bias (O,), as torch counts its settings.

    name: what the layer was called where it was trained. Raises BadInput for parts that do not fit.
    """

    weight: Singles
    bias: Singles
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    name: str = ""

    def __post_init__(self) -> None:
        weight = finite(self.weight, np.float32, (None,) * 4, "convolution weight")
        object.__setattr__(self, "weight", weight)
        outputs = weight.shape[3]
        bias = finite(self.bias, np.float32, (outputs,), "convolution bias")
        object.__setattr__(self, "bias", bias)
        pairs("convolution", stride=self.stride, dilation=self.dilation)
        pairs("convolution", 0, padding=self.padding)
        if not weight.size or type(self.groups) is not int or self.groups < 1:
            raise BadInput("a convolution has weights and one group at least")
        if outputs % self.groups:
            raise BadInput(f"{outputs} filters cannot be dealt to {self.groups} groups")
        if any(p > e for p, e in zip(self.padding, self.extent, strict=True)):
            raise BadInput(f"a convolution is padded by {max(self.padding)}, more than it spans")

    @property
    def extent(self) -> Pair:
        "Rows and columns that it spans."
        h, w = ((k - 1) * d + 1 for k, d in zip(self.weight.shape, self.dilation, strict=False))
        return h, w

    def after(self, given: Shape) -> Shape:
        "The shape after it; BadInput where a map of shape `given` does not fit."
        channels = self.weight.shape[2] * self.groups
        if len(given) != 3 or given[2] != channels:
            raise BadInput(f"a convolution of {channels} channels does not fit {told(given)}")
        h, w = cells(given, self.extent, self.stride, self.padding, "convolution")
        return h, w, int(self.weight.shape[3])

    def __call__(self, x: Singles) -> Singles:
        "(m, H, W, C) -> (m, h, w, O)."
        h, w, outputs = self.after(x.shape[1:])
        x = padded(x, self.padding, 0)
        if self.groups == x.shape[3] == outputs:
            return self._each(x, h, w)
        out = np.empty((len(x), h, w, outputs), np.float32)
        many, take = outputs // self.groups, self.weight.shape[2]
        for g in range(self.groups):
            mine, seen = slice(g * many, (g + 1) * many), slice(g * take, (g + 1) * take)
            self._product(x[..., seen], self.weight[..., mine], out[..., mine])
        out += self.bias
        return out

    def _product(self, x: Singles, weight: Singles, out: NDArray[np.float32]) -> None:
        "Patches as the rows of a matrix (many, h * w * c), times the weights (h * w * c, O)."
        matrix = weight.reshape(-1, weight.shape[3])
        windows = self._windows(x)  # (m, h, w, kh, kw, c), no copy
        for at, rows in _tiles(len(out), out.shape[1], out.shape[2] * len(matrix)):
            patches = windows[at, rows]
            found = patches.reshape(-1, len(matrix)) @ matrix
            out[at, rows] = found.reshape(*patches.shape[:3], -1)

    def _windows(self, x: Singles) -> Singles:
        (a, b), (c, d) = self.stride, self.dilation
        seen = sliding_window_view(x, self.extent, (1, 2))[:, ::a, ::b, :, ::c, ::d]
        return seen.transpose(0, 1, 2, 4, 5, 3)

    def _each(self, x: Singles, h: int, w: int) -> Singles:
        "Every channel by a filter of its own: no product, but a sum of shifted maps."
        out = np.broadcast_to(self.bias, (len(x), h, w, len(self.bias))).copy()
        for (i, j), part in shifted(x, self.weight.shape, self.stride, (h, w), self.dilation):
            out += part * self.weight[i, j, 0]
        return out


def told(shape: Shape) -> str:
    "A shape in words."
    if len(shape) == 3:
        return f"maps of {shape[0]} x {shape[1]} and {shape[2]} channels"
    return f"rows of {shape[0]} numbers"


def pairs(what: str, least: int = 1, **pairs: Any) -> None:
    "BadInput unless each is two whole numbers from `least` on."
    for name, pair in pairs.items():
        whole = isinstance(pair, tuple) and len(pair) == 2
        if not whole or any(type(n) is not int or not least <= n < 1 << 12 for n in pair):
            raise BadInput(f"{what}: {name}={pair!r} came; two whole numbers were wanted")


def cells(given: Shape, span: Pair, stride: Pair, padding: Pair, what: str) -> Pair:
    "How often a window fits on a padded map; BadInput where it does not fit at all."
    h, w = (
        (n + 2 * p - e) // s + 1
        for n, p, e, s in zip(given[:2], padding, span, stride, strict=True)
    )
    if h < 1 or w < 1:
        raise BadInput(f"a {what} over {span[0]} x {span[1]} does not fit {told(given)}")
    return h, w


def padded(x: Singles, by: Pair, value: float) -> Singles:
    "Maps with `by` more rows and columns on every side, filled with a value."
    if by == (0, 0):
        return x
    m, h, w, c = x.shape
    out = np.full((m, h + 2 * by[0], w + 2 * by[1], c), value, np.float32)
    out[:, by[0] : by[0] + h, by[1] : by[1] + w] = x
    return out


def shifted(
    x: Singles, size: tuple[int, ...], stride: Pair, cells: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[Pair, Singles]]:
    "For every place (i, j) of a window what stands there in all windows (m, h, w, C)."
    spans = [(n - 1) * s + 1 for n, s in zip(cells, stride, strict=True)]
    for i in range(size[0]):
        for j in range(size[1]):
            a, b = i * dilation[0], j * dilation[1]
            rows = slice(a, a + spans[0], stride[0])
            yield (i, j), x[:, rows, b : b + spans[1] : stride[1]]


def _tiles(m: int, h: int, cost: int) -> Iterator[tuple[slice, slice]]:
    "Pictures and rows of their maps, as many at a time as `cost` numbers a row allow."
    rows = max(1, _PATCHES // cost)
    many = max(1, rows // h)
    for a in range(0, m, many):
        for r in range(0, h, rows):
            yield slice(a, a + many), slice(r, r + rows)
