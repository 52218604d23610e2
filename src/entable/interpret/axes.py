"""The main axes of vectors: what lies at their ends, and which facts go with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._cores import blas_at_one
from entable._plots import ACCENT, PALE, canvas, rated, short
from entable.data.checks import at_least_one
from entable.data.titled import Titled
from entable.data.words import plural
from entable.errors import BadInput
from entable.interpret.facts import Features, correlations, features
from entable.interpret.labels import place
from entable.interpret.rows import Rows, chosen
from entable.interpret.turning import principal, turned_to_facts

__all__ = ["Axes", "draw_axis", "find_axes", "principal"]

Floats = NDArray[np.float64]

_NAMES = 5  # names at each end in a table
_FACTS = 3  # facts that name an axis in a table


@dataclass(frozen=True, eq=False, repr=False)
class Axes(Answer):
    """k axes through the vectors of n rows. Axes are numbered from 1, as in the tables.

    shares (k,) of the variance of the rows at positions `at` (those with at least `least` ratings),
    scores (n, k) of all rows, components (k, K) of length 1, center (K,) where the scores are 0,
    correlations: a frame of axis, fact, r, n (Pearson, over the rows where the fact is known).
    """

    title: str
    titled: Titled
    counts: NDArray[np.int64]
    at: NDArray[np.int64]
    least: int
    shares: Floats
    scores: Floats
    components: Floats
    center: Floats
    correlations: pl.DataFrame
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.shares)

    def ends(self, axis: int = 1, n: int = _NAMES) -> pl.DataFrame:
        """The n names at the low and at the high end: end, name, label, score, count.

        The outermost come first. Raises BadInput for an axis that is not there.
        """
        column = self.scores[self.at, self._number(axis)]
        n = min(at_least_one(n), len(column) // 2)
        order = np.argsort(column, kind="stable")
        ends = np.concatenate([order[:n], order[::-1][:n]])
        at = self.at[ends]
        frame = pl.DataFrame(self.titled.told(at)).with_columns(
            pl.Series("score", column[ends]), pl.Series("count", self.counts[at])
        )
        return frame.insert_column(0, pl.Series("end", ["low"] * n + ["high"] * n, pl.String))

    def facts_of(self, axis: int = 1, n: int = _FACTS) -> pl.DataFrame:
        """The n facts that go with an axis most: fact, r, n; only those that chance cannot explain.

        |r| must be at least 3 / sqrt(n), three times what unrelated numbers would show. Raises
        BadInput for an axis that is not there.
        """
        at = self._number(axis) + 1
        found = self.correlations.filter(
            (pl.col("axis") == at) & (pl.col("r").abs() >= 3 / pl.col("n").sqrt())
        )
        return found.drop("axis").head(n)

    def named(self, axis: int = 1) -> str:
        'A short name: its strongest fact, "year +0.75", or "axis 1" where none goes with it.'
        facts = self.facts_of(axis, 1)
        return _signed(facts)[0] if len(facts) else f"axis {axis}"

    def _number(self, axis: int) -> int:
        if not isinstance(axis, (int, np.integer)) or not 1 <= axis <= len(self):
            raise BadInput(f"axis={axis!r} came; the axes are numbered from 1 to {len(self)}")
        return int(axis) - 1

    @cached_property
    def table(self) -> pl.DataFrame:
        "Axis (from 1), share, and as lists of text the names at both ends and strongest facts."
        ends = [self.ends(axis) for axis in range(1, len(self) + 1)]
        low, high = (
            [self._labels(names.filter(pl.col("end") == end)) for names in ends]
            for end in ("low", "high")
        )
        facts = [_signed(self.facts_of(axis)) for axis in range(1, len(self) + 1)]
        texts = pl.List(pl.String)
        return pl.DataFrame(
            [
                pl.Series("axis", np.arange(1, len(self) + 1)),
                pl.Series("share", self.shares),
                pl.Series("low", low, texts),
                pl.Series("high", high, texts),
                pl.Series("facts", facts, texts),
            ]
        )

    def _labels(self, names: pl.DataFrame) -> list[str]:
        column = names["label"] if "label" in names.columns else names[self.titled.kind]
        plain = names[self.titled.kind].to_list()
        return [
            str(a if a is not None else b) for a, b in zip(column.to_list(), plain, strict=True)
        ]

    @property
    def shown(self) -> pl.DataFrame:
        "Three names at each end."
        lists = [
            pl.col(end).list.eval(pl.element().str.head(40)).list.head(3).list.join("; ")
            for end in ("low", "high")
        ]
        share = pl.format("{} %", (100 * pl.col("share")).round(1)).alias("share")
        return self.table.with_columns(share, *lists, pl.col("facts").list.join(", "))

    def plot(self, ax: Any = None, axes: Sequence[int] = (1, 2), names: int = 5) -> Any:
        """Rows on the plane of two axes with the names at their ends; Matplotlib's Axes.

        One axis alone is drawn against the number of ratings. Raises BadInput for an axis that is
        not there.
        """
        ax = canvas(ax, 8, 6, short(self.title.partition(":")[0], 80))
        pair = tuple(axes)[:2] if len(self) > 1 else (1,)
        points = self.scores[self.at][:, [self._number(axis) for axis in pair]]
        if len(pair) == 1:
            points = np.column_stack([points[:, 0], self._heights(points[:, 0])])
            ax.set_ylabel(self.titled.units if self.counts.any() else "rank on the axis")
            if self.counts[self.at].min() > 0:
                rated(ax, "y")
        ax.scatter(*points.T, s=8, color=PALE, linewidths=0, rasterized=len(points) > 5000)
        marked = np.unique(
            np.concatenate([_extremes(points[:, j], names) for j in range(len(pair))])
        )
        ax.scatter(*points[marked].T, s=14, color=ACCENT, linewidths=0)
        ax.axhline(0, color=PALE, linewidth=0.8, zorder=0)
        ax.axvline(0, color=PALE, linewidth=0.8, zorder=0)
        for axis, label in zip(pair, (ax.set_xlabel, ax.set_ylabel), strict=False):
            label(self._told(axis))
        place(ax, points[marked], self.titled.label(self.at[marked]), len(marked), 2.0)
        return ax

    def _heights(self, x: Floats) -> Floats:
        counts = self.counts[self.at].astype(np.float64)
        return counts if self.counts.any() else np.argsort(np.argsort(x)).astype(np.float64)

    def _told(self, axis: int) -> str:
        share = f"axis {axis}: {self.shares[axis - 1]:.0%} of the variance"
        facts = ", ".join(_signed(self.facts_of(axis, 2)))
        return f"{share} ({facts})" if facts else share


def _signed(facts: pl.DataFrame) -> list[str]:
    return [f"{fact} {r:+.2f}" for fact, r in facts.select("fact", "r").iter_rows()]


def _extremes(x: Floats, n: int) -> NDArray[np.int64]:
    order = np.argsort(x, kind="stable")
    return np.concatenate([order[:n], order[len(order) - min(n, len(order)) :]])


def find_axes(rows: Rows, k: int = 3, min_count: int | None = None, turned: bool = False) -> Axes:
    """The k main axes of the rows that have min_count ratings (None: enough); all rows get scores.

    turned: within the space that they span, turn the axes to the facts that it tells of best.
    The high end of an axis is where its fact is larger or, by variance alone, where the rows are
    better liked (have the larger biases; without biases the more ratings, without these the longer
    tail), so that runs agree. Raises BadInput where there are fewer rows or numbers than axes, and
    where all rows are at one point.
    """
    at, least = chosen(rows, min_count)
    _check(rows, at_least_one(k, "k"), len(at), least)
    components, shares, center = principal(rows.vectors[at], k)
    if not shares.any():
        raise BadInput(f"all {len(at):,} {rows.titled.kinds} are at one point: there is no axis")
    made = features(rows)
    scores = _projected(rows.vectors, components, center)
    facts, notes = 0, tuple[str, ...]()
    turn = np.eye(k)
    if turned and k > 1:
        turn, facts, notes = turned_to_facts(scores[at], made, at)
    signs = np.append(np.ones(facts), _signs(rows, scores @ turn.T[:, facts:], at))
    turn *= signs[:, None]
    components, scores = turn @ components, scores @ turn.T
    shares = scores[at].var(0) * (shares.sum() / scores[at].var(0).sum())
    title = f"{k} main axes of {_of(rows, at, least)}: {shares.sum():.0%} of the variance"
    return _axes(title, rows, at, least, shares, scores, components, center, made, notes)


def _axes(
    title: str,
    rows: Rows,
    at: NDArray[np.int64],
    least: int,
    shares: Floats,
    scores: Floats,
    components: Floats,
    center: Floats,
    made: Features,
    notes: tuple[str, ...],
) -> Axes:
    told = correlations(made, scores, at)
    return Axes(
        title, rows.titled, rows.counts, at, least, shares, scores, components, center, told,
        (*notes, *made.notes),
    )  # fmt: skip


def _check(rows: Rows, k: int, n: int, least: int) -> None:
    kind = rows.titled.kind
    if k > rows.k:
        raise BadInput(f"{k} axes were asked of vectors of {rows.k} numbers; {rows.k} is the most")
    if k >= n:
        few = (
            f"the {n:,} {plural(kind)} with at least {least:,} {rows.titled.units}"
            if least
            else f"{n:,} {plural(kind)}"
        )
        raise BadInput(
            f"{k} axes were asked of {few}; {k + 1} are needed"
            + (": ask for fewer axes or lower min_count" if least else ": ask for fewer axes")
        )


def _of(rows: Rows, at: NDArray[np.int64], least: int) -> str:
    with_ratings = f" with at least {least:,} {rows.titled.units}" if least else ""
    return f"{len(at):,} {rows.titled.kinds}{with_ratings}"


def _projected(vectors: NDArray[np.float32], components: Floats, center: Floats) -> Floats:
    with blas_at_one():
        return np.asarray((vectors.astype(np.float64) - center) @ components.T)


def _signs(rows: Rows, scores: Floats, at: NDArray[np.int64]) -> Floats:
    "1 or -1 for each axis, by one smooth figure that does not depend on the order of rows."
    t = scores[at] - scores[at].mean(0)
    for by in (rows.bias[at].astype(np.float64), np.log1p(rows.counts[at])):
        if (by != by[0]).any():
            figure = np.einsum("n,nk->k", by - by.mean(), t)
            break
    else:
        figure = (t**3).sum(0)
    return np.where(figure < 0, -1.0, 1.0)


def draw_axis(
    rows: Rows, low: NDArray[np.int64], high: NDArray[np.int64], min_count: int | None = None
) -> Axes:
    """The axis from the mean of the rows at positions `low` to the mean of those at `high`.

    Scores are 0 half-way between them. Raises BadInput where a group is empty or both means are at
    one place.
    """
    for end, group in (("low", low), ("high", high)):
        if not len(group):
            raise BadInput(f"the {end} end has no names; one at least was wanted")
    a, b = (rows.vectors[group].astype(np.float64).mean(0) for group in (low, high))
    length = np.sqrt(((b - a) ** 2).sum())
    if length <= 1e-9 * max(np.abs(a).max(), np.abs(b).max()):
        raise BadInput("both ends of the axis are at one place; name others")
    at, least = chosen(rows, min_count)
    component, center = ((b - a) / length)[None], (a + b) / 2
    scores = _projected(rows.vectors, component, center)
    whole = rows.vectors[at].astype(np.float64).var(0).sum()
    shares = scores[at].var(0) / whole if whole > 0 else np.zeros(1)
    ends = " to ".join(_group(rows, group) for group in (low, high))
    title = f"From {ends}: {shares[0]:.0%} of the variance of {_of(rows, at, least)}"
    return _axes(title, rows, at, least, shares, scores, component, center, features(rows), ())


def _group(rows: Rows, group: NDArray[np.int64]) -> str:
    more = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return f"{rows.titled.label(group[:1])[0]}{more}"
