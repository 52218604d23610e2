"""Pictures of partial dependence: lines, dots for levels, a field for a pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._plots import ACCENT, GROUPS, INK, MUTED, PALE, cold_warm, short

__all__ = ["Axis", "draw_levels", "draw_line", "draw_pair"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """The values that a column goes through, as a model takes them and as people read them.

    ordered: they lie on a line, numbers where they are. share: of the rows that hold each (g,).
    left: how many rarer levels are not tried.
    """

    name: str
    at: pl.Series
    labels: tuple[str, ...]
    number: bool
    ordered: bool
    share: Floats
    left: int = 0

    def places(self) -> Floats:
        "Where each value lies on the line (g,)."
        line = self.at.to_list() if self.number else range(len(self.at))
        return np.array(line, np.float64)


def draw_line(
    ax: Any, axis: Axis, mean: Floats, level: float, answer: str, by: str, groups: Sequence[str]
) -> Any:
    "Lines (g,) or (g, groups) over the values, with the rows as a strip of bars at the foot."
    several = mean.reshape(len(mean), -1)
    x = axis.places()
    ax.axhline(level, color=MUTED, lw=0.9, ls="--")
    colors = GROUPS if groups else (ACCENT,)
    for k, (line, color) in enumerate(zip(several.T, colors, strict=False)):
        label = short(groups[k], 24) if groups else None
        ax.plot(x, line, "o-", color=color, ms=3.5, lw=1.6, label=label)
    if axis.number and len(x) <= 14 and np.ptp(x) < 30:
        ax.set_xticks(x, axis.labels)
    elif not axis.number:
        _ticks(ax.xaxis, axis.labels, 14)
        _turned(ax, axis.labels)
    _rug(ax, x, axis.share)
    ax.set_xlabel(short(axis.name, 60))
    ax.set_ylabel(short(answer, 40))
    if groups:
        ax.legend(frameon=False, fontsize=8, labelcolor=INK, title=short(by, 24))
    return ax


def _rug(ax: Any, x: Floats, share: Floats) -> None:
    "How many rows stand where, as pale bars along the bottom."
    low, high = ax.get_ylim()
    room = 0.16 * (high - low)
    height = room * share / max(share.max(), 1e-12)
    gaps = np.diff(x)
    width = 0.8 * (gaps.min() if len(gaps) else 1.0)
    width = max(width, 0.008 * (x[-1] - x[0])) if len(x) > 1 else width
    ax.bar(x, height, width, bottom=low - room, color=PALE, zorder=0)
    ax.set_ylim(low - room, high)


def draw_levels(
    ax: Any, axis: Axis, mean: Floats, level: float, answer: str, by: str, groups: Sequence[str]
) -> Any:
    "A dot for each level and group, those with the largest answer on top."
    several = mean.reshape(len(mean), -1)
    order = np.argsort(several.mean(1), kind="stable")
    y = np.arange(len(order))
    ax.axvline(level, color=MUTED, lw=0.9, ls="--")
    colors = GROUPS if groups else (ACCENT,)
    for k, (line, color) in enumerate(zip(several.T, colors, strict=False)):
        label = short(groups[k], 24) if groups else None
        if not groups:
            ax.hlines(y, level, line[order], color=PALE, lw=2, zorder=0)
        ax.plot(line[order], y, "o", color=color, ms=5, label=label)
    ax.set_yticks(y, [short(axis.labels[k], 28) for k in order])
    ax.set_xlabel(short(answer, 60))
    if groups:
        ax.legend(frameon=False, fontsize=8, labelcolor=INK, title=short(by, 24))
    return ax


def draw_pair(ax: Any, a: Axis, b: Axis, mean: Floats) -> Any:
    "The first column across, the second up, the answer (g, h) as colour."
    across, up = _order(a, mean.mean(1)), _order(b, mean.mean(0))
    room = 0.02 * max(float(np.ptp(mean)), 1e-12)  # a page replaces the outermost colours
    ends = {"vmin": mean.min() - room, "vmax": mean.max() + room}
    cells = mean[across][:, up].T
    picture = ax.pcolormesh(cells, cmap=cold_warm(), edgecolors="face", linewidth=0.2, **ends)
    for side, axis, order in ((ax.xaxis, a, across), (ax.yaxis, b, up)):
        _ticks(side, [axis.labels[k] for k in order], 14, 0.5)
    _turned(ax, a.labels)
    ax.set_xlabel(short(a.name, 60))
    ax.set_ylabel(short(b.name, 40))
    bar = ax.figure.colorbar(picture, ax=ax)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=8)
    return ax


def _turned(ax: Any, labels: Sequence[str]) -> None:
    "Long names below the axis lean, so that they do not meet."
    if max(map(len, labels)) > 4:
        for label in ax.get_xticklabels():
            label.set(rotation=35, ha="right", rotation_mode="anchor")


def _order(axis: Axis, mean: Floats) -> NDArray[np.int64]:
    "The values in their order, or by their mean answer where they have none."
    return np.arange(len(mean)) if axis.ordered else np.argsort(mean, kind="stable")


def _ticks(side: Any, labels: Sequence[str], most: int, shift: float = 0.0) -> None:
    "Ticks at some of the places 0, 1, 2, ..., no more than fit."
    step = -(-len(labels) // most)
    at = range(0, len(labels), step)
    side.set_ticks([k + shift for k in at], [short(labels[k], 14) for k in at])
