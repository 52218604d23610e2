"""Pieces that models of users and items are made of."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from entable.errors import BadInput

__all__ = ["Embedding", "Join", "Ordinal", "Range", "Scored", "Span", "layers", "paired", "width"]


Span = tuple[float, float] | nn.Module | None  # of ratings: lowest and highest, or what makes them


def width(n: int) -> int:
    "Numbers that suit an embedding of n names and the unseen and missing: the course's rule."
    return min(600, round(1.6 * math.pow(n + 2, 0.56)))


class Embedding(nn.Module):
    """A table of weights whose rows are looked up: one row of k numbers for each of n names.

    Starts from a normal cut off at two deviations.
    """

    def __init__(self, n: int, k: int, std: float = 0.01) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n, k))
        if k:
            nn.init.trunc_normal_(self.weight, 0.0, std, -2 * std, 2 * std)
        self.register_buffer("given", None)
        self.register_buffer("known", None)
        self.register_buffer("begun", None)

    given: Tensor | None  # (n, k) rows that stand still
    known: Tensor | None  # (n, k) which numbers of them
    begun: Tensor | None  # (n,) rows that began with given vectors, whether they stand still or not

    @property
    def table(self) -> Tensor:
        "(n, k) all rows, those that stand still among them."
        if self.given is None or self.known is None:
            return self.weight
        return torch.where(self.known, self.given, self.weight)

    def forward(self, rows: Tensor) -> Tensor:
        "(...) whole numbers -> (..., k)."
        if rows.ndim == 1:  # its gradient is summed faster
            return self.table.index_select(0, rows)
        return self.table[rows]

    def start_from(self, rows: Tensor, vectors: Tensor, frozen: bool = False) -> None:
        """Begin with these vectors (m, l) at these rows (m,), in their first l columns.

        frozen: what was given never moves. Raises BadInput for vectors wider than the rows.
        """
        n, k = self.weight.shape
        if vectors.ndim != 2 or len(vectors) != len(rows) or vectors.shape[1] > k:
            came = "x".join(map(str, vectors.shape))
            raise BadInput(
                f"given vectors of shape {came} do not fit {len(rows):,} rows of {k} numbers; "
                f"make a model of that width, or cut the vectors to {k} (by pca)"
            )
        width = vectors.shape[1]
        with torch.no_grad():
            self.weight[rows, :width] = vectors.to(self.weight)
        device = self.weight.device
        self.begun = torch.zeros(n, dtype=torch.bool, device=device)
        self.begun[rows] = True
        if frozen:
            self.given = self.weight.detach().clone()
            self.known = self.begun[:, None] & (torch.arange(k, device=device) < width)


class Range(nn.Module):
    "A sigmoid between lo and hi, which it never quite reaches."

    def __init__(self, lo: float, hi: float) -> None:
        super().__init__()
        if not lo < hi:
            raise BadInput(f"y_range=({lo}, {hi}) came; (lowest, highest) was wanted")
        self.lo, self.hi = float(lo), float(hi)

    def forward(self, raw: Tensor) -> Tensor:
        "Any numbers -> numbers between lo and hi, of the same shape."
        return self.lo + (self.hi - self.lo) * torch.sigmoid(raw)

    @classmethod
    def of(cls, y_range: Span) -> nn.Module:
        "A range, what else turns scores into ratings, or what changes nothing where there is none."
        if isinstance(y_range, nn.Module):
            return y_range
        return nn.Identity() if y_range is None else cls(*y_range)


class Ordinal(nn.Module):
    """Learnt cuts between the levels of a scale: P(rating > level j) = sigmoid(score - cut j).

    levels: L of them, in ascending order, L - 1 cuts between. Raises BadInput otherwise.
    """

    def __init__(self, levels: Sequence[float]) -> None:
        super().__init__()
        values = torch.as_tensor(levels, dtype=torch.float32)
        if len(values) < 2 or not bool((values.diff() > 0).all()):
            raise BadInput(f"levels {list(levels)} came; two or more in ascending order are needed")
        self.register_buffer("levels", values)
        wide = torch.linspace(-2.0, 2.0, len(values) - 1) if len(values) > 2 else torch.zeros(1)
        self.first = nn.Parameter(wide[:1].clone())
        self.gaps = nn.Parameter(wide.diff().expm1().log())  # softplus of them is the gap

    levels: Tensor

    @property
    def cuts(self) -> Tensor:
        "(L - 1,) in ascending order."
        steps = nn.functional.softplus(self.gaps).cumsum(0)
        return torch.cat([self.first, self.first + steps])

    def forward(self, raw: Tensor) -> Tensor:
        "(...) scores -> (..., L - 1) log-odds that a rating is above each level but the last."
        return raw[..., None] - self.cuts

    def expected(self, odds: Tensor) -> Tensor:
        "(..., L - 1) log-odds -> (...) mean ratings."
        levels = self.levels.to(odds)  # what was predicted may have left the model's device
        return levels[0] + torch.sigmoid(odds) @ levels.diff()


class Join(NamedTuple):
    """A net over columns of both sides' vectors, side by side ("concat") or multiplied ("product").

    users, items: (first, past the last) column; layers: what follows, to one number a pair.
    """

    users: tuple[int, int]
    items: tuple[int, int]
    how: str
    layers: nn.Sequential


class Scored(NamedTuple):
    """How a model scores, so that it can be served without torch: what `scored()` of a model gives.

    score = link(mean + bu + bi + what is between U and V): their dot product, or the sum of joins.
    link: the model's Range, or another module that turns scores into ratings; None for none.
    speak: users (users,) and items (items,) that say something though nobody has rated them, by
    given vectors or facts; None where only ratings count.
    """

    U: Tensor  # (users, k)
    V: Tensor  # (items, l)
    bu: Tensor | None = None  # (users,)
    bi: Tensor | None = None  # (items,)
    mean: float = 0.0
    link: Any = None
    joins: Sequence[Join] = ()
    speak: tuple[Tensor | None, Tensor | None] = (None, None)


def paired(u: Tensor, i: Tensor) -> Tensor:
    "Users (B,) beside items (B,), or (B, 1) beside several items each (B, n)."
    return u if u.ndim == i.ndim else u[:, None]


def layers(first: int, hidden: Sequence[int], dropout: float, norm: bool = False) -> nn.Sequential:
    "Linear layers with ReLU and dropout, batch norm where wanted, and a last one of one number."
    found: list[nn.Module] = []
    for a, b in zip([first, *hidden], hidden, strict=False):
        found += [nn.Linear(a, b), nn.ReLU()]
        found += [nn.BatchNorm1d(b)] if norm else []
        found += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*found, nn.Linear(hidden[-1] if hidden else first, 1))
