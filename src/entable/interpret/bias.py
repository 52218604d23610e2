"""Who is best once habits and tastes are taken out, beside what the plain mean says."""

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, MUTED, PALE, canvas, short
from entable.data.checks import at_least_one
from entable.data.words import plural
from entable.errors import BadInput
from entable.interpret.rows import Rows, chosen

__all__ = ["BiasRanking", "rank_by_bias"]

_WORDS = {"item": "Best and worst items", "user": "Most and least generous users"}


@dataclass(frozen=True, eq=False, repr=False)
class BiasRanking(Answer):
    """The rows at both ends of the biases, and those whose plain mean says something else.

    whole: a frame of all m rows that were ranked, best first: name, label, bias, low and high (an
    interval, where the solver gives one), mean (plain), gap, count, rank, mean_rank. gap: by how
    many stars the plain mean, as distance from the mean of all, is above the bias: what a row owes
    to who rated it.
    """

    title: str
    kind: str
    whole: pl.DataFrame
    n: int
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> pl.DataFrame:
        "The n rows with the largest biases, best first."
        return self._bare.head(min(self.n, -(-len(self.whole) // 2)))

    @property
    def worst(self) -> pl.DataFrame:
        "The n rows with the smallest biases, worst first."
        return self._bare.tail(min(self.n, len(self.whole) // 2)).reverse()

    @property
    def disagree(self) -> pl.DataFrame:
        """The n rows for which plain mean and bias disagree most, by the size of `gap`.

        With a gap above 0 they were rated by those who like such things or rate generously (a small
        eager group), below 0 by others. Empty where there are no means.
        """
        if "gap" not in self.whole.columns:
            return self.whole.clear()
        known = self.whole.filter(pl.col("gap").is_not_nan())
        return known.sort(pl.col("gap").abs(), descending=True, maintain_order=True).head(self.n)

    @property
    def _bare(self) -> pl.DataFrame:
        return self.whole.drop("rank", "mean_rank", strict=False)

    @cached_property
    def table(self) -> pl.DataFrame:
        "The best and then the worst, best first in both; the column `end` says which."
        ends = (("best", self.best), ("worst", self.worst.reverse()))
        return pl.concat(
            frame.insert_column(
                0, pl.repeat(end, len(frame), dtype=pl.String, eager=True).alias("end")
            )
            for end, frame in ends
        )

    def plot(self, ax: Any = None) -> Any:
        "A dot for each bias with its interval, the plain mean as a ring; Matplotlib's Axes."
        frame = self.table
        y = np.arange(len(frame)) + (frame["end"] == "worst").to_numpy()
        ax = canvas(ax, 7, 1.3 + 0.26 * len(y), self.title.partition(",")[0])
        ax.axvline(0, color=PALE, linewidth=0.8, zorder=0)
        if "low" in frame.columns:
            ax.hlines(y, frame["low"], frame["high"], color=ACCENT, linewidth=1.4, zorder=2)
        ax.scatter(frame["bias"], y, s=28, color=ACCENT, zorder=3, label="bias")
        if "gap" in frame.columns:
            plain = (frame["bias"] + frame["gap"]).to_numpy()
            ax.hlines(y, frame["bias"], plain, color=PALE, linewidth=0.8, zorder=1)
            ring = {"facecolors": "none", "edgecolors": MUTED, "label": "plain mean"}
            ax.scatter(plain, y, s=28, zorder=3, **ring)
            ax.legend(frameon=False, fontsize=9, labelcolor="linecolor", loc="lower right")
        ax.set_yticks(y, [short(name) for name in self._names(frame)])
        ax.invert_yaxis()
        ax.set_xlabel("stars above the average")
        return ax

    def _names(self, frame: pl.DataFrame) -> list[Any]:
        plain = frame[self.kind].to_list()
        labels = frame["label"].to_list() if "label" in frame.columns else plain
        return [b if a is None else a for a, b in zip(labels, plain, strict=True)]


def rank_by_bias(
    rows: Rows, n: int = 10, min_count: int | None = None, level: float = 0.8
) -> BiasRanking:
    """Rows with at least min_count ratings (None: by the data) ranked by their biases.

    level: of the intervals, bias +- z times its deviation over draws, where the solver gives one.
    Raises BadInput for n < 1, a level outside (0, 1), where all biases are 0 and where no row has
    so many ratings.
    """
    n, kind = at_least_one(n), rows.titled.kind
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level < 1:
        raise BadInput(f"level={level!r} came; a number between 0 and 1 was wanted")
    if not rows.bias.any():
        raise BadInput(f"there are no {kind} biases to rank by: all {len(rows):,} are 0")
    at, least = chosen(rows, min_count)
    at = at[np.argsort(-rows.bias[at].astype(np.float64), kind="stable")]
    columns = _columns(rows, at, level)
    frame = pl.DataFrame(columns)
    if "gap" in columns:
        frame = frame.with_columns(rank=pl.int_range(1, pl.len() + 1), mean_rank=_ranks(rows, at))
    what = _WORDS.get(kind, f"Highest and lowest {plural(kind)}")
    with_ratings = f", of {len(at):,} with at least {least:,} ratings" if least else ""
    answer = BiasRanking(f"{what} by bias{with_ratings}", kind, frame, n)
    return BiasRanking(answer.title, kind, frame, n, _notes(answer, level))


def _columns(rows: Rows, at: NDArray[np.int64], level: float) -> dict[str, pl.Series]:
    bias = rows.bias[at].astype(np.float64)
    found = rows.titled.told(at) | {"bias": pl.Series("bias", bias)}
    if rows.bias_std is not None:
        reach = NormalDist().inv_cdf((1 + level) / 2) * rows.bias_std[at].astype(np.float64)
        found |= {"low": pl.Series("low", bias - reach), "high": pl.Series("high", bias + reach)}
    if rows.means is not None:
        found["mean"] = pl.Series("mean", rows.means[at])
        found["gap"] = pl.Series("gap", _gaps(rows)[at])
    return found | {"count": pl.Series("count", rows.counts[at])}


def _gaps(rows: Rows) -> NDArray[np.float64]:
    "Plain mean above the bias, both as distances from their means over all ratings, (n,)."
    assert rows.means is not None
    weight = rows.counts / max(int(rows.counts.sum()), 1)
    bias, rated = rows.bias.astype(np.float64), rows.counts > 0
    overall = (weight * np.where(rated, rows.means, 0)).sum()
    return np.asarray((rows.means - overall) - (bias - (weight * bias).sum()))


def _ranks(rows: Rows, at: NDArray[np.int64]) -> pl.Series:
    "The place of each by plain mean, from 1 on; null where there is no mean."
    assert rows.means is not None
    means = pl.Series(rows.means[at]).fill_nan(None)
    return means.rank("min", descending=True).cast(pl.Int64)


def _notes(answer: BiasRanking, level: float) -> tuple[str, ...]:
    notes = []
    if "low" in answer.whole.columns:
        notes.append(f"low and high: where the bias lies with a probability of {level:.0%}.")
    odd = answer.disagree.head(3)
    if len(odd):
        named = zip(answer._names(odd), odd["rank"], odd["mean_rank"], strict=True)
        told = "; ".join(f"{name}: {a:,} by bias, {b:,} by plain mean" for name, a, b in named)
        notes.append(f"Ranks that differ most from those of the plain mean, in stars: {told}.")
    return tuple(notes)
