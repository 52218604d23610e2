"""From scores to ratings: as they are, through a sigmoid, or by cuts between levels."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import finite, number
from entable.errors import BadInput

__all__ = ["Identity", "Link", "Ordinal", "Sigmoid"]

Floats = NDArray[np.float64]
_EDGE = 0.02  # of the span: ratings nearer to its ends are taken to be so far from them


class Link(Protocol):
    "A rising function from any number to a rating."

    def __call__(self, raw: Floats) -> Floats:
        "Ratings (m,) of scores (m,)."

    def back(self, ratings: Floats) -> Floats:
        "Scores (m,) of ratings (m,)."

    def slope(self, raw: Floats) -> Floats:
        "By how much the rating rises with the score, at scores (m,)."


@dataclass(frozen=True)
class Identity:
    "The score is the rating."

    def __call__(self, raw: Floats) -> Floats:
        "Themselves."
        return raw

    def back(self, ratings: Floats) -> Floats:
        "Themselves."
        return ratings

    def slope(self, raw: Floats) -> Floats:
        "Ones."
        return np.ones_like(raw)


@dataclass(frozen=True)
class Sigmoid:
    """lo + (hi - lo) / (1 + exp(-score)), which never quite reaches lo and hi.

    Raises BadInput unless lo < hi, both finite.
    """

    lo: float
    hi: float

    def __post_init__(self) -> None:
        for end in ("lo", "hi"):
            object.__setattr__(self, end, number(getattr(self, end), f"link {end}"))
        if not self.lo < self.hi:
            raise BadInput(f"link: {self.lo} to {self.hi} came, lowest and highest were wanted")

    def __call__(self, raw: Floats) -> Floats:
        "Ratings between lo and hi."
        return self.lo + (self.hi - self.lo) * _sigmoid(raw)

    def back(self, ratings: Floats) -> Floats:
        "The log-odds of ratings; of those at the ends or beyond, what is a little inside."
        share = np.clip((ratings - self.lo) / (self.hi - self.lo), _EDGE, 1 - _EDGE)
        return np.log(share / (1 - share))

    def slope(self, raw: Floats) -> Floats:
        "The derivative."
        share = _sigmoid(raw)
        return (self.hi - self.lo) * share * (1 - share)


@dataclass(frozen=True, eq=False)
class Ordinal:
    """The mean of the levels (L,) when P(rating > level j) = 1 / (1 + exp(cut j - score)).

    cuts (L - 1,). Raises BadInput for levels or cuts that do not rise.
    """

    levels: Floats
    cuts: Floats

    def __post_init__(self) -> None:
        levels = finite(self.levels, np.float64, (None,), "levels")
        cuts = finite(self.cuts, np.float64, (max(len(levels) - 1, 0),), "cuts")
        if len(levels) < 2 or (np.diff(levels) <= 0).any() or (np.diff(cuts) < 0).any():
            raise BadInput("levels and cuts: two levels at least, and both rising, were wanted")
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "cuts", cuts)

    def __call__(self, raw: Floats) -> Floats:
        "Mean ratings."
        out = np.full(np.shape(raw), self.levels[0])
        for step, cut in zip(np.diff(self.levels), self.cuts, strict=True):
            out += step * _sigmoid(raw - cut)
        return out

    def back(self, ratings: Floats) -> Floats:
        "Scores by halving; of ratings at the ends or beyond, those of what is a little inside."
        lo, hi = self.levels[0], self.levels[-1]
        inside = _EDGE * (hi - lo)
        wanted = np.clip(ratings, lo + inside, hi - inside)
        a = np.full(np.shape(wanted), self.cuts[0] - 10.0)
        b = np.full(np.shape(wanted), self.cuts[-1] + 10.0)
        for _ in range(60):
            middle = (a + b) / 2
            below = self(middle) < wanted
            a, b = np.where(below, middle, a), np.where(below, b, middle)
        middles: Floats = (a + b) / 2
        return middles

    def slope(self, raw: Floats) -> Floats:
        "The derivative."
        out = np.zeros(np.shape(raw))
        for step, cut in zip(np.diff(self.levels), self.cuts, strict=True):
            share = _sigmoid(raw - cut)
            out += step * share * (1 - share)
        return out


def _sigmoid(x: Floats) -> Floats:
    out: Floats = 0.5 + 0.5 * np.tanh(0.5 * x)
    return out
