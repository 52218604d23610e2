"""Two sets of vectors of the same names, one turned onto the other: what moved most."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._cores import blas_at_one
from entable._plots import ACCENT, PALE, canvas, rated
from entable.data.titled import Titled
from entable.data.words import plural
from entable.errors import BadInput
from entable.interpret.labels import place
from entable.interpret.near import nearest_of_many, unit
from entable.interpret.rows import Rows, chosen

__all__ = ["Comparison", "common", "compare_rows", "rotation"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEAR = 10  # nearest rows that are compared
_MOST = 5000  # rows whose neighbours are compared; of more, a sample
_CELLS = 100_000_000  # pairs of rows that are looked at for it
_NAMED = 12  # rows that a picture names


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Answer):
    """m common rows, in the order of the first set.

    moved (m,): how far a row lies from where the other set, turned onto this one, has it, as a
    share of the typical length here. kept (m,): share of its 10 nearest common rows that are
    nearest there too, NaN where this was not looked at. correlation: of all numbers after turning,
    1 where both sets are the same but for a turn and one factor, NaN where one is all zeros.
    bias_correlation: NaN where one side has no biases. turn (k, k): there @ turn lies like here;
    narrower vectors are filled up with zeros. counts, other_counts (m,).
    """

    title: str
    titled: Titled
    at: Ints
    moved: Floats
    kept: Floats
    counts: Ints
    other_counts: Ints
    correlation: float
    bias_correlation: float
    turn: Floats
    notes: tuple[str, ...] = ()

    @property
    def overlap(self) -> float:
        "Mean share of nearest rows that are the same."
        known = self.kept[np.isfinite(self.kept)]
        return float(known.mean()) if len(known) else float("nan")

    @cached_property
    def table(self) -> pl.DataFrame:
        "Name, label, moved, kept, count here, count there; what moved most comes first."
        order = np.argsort(-self.moved, kind="stable")
        return pl.DataFrame(self.titled.told(self.at[order])).with_columns(
            pl.Series("moved", self.moved[order]),
            pl.Series("kept", self.kept[order]).fill_nan(None),
            pl.Series("count", self.counts[order]),
            pl.Series("count_there", self.other_counts[order]),
        )

    @property
    def shown(self) -> pl.DataFrame:
        "The fifteen that moved most."
        return self.table.head(15)

    def plot(self, ax: Any = None) -> Any:
        "How far each row moved against its ratings, the farthest named; Matplotlib's Axes."
        ax = canvas(ax, 8, 5, f"What moved most among {len(self.at):,} {self.titled.kinds}")
        known = bool(self.counts.any())
        x = np.maximum(self.counts, 1) if known else np.arange(len(self.at)) + 1
        order = np.argsort(-self.moved, kind="stable")
        first, rest = order[:_NAMED], order[_NAMED:]
        ax.scatter(x[rest], self.moved[rest], s=8, color=PALE, linewidths=0, rasterized=True)
        ax.scatter(x[first], self.moved[first], s=16, color=ACCENT, linewidths=0)
        if known:
            rated(ax, "x")
        ax.set_xlabel("ratings" if known else "row")
        ax.set_ylabel("moved (1 = typical length)")
        ax.set_ylim(bottom=0)
        points = np.column_stack([x[first], self.moved[first]]).astype(np.float64)
        place(ax, points, self.titled.label(self.at[first]), _NAMED, 3.0)
        return ax


def common(rows: Rows, other: Rows) -> tuple[Ints, Ints]:
    "Positions here and there of the names that both have, in the order of the first."
    vocab = other.titled.vocab
    there = vocab.rows(rows.titled.vocab.names, strict=False).astype(np.int64) - vocab.FIRST
    here = np.flatnonzero(there >= 0)
    return here, there[here]


def rotation(A: Floats, B: Floats) -> Floats:
    """The orthogonal T (k, k), reflections allowed, for which B @ T comes nearest to A (m, k).

    Schönemann (1966), "A generalized solution of the orthogonal Procrustes problem".
    """
    with blas_at_one():
        left, _, right = np.linalg.svd(B.T @ A)
        return np.asarray(left @ right)


def compare_rows(rows: Rows, other: Rows, min_count: int = 0, seed: int = 0) -> Comparison:
    """The rows beside those of the same names in another set, turned onto them about the origin.

    There is no scaling. min_count: ratings that a row needs on both sides. The neighbours of 5,000
    rows at most are compared, of those that moved most and a sample. Raises BadInput where there
    are no names in common.
    """
    here, there, notes = _paired(rows, other, min_count)
    A, B = _as_wide(rows.vectors[here], other.k), _as_wide(other.vectors[there], rows.k)
    size = float(np.sqrt((A * A).sum() * (B * B).sum()))
    turn = rotation(A, B)
    with blas_at_one():
        onto = B @ turn
    typical = np.sqrt((A * A).sum(1).mean()) or 1.0
    moved = np.sqrt(((A - onto) ** 2).sum(1)) / typical
    kept, some = _kept(A, B, moved, seed)
    correlation = float((A * onto).sum() / size) if size > 0 else np.nan
    biases = _correlation(rows.bias[here], other.bias[there])
    made = Comparison(
        "", rows.titled, here, moved, kept, rows.counts[here], other.counts[there],
        correlation, biases, turn,
    )  # fmt: skip
    return replace(made, title=_title(made), notes=(*notes, *some))


def _paired(rows: Rows, other: Rows, min_count: int) -> tuple[Ints, Ints, tuple[str, ...]]:
    "Positions here and there of the common names with enough ratings on both sides, and a note."
    here, there = common(rows, other)
    kind = rows.titled.kind
    if not len(here):
        raise BadInput(
            f"no {kind} of the {len(rows):,} here is among the {len(other):,} there; two sets of "
            "the same names were wanted"
        )
    enough = np.isin(here, chosen(rows, min_count)[0]) & np.isin(there, chosen(other, min_count)[0])
    if not enough.any():
        raise BadInput(f"no common {kind} has {min_count:,} ratings on both sides: lower min_count")
    whole = enough.all() and len(here) == len(rows) == len(other)
    notes = () if whole else (f"{len(rows):,} {plural(kind)} are here, {len(other):,} there.",)
    return here[enough], there[enough], notes


def _as_wide(vectors: NDArray[np.float32], k: int) -> Floats:
    "Float64, filled up with zeros to k numbers at least."
    more = max(k - vectors.shape[1], 0)
    return np.pad(vectors.astype(np.float64), ((0, 0), (0, more)))


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    x, y = (v.astype(np.float64) - v.mean(dtype=np.float64) for v in (a, b))
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size > 0 else float("nan")


def _kept(A: Floats, B: Floats, moved: Floats, seed: int) -> tuple[Floats, tuple[str, ...]]:
    "Share of the nearest that both sets agree on, NaN where not looked at, and a note."
    m, kept = len(A), np.full(len(A), np.nan)
    n = min(_NEAR, m - 1)
    if not n or not A.any() or not B.any():
        return kept, ()
    some = np.arange(m)
    notes: tuple[str, ...] = ()
    most = min(_MOST, _CELLS // m + 1)
    if m > most:
        first = np.argsort(-moved, kind="stable")[: most // 2]
        rest = np.random.default_rng(seed).permutation(np.setdiff1d(some, first))
        some = np.sort(np.concatenate([first, rest[: most - len(first)]]))
        notes = (f"Neighbours were compared for {most:,} of {m:,} rows.",)
    here, there = nearest_of_many(unit(A), some, n), nearest_of_many(unit(B), some, n)
    kept[some] = (here[:, :, None] == there[:, None, :]).sum((1, 2)) / n
    return kept, notes


def _title(made: Comparison) -> str:
    parts = [f"vectors correlate by {made.correlation:.2f} once turned"]
    if not np.isfinite(made.correlation):
        parts = ["vectors are all 0 on one side"]
    if np.isfinite(made.overlap):
        near = min(_NEAR, len(made.at) - 1)
        parts.append(f"{made.overlap:.0%} of the {near} nearest are the same")
    if np.isfinite(made.bias_correlation):
        parts.append(f"biases correlate by {made.bias_correlation:.2f}")
    return f"{len(made.at):,} common {made.titled.kinds}: {', '.join(parts)}"
