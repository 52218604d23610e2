"""A trained convolutional net in NumPy: pictures in, features of each and what is said of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entable._cores import blas_at_one, cores
from entable.data.checks import finite, number
from entable.errors import BadInput, UnknownName
from entable.scorers.net import KINDS, Layer
from entable.scorers.pools import Flat, Pool, PoolTo
from entable.scorers.spatial import Conv, Shape, told

__all__ = ["Conv", "ConvNet", "Flat", "Part", "Paths", "Pool", "PoolTo", "after", "run", "walk"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Seen = dict[str, Singles]  # what layers of these names gave
ON_MAPS = frozenset(KINDS) - {"linear", "norm"}
_BLOCK = 1 << 22  # numbers of the largest map of a block of pictures
_LARGEST = 1 << 28  # numbers of the largest map of one picture


@dataclass(frozen=True, eq=False)
class Paths:
    """Several ways from the same maps, added up ("sum") or channel beside channel ("concat").

    A path without parts hands on what came: a residual block is a sum of two paths. Raises BadInput
    where they cannot be joined.
    """

    how: Literal["sum", "concat"]
    paths: tuple[tuple["Part", ...], ...]

    def __post_init__(self) -> None:
        if self.how not in ("sum", "concat") or not self.paths:
            raise BadInput('paths are joined by "sum" or "concat", and there is one at least')

    def after(self, given: Shape) -> Shape:
        "The shape after them; BadInput where paths end in maps that do not fit each other."
        ends = [after(path, given) for path in self.paths]
        same = {end if self.how == "sum" else end[:-1] for end in ends}
        if len(same) > 1:
            shapes = " and ".join(map(told, dict.fromkeys(ends)))
            raise BadInput(f"paths end in {shapes}, which cannot be joined by {self.how}")
        return ends[0] if self.how == "sum" else (*ends[0][:-1], sum(end[-1] for end in ends))

    def __call__(self, x: Singles, seen: Seen | None = None) -> Singles:
        "(m, H, W, C) -> (m, h, w, D)."
        ends = [run(path, x, seen) for path in self.paths]
        if self.how == "concat":
            return np.concatenate(ends, -1)
        out = ends[0]
        for end in ends[1:]:
            out = out + end
        return out


Part = Layer | Conv | Pool | PoolTo | Flat | Paths


def run(parts: tuple[Part, ...], x: Singles, seen: Seen | None = None) -> Singles:
    "What the parts, one after the other, make of maps; keeps in `seen` what its names ask for."
    for part in parts:
        x = part(x, seen) if isinstance(part, Paths) else part(x)
        if seen is not None and isinstance(part, Conv) and part.name in seen:
            seen[part.name] = x
    return x


def after(parts: tuple[Part, ...], given: Shape) -> Shape:
    "The shape after the parts; BadInput where they do not fit each other."
    for part in parts:
        given = _after(part, given)
    return given


def _after(part: Part, given: Shape) -> Shape:
    if not isinstance(part, Layer):
        return part.after(given)
    if len(given) == 3 and part.kind not in ON_MAPS:
        raise BadInput(f"a layer {part.kind!r} takes rows of numbers; {told(given)} came")
    return (*given[:-1], part.widths(given[-1]))


def walk(parts: tuple[Part, ...], given: Shape) -> Iterator[tuple[Part, Shape]]:
    "Every part, those within paths too, with the shape after it."
    for part in parts:
        if isinstance(part, Paths):
            for path in part.paths:
                yield from walk(path, given)
        given = _after(part, given)
        yield part, given


@dataclass(frozen=True, eq=False)
class ConvNet:
    """What a trained convolutional net computes at rest.

    parts: from pictures to the features (F,) of each; weight (T, F), bias (T,): the last layer, so
    that a class is a vector among the features. shape: height, width and channels of pictures.
    mean, std (C,): of channels, in shares of 255, taken off and divided by. y_range: ends of a
    sigmoid over the outputs. Raises BadInput for parts that do not fit.
    """

    parts: tuple[Part, ...]
    weight: Singles
    bias: Singles
    shape: tuple[int, int, int]
    mean: Singles
    std: Singles
    y_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        h, w, c = self.shape
        weight = finite(self.weight, np.float32, (None, None), "weight of the last layer")
        outputs = len(weight)
        self._kept("weight", weight)
        self._kept("bias", finite(self.bias, np.float32, (outputs,), "bias of the last layer"))
        self._kept("mean", finite(self.mean, np.float32, (c,), "mean of channels"))
        self._kept("std", finite(self.std, np.float32, (c,), "std of channels", 0.0))
        features = after(self.parts, (h, w, c))
        if features != weight.shape[1:] or not weight.size:
            raise BadInput(
                f"the parts end in {told(features)}, the last layer takes {weight.shape[1]} numbers"
            )
        if self._largest > _LARGEST:
            raise BadInput(f"a map of the net has {self._largest:,} numbers: too many")
        if self.y_range is not None:
            lo, hi = (number(end, "y_range") for end in self.y_range)
            if not lo < hi:
                raise BadInput(f"y_range: {lo} to {hi} came, lowest and highest were wanted")

    def _kept(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def _largest(self) -> int:
        "Numbers of the largest map of one picture."
        shapes = [self.shape, *(shape for _, shape in walk(self.parts, self.shape))]
        return max(int(np.prod(shape, dtype=object)) for shape in shapes)

    @property
    def convolutions(self) -> dict[str, Conv]:
        "Its convolutions by name, from the pictures on."
        found = (part for part, _ in walk(self.parts, self.shape) if isinstance(part, Conv))
        return {part.name: part for part in found}

    @property
    def outputs(self) -> int:
        "How many outputs it has."
        return len(self.weight)

    def __str__(self) -> str:
        many = sum(isinstance(part, Conv) for part, _ in walk(self.parts, self.shape))
        return f"a net of {many} convolution{'s' * (many != 1)}"

    def __call__(self, pictures: ArrayLike) -> Floats:
        "Outputs (n, T) for pictures (n, H, W, C) of 0 to 255; BadInput for other shapes."
        return self.said(self.features(pictures))

    def said(self, features: Singles) -> Floats:
        "Outputs (n, T) for features (n, F)."
        with blas_at_one():
            found = (features @ self.weight.T + self.bias).astype(np.float64)
        if self.y_range is not None:
            lo, hi = self.y_range
            found = lo + (hi - lo) * (0.5 + 0.5 * np.tanh(0.5 * found))
        return np.asarray(found)

    def features(self, pictures: ArrayLike) -> Singles:
        "What the last layer takes (n, F) of pictures (n, H, W, C) of 0 to 255."
        return self._blocks(lambda x: run(self.parts, x), pictures)

    def maps(self, pictures: ArrayLike, name: str) -> Singles:
        """What the convolution so named gives (n, h, w, O) for pictures; large for many of them.

        Raises UnknownName where there is none.
        """
        if name not in self.convolutions:
            known = ", ".join(self.convolutions)
            raise UnknownName(f"the net has no convolution {name!r}; it has {known}")

        def found(x: Singles) -> Singles:
            seen: Seen = {name: x[:0]}
            run(self.parts, x, seen)
            return seen[name]

        return self._blocks(found, pictures)

    def _blocks(self, of: Callable[[Singles], Singles], pictures: ArrayLike) -> Singles:
        "As many pictures at a time as memory bears, blocks side by side."
        whole = np.asarray(pictures)
        if whole.shape[1:] != self.shape or whole.ndim != 4:
            raise BadInput(
                f"pictures of shape {whole.shape} came; (n, {', '.join(map(str, self.shape))}) "
                "were wanted: height, width, channels"
            )
        many = max(1, _BLOCK // self._largest)
        starts = range(0, max(len(whole), 1), many)

        def one(a: int) -> Singles:
            x = whole[a : a + many].astype(np.float32) / np.float32(255)
            return of((x - self.mean) / self.std)

        with blas_at_one(), ThreadPoolExecutor(min(8, cores(), len(starts))) as pool:
            return np.concatenate([*pool.map(one, starts)])
