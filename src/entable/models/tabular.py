"""Nets over the rows of a table: categories as vectors, numbers, missing values, any layers."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from entable.errors import BadInput
from entable.models.numbers import Numbers, Plain
from entable.models.parts import Embedding, Range, Span, width

__all__ = ["Additive", "Residual", "TabularNet", "small_width", "usual_width"]

Widths = int | Sequence[int] | Callable[[int], int]
Activation = Callable[[], nn.Module]


def usual_width(levels: int) -> int:
    "The course's rule over all levels, unseen and missing among them: 1.6 n^.56, 600 at most."
    return width(levels - 2)


def small_width(levels: int) -> int:
    "The course's older rule: half the levels, 50 at most."
    return min(50, (levels + 1) // 2)


class Residual(nn.Module):
    "What goes in is added to what comes out."

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        "(B, H) -> (B, H)."
        out: Tensor = x + self.inner(x)
        return out


class Additive(nn.Module):
    """A number for every level of every category and each output, added up: logistic regression.

    decays: whether weight decay pulls them to 0.
    """

    def __init__(self, levels: Sequence[int], outputs: int, decays: bool = True) -> None:
        super().__init__()
        self.decays = decays
        self.weight = nn.Parameter(torch.zeros(sum(levels), outputs))
        begin = torch.tensor([0, *levels], dtype=torch.int64).cumsum(0)[:-1]
        self.register_buffer("begin", begin, persistent=False)

    begin: Tensor

    def forward(self, codes: Tensor) -> Tensor:
        "(B, C) -> (B, T)."
        return nn.functional.embedding_bag(codes + self.begin, self.weight, mode="sum")


class TabularNet(nn.Module):
    """Categories' vectors and numbers side by side, hidden layers, and what each level adds.

    levels: of each category, unseen (0) and missing (1) among them. numbers: how many, or what
    reads them (`models.numbers`: `Plain`, `Pieces`, `Periodic`). widths: of the vectors, one for
    all, one each, or a rule. layers: widths of hidden layers; none makes it linear, which is
    logistic regression for a binary target. additive: each level also adds a number of its own to
    every output; a category of width 0 does nothing else, so that it acts the same whatever the
    others are (a day of the month that layers would learn by heart, say). shrink: whether weight
    decay pulls these numbers to 0, which rare levels hardly leave then. dropout: after each
    layer, one for all or one each; dropout_in: of vectors and numbers. unseen: the share of codes
    that training hides (one for all or one each), so that unseen is a level that has learnt; where
    a category is never missing (gaps False) half of them become missing instead. members: nets in
    one that share their layers (TabM-mini: Gorishniy et al. 2025); while it trains each answers for
    itself. centre, scale: of outputs (T,) or one for all, before y_range.
    """

    def __init__(
        self,
        levels: Sequence[int],
        numbers: int | Numbers = 0,
        outputs: int = 1,
        widths: Widths = usual_width,
        layers: Sequence[int] = (256, 256),
        activation: Activation = nn.ReLU,
        dropout: float | Sequence[float] = 0.3,
        dropout_in: float = 0.3,
        norm: bool = False,
        residual: bool = False,
        additive: bool = False,
        shrink: bool = True,
        members: int = 1,
        unseen: float | Sequence[float] = 0.05,
        gaps: Sequence[bool] | None = None,
        y_range: Span = None,
        centre: Sequence[float] | float = 0.0,
        scale: Sequence[float] | float = 1.0,
    ) -> None:
        super().__init__()
        sizes = _widths(widths, levels, additive)
        self.vectors = nn.ModuleList(
            Embedding(n, k, 0.1) for n, k in zip(levels, sizes, strict=True)
        )
        self.numbers = Plain(numbers) if isinstance(numbers, int) else numbers
        first = sum(sizes) + self.numbers.width
        if not first:
            raise BadInput("a net without categories and numbers has nothing to learn from")
        self.dropout_in = nn.Dropout(dropout_in)
        self.members = Members(members, first) if members > 1 else None
        self.body = hidden(
            first,
            layers,
            activation,
            _each(dropout, len(layers), "dropout", "layers"),
            norm,
            residual,
        )
        self.head = Head(layers[-1] if layers else first, outputs, members)
        self.additive = Additive(levels, outputs, shrink) if additive and levels else None
        self.range, self.outputs = Range.of(y_range), outputs
        shares = torch.tensor(_each(unseen, len(levels), "unseen", "categories"))
        self.hides = bool((shares > 0).any())
        gaps = [True] * len(levels) if gaps is None else list(gaps)
        self.register_buffer("shares", shares, persistent=False)
        self.register_buffer(
            "halves", shares / 2 * ~torch.tensor(gaps, dtype=torch.bool), persistent=False
        )
        self.register_buffer("centre", torch.as_tensor(centre, dtype=torch.float32).clone())
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32).clone())

    shares: Tensor
    halves: Tensor
    centre: Tensor
    scale: Tensor

    def forward(
        self, codes: Tensor, numbers: Tensor | None = None, missing: Tensor | None = None
    ) -> Tensor:
        """(B, C) codes, (B, M) numbers, (B, M) which are missing -> (B,), or (B, T) for several.

        While it trains members answer apart: (B, members) or (B, members, T).
        """
        codes = self._hidden(codes)
        x = self.members_of(self.joined(codes, numbers, missing))  # (B, F) or (B, k, F)
        raw = self.head(self._body(x))  # (B, T) or (B, k, T)
        if self.additive is not None:
            added = self.additive(codes)
            raw = raw + (added if raw.ndim == 2 else added[:, None])
        if raw.ndim == 3 and not self.training:
            raw = raw.mean(1)
        out: Tensor = self.range(self.centre + self.scale * raw)
        return out if self.outputs > 1 else out[..., 0]

    def joined(self, codes: Tensor, numbers: Tensor | None, missing: Tensor | None) -> Tensor:
        "The vectors of categories and what numbers became, side by side (B, F)."
        parts = [table(codes[:, c]) for c, table in enumerate(self.vectors)]
        if self.numbers.width and numbers is not None:
            parts.append(self.numbers(numbers, missing))
        out: Tensor = self.dropout_in(torch.cat(parts, 1))
        return out

    @property
    def tables(self) -> list[Tensor]:
        "The vectors (levels, k) of each category."
        return [vectors.table for vectors in self.vectors]  # type: ignore[misc]

    def members_of(self, x: Tensor) -> Tensor:
        "(B, F) -> the same, or (B, k, F) as each member sees it."
        return x if self.members is None else self.members(x)

    def _body(self, x: Tensor) -> Tensor:
        "(B, F) -> (B, H), or (B, k, F) -> (B, k, H)."
        out: Tensor = self.body(x.reshape(-1, x.shape[-1]))
        return out.reshape(*x.shape[:-1], -1)

    def _hidden(self, codes: Tensor) -> Tensor:
        "Codes of which, while it trains, some are as if unseen or missing."
        if not (self.training and self.hides):
            return codes
        chance = torch.rand(codes.shape, device=codes.device)
        return torch.where(chance < self.shares, (chance < self.halves).to(codes.dtype), codes)


class Members(nn.Module):
    "What each of k members sees of the inputs: all of them, each times a factor of its own."

    def __init__(self, k: int, first: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(k, first))

    def forward(self, x: Tensor) -> Tensor:
        "(B, F) -> (B, k, F)."
        return x[:, None] * self.weight


class Head(nn.Module):
    "The last layer, of its own for each member."

    def __init__(self, n: int, outputs: int, members: int = 1) -> None:
        super().__init__()
        bound = n**-0.5
        self.weight = nn.Parameter(torch.empty(members, outputs, n).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(members, outputs))

    def forward(self, x: Tensor) -> Tensor:
        "(B, H) -> (B, T), or (B, k, H) -> (B, k, T)."
        if x.ndim == 2:
            return nn.functional.linear(x, self.weight[0], self.bias[0])
        return torch.einsum("bkh,kth->bkt", x, self.weight) + self.bias


def hidden(
    first: int,
    layers: Sequence[int],
    activation: Activation,
    dropout: Sequence[float],
    norm: bool,
    residual: bool,
) -> nn.Sequential:
    "Linear, activation, batch norm if wanted, dropout, for each layer; residual where it fits."
    found: list[nn.Module] = []
    for a, b, p in zip([first, *layers], layers, dropout, strict=False):
        parts: list[nn.Module] = [nn.Linear(a, b), activation()]
        parts += [nn.BatchNorm1d(b)] if norm else []
        parts += [nn.Dropout(p)] if p else []
        found.append(
            Residual(nn.Sequential(*parts)) if residual and a == b else nn.Sequential(*parts)
        )
    return nn.Sequential(*found)


def _widths(widths: Widths, levels: Sequence[int], additive: bool) -> list[int]:
    if callable(widths):
        widths = [widths(n) for n in levels]
    found = [widths] * len(levels) if isinstance(widths, int) else list(widths)
    if len(found) != len(levels) or min(found, default=1) < (0 if additive else 1):
        raise BadInput(
            f"widths={widths} came; a number from 1 on for each of {len(levels)} categories, or 0 "
            "for one that has no vectors but adds something, which takes additive=True"
        )
    return found


def _each(given: float | Sequence[float], n: int, name: str, of: str) -> list[float]:
    found = [float(given)] * n if isinstance(given, (int, float)) else list(given)
    if len(found) != n:
        raise BadInput(f"{name}={given} came; one for all or one for each of {n} {of}")
    return found
