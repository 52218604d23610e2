"""Recurrent cells in a few lines each, and the loop around them: what torch's layers compute.

Weights are named and shaped as those of `nn.RNNCell`, `nn.GRUCell` and `nn.LSTMCell`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

__all__ = ["GRUCell", "LSTMCell", "Loop", "RNNCell"]


class _Weights(nn.Module):
    "Two matrices and two biases for so many gates: of the input, and of what is remembered."

    def __init__(self, n: int, hidden: int, gates: int) -> None:
        super().__init__()
        bound = hidden**-0.5
        for name, *shape in (
            ("weight_ih", gates * hidden, n),
            ("weight_hh", gates * hidden, hidden),
            ("bias_ih", gates * hidden),
            ("bias_hh", gates * hidden),
        ):
            self.register_parameter(name, nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))
        self.hidden = hidden

    def both(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        "(B, n), (B, H) -> what the input says and what memory says, each (B, gates H)."
        said = linear(x, self.weight_ih, self.bias_ih)
        return said, linear(h, self.weight_hh, self.bias_hh)

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor


class RNNCell(_Weights):
    "h = tanh(W x + U h + b): the new memory is a bend of input plus old memory (Elman 1990)."

    def __init__(self, n: int, hidden: int, bend: Callable[[Tensor], Tensor] = torch.tanh) -> None:
        super().__init__(n, hidden, 1)
        self.bend = bend

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        "(B, n), ((B, H),) -> ((B, H),)."
        said, known = self.both(x, state[0])
        return (self.bend(said + known),)


class GRUCell(_Weights):
    """A mix of old memory and a proposal, by a gate for each number (Cho et al. 2014).

    r decides how much of the memory the proposal hears, z how much of the memory stays.
    """

    def __init__(self, n: int, hidden: int) -> None:
        super().__init__(n, hidden, 3)

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        "(B, n), ((B, H),) -> ((B, H),)."
        (h,) = state
        (r, z, new), (r_h, z_h, new_h) = (part.chunk(3, 1) for part in self.both(x, h))
        r, z = torch.sigmoid(r + r_h), torch.sigmoid(z + z_h)
        proposal = torch.tanh(new + r * new_h)
        return (z * h + (1 - z) * proposal,)


class LSTMCell(_Weights):
    """A store c that only gates change, and what it shows, h (Hochreiter & Schmidhuber 1997).

    i lets the proposal g in, f lets the store go on, o lets it be seen.
    """

    def __init__(self, n: int, hidden: int) -> None:
        super().__init__(n, hidden, 4)

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        "(B, n), ((B, H), (B, H)) -> the same, h and c."
        h, c = state
        said, known = self.both(x, h)
        i, f, g, o = (said + known).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class Loop(nn.Module):
    "A recurrent net is a loop: the same cell at every step, fed with the state it gave before."

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.cell = cell
        self.kept = 2 if isinstance(cell, LSTMCell) else 1

    def forward(
        self, x: Tensor, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        "(B, T, n) -> what every step showed (B, T, H), and the last state."
        if state is None:
            state = (x.new_zeros(len(x), self.cell.hidden),) * self.kept
        shown = []
        for step in x.unbind(1):
            state = self.cell(step, state)
            shown.append(state[0])
        return torch.stack(shown, 1), state
