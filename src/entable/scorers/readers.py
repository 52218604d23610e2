"""How numbers of a table come into a net, in NumPy: as they are, piece by piece, or as waves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import finite
from entable.errors import BadInput

__all__ = ["READERS", "Reader"]

Singles = NDArray[np.float32]


class Kind(NamedTuple):
    "What a way of reading numbers does to (m, M) -> (m, M, k), and the shapes of its arrays."

    apply: Callable[..., Singles]
    arrays: dict[str, str]  # a letter for each dimension; the same letter, the same size


def _plain(x: Singles, factor: Singles, offset: Singles) -> Singles:
    out: Singles = (x * factor + offset)[..., None]
    return out


def _each(many: Singles, weight: Singles, bias: Singles) -> Singles:
    "(m, M, f) features of each number -> (m, M, k) by a linear layer and ReLU of its own."
    out = np.matmul(many.transpose(1, 0, 2), weight).transpose(1, 0, 2) + bias
    relu: Singles = np.maximum(out, 0)
    return relu


def _pieces(x: Singles, low: Singles, slope: Singles, weight: Singles, bias: Singles) -> Singles:
    return _each(np.clip((x[..., None] - low) * slope, 0, 1), weight, bias)


def _periodic(x: Singles, frequency: Singles, weight: Singles, bias: Singles) -> Singles:
    angle = x.dtype.type(2 * np.pi) * x[..., None] * frequency
    return _each(np.concatenate([np.cos(angle), np.sin(angle)], -1), weight, bias)


READERS: dict[str, Kind] = {
    "plain": Kind(_plain, {"factor": "M", "offset": "M"}),
    "pieces": Kind(_pieces, {"low": "Mf", "slope": "Mf", "weight": "Mfk", "bias": "Mk"}),
    "periodic": Kind(_periodic, {"frequency": "Mf", "weight": "Mgk", "bias": "Mk"}),
}


@dataclass(frozen=True, eq=False)
class Reader:
    """How M numbers come into a net: a name of READERS, its arrays, and what missing ones add.

    missing (M, k), added where a number is missing. Raises BadInput for other kinds and arrays.
    """

    kind: str
    arrays: dict[str, Singles]
    missing: Singles

    def __post_init__(self) -> None:
        if self.kind not in READERS:
            raise BadInput(f"numbers {self.kind!r} came; one of {', '.join(READERS)} was wanted")
        wanted = READERS[self.kind].arrays
        if set(self.arrays) != set(wanted):
            raise BadInput(f"numbers read as {self.kind!r} have the arrays {', '.join(wanted)}")
        missing = finite(self.missing, np.float32, (None, None), "missing")
        sizes: dict[str, int | None] = dict(zip("Mk", missing.shape, strict=True))
        kept = {}
        for name, letters in wanted.items():
            shape = tuple(sizes.get(letter) for letter in letters)
            kept[name] = finite(self.arrays[name], np.float32, shape, f"{self.kind} {name}")
            sizes |= dict(zip(letters, kept[name].shape, strict=True))
        if self.kind == "periodic" and sizes["g"] != 2 * (sizes["f"] or 0):
            raise BadInput("periodic numbers have a weight for each sine and cosine")
        object.__setattr__(self, "arrays", kept)
        object.__setattr__(self, "missing", missing)

    @property
    def width(self) -> int:
        "Numbers that it gives the net."
        return int(self.missing.size)

    def __call__(self, x: Singles, missing: NDArray[np.bool_]) -> Singles:
        "(m, M) numbers, (m, M) which are missing -> (m, M * k)."
        out = READERS[self.kind].apply(x, **self.arrays)
        if missing.any():
            out = out + np.where(missing[..., None], self.missing, np.float32(0))
        return out.reshape(len(x), -1)
