"""Dot products of users and items: alone, in a range, with biases."""

import torch
from torch import Tensor, nn

from entable.models.parts import Embedding, Range, Scored, Span, paired

__all__ = ["DotBias", "DotProduct"]


class DotProduct(nn.Module):
    "score = U[u] . V[i], through a sigmoid where there is a range."

    def __init__(self, users: int, items: int, k: int = 50, y_range: Span = None) -> None:
        super().__init__()
        self.U, self.V = Embedding(users, k), Embedding(items, k)
        self.range = Range.of(y_range)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        out: Tensor = self.range(torch.linalg.vecdot(self.U(paired(u, i)), self.V(i)))
        return out

    def scored(self) -> Scored:
        "What its scores are made of."
        speak = self.U.begun, self.V.begun
        return Scored(self.U.table, self.V.table, link=self.range, speak=speak)


class DotBias(nn.Module):
    "score = mean + bu[u] + bi[i] + U[u] . V[i], through a sigmoid where there is a range."

    def __init__(
        self,
        users: int,
        items: int,
        k: int = 50,
        y_range: Span = None,
        mean: float = 0.0,
    ) -> None:
        super().__init__()
        self.U, self.V = Embedding(users, k), Embedding(items, k)
        self.bu, self.bi = Embedding(users, 1), Embedding(items, 1)
        self.range, self.mean = Range.of(y_range), float(mean)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        u = paired(u, i)
        dot = torch.linalg.vecdot(self.U(u), self.V(i))  # (B, k), (B, k) -> (B,)
        bias = (self.bu(u) + self.bi(i))[..., 0]  # (B, 1), (B, 1) -> (B,)
        out: Tensor = self.range(self.mean + bias + dot)
        return out

    def scored(self) -> Scored:
        "What its scores are made of."
        bu, bi = self.bu.table[:, 0], self.bi.table[:, 0]
        speak = self.U.begun, self.V.begun
        return Scored(self.U.table, self.V.table, bu, bi, self.mean, self.range, speak=speak)
