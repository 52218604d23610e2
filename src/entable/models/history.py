"""Dot products in which a row is also what its history makes of it: SVD++ for both sides."""

import torch
from torch import Tensor, nn

from entable.errors import BadInput
from entable.models.parts import Embedding, Range, Scored, Span, paired

__all__ = ["DotHistory", "components"]


def components(rows: Tensor, partners: Tensor, n: int, size: int, rank: int = 64) -> Tensor:
    """Who met whom, before any rating is read: (n, rank) leading principal components.

    rows, partners (m,): pairs of n rows and `size` partners. A row's history weighs 1/sqrt(its
    length) for each partner. Randomized (Halko, Martinsson & Tropp 2011), by torch's random state.
    """
    rank = max(min(rank, n - 1, size), 1)
    counts = torch.bincount(rows, minlength=n).clamp(min=1)
    weights, at = counts[rows].float().rsqrt(), torch.stack([rows, partners])
    met = torch.sparse_coo_tensor(at, weights, (n, size), check_invariants=True).coalesce()
    back = met.t().coalesce()
    Y = met @ torch.randn(size, min(rank + 16, n, size))
    for _ in range(4):
        Q = torch.linalg.qr(Y - Y.mean(0))[0]  # (n, q)
        Q = Q - Q.mean(0)  # where there were fewer than q, QR made some up
        B = back @ Q  # (size, q): the centred history is about Q B'
        Y = met @ B
    squares, turned = torch.linalg.eigh(B.T @ B)  # ascending
    scores: Tensor = Q @ (turned * squares.clamp(min=0).sqrt())
    return scores.flip(1)[:, :rank].contiguous()


class DotHistory(nn.Module):
    """score = mean + bu[u] + bi[i] + U[u] . V[i], where rows are their own and their history's.

    A row of U or V (and a bias) is its own numbers plus a linear map of its known history, so rows
    of few ratings are near those who rated the same: SVD++ (Koren 2008) for both sides. Once learnt
    it is a plain dot product. known: (users, m) and (items, l) `components`. dropout: the share of
    products left out while it learns. Biases do not decay.
    """

    def __init__(
        self,
        users: Tensor,
        items: Tensor,
        k: int = 50,
        y_range: Span = None,
        dropout: float = 0.5,
        mean: float = 0.0,
    ) -> None:
        super().__init__()
        self.U, self.V = Side(users, k), Side(items, k)
        self.dropout = nn.Dropout(dropout)
        self.range, self.mean = Range.of(y_range), float(mean)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        U, bu = self.U(paired(u, i))  # (B, k), (B,)
        V, bi = self.V(i)
        dot = torch.linalg.vecdot(self.dropout(U), V)
        out: Tensor = self.range(self.mean + bu + bi + dot)
        return out

    def scored(self) -> Scored:
        "What its scores are made of."
        (U, bu), (V, bi) = self.U.tables(), self.V.tables()
        return Scored(U, V, bu, bi, self.mean, self.range)


class Side(nn.Module):
    "Vectors and biases of n rows: their own, plus known (n, m) @ a learnt map (m, k + 1)."

    def __init__(self, known: Tensor, k: int, std: float = 0.01) -> None:
        super().__init__()
        if known.ndim != 2:
            raise BadInput(f"a history of shape {tuple(known.shape)} came; (rows, m) was wanted")
        n, m = known.shape
        self.own, self.bias = Embedding(n, k, std), nn.Parameter(torch.zeros(n))
        self.map = nn.Parameter(torch.randn(m, k + 1) * std)
        self.register_buffer("known", known)

    known: Tensor

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        "(...) whole numbers -> (..., k) vectors, (...) biases."
        told = self.known[rows] @ self.map
        return self.own(rows) + told[..., :-1], self.bias[rows] + told[..., -1]

    def tables(self) -> tuple[Tensor, Tensor]:
        "(n, k) vectors and (n,) biases of all rows."
        told = self.known @ self.map
        return self.own.table + told[:, :-1], self.bias + told[:, -1]
