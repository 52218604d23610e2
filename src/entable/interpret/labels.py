"""Names beside points that touch neither one another nor the edge of the picture (Matplotlib)."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._plots import INK, PAPER, short

__all__ = ["place"]

_TRIES = 6  # names tried for every one that is wanted
_CROWD = 20_000  # points that a name avoids to cover
_AIR = 1.5  # pixels kept free around a name
_SIDES = (  # where a name may stand beside its point: right, left, above, below, corners
    *((1.0, 0.0, "left", "center"), (-1.0, 0.0, "right", "center")),
    *((0.0, 1.0, "center", "bottom"), (0.0, -1.0, "center", "top")),
    *((0.7, 0.7, "left", "bottom"), (-0.7, 0.7, "right", "bottom")),
    *((0.7, -0.7, "left", "top"), (-0.7, -0.7, "right", "top")),
)


def place(
    ax: Any,
    xy: NDArray[np.float64],
    texts: Iterable[object],
    most: int = 30,
    radii: NDArray[np.float64] | float = 3.0,
    size: float = 8.0,
    avoid: NDArray[np.float64] | None = None,
) -> list[Any]:
    """Write up to `most` texts beside their points, earlier ones first, so that none touch.

    xy: (m, 2) in data coordinates, in the order of texts. radii: of the points, in points (1/72
    inch). A text for which there is no room is left out. Of the free places around a point that
    one is taken which covers the fewest other points and points to `avoid` (l, 2). Call it last:
    what moves the axes moves names apart from what was measured. Returns Matplotlib's artists.
    """
    figure = ax.figure.figure  # the whole one, also from inside a subfigure
    figure.draw_without_rendering()  # the layout is settled only now
    near = xy[:_CROWD] if avoid is None else np.concatenate([xy[:_CROWD], avoid])
    crowd = ax.transData.transform(near)
    frame, reach = ax.get_window_extent(), np.broadcast_to(radii, len(xy))
    boxes: list[Any] = []
    found: list[Any] = []
    for at, text in islice(enumerate(texts), _TRIES * most):
        if len(found) == most:
            break
        name = _note(ax, xy[at], short(text), size)
        box = _settle(name, float(reach[at]) + 1.5, boxes, frame, crowd)
        if box is None:
            name.remove()
            continue
        boxes.append(box)
        found.append(name)
    return found


def _note(ax: Any, xy: NDArray[np.float64], text: str, size: float) -> Any:
    name = ax.annotate(
        text, xy, (0, 0), textcoords="offset points", fontsize=size, color=INK, zorder=5,
        bbox={"boxstyle": "square,pad=0.08", "facecolor": PAPER, "alpha": 0.6, "linewidth": 0},
    )  # fmt: skip
    name.set_in_layout(False)
    return name


def _settle(
    name: Any, reach: float, boxes: list[Any], frame: Any, crowd: NDArray[np.float64]
) -> Any:
    "Move a name to the best free place around its point; its box in pixels, None if none is free."
    best: tuple[int, Any, Any] | None = None
    for side in _SIDES:
        box = _moved(name, side, reach)
        if _inside(box, frame) and not any(box.overlaps(other) for other in boxes):
            covered = _covered(box, crowd)
            if best is None or covered < best[0]:
                best = (covered, side, box)
    if best is None:
        return None
    return _moved(name, best[1], reach)


def _moved(name: Any, side: tuple[float, float, str, str], reach: float) -> Any:
    right, up, across, along = side
    name.set_position((right * reach, up * reach))
    name.set(horizontalalignment=across, verticalalignment=along)
    return name.get_window_extent().padded(_AIR)


def _inside(box: Any, frame: Any) -> bool:
    return bool(
        box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1
    )


def _covered(box: Any, crowd: NDArray[np.float64]) -> int:
    "How many points lie under a box."
    x, y = crowd.T
    return int(((x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1)).sum())
