"""Numbers of a table on their way into a net: as they are, piece by piece, or as waves."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from entable.errors import BadInput

__all__ = ["Numbers", "Periodic", "Pieces", "Plain"]


class Numbers(nn.Module):
    "(B, M) numbers and (B, M) which are missing -> (B, width)."

    width: int
    missing: nn.Parameter


class Plain(Numbers):
    "Batch norm; a missing number is moved by something learnt."

    def __init__(self, n: int) -> None:
        super().__init__()
        self.width = n
        self.norm = nn.BatchNorm1d(n) if n else nn.Identity()
        self.missing = nn.Parameter(torch.zeros(n))

    def forward(self, x: Tensor, missing: Tensor | None) -> Tensor:
        "(B, M) -> (B, M)."
        out: Tensor = self.norm(x)
        return out if missing is None else out + missing * self.missing


class _Each(Numbers):
    "A linear layer and ReLU of its own for what each number became."

    def __init__(self, n: int, features: int, k: int, bound: Any) -> None:
        super().__init__()
        self.width = n * k
        self.weight = nn.Parameter(torch.randn(n, features, k) * bound)
        self.bias = nn.Parameter(torch.zeros(n, k))
        self.missing = nn.Parameter(torch.zeros(n, k))

    def spread(self, x: Tensor) -> Tensor:
        "(B, M) -> (B, M, features)."
        raise NotImplementedError

    def forward(self, x: Tensor, missing: Tensor | None) -> Tensor:
        "(B, M) -> (B, M * k)."
        many = self.spread(x).transpose(0, 1)  # (M, B, features)
        out = torch.relu(torch.baddbmm(self.bias[:, None], many, self.weight)).transpose(0, 1)
        if missing is not None:
            out = out + missing[..., None] * self.missing
        return out.reshape(len(x), -1)


class Pieces(_Each):
    """How far a number has come through each piece between its edges, from 0 to 1.

    Gorishniy et al. 2022. edges: for each number two or more, rising. k: numbers that each becomes.
    """

    def __init__(self, edges: Sequence[Any], k: int = 16) -> None:
        rows = [torch.as_tensor(e, dtype=torch.float32) for e in edges]
        for e in rows:
            if e.ndim != 1 or len(e) < 2 or not bool((e.diff() > 0).all()):
                raise BadInput("edges of a number: two or more, rising, were wanted")
        pieces = max(len(e) - 1 for e in rows)
        counts = torch.tensor([len(e) - 1.0 for e in rows])
        super().__init__(len(rows), pieces, k, counts.rsqrt()[:, None, None])
        low = torch.full((len(rows), pieces), math.inf)
        slope = torch.zeros(len(rows), pieces)
        for m, e in enumerate(rows):
            low[m, : len(e) - 1], slope[m, : len(e) - 1] = e[:-1], 1 / e.diff()
        low[torch.isinf(low)] = 0.0
        self.register_buffer("low", low)
        self.register_buffer("slope", slope)

    low: Tensor
    slope: Tensor

    def spread(self, x: Tensor) -> Tensor:
        "(B, M) -> (B, M, pieces)."
        return ((x[..., None] - self.low) * self.slope).clamp(0, 1)


class Periodic(_Each):
    """Sines and cosines of learnt frequencies (Gorishniy et al. 2022).

    sigma: deviation of the frequencies that it begins with.
    """

    def __init__(self, n: int, k: int = 16, waves: int = 32, sigma: float = 0.1) -> None:
        super().__init__(n, 2 * waves, k, (2 * waves) ** -0.5)
        self.frequency = nn.Parameter(torch.randn(n, waves) * sigma)

    def spread(self, x: Tensor) -> Tensor:
        "(B, M) -> (B, M, 2 * waves)."
        angle = 2 * math.pi * x[..., None] * self.frequency
        return torch.cat([angle.cos(), angle.sin()], -1)
