"""A trained recurrent net over codes of text, in NumPy: vectors, layers in a loop, a head."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._cores import blas_at_one
from entable.data.checks import finite
from entable.errors import BadInput
from entable.scorers.net import Layer

__all__ = ["GATES", "Cell", "Recurrent", "State"]

Singles = NDArray[np.float32]
Codes = NDArray[np.integer]
State = list[tuple[Singles, ...]]  # of each layer: (B, H) each, h or h and c
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
ARRAYS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _sigmoid(x: Singles) -> Singles:
    half = np.float32(0.5)
    out: Singles = half + half * np.tanh(half * x)
    return out


@dataclass(frozen=True, eq=False)
class Cell:
    """A recurrent layer in one direction, with torch's weights; its kind is a name of GATES.

    weight_ih (gates H, n), weight_hh (gates H, H), bias_ih and bias_hh (gates H,). Raises BadInput
    for arrays that do not fit.
    """

    kind: str
    weight_ih: Singles
    weight_hh: Singles
    bias_ih: Singles
    bias_hh: Singles

    def __post_init__(self) -> None:
        if self.kind not in GATES:
            raise BadInput(f"a layer {self.kind!r} came; one of {', '.join(GATES)} was wanted")
        rows = GATES[self.kind] * self.hidden
        shapes = ((rows, None), (rows, self.hidden), (rows,), (rows,))
        for name, shape in zip(ARRAYS, shapes, strict=True):
            array = finite(getattr(self, name), np.float32, shape, f"{self.kind} {name}")
            object.__setattr__(self, name, array)
        if not self.hidden or not self.weight_ih.shape[1]:
            raise BadInput(f"a layer {self.kind!r} has an array without numbers")

    @property
    def hidden(self) -> int:
        "How many numbers it remembers of a row."
        return int(self.weight_hh.shape[1]) if self.weight_hh.ndim == 2 else 0

    def begin(self, rows: int) -> tuple[Singles, ...]:
        "What is remembered before the first step."
        return (np.zeros((rows, self.hidden), np.float32),) * (1 + (self.kind == "lstm"))

    def read(self, x: Singles, state: tuple[Singles, ...]) -> tuple[Singles, tuple[Singles, ...]]:
        "(B, T, n) -> what each step shows (B, T, H), and the last state."
        said = x @ self.weight_ih.T + self.bias_ih  # (B, T, gates H)
        turned = np.ascontiguousarray(self.weight_hh.T)
        shown = np.empty((*x.shape[:2], self.hidden), np.float32)
        for t in range(x.shape[1]):
            state = self._step(said[:, t], state[0] @ turned + self.bias_hh, state)
            shown[:, t] = state[0]
        return shown, state

    def _step(
        self, said: Singles, known: Singles, state: tuple[Singles, ...]
    ) -> tuple[Singles, ...]:
        if self.kind == "rnn":
            return (np.tanh(said + known),)
        if self.kind == "gru":
            (r, z, new), (r_h, z_h, new_h) = np.split(said, 3, 1), np.split(known, 3, 1)
            z = _sigmoid(z + z_h)
            return (z * state[0] + (1 - z) * np.tanh(new + _sigmoid(r + r_h) * new_h),)
        i, f, g, o = np.split(said + known, 4, 1)
        c = _sigmoid(f) * state[1] + _sigmoid(i) * np.tanh(g)
        return _sigmoid(o) * np.tanh(c), c


@dataclass(frozen=True, eq=False)
class Recurrent:
    """What a `models.LanguageModel` or a `models.TextClassifier` computes at rest.

    table (V, k): vectors of codes; layers: each of one Cell, or of two where texts are read from
    both ends; head: layers of `scorers.net`. whole: the head answers for a whole text, pooled, and
    not at every step. Raises BadInput for parts that do not fit each other.
    """

    table: Singles
    layers: tuple[tuple[Cell, ...], ...]
    head: tuple[Layer, ...]
    whole: bool = False

    def __post_init__(self) -> None:
        table = finite(self.table, np.float32, (None, None), "vectors of codes")
        object.__setattr__(self, "table", table)
        n = table.shape[1]
        if not self.layers or not self.head:
            raise BadInput("a recurrent net has a layer and a head at least")
        for cells in self.layers:
            same = {(cell.kind, cell.hidden, cell.weight_ih.shape[1]) for cell in cells}
            if len(same) != 1 or len(cells) != len(self.layers[0]) or len(cells) > 2:
                raise BadInput("the cells of a layer are not alike")
            if cells[0].weight_ih.shape[1] != n:
                raise BadInput(f"a layer {cells[0].kind!r} does not fit rows of {n} numbers")
            n = len(cells) * cells[0].hidden
        if self.both and not self.whole:
            raise BadInput("a net that reads from both ends cannot guess what comes next")
        n = 3 * n if self.whole else n
        for layer in self.head:
            n = layer.widths(n)
        object.__setattr__(self, "outputs", n)

    outputs = 0  # numbers that the head gives

    @property
    def both(self) -> bool:
        "Are texts read from both ends?"
        return len(self.layers[0]) == 2

    @property
    def width(self) -> int:
        "Numbers that the last layer shows."
        return len(self.layers[-1]) * self.layers[-1][0].hidden

    def __str__(self) -> str:
        kind, sizes = self.layers[0][0].kind, " + ".join(str(c[0].hidden) for c in self.layers)
        return f"{kind} of {sizes} over vectors of {self.table.shape[1]} numbers"

    def read(
        self, codes: Codes, state: State | None = None, lengths: NDArray[np.int64] | None = None
    ) -> tuple[Singles, State]:
        """Codes (B, T) -> what the last layer shows at each step (B, T, H), and the state after it.

        state: what the last call gave, to go on from. lengths (B,): of rows with padding behind.
        """
        x: Singles = self.table[codes]
        after: State = []
        with blas_at_one():
            for k, cells in enumerate(self.layers):
                begin = cells[0].begin(len(x)) if state is None else state[k]
                shown, new = cells[0].read(x, begin)
                if len(cells) == 2:
                    shown = np.concatenate([shown, _from_the_end(cells[1], x, lengths)], 2)
                after.append(new)
                x = shown
        return x, after

    def scores(self, codes: Codes, state: State | None = None) -> tuple[Singles, State]:
        "Scores (B, T, V) of what comes after each of the codes (B, T), and the state."
        shown, after = self.read(codes, state)
        return self._head(shown.reshape(-1, self.width)).reshape(*codes.shape, -1), after

    def answers(self, codes: Codes, lengths: NDArray[np.int64]) -> Singles:
        "Outputs (B, C) for whole texts (B, T) of these lengths (B,)."
        return self._head(self.pooled(codes, lengths))

    def pooled(self, codes: Codes, lengths: NDArray[np.int64]) -> Singles:
        "What texts (B, T) leave behind (B, 3 H): last step, largest of each number, mean."
        shown, _ = self.read(codes, lengths=lengths)
        last = shown[np.arange(len(shown)), lengths - 1]
        if self.both:
            half = self.width // 2
            last = np.concatenate([last[:, :half], shown[:, 0, half:]], 1)
        inside = (np.arange(shown.shape[1]) < lengths[:, None])[..., None]  # (B, T, 1)
        largest = np.where(inside, shown, np.float32(-np.inf)).max(1)
        mean = (shown * inside).sum(1) / lengths[:, None].astype(np.float32)
        return np.concatenate([last, largest, mean], 1)

    def _head(self, x: Singles) -> Singles:
        with blas_at_one():
            for layer in self.head:
                x = layer(x)
        return x


def _from_the_end(cell: Cell, x: Singles, lengths: Any) -> Singles:
    "What a cell shows that reads each row from its last step to its first."
    steps = np.arange(x.shape[1])
    ends = np.full((len(x), 1), x.shape[1]) if lengths is None else lengths[:, None]
    turned = np.where(steps < ends, ends - 1 - steps, steps)[..., None]  # (B, T, 1)
    shown, _ = cell.read(np.take_along_axis(x, turned, 1), cell.begin(len(x)))
    return np.take_along_axis(shown, turned, 1)
