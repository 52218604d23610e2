"""Why a score is what it is: its parts, and what each past rating adds to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, MUTED, PALE, WARM, canvas, short

__all__ = ["Explanation", "Shares", "called", "shares"]

Floats = NDArray[np.float64]
_SHOWN = 10  # past ratings that people are shown


class Shares(NamedTuple):
    """What the prior and each rating (m,) add to x . z, z being a row found by a ridge solve.

    lost: what x . z would lose if one rating (m,) had not been given and the row were solved again.
    """

    prior: float
    ratings: Floats
    lost: Floats


def shares(
    precision: Floats,
    pull: Floats,
    X: Floats,
    weights: NDArray[np.floating],
    residuals: NDArray[np.floating],
    x: Floats,
) -> Shares:
    """Split x . solve(precision, pull + X' W residuals) into what each of its terms adds.

    Shapes: precision (k, k) with X' W X in it, pull (k,), X (m, k), weights and residuals (m,),
    x (k,). The shares and the prior's part sum to the whole. What is lost without rating j is, by
    Sherman & Morrison 1950, x . solve(precision, X_j) W_j (residual_j - X_j . z) / (1 - h_j), with
    h_j = W_j X_j . solve(precision, X_j).
    """
    found: Any = np.linalg.solve(
        precision, np.column_stack([x, pull + X.T @ (weights * residuals)])
    )
    seen_from_here, z = found.T
    reach = (X @ seen_from_here) * weights
    lever = weights * np.einsum("mk,km->m", X, np.linalg.solve(precision, X.T))
    lost = reach * (residuals - X @ z) / (1 - lever)
    return Shares(float(seen_from_here @ pull), reach * residuals, lost)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Answer):
    """Why a user's score for an item is what it is.

    `parts` are mean, user bias, item bias and taste, which sum to the raw score, and range, what
    cutting to the range adds. `axes` splits taste: axis (from 1), share (of the variance of taste
    over all pairs), user, item, product, low and high (the items at its ends); the products sum to
    taste. `table` has what each past rating of the user adds: item, label, rating, share, without
    (the score if it had not been given), the largest shares first. mean + item bias + prior +
    shares + remainder is the raw score too: the user bias and taste, seen as the outcome of a ridge
    solve against the items. The remainder is what the stored user's difference from that solve
    adds. All numbers are in the unit of the ratings; where a sigmoid makes ratings of the sum, its
    parts count by the mean slope between the mean and the raw score, which is the sigmoid's value.
    """

    user: Any
    item: Any
    label: str
    score: float
    raw: float
    parts: dict[str, float]
    axes: pl.DataFrame
    past: pl.DataFrame
    prior: float
    remainder: float
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        "The sentence."
        return self.sentence

    @property
    def table(self) -> pl.DataFrame:
        "Past ratings: item, label, rating, share, without; the largest shares first."
        return self.past

    @property
    def shown(self) -> pl.DataFrame:
        "The past ratings that weigh most."
        return self.past.head(_SHOWN)

    @property
    def sentence(self) -> str:
        "The reason in words: the parts, and the past ratings that speak most for the item."
        p = self.parts
        text = (
            f"{self.label}: {self.score:.2f} = {p['mean']:.2f} (mean) {p['user bias']:+.2f} (user) "
            f"{p['item bias']:+.2f} (item) {p['taste']:+.2f} (taste)"
        )
        if abs(p["range"]) >= 0.005:
            text += f" {p['range']:+.2f} (cut to the range)"
        most = self.past.filter(pl.col("share") > 0).head(3).to_dicts()
        if most:
            told = (f"{called(row)} (rated {row['rating']:g}: {row['share']:+.2f})" for row in most)
            text += "; because of " + ", ".join(told)
        return text

    def plot(self, ax: Any = None, n: int = 6) -> Any:
        """From the mean to the score, twice: by parts, and by the n past ratings that add most.

        Returns Matplotlib's Axes.
        """
        blocks = [("By parts", [*self._by_parts()])]
        if len(self.past):
            blocks.append(("By past ratings", [*self._by_ratings(n)]))
        rows = sum(len(steps) + 4 for _, steps in blocks)
        ax = canvas(ax, 7.5, 0.6 + 0.26 * rows, f"Why {self.score:.2f} for {short(self.label, 48)}")
        _draw(ax, blocks, self.parts["mean"], self.score)
        return ax

    def _by_parts(self) -> Iterator[tuple[str, float]]:
        p = self.parts
        yield "user bias", p["user bias"]
        yield "item bias", p["item bias"]
        most = self.axes.sort(pl.col("product").abs(), descending=True).head(3).sort("axis")
        for row in most.iter_rows(named=True):
            end = row["high"] if row["item"] > 0 else row["low"]
            yield f"axis {row['axis']}, towards {short(end, 24)}", row["product"]
        if len(self.axes) > len(most):
            left = p["taste"] - float(most["product"].sum())
            yield f"{len(self.axes) - len(most)} other axes", left
        if abs(p["range"]) >= 0.005:
            yield "cut to the range", p["range"]

    def _by_ratings(self, n: int) -> Iterator[tuple[str, float]]:
        yield "item bias", self.parts["item bias"]
        yield "what any user brings", self.prior
        most = self.past.head(n)
        for row in most.iter_rows(named=True):
            yield f"{short(called(row), 30)}, rated {row['rating']:g}", row["share"]
        if left := len(self.past) - len(most):
            yield f"{left:,} other ratings", float(self.past["share"][n:].sum())
        yield "stored less solved", self.remainder
        if abs(self.parts["range"]) >= 0.005:
            yield "cut to the range", self.parts["range"]


def called(row: dict[str, Any]) -> str:
    "The title of the item of a row, or its name."
    label = row.get("label")
    return str(row["item"]) if label is None else str(label)


def _draw(
    ax: Any, blocks: list[tuple[str, list[tuple[str, float]]]], start: float, end: float
) -> None:
    "Steps from `start` to `end`, one waterfall below another."
    y, ticks, names, seen = 0, list[int](), list[str](), [start, end]
    for head, steps in blocks:
        ax.annotate(
            head,
            (0, y - 0.8),
            (6, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color=MUTED,
            fontsize=9,
        )
        _mark(ax, y, start)
        total = start
        for row, (_, step) in enumerate(steps, y + 1):
            _step(ax, row, total, step)
            total += step
            seen.append(total)
        _mark(ax, y + len(steps) + 1, total)
        ticks += range(y, y + len(steps) + 2)
        names += ["mean", *(name for name, _ in steps), "score"]
        y = ticks[-1] + 3
    ax.set_yticks(ticks, names)
    ax.set_ylim(ticks[-1] + 0.6, -1.3)
    room = 0.05 * (max(seen) - min(seen) or 1)
    ax.set_xlim(min(seen) - room, max(seen) + 3 * room)
    ax.set_xlabel("score")


def _mark(ax: Any, y: int, total: float) -> None:
    ax.plot([total], [y], "o", ms=6, color=INK, zorder=3)
    ax.annotate(
        f"{total:.2f}",
        (total, y),
        (7, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        fontsize=9,
    )


def _step(ax: Any, y: int, total: float, step: float) -> None:
    "A bar from the total so far to the next, and what ties it to the bars above and below."
    ax.barh(y, step, left=total, height=0.62, color=ACCENT if step > 0 else WARM)
    ax.annotate(
        f"{round(step, 2) + 0.0:+.2f}",
        (max(total, total + step), y),
        (4, 0),
        textcoords="offset points",
        va="center",
        color=MUTED,
        fontsize=8,
    )
    ax.plot([total, total], [y - 1, y], color=PALE, lw=1, zorder=0)
    ax.plot([total + step] * 2, [y, y + 1], color=PALE, lw=1, zorder=0)
