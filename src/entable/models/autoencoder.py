"""Learning a table without a target: rows given back from spoilt ones, columns from the others."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

__all__ = ["Autoencoder", "Mask", "Spoilt", "Swap"]


class Spoilt(NamedTuple):
    "Rows after noise, and which cells (B, C + M) are to be given back, categories first."

    codes: Tensor
    numbers: Tensor
    missing: Tensor
    asked: Tensor


class Swap(nn.Module):
    "A share of the cells takes the value that another row has in the column (Jahrer 2017)."

    def __init__(self, share: float = 0.15) -> None:
        super().__init__()
        self.share = share

    def forward(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> Spoilt:
        "All cells are asked for, swapped or not."
        at, swapped = self._drawn(codes)
        codes = torch.where(swapped, codes.gather(0, at), codes)
        at, swapped = self._drawn(numbers)
        numbers = torch.where(swapped, numbers.gather(0, at), numbers)
        gone = torch.where(swapped, missing.gather(0, at), missing)
        asked = codes.new_ones(len(codes), codes.shape[1] + numbers.shape[1], dtype=torch.bool)
        return Spoilt(codes, numbers, gone, asked)

    def _drawn(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        "For each cell another row of the batch, and whether it is swapped."
        at = torch.randint(len(cells), cells.shape, device=cells.device)
        return at, torch.rand(cells.shape, device=cells.device) < self.share


class Mask(nn.Module):
    "A share of the cells is hidden, as if unseen or missing, and only these are asked for."

    def __init__(self, share: float = 0.3) -> None:
        super().__init__()
        self.share = share

    def forward(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> Spoilt:
        "What is hidden is asked for."
        C, M = codes.shape[1], numbers.shape[1]
        asked = torch.rand(len(codes), C + M, device=codes.device) < self.share
        hidden = asked[:, C:]
        codes = codes.masked_fill(asked[:, :C], 0)
        return Spoilt(codes, numbers.masked_fill(hidden, 0.0), missing | hidden, asked)


class Autoencoder(nn.Module):
    """A net that gives rows back, and says how far off it is.

    net: of (codes, numbers, missing), with an output for each of `levels` of each category and one
    for each number. noise: what spoils the rows before the net sees them, `Swap` or `Mask`.
    Categories and numbers count alike: cross-entropy in units of the log of levels, squared errors
    in those of the scaled numbers. Missing cells are not asked for.
    """

    def __init__(self, net: nn.Module, levels: Sequence[int], noise: nn.Module) -> None:
        super().__init__()
        self.net, self.levels, self.noise = net, list(levels), noise

    def forward(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> Tensor:
        "The loss (B,) of each row, noise always on."
        spoilt = self.noise(codes, numbers, missing)
        out = self.net(*spoilt[:3])  # (B, sum of levels + M)
        wrong = torch.stack(self._wrong(out, codes.long(), numbers), 1)  # (B, C + M)
        there = torch.cat([codes > 1, ~missing], 1) & spoilt.asked
        loss: Tensor = (wrong * there).sum(1) / there.sum(1).clamp(min=1)
        return loss

    def _wrong(self, out: Tensor, codes: Tensor, numbers: Tensor) -> list[Tensor]:
        "How wrong each column is given back, (B,) each."
        sizes = [*self.levels, *[1] * numbers.shape[1]]
        parts = torch.split(out, sizes, 1)
        C = len(self.levels)
        found = [
            fn.cross_entropy(part, codes[:, c], reduction="none") / math.log(max(part.shape[1], 2))
            for c, part in enumerate(parts[:C])
        ]
        return found + [(part[:, 0] - x) ** 2 for part, x in zip(parts[C:], numbers.T, strict=True)]
