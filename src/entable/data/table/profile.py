"""A table at a glance: what each column holds, before anything is trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, MUTED, PALE, WARM, canvas, short
from entable.data.raw import tidy
from entable.data.table.category import Category
from entable.data.table.number import Number
from entable.data.table.target import Target
from entable.data.vocab import Vocab
from entable.data.words import counted

if TYPE_CHECKING:
    from entable.data.table.table import Table

__all__ = ["Profile", "profile"]

_BARS = 24  # levels drawn of a category
_SCHEMA: dict[str, Any] = {
    "column": pl.String,
    "kind": pl.String,
    "levels": pl.Int64,
    "missing": pl.Float64,
    "rare": pl.Float64,
    "lowest": pl.String,
    "middle": pl.String,
    "highest": pl.String,
}


@dataclass(frozen=True)
class Strip:
    "One column as it is drawn: heights (k,) of bars, and words at both ends."

    name: str
    heights: NDArray[np.int64]
    left: str
    right: str
    missing: float
    aim: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Profile(Answer):
    """Each column's kind and content, of the rows of training.

    table: column, kind, levels, missing and rare (shares of rows), lowest, middle and highest: of
    numbers and ordered levels by size, of others from the rarest to the commonest.
    """

    title: str
    columns: pl.DataFrame
    strips: tuple[Strip, ...]
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "A row per column."
        return self.columns

    def plot(self, ax: Any = None) -> Any:
        "One strip per column: its values from left to right; Matplotlib's Axes."
        ax = canvas(ax, 8, 0.9 + 0.42 * len(self.strips), self.title)
        for y, strip in enumerate(self.strips):
            _drawn(ax, strip, -y)
        ax.set_yticks([-y + 0.3 for y in range(len(self.strips))])
        ax.set_yticklabels([short(s.name, 24) for s in self.strips])
        ax.set_xticks([])
        ax.set_xlim(-0.26, 1.48)
        ax.set_ylim(-len(self.strips) + 0.8, 1)
        ax.tick_params(length=0)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        return ax


def profile(table: "Table") -> Profile:
    "See `Table.profile`."
    columns = [*_categories(table), *_numbers(table)]
    columns.sort(key=lambda pair: pair[0]["column"] not in _aims(table))
    rows = [row for row, _ in columns]
    title = f"{counted(table.size, 'row')}, {counted(len(rows), 'column')}"
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    return Profile(title, frame, tuple(strip for _, strip in columns), tuple(table.notes))


def _aims(table: "Table") -> tuple[str, ...]:
    return () if table.target is None else table.target.names


def _categories(table: "Table") -> Iterator[tuple[dict[str, Any], Strip]]:
    if table.target is not None and table.target.kind not in ("number", "numbers"):
        yield from _classes(table.target, table.size)
    for category in table.categories:
        if not category.also:
            yield _category(category, table.size)


def _classes(target: Target, n: int) -> Iterator[tuple[dict[str, Any], Strip]]:
    if target.classes is None:
        for name, ones in zip(target.names, target.counts, strict=True):
            counts = np.array([0, 0, n - ones, ones])
            yield _category(Category(name, Vocab.of([0, 1]), counts, True), n, "target")
    else:
        counts = np.concatenate([[0, 0], target.counts])
        yield _category(Category(target.names[0], target.classes, counts), n, "target")


def _category(category: Category, n: int, kind: str = "") -> tuple[dict[str, Any], Strip]:
    counts = category.counts[Vocab.FIRST :]
    at = np.arange(len(counts)) if category.ordered else np.argsort(counts, kind="stable")
    names = [str(category.vocab.names[k]) for k in (at[0], at[len(at) // 2], at[-1])]
    drawn = counts[at] if category.ordered else counts[at][::-1]
    ends = (names[0], names[2]) if category.ordered else (names[2], names[0])
    gaps = float(category.counts[1] / n)
    kind = kind or ("ordered category" if category.ordered else "category")
    row = {
        "column": category.name, "kind": kind, "levels": len(counts), "missing": gaps,
        "rare": float(category.counts[0] / n), "lowest": names[0], "middle": names[1],
        "highest": names[2],
    }  # fmt: skip
    strip = Strip(category.name, _few(drawn, category.ordered), *ends, gaps, kind == "target")
    return row, strip


def _few(counts: NDArray[np.int64], ordered: bool) -> NDArray[np.int64]:
    "At most as many bars as are drawn: of ordered levels means of neighbours, of others the first."
    if len(counts) <= _BARS:
        return counts
    if not ordered:
        return counts[:_BARS]
    starts = np.linspace(0, len(counts), _BARS, endpoint=False).astype(np.int64)
    widths = np.diff(np.append(starts, len(counts)))
    return np.add.reduceat(counts, starts) // widths


def _numbers(table: "Table") -> Iterator[tuple[dict[str, Any], Strip]]:
    for number in table.numbers:
        yield _number(number, table.size, "number")
    if table.target is not None:
        for number in table.target.numbers:
            yield _number(number, table.size, "target")


def _number(number: Number, n: int, kind: str) -> tuple[dict[str, Any], Strip]:
    low, middle, high = (str(tidy(v)) for v in (number.low, number.median, number.high))
    gaps = number.gaps / n
    row = {
        "column": number.name, "kind": kind, "levels": None, "missing": gaps, "rare": 0.0,
        "lowest": low, "middle": middle, "highest": high,
    }  # fmt: skip
    return row, Strip(number.name, number.counts, low, high, gaps, kind == "target")


def _drawn(ax: Any, strip: Strip, y: float) -> None:
    k = len(strip.heights)
    heights = 0.75 * strip.heights / max(strip.heights.max(), 1)
    ax.bar(
        (np.arange(k) + 0.5) / k, heights, 0.86 / k, bottom=y,
        color=WARM if strip.aim else ACCENT, linewidth=0,
    )  # fmt: skip
    ax.plot([0, 1], [y, y], color=PALE, linewidth=0.8, zorder=0)
    small = {"fontsize": 8, "va": "bottom"}
    ax.text(-0.015, y, short(strip.left, 14), color=MUTED, ha="right", **small)
    ax.text(1.015, y, short(strip.right, 14), color=MUTED, ha="left", **small)
    if strip.missing:
        ax.text(1.48, y, f"{strip.missing:.1%} missing", color=INK, ha="right", **small)
