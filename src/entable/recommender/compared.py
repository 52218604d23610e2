"""Two Recommenders of the same users or items beside each other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, canvas
from entable.errors import BadInput
from entable.interpret.compare import Comparison, common

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["ModelComparison", "compare"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_PAIRS = 1_000_000  # pairs whose predictions are compared
_LARGEST = 20


@dataclass(frozen=True, eq=False, repr=False)
class ModelComparison(Answer):
    """Two models beside each other: what moved, and how far their predictions differ.

    `items` and `users` are the Comparisons of either side (None where they have no name in common).
    `table` has the pairs whose predictions differ most: user, item, label, here, there, difference
    (there less here). rms: root of the mean squared difference, NaN where there are no common
    pairs; differences (m,): of all pairs looked at.
    """

    items: Comparison | None
    users: Comparison | None
    pairs: pl.DataFrame
    differences: Floats
    rms: float
    correlation: float
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "The pairs whose predictions differ most."
        return self.pairs

    @property
    def shown(self) -> pl.DataFrame:
        "The first ten of these pairs."
        return self.pairs.head(10)

    @property
    def title(self) -> str:  # type: ignore[override]
        "How far predictions differ."
        if not len(self.differences):
            return "No user and item are in both models, so predictions cannot be compared"
        return (
            f"Predictions of {len(self.differences):,} common pairs differ by {self.rms:.3f} (RMS) "
            f"and correlate by {self.correlation:.3f}"
        )

    def plot(self, ax: Any = None) -> Any:
        "How often predictions differ by how much; Matplotlib's Axes."
        ax = canvas(ax, 6.0, 3.4, "How far predictions differ")
        ax.hist(self.differences, 60, color=ACCENT)
        ax.axvline(0, color=INK, lw=0.8)
        ax.set_xlabel("prediction there less here")
        ax.set_ylabel("pairs")
        ax.yaxis.set_major_formatter("{x:,.0f}")
        return ax


def compare(model: "Recommender", other: "Recommender", seed: int) -> ModelComparison:
    "See Recommender.compare."
    users, items = common(model.users, other.users), common(model.items, other.items)
    if not len(users[0]) and not len(items[0]):
        raise BadInput("the two models have neither users nor items in common")
    u, i, notes = _sample(len(users[0]), len(items[0]), seed)
    for side, (both, _) in (("users", users), ("items", items)):
        if not len(both):
            notes = (*notes, f"The two models have no {side} in common.")
    here, there = (
        m.scorer.score(m.scorer.raw(m.users, m.items, who[u], what[i]))
        for m, who, what in zip((model, other), users, items, strict=True)
    )
    gap = there - here
    most = np.argsort(-np.abs(gap), kind="stable")[:_LARGEST]
    rows = users[0][u[most]], items[0][i[most]]
    told = {"user": model.users.told(rows[0], "user")["user"], **model.items.told(rows[1], "item")}
    table = pl.DataFrame(told | {"here": here[most], "there": there[most], "difference": gap[most]})
    return ModelComparison(
        model.items.compare(other.items) if len(items[0]) else None,
        model.users.compare(other.users) if len(users[0]) else None,
        table,
        gap,
        float(np.sqrt(np.mean(gap**2))) if len(gap) else float("nan"),
        _correlation(here, there),
        notes,
    )


def _sample(users: int, items: int, seed: int) -> tuple[Ints, Ints, tuple[str, ...]]:
    "All pairs of so many users and items, or about a million, spread evenly and drawn by the seed."
    every, notes = users * items, tuple[str, ...]()
    pairs = np.arange(min(every, _PAIRS))
    if every > _PAIRS:
        moved = (pairs + np.random.default_rng(seed).random(_PAIRS)) * (every / _PAIRS)
        pairs = np.unique(moved.astype(np.int64).clip(max=every - 1))
        notes = (f"These are {len(pairs):,} of {every:,} common pairs, drawn at random.",)
    u, i = np.divmod(pairs, max(items, 1))
    return u, i, notes


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean() if len(a) else a, b - b.mean() if len(b) else b
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else float("nan")
