"""The loss around the weights of a model, on a plane through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from entable._answer import Answer
from entable._plots import INK, canvas
from entable.data.checks import at_least_one, number
from entable.train.batches import first as first_batch
from entable.train.looking import at_rest
from entable.train.untouched import untouched

__all__ = ["Surface", "surface"]


@dataclass(frozen=True, eq=False, repr=False)
class Surface(Answer):
    """The loss on a plane through the weights: `losses` (n, n), rows along the second direction.

    at: (n,) where on each direction; 1 is as far away as the weights of each unit are long.
    """

    at: NDArray[np.float64]
    losses: NDArray[np.float64]
    title = "Loss around the weights"

    @property
    def table(self) -> pl.DataFrame:
        "first, second, loss: a row for each point."
        first, second = np.meshgrid(self.at, self.at)
        columns = {"first": first.ravel(), "second": second.ravel()}
        return pl.DataFrame(columns | {"loss": self.losses.ravel()})

    @property
    def shown(self) -> pl.DataFrame:
        "The loss here, and the lowest found."
        here = self.losses[len(self.at) // 2, len(self.at) // 2]
        known = np.where(np.isnan(self.losses), np.inf, self.losses)
        best = np.unravel_index(np.argmin(known), known.shape)
        rows = [("here", 0.0, 0.0, here)]
        rows += [("lowest", self.at[best[1]], self.at[best[0]], self.losses[best])]
        return pl.DataFrame(rows, ["point", "first", "second", "loss"], orient="row")

    def plot(self, ax: Any = None) -> Any:
        "Lines of equal loss around the weights, which are the cross; Matplotlib's Axes."
        ax = canvas(ax, width=5.5, height=5.0, title=self.title)
        losses = np.ma.masked_invalid(self.losses)
        if losses.count():
            levels = _levels(losses.compressed())
            ax.contourf(self.at, self.at, losses, levels, cmap="Blues_r", alpha=0.55, extend="both")
            lines = ax.contour(self.at, self.at, losses, levels, colors=INK, linewidths=0.5)
            ax.clabel(lines, fontsize=7, fmt="%.3g")
        ax.plot([0], [0], "+", color=INK, ms=12, mew=2)
        ax.set_xlabel("first direction")
        ax.set_ylabel("second direction")
        ax.set_aspect("equal")
        return ax


def _levels(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    "Twelve heights, near one another where the surface is low; at least two."
    low, high = float(losses.min()), float(losses.max())
    if not high > low:
        return np.array([low, low + max(abs(low), 1.0) * 1e-6])
    return low + (high - low) * np.linspace(0.0, 1.0, 14)[1:-1] ** 2


def surface(
    learner: Any, batch: Sequence[Any] | None = None, n: int = 15, reach: float = 1.0, seed: int = 0
) -> Surface:
    """The loss on a plane of two random directions through the weights (Li et al. 2018).

    Directions are as long as the weights, unit by unit; biases and norms stay. batch: what the loss
    is computed on, in place of the first batch; n: points along a direction, made odd so that the
    weights are one of them; reach: how far it goes. The learner is afterwards what it was, bit for
    bit. Raises BadInput for a reach that is not above 0.
    """
    n = at_least_one(n, "n") | 1
    at, losses = np.linspace(-1, 1, n) * number(reach, "reach", 0.0), np.empty((n, n))
    model, place = learner.model, learner.place
    with untouched(learner), at_rest(model), place.computing():
        given = first_batch(learner.batches) if batch is None else batch
        *x, y = next(iter(place.moved([tuple(given)])))
        model.state_dict()  # lazy decay catches up
        weights = [p for p in model.parameters() if p.ndim > 1 and p.is_floating_point()]
        kept = [p.clone() for p in weights]
        generator = torch.Generator().manual_seed(seed)
        first, second = _direction(kept, generator), _direction(kept, generator)
        for row, b in enumerate(at):
            for column, a in enumerate(at):
                for p, w, d, e in zip(weights, kept, first, second, strict=True):
                    p.copy_(w + a * d + b * e)
                losses[row, column] = float(learner.loss(model(*x), y))
    return Surface(at, losses)


def _direction(weights: Sequence[Tensor], generator: torch.Generator) -> list[Tensor]:
    "Random directions, each unit (row) as long as its weights."
    found = []
    for w in weights:
        d = torch.randn(w.shape, generator=generator).to(w)
        lengths = [t.flatten(1).norm(dim=1) for t in (w, d)]  # (rows,)
        ratio = lengths[0] / lengths[1].clamp_min(1e-12)
        found.append(d * ratio.reshape(-1, *[1] * (w.ndim - 1)))
    return found
