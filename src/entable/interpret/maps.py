"""Rows as points of a plane: by their main axes, or by t-SNE."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import MUTED, canvas, short
from entable.data.titled import Titled
from entable.data.words import counted
from entable.errors import BadInput
from entable.interpret.colors import Coloring, colored
from entable.interpret.dots import dots
from entable.interpret.labels import place
from entable.interpret.pages import page, scatter
from entable.interpret.planes import by_axes, by_neighbours
from entable.interpret.rows import Rows, chosen

__all__ = ["Map", "Method", "lay_out"]

Method = Literal["pca", "tsne"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Map(Answer):
    """Points (m, 2) in a plane of the rows at `positions` (m,), with what is known of each.

    axes: what the two directions are called, "" where they have no meaning. `table` has name,
    label, x, y, count, bias (if there are any) and what gives the colour.
    """

    title: str
    titled: Titled
    positions: NDArray[np.int64]
    xy: Floats
    counts: NDArray[np.int64]
    bias: Floats | None
    coloring: Coloring
    method: Method
    axes: tuple[str, str]
    notes: tuple[str, ...] = ()

    @property
    def x(self) -> Floats:
        "(m,) to the right."
        return self.xy[:, 0]

    @property
    def y(self) -> Floats:
        "(m,) upwards."
        return self.xy[:, 1]

    @property
    def table(self) -> pl.DataFrame:
        "Name, label, x, y, count, bias, colour; in row order."
        frame = pl.DataFrame(self.titled.told(self.positions)).with_columns(
            x=pl.Series(self.x), y=pl.Series(self.y), count=pl.Series(self.counts)
        )
        if self.bias is not None:
            frame = frame.with_columns(bias=pl.Series(self.bias))
        column = self.coloring.column
        if column is None or column.name in frame.columns:
            return frame
        return frame.with_columns(column)

    @property
    def shown(self) -> pl.DataFrame:
        "The rows with most ratings."
        return self.table[self._order()[:20]]

    def _order(self) -> NDArray[np.int64]:
        "Positions in the map, the most rated first."
        return np.argsort(-self.counts, kind="stable")

    def _path(self, names: Sequence[Any] | None) -> list[int]:
        if names is None:
            return []
        asked = self.titled.positions(list(names))
        found = np.searchsorted(self.positions, asked)
        there = self.positions[np.minimum(found, len(self.positions) - 1)] == asked
        if not there.all():
            gone = self.titled.label(asked[~there])[0]
            raise BadInput(
                f"{gone!r} is not on this map, for it has too few {self.titled.units}: lower "
                "min_count"
            )
        return [int(at) for at in found]

    def _weights(self) -> Floats:
        "(m,) from 0 to 1: how large a point is drawn, its area by the root of its count."
        top = self.counts.max(initial=0)
        return np.sqrt(self.counts / top) if top else np.full(len(self.xy), 0.35)

    def plot(self, ax: Any = None, labels: int = 30, path: Sequence[Any] | None = None) -> Any:
        """The points with the names of as many of the most rated as fit, up to `labels`.

        path: names to be connected in this order. Returns Matplotlib's Axes; raises UnknownName
        for a name that is not there, MissingExtra without Matplotlib.
        """
        line = self._path(path)
        ax = canvas(ax, 8.6, 6.2, short(self.title, 100))
        order = self._order()
        areas = _areas(self._weights())
        if line:
            ax.plot(self.x[line], self.y[line], color=MUTED, linewidth=1.2, zorder=1)
        dots(ax, self.xy, areas, self.coloring)
        self._frame(ax)
        first = [*dict.fromkeys([*line, *order.tolist()])]
        radii = np.sqrt(areas[first] / np.pi)
        names = self.titled.label(self.positions[first])
        if labels > 0:
            place(ax, self.xy[first], names, labels, radii, avoid=_along(self.xy[line]))
        return ax

    def _frame(self, ax: Any) -> None:
        ax.margins(0.08)
        if self.method == "pca":
            ax.set_aspect("equal", adjustable="datalim")
        ax.set_xlabel(short(self.axes[0], 90))
        ax.set_ylabel(short(self.axes[1], 75))
        if not any(self.axes):
            ax.set(xticks=[], yticks=[])
            ax.spines[["left", "bottom"]].set_visible(False)

    def figure(self, path: Sequence[Any] | None = None) -> Any:
        """The same as a Plotly figure that tells name, count, bias and colour on hovering.

        Raises MissingExtra without Plotly.
        """
        hover: dict[str, Any] = {self.titled.units: self.counts} if self.counts.any() else {}
        if self.bias is not None:
            hover["bias"] = self.bias
        column = self.coloring.column
        if column is not None and column.name not in ("bias", "count"):
            hover[column.name] = (
                column.to_numpy() if column.dtype.is_numeric() else column.to_list()
            )
        return scatter(
            self.xy,
            self.titled.label(self.positions),
            hover,
            title=self.title,
            axes=self.axes,
            diameters=np.sqrt(_areas(self._weights()) / np.pi) * 2 * 96 / 72,
            coloring=self.coloring,
            path=self._path(path),
            alike=self.method == "pca",
        )

    def page(self, target: str | os.PathLike[str], path: Sequence[Any] | None = None) -> Path:
        """Write the Plotly figure as one HTML file that needs no network; names can be searched.

        Raises BadInput where it cannot be written, MissingExtra without Plotly.
        """
        return page(self.figure(path), target, self.title)


def _along(path: Floats, steps: int = 30) -> Floats:
    "Points (l, 2) on the lines between points, for names to keep off."
    if len(path) < 2:
        return path
    share = np.arange(1, steps)[:, None, None] / steps
    return np.asarray((path[:-1] + share * np.diff(path, axis=0)).reshape(-1, 2))


def _areas(weights: Floats) -> Floats:
    "(m,) in square points; where there are many points all are smaller."
    scale = float(np.clip((400 / max(len(weights), 1)) ** 0.5, 0.06, 1.0))
    return scale * (10 + 150 * weights)


def lay_out(rows: Rows, method: Method, min_count: int | None, color: Any, seed: int) -> Map:
    "See Embeddings.map."
    if method not in get_args(Method):
        raise BadInput(f"method={method!r} came; 'pca' or 'tsne' was wanted")
    at, least = chosen(rows, min_count)
    coloring = colored(rows, color).at(at)
    plane = by_axes(rows, at, least)
    if method == "tsne":
        plane = by_neighbours(rows, at, plane.xy, seed)
    return Map(
        title=_title(rows, len(at), least, method),
        titled=rows.titled,
        positions=at,
        xy=plane.xy,
        counts=rows.counts[at],
        bias=rows.bias[at].astype(np.float64) if rows.bias.any() else None,
        coloring=coloring,
        method=method,
        axes=plane.axes,
        notes=coloring.notes,
    )


def _title(rows: Rows, n: int, least: int, method: Method) -> str:
    what = counted(n, rows.titled.kind)
    rated = f" with at least {least:,} {rows.titled.units}" if least > 1 else ""
    return f"{what}{rated} by " + ("their main axes" if method == "pca" else "t-SNE")
