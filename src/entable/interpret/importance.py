"""How much a model leans on each column: its error once the column is shuffled."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, MUTED, canvas, short
from entable.data.checks import at_least_one
from entable.data.table.encoded import Encoded
from entable.data.table.table import Table
from entable.errors import BadInput
from entable.evaluate.tables import HIGHER, Metric, brief, checked, name_of, scores
from entable.interpret.fields import fields, sample

__all__ = ["Importance", "permuted"]

Raw = Callable[[Encoded], NDArray[Any]]  # encoded rows -> outputs (n,) or (n, T)
_DRAWN = 25  # columns drawn


@dataclass(frozen=True, eq=False, repr=False)
class Importance(Answer):
    """How much worse a model gets when one column is shuffled among m rows.

    names: c columns; worse: (c, repeats), what the metric loses each time; score: with all columns
    in place. Columns that say the same stand in for each other, and then neither looks important.
    Breiman (2001), "Random forests", section 10.
    """

    names: tuple[str, ...]
    worse: NDArray[np.float64]
    metric: str
    score: float
    rows: int
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        "The metric, and the column that matters most."
        first = self.table.row(0, named=True)
        return (
            f"{self.metric} is {brief(self.score)} on {self.rows:,} rows, {brief(first['worse'])} "
            f"worse with {first['column']} shuffled"
        )

    @cached_property
    def table(self) -> pl.DataFrame:
        "column, worse (mean over repeats), se (its standard error), most important first."
        repeats = self.worse.shape[1]
        spread = self.worse.std(1, ddof=1) if repeats > 1 else np.full(len(self.names), np.nan)
        found = pl.DataFrame(
            {"column": self.names, "worse": self.worse.mean(1), "se": spread / np.sqrt(repeats)}
        )
        return found.sort("worse", descending=True, maintain_order=True)

    def plot(self, ax: Any = None) -> Any:
        "A bar for each column with two standard errors, at most 25; Matplotlib's Axes."
        found = self.table.head(_DRAWN)
        ax = canvas(ax, height=1.2 + 0.26 * len(found), title="What is lost without a column")
        y, worse = np.arange(len(found)), found["worse"].to_numpy()
        ax.barh(y, worse, color=ACCENT, height=0.7)
        se = 2 * found["se"].fill_nan(0).to_numpy()
        ax.errorbar(worse, y, xerr=se, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        ax.axvline(0, color=MUTED, lw=0.8)
        ax.set_yticks(y, [short(name) for name in found["column"]])
        ax.invert_yaxis()
        ax.set_xlabel(f"{self.metric}, how much worse when shuffled")
        return ax


def permuted(
    table: Table,
    raw: Raw,
    rows: Encoded,
    metric: Metric | None = None,
    repeats: int = 5,
    most: int = 2000,
    seed: int = 0,
) -> Importance:
    """Shuffle each column of rows with a target, and see what the metric loses.

    All that came of a column moves together: a number and its category, the parts of a date.
    metric: rmse or log_loss if not given; a function of (truth, predicted) counts as an error.
    most: rows used. Raises BadInput for rows without a target, or fewer than two.
    """
    at_least_one(repeats)
    if table.target is None or rows.target is None or len(rows) < 2:
        raise BadInput("to shuffle columns, two rows or more with their target are needed")
    target = table.target
    (metric,) = checked(target, metric or _usual(target.kind))
    name, rows = name_of(metric), rows.take(sample(len(rows), most, seed))
    rng, sign = np.random.default_rng(seed), -1.0 if name in HIGHER else 1.0

    def judged(some: Encoded) -> float:
        return sign * scores(target, rows.target, raw(some), metric)[name]  # type: ignore[arg-type]

    base, columns = judged(rows), fields(table)
    orders = [rng.permutation(len(rows)) for _ in range(repeats)]
    worse = [[judged(one.moved(rows, order)) - base for order in orders] for one in columns]
    names = tuple(one.name for one in columns)
    return Importance(names, np.array(worse), name, sign * base, len(rows), _notes(len(columns)))


def _usual(kind: str) -> str:
    return "rmse" if kind in ("number", "numbers") else "log_loss"


def _notes(columns: int) -> tuple[str, ...]:
    same = "Columns that tell the same stand in for each other: both then look unimportant."
    return (same,) if columns > 1 else ()
