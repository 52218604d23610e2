"""Two towers: one vector for all that is known of a user, one for all that is known of an item."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from entable.models.parts import Embedding, Range, Scored, Span, paired

__all__ = ["Bag", "Bagged", "Facts", "Tower", "Towers"]


class Bag(NamedTuple):
    """Many-hot facts of n rows: genres, n-grams of a title, what a user has rated.

    rows, ids, weights (m,): that a row has a thing, one of `size`, and how much it weighs.
    """

    rows: Tensor
    ids: Tensor
    weights: Tensor
    size: int


class Facts(NamedTuple):
    """What is known of the n rows of one side, as numbers.

    numbers (n, f) float, best of mean 0 and deviation 1; categories (n, c) whole numbers, each
    below its `levels`; bags; rated: the bag of what a user rated, or of who rated an item.
    """

    numbers: Tensor | None = None
    categories: Tensor | None = None
    levels: Sequence[int] = ()
    bags: Sequence[Bag] = ()
    rated: Bag | None = None


class Tower(nn.Module):
    """The vector (k,) of every row: its own and that of each fact added up, and what a net adds.

    While it learns, what is known from ratings (a row's own vector and its history) is left out
    for the share `alone` of rows, so that the other facts learn to speak for a row without ratings.
    All rows are computed together: large batches make the most of it.
    """

    def __init__(
        self, n: int, k: int, facts: Facts, hidden: int = 0, alone: float = 0.0, dropout: float = 0
    ) -> None:
        super().__init__()
        self.own, self.alone = Embedding(n, k), alone
        self.rated = None if facts.rated is None else Bagged(n, k, facts.rated)
        self.bags = nn.ModuleList(Bagged(n, k, bag) for bag in facts.bags)
        self.levels = nn.ModuleList(Embedding(size, k) for size in facts.levels)
        self.slopes = None if facts.numbers is None else Embedding(facts.numbers.shape[1], k)
        self.register_buffer("categories", facts.categories, persistent=False)
        self.register_buffer("numbers", facts.numbers, persistent=False)
        self.net = _net(k, hidden) if hidden else None
        self.dropout = nn.Dropout(dropout)

    categories: Tensor | None
    numbers: Tensor | None

    def forward(self) -> Tensor:
        "The vectors (n, k) of all rows."
        x = self._from_ratings()
        for bag in self.bags:
            x = x + bag()
        if self.categories is not None:
            for level, column in zip(self.levels, self.categories.unbind(1), strict=True):
                x = x + level(column)
        if self.slopes is not None and self.numbers is not None:
            x = x + self.numbers @ self.slopes.weight
        if self.net is not None:
            x = x + self.net(x)
        out: Tensor = self.dropout(x)
        return out

    def speaks(self) -> Tensor | None:
        "Which rows (n,) are more than chance though nobody has rated them."
        if self.numbers is None and self.categories is None and not len(self.bags):
            return self.own.begun
        return torch.ones(len(self.own.weight), dtype=torch.bool)

    def _from_ratings(self) -> Tensor:
        x = self.own.table
        if self.rated is not None:
            x = x + self.rated()
        if self.training and self.alone:
            x = x * (torch.rand(len(x), 1, device=x.device) >= self.alone)
        return x


class Bagged(nn.Module):
    "For every row the weighted sum of the vectors of what is in its bag."

    def __init__(self, n: int, k: int, bag: Bag) -> None:
        super().__init__()
        self.table = Embedding(bag.size, k)
        self.way = _Sparse(bag.rows, bag.ids, bag.weights, n, bag.size)
        self.back = _Sparse(bag.ids, bag.rows, bag.weights, bag.size, n)

    def forward(self) -> Tensor:
        "(n, k)."
        out: Tensor = _Product.apply(self.way(), self.back, self.table.weight)  # type: ignore[no-untyped-call]
        return out


class _Product(torch.autograd.Function):
    "A sparse matrix times a dense one; its transpose at hand makes the way back ten times faster."

    @staticmethod
    def forward(ctx: Any, way: Tensor, back: nn.Module, dense: Tensor) -> Tensor:
        ctx.back = back
        return way @ dense

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.back() @ gradient.contiguous()


class _Sparse(nn.Module):
    "A matrix (n, m) in compressed rows, kept as plain tensors, which can be copied and moved."

    def __init__(self, rows: Tensor, columns: Tensor, values: Tensor, n: int, m: int) -> None:
        super().__init__()
        self.shape = (n, m)
        order = torch.argsort(rows * m + columns)
        starts = torch.zeros(n + 1, dtype=torch.int64)
        starts[1:] = torch.bincount(rows, minlength=n).cumsum(0)
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("columns", columns[order].long(), persistent=False)
        self.register_buffer("values", values[order].float(), persistent=False)
        with warnings.catch_warnings():  # torch says once that its compressed rows are a beta
            warnings.simplefilter("ignore", UserWarning)
            self(check=True)

    starts: Tensor
    columns: Tensor
    values: Tensor

    def forward(self, check: bool = False) -> Tensor:
        "The matrix."
        parts = self.starts, self.columns, self.values, self.shape
        return torch.sparse_csr_tensor(*parts, check_invariants=check)


def _net(k: int, hidden: int) -> nn.Sequential:
    "A hidden layer that adds nothing at first."
    last = nn.Linear(hidden, k)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(k, hidden), nn.ReLU(), last)


class Towers(nn.Module):
    """score = mean + the bias of either tower + user vector . item vector.

    A tower's last number is its bias. Facts are held by the model, so rows are all it needs, and an
    item that nobody has rated is scored by its facts. With histories and nothing else it is SVD++
    for both sides (Koren 2008).
    """

    def __init__(
        self,
        users: int,
        items: int,
        k: int = 20,
        user_facts: Facts | None = None,
        item_facts: Facts | None = None,
        hidden: int = 0,
        y_range: Span = None,
        mean: float = 0.0,
        alone: float = 0.05,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.U = Tower(users, k + 1, user_facts or Facts(), hidden, alone, dropout)
        self.V = Tower(items, k + 1, item_facts or Facts(), hidden, alone, dropout)
        self.range, self.mean = Range.of(y_range), float(mean)

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        "(B,) users, (B,) items -> (B,) scores; (B, n) items -> (B, n) scores."
        U, V = self.U()[paired(u, i)], self.V()[i]  # (B, k + 1), (B, k + 1)
        dot = torch.linalg.vecdot(U[..., :-1], V[..., :-1])
        out: Tensor = self.range(self.mean + U[..., -1] + V[..., -1] + dot)
        return out

    def scored(self) -> Scored:
        "What its scores are made of: the towers' vectors, as in a dot product with biases."
        U, V = self.U(), self.V()
        speak = self.U.speaks(), self.V.speaks()
        return Scored(U[:, :-1], V[:, :-1], U[:, -1], V[:, -1], self.mean, self.range, speak=speak)
