"""Points with sizes and colours, and what explains the colours (Matplotlib)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._plots import ACCENT, INK, PALE, cold_warm, short
from entable.interpret.colors import Coloring

__all__ = ["dots"]

Floats = NDArray[np.float64]

_CROWD = 5000  # points from which on a picture holds them as pixels


def dots(ax: Any, xy: Floats, areas: Floats, coloring: Coloring) -> None:
    """Draw points (m, 2) of these areas (m,), in square points, small ones above large ones.

    Numbers get a bar, groups a legend, both beside the axes; what is not known is pale.
    """
    order = np.argsort(-areas, kind="stable")
    look = {"linewidths": 0, "alpha": 0.75, "rasterized": len(xy) > _CROWD}
    if coloring.texts is not None:
        _groups(ax, xy, areas, coloring, look)
    elif coloring.numbers is not None:
        _numbers(ax, xy, areas, coloring, order, look)
    else:
        ax.scatter(*xy[order].T, s=areas[order], color=ACCENT, **look)


def _groups(ax: Any, xy: Floats, areas: Floats, coloring: Coloring, look: dict[str, Any]) -> None:
    for name, color, at in coloring.groups:
        at = at[np.argsort(-areas[at], kind="stable")]
        ax.scatter(*xy[at].T, s=areas[at], color=color, label=short(name), **look)
    legend = ax.legend(
        loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8, labelcolor=INK,
        title=short(coloring.name), title_fontsize=8, alignment="left",
    )  # fmt: skip
    legend.get_title().set_color(INK)
    for handle in legend.legend_handles:
        handle.set_sizes([36])


def _numbers(
    ax: Any,
    xy: Floats,
    areas: Floats,
    coloring: Coloring,
    order: NDArray[np.int64],
    look: dict[str, Any],
) -> None:
    assert coloring.numbers is not None
    there = np.isfinite(coloring.numbers[order])
    known, gone = order[there], order[~there]
    if len(gone):
        ax.scatter(*xy[gone].T, s=areas[gone], color=PALE, **look)
    low, high = coloring.limits
    shades = {"c": coloring.numbers[known], "cmap": cold_warm(), "vmin": low, "vmax": high}
    drawn = ax.scatter(*xy[known].T, s=areas[known], **shades, **look)
    bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.5, aspect=25, pad=0.01)
    bar.set_label(short(coloring.name), color=INK)
    bar.outline.set_visible(False)
    bar.solids.set_alpha(1)
    bar.ax.tick_params(labelsize=8, length=0, labelcolor=INK)
