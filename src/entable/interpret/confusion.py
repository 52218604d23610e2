"""Which classes are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from entable._answer import Answer
from entable._extras import need
from entable._plots import ACCENT, INK, PAPER, canvas, short
from entable.errors import BadInput

__all__ = ["Confusion", "confuse"]

Counts = NDArray[np.int64]
_NAMED = 30  # classes up to which each has its name at the axes
_WRITTEN = 16  # classes up to which each cell has its count


@dataclass(frozen=True, eq=False, repr=False)
class Confusion(Answer):
    """How often each class was taken for which: counts (K, K), a row for each true class.

    `table` has the mistakes, the most frequent first; `classes` how well each class is known.
    """

    names: Sequence[str]
    counts: Counts

    @property
    def title(self) -> str:  # type: ignore[override]
        "How many are right."
        n, right = int(self.counts.sum()), int(np.trace(self.counts))
        return f"{right:,} of {n:,} are right ({right / n:.2%})" if n else "Nothing was judged"

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        "Classes that did not come up, and those that were never answered."
        told = (
            (self.counts.sum(1) == 0, "did not come up"),
            ((self.counts.sum(0) == 0) & (self.counts.sum(1) > 0), "were never answered"),
        )
        return tuple(
            f"{int(which.sum())} of {len(self.names)} classes {what}: {self._some(which)}."
            for which, what in told
            if which.any()
        )

    def _some(self, which: NDArray[np.bool_]) -> str:
        found = [self.names[k] for k in np.flatnonzero(which)[:5].tolist()]
        return ", ".join(found) + (", ..." if which.sum() > 5 else "")

    @cached_property
    def table(self) -> pl.DataFrame:
        "truth, predicted, count and its share of the true class; the most frequent first."
        wrong = self.counts - np.diag(np.diag(self.counts))
        a, b = np.nonzero(wrong)
        order = np.argsort(-wrong[a, b], kind="stable")
        a, b = a[order], b[order]
        return pl.DataFrame(
            {
                "truth": pl.Series([self.names[k] for k in a.tolist()], dtype=pl.String),
                "predicted": pl.Series([self.names[k] for k in b.tolist()], dtype=pl.String),
                "count": wrong[a, b],
                "share": wrong[a, b] / self.counts.sum(1)[a],
            }
        )

    @property
    def shown(self) -> pl.DataFrame:
        "The ten most frequent mistakes."
        return self.table.head(10)

    @cached_property
    def classes(self) -> pl.DataFrame:
        """class, count, recall (share found), precision (share of answers that are right), f1.

        NaN where a class did not come up or was never answered.
        """
        right = np.diag(self.counts).astype(np.float64)
        true, said = self.counts.sum(1), self.counts.sum(0)
        recall, precision, f1 = (
            np.divide(top, below, out=np.full(len(right), np.nan), where=below > 0)
            for top, below in ((right, true), (right, said), (2 * right, true + said))
        )
        told = {"class": list(self.names), "count": true}
        return pl.DataFrame(told | {"recall": recall, "precision": precision, "f1": f1})

    def plot(self, ax: Any = None) -> Any:
        "A cell for each pair, darker where more of the true class went; Matplotlib's Axes."
        many = len(self.names)
        side = float(np.clip(0.42 * many, 3.0, 9.0))
        ax = canvas(ax, side + 1.2, side + 0.8, self.title)
        shares = self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)
        cell = need("matplotlib.patches").Rectangle
        for (a, b), count in np.ndenumerate(self.counts):
            if count:
                shade = {"facecolor": ACCENT, "alpha": 0.06 + 0.94 * shares[a, b], "linewidth": 0}
                ax.add_patch(cell((b - 0.48, a - 0.48), 0.96, 0.96, **shade))
            if count and many <= _WRITTEN:
                color = PAPER if shares[a, b] > 0.5 else INK
                ax.text(b, a, f"{count:,}", ha="center", va="center", fontsize=8, color=color)
        ax.set(xlim=(-0.5, many - 0.5), ylim=(many - 0.5, -0.5), aspect="equal")
        self._named(ax, many)
        ax.set_xlabel("predicted")
        ax.set_ylabel("truth")
        return ax

    def _named(self, ax: Any, many: int) -> None:
        if many > _NAMED:
            ax.set_xticks([])
            ax.set_yticks([])
            return
        names = [short(name, 18) for name in self.names]
        long = max(map(len, names)) > 4 or many > 12
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if long else {}
        ax.set_xticks(range(many), names, **turned)
        ax.set_yticks(range(many), names)
        ax.tick_params(length=0)


def confuse(truth: ArrayLike, predicted: ArrayLike, names: Sequence[Any]) -> Confusion:
    """Count how often each class was taken for which.

    truth, predicted: (n,) positions among the K names. Raises BadInput for others.
    """
    true, said = (np.asarray(values, np.int64) for values in (truth, predicted))
    many = len(names)
    if true.shape != said.shape or true.ndim != 1:
        raise BadInput(f"{true.shape} true classes and {said.shape} predicted ones came")
    for values in (true, said):
        if len(values) and not 0 <= values.min() <= values.max() < many:
            raise BadInput(f"classes from {values.min()} to {values.max()} came; there are {many}")
    counts = np.bincount(true * many + said, minlength=many * many)
    return Confusion([str(name) for name in names], counts.reshape(many, many).astype(np.int64))
