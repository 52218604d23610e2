"""A trained net over the rows of a table, in NumPy: vectors of categories, numbers, layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._cores import blas_at_one
from entable.data.checks import finite, number
from entable.errors import BadInput
from entable.scorers.net import Layer
from entable.scorers.readers import Reader

__all__ = ["Block", "Ensemble", "TableNet"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
_BLOCK = 4096  # rows scored at a time


@dataclass(frozen=True, eq=False)
class Block:
    "Layers in a row; residual: what goes in is added to what comes out."

    layers: tuple[Layer, ...]
    residual: bool = False

    def widths(self, given: int) -> int:
        "How many numbers a row has after it; BadInput where `given` do not fit."
        n = given
        for layer in self.layers:
            n = layer.widths(n)
        if self.residual and n != given:
            raise BadInput(f"a residual block makes {n} numbers of {given}; as many were wanted")
        return n

    def __call__(self, x: Singles) -> Singles:
        "(m, a) -> (m, b)."
        out = x
        for layer in self.layers:
            out = layer(out)
        return x + out if self.residual else out


@dataclass(frozen=True, eq=False)
class TableNet:
    """What a `models.TabularNet` computes at rest.

    tables: (levels, k) for each category; reader: of numbers, None where there are none; blocks:
    hidden layers; weight (members, T, H), bias (members, T): of the last layer; centre, scale (T,):
    of outputs; factors (members, F): what a member multiplies its inputs by; additive (all levels,
    T): what each level adds; y_range: ends of a sigmoid. Raises BadInput for parts that do not fit.
    """

    tables: tuple[Singles, ...]
    reader: Reader | None
    blocks: tuple[Block, ...]
    weight: Singles
    bias: Singles
    centre: Singles
    scale: Singles
    factors: Singles | None = None
    additive: Singles | None = None
    y_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        keep = object.__setattr__
        tables = tuple(finite(t, np.float32, (None, None), "vectors") for t in self.tables)
        keep(self, "tables", tables)
        weight = finite(self.weight, np.float32, (None, None, None), "weight of the last layer")
        members, outputs, last = weight.shape
        self._kept("weight", weight.shape)
        self._kept("bias", (members, outputs))
        first = sum(t.shape[1] for t in tables) + (self.reader.width if self.reader else 0)
        if self.factors is not None:
            self._kept("factors", (members, first))
        elif members != 1:
            raise BadInput(f"{members} members came without the factors that tell them apart")
        if self.additive is not None:
            self._kept("additive", (sum(map(len, tables)), outputs))
        for name in ("centre", "scale"):
            self._kept(name, (outputs,))
        self._check(first, last)

    def _kept(self, name: str, shape: tuple[int | None, ...]) -> None:
        object.__setattr__(self, name, finite(getattr(self, name), np.float32, shape, name))

    def _check(self, first: int, last: int) -> None:
        n = first
        for block in self.blocks:
            n = block.widths(n)
        if n != last or not self.weight.size:
            raise BadInput(f"the hidden layers give {n} numbers, the last layer takes {last}")
        if any(len(table) < 2 for table in self.tables):
            raise BadInput("a category has two levels at least, unseen and missing")
        if self.y_range is not None:
            lo, hi = (number(end, "y_range") for end in self.y_range)
            if not lo < hi:
                raise BadInput(f"y_range: {lo} to {hi} came, lowest and highest were wanted")

    @property
    def levels(self) -> tuple[int, ...]:
        "Levels of each category, unseen and missing among them."
        return tuple(map(len, self.tables))

    @property
    def numbers(self) -> int:
        "How many numbers a row has."
        return 0 if self.reader is None else len(self.reader.missing)

    @property
    def outputs(self) -> int:
        "How many outputs it has."
        return int(self.weight.shape[1])

    @property
    def added(self) -> tuple[Singles, ...]:
        "What each level of each category adds to the outputs (levels, T); nothing if not additive."
        begin = np.cumsum(self.levels)[:-1]
        if self.additive is None:
            return tuple(np.zeros((n, self.outputs), np.float32) for n in self.levels)
        return tuple(np.split(self.additive, begin))

    def __str__(self) -> str:
        return f"a net of {len(self.blocks)} hidden layers"

    def joined(self, codes: NDArray[Any], numbers: Singles, missing: NDArray[np.bool_]) -> Singles:
        "(m, C), (m, M), (m, M) -> (m, F): vectors of categories, then what numbers became."
        parts = [table[codes[:, c]] for c, table in enumerate(self.tables)]
        if self.reader is not None:
            parts.append(self.reader(numbers, missing))
        return np.concatenate(parts, 1)

    def __call__(self, codes: NDArray[Any], numbers: Any, missing: Any) -> Floats:
        """Outputs (n,), or (n, T) for several, as `table.target.decode` takes them.

        codes (n, C), numbers (n, M), missing (n, M): as `table.apply` gives them.
        """
        out = np.empty((len(codes), self.outputs))
        with blas_at_one():
            for a in range(0, len(codes), _BLOCK):
                at = slice(a, a + _BLOCK)
                out[at] = self._scores(codes[at], numbers[at], missing[at])
        out = self.centre + self.scale * out
        if self.y_range is not None:
            lo, hi = self.y_range
            out = lo + (hi - lo) * (0.5 + 0.5 * np.tanh(0.5 * out))
        return out if self.outputs > 1 else out[:, 0]

    def _scores(self, codes: NDArray[Any], numbers: Any, missing: Any) -> Singles:
        x = self.joined(codes, numbers, missing)
        seen: Sequence[Singles] = [x] if self.factors is None else [x * f for f in self.factors]
        out = np.zeros((len(x), self.outputs), np.float32)
        for member, weight, bias in zip(seen, self.weight, self.bias, strict=True):
            out += self._hidden(member) @ weight.T + bias
        out /= np.float32(len(self.weight))
        if self.additive is not None:
            begin = np.cumsum([0, *self.levels[:-1]])
            out += self.additive[codes + begin].sum(1)
        return out

    def _hidden(self, x: Singles) -> Singles:
        for block in self.blocks:
            x = block(x)
        return x

    def hidden(self, codes: NDArray[Any], numbers: Any, missing: Any) -> Singles:
        "What the last hidden layer gives for rows (n, H), of all members side by side."
        found = []
        with blas_at_one():
            for a in range(0, len(codes), _BLOCK):
                at = slice(a, a + _BLOCK)
                x = self.joined(codes[at], numbers[at], missing[at])
                seen = [x] if self.factors is None else [x * f for f in self.factors]
                found.append(np.concatenate([self._hidden(one) for one in seen], 1))
        return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class Ensemble:
    "The mean of the outputs of nets of the same table. Raises BadInput for none or different ones."

    nets: tuple[TableNet, ...]

    def __post_init__(self) -> None:
        kinds = {(net.levels, net.numbers, net.outputs) for net in self.nets}
        if len(kinds) != 1:
            raise BadInput(f"{len(kinds)} kinds of nets came; nets of one table were wanted")

    @property
    def levels(self) -> tuple[int, ...]:
        "Levels of each category, unseen and missing among them."
        return self.nets[0].levels

    @property
    def numbers(self) -> int:
        "How many numbers a row has."
        return self.nets[0].numbers

    @property
    def outputs(self) -> int:
        "How many outputs they have."
        return self.nets[0].outputs

    @property
    def tables(self) -> tuple[Singles, ...]:
        "The vectors of the first net: those of several lie in spaces of their own."
        return self.nets[0].tables

    @property
    def added(self) -> tuple[Singles, ...]:
        "What each level adds in the first net."
        return self.nets[0].added

    def __str__(self) -> str:
        return f"{len(self.nets)} nets, {self.nets[0]} the first"

    def __call__(self, codes: NDArray[Any], numbers: Any, missing: Any) -> Floats:
        "The mean of their outputs (n,) or (n, T)."
        said = [net(codes, numbers, missing) for net in self.nets]
        mean: Floats = np.mean(said, axis=0)
        return mean

    def hidden(self, codes: NDArray[Any], numbers: Any, missing: Any) -> Singles:
        "What their last hidden layers give (n, all of them), side by side."
        return np.concatenate([net.hidden(codes, numbers, missing) for net in self.nets], 1)
