"""Nets over the vectors of users and items."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from entable.models.parts import Embedding, Join, Range, Scored, Span, layers, paired, width

__all__ = ["EmbeddingNN", "MiniNet", "NeuMF"]


def _beside(u: Tensor, i: Tensor) -> Tensor:
    "(B, k) or (B, 1, k) users beside (B, l) or (B, n, l) items -> (B, k + l) or (B, n, k + l)."
    return torch.cat([u.expand(*i.shape[:-1], -1), i], -1)


class MiniNet(nn.Module):
    "Two vectors side by side, one small hidden layer, a sigmoid range: the course's first net."

    def __init__(
        self,
        users: int,
        items: int,
        k: int = 50,
        hidden: int = 10,
        y_range: Span = None,
        dropout: tuple[float, float] = (0.05, 0.5),
    ) -> None:
        super().__init__()
        self.U, self.V = Embedding(users, k), Embedding(items, k)
        first, second = map(nn.Dropout, dropout)
        out = nn.Linear(hidden, 1)
        self.net = nn.Sequential(first, nn.Linear(2 * k, hidden), nn.ReLU(), second, out)
        self.range = Range.of(y_range)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        out: Tensor = self.range(self.net(_beside(self.U(paired(u, i)), self.V(i)))[..., 0])
        return out

    def scored(self) -> Scored:
        "What its scores are made of."
        return _one_net(self.U, self.V, self.net, self.range)


class EmbeddingNN(nn.Module):
    "Vectors of widths by the rule side by side, hidden layers with batch norm and dropout."

    def __init__(
        self,
        users: int,
        items: int,
        widths: tuple[int, int] | None = None,
        hidden: Sequence[int] = (100, 50),
        y_range: Span = None,
        dropout: float = 0.0,
        norm: bool = True,
    ) -> None:
        super().__init__()
        a, b = (width(users), width(items)) if widths is None else widths
        self.U, self.V = Embedding(users, a), Embedding(items, b)
        self.net = layers(a + b, hidden, dropout, norm)
        self.range = Range.of(y_range)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        x = _beside(self.U(paired(u, i)), self.V(i))
        flat = self.net(x.flatten(0, -2))  # batch norm wants (rows, numbers)
        out: Tensor = self.range(flat.view(i.shape))
        return out

    def scored(self) -> Scored:
        "What its scores are made of."
        return _one_net(self.U, self.V, self.net, self.range)


class NeuMF(nn.Module):
    """A weighted product and a net of other vectors, added (He et al. 2017).

    The first k columns of either side are multiplied, the other `width` columns go into the net.
    Biases and a mean stand beside them, as in DotBias.
    """

    def __init__(
        self,
        users: int,
        items: int,
        k: int = 32,
        width: int = 16,
        hidden: Sequence[int] = (32, 16),
        y_range: Span = None,
        dropout: float = 0.1,
        mean: float = 0.0,
    ) -> None:
        super().__init__()
        self.k = k
        self.U, self.V = Embedding(users, k + width), Embedding(items, k + width)
        self.bu, self.bi = Embedding(users, 1), Embedding(items, 1)
        weights = nn.Linear(k, 1, bias=False)
        nn.init.ones_(weights.weight)  # a plain dot product at first
        self.product = nn.Sequential(weights)
        self.net = layers(2 * width, hidden, dropout)
        self.range, self.mean = Range.of(y_range), float(mean)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        u, k = paired(u, i), self.k
        U, V = self.U(u), self.V(i)
        raw = self.product(U[..., :k] * V[..., :k]) + self.net(_beside(U[..., k:], V[..., k:]))
        out: Tensor = self.range((self.mean + self.bu(u) + self.bi(i) + raw)[..., 0])
        return out

    def scored(self) -> Scored:
        "What its scores are made of."
        U, V, k = self.U.table, self.V.table, self.k
        whole = U.shape[1]
        joins = (
            Join((0, k), (0, k), "product", self.product),
            Join((k, whole), (k, whole), "concat", self.net),
        )
        bu, bi = self.bu.table[:, 0], self.bi.table[:, 0]
        speak = self.U.begun, self.V.begun
        return Scored(U, V, bu, bi, self.mean, self.range, joins, speak)


def _one_net(U: Embedding, V: Embedding, net: nn.Sequential, link: nn.Module) -> Scored:
    a, b = U.weight.shape[1], V.weight.shape[1]
    joins = (Join((0, a), (0, b), "concat", net),)
    return Scored(U.table, V.table, link=link, joins=joins, speak=(U.begun, V.begun))
