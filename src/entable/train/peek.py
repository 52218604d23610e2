"""Looking inside while a model learns: activations, gradients, and the loss around its weights."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from entable.data.checks import at_least_one, number
from entable.errors import BadInput
from entable.interpret.answer import Answer
from entable.interpret.plots import GROUPS, INK, canvas, short
from entable.train.batches import first as first_batch
from entable.train.callbacks import Callback
from entable.train.looking import at_rest
from entable.train.run import Run

__all__ = ["Activations", "Gradients", "Peek", "Surface", "surface"]

_SPARE = (nn.Dropout, nn.Identity, nn.Flatten)  # they say nothing that their neighbours do not


class Peek(Callback):
    """Looks at layers every so many steps: what they give, and the gradients of their weights.

    layers: modules to look at; without them all that hold no others, but dropout. `activations`
    and `gradients` hold what was seen. Training ends in the same bytes with it as without it;
    between two looks it costs nothing. Raises BadInput for layers that are not the model's.
    """

    def __init__(self, every: int = 10, layers: Sequence[nn.Module] | None = None) -> None:
        self.every, self.layers = at_least_one(every, "every"), layers
        self._steps = 0  # of all fits
        self._hooks: list[Any] = []
        self._caught: dict[str, list[Tensor]] = {}
        self._given: list[tuple[int, dict[str, list[Tensor]]]] = []
        self._grads: list[tuple[int, dict[str, Tensor]]] = []

    def before_fit(self, run: Run) -> None:
        "Name the layers."
        self._named = _named_layers(run.model, self.layers)

    def before_step(self, run: Run) -> None:
        "Listen to the layers, if it is time."
        self._steps += 1
        if (self._steps - 1) % self.every == 0:
            self._caught = defaultdict(list)
            self._hooks = [
                layer.register_forward_hook(partial(self._look, name))
                for name, layer in self._named.items()
            ]

    def after_backward(self, run: Run) -> None:
        "Keep what was heard, look at the gradients, and listen no more."
        if not self._hooks:
            return
        self._unhook()
        self._given.append((self._steps, dict(self._caught)))
        self._grads.append((self._steps, _gradients(self._named)))

    def after_fit(self, run: Run) -> None:
        "Leave no hook behind."
        self._unhook()

    def _unhook(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _look(self, name: str, layer: nn.Module, inputs: Any, out: Any) -> None:
        out = out[0] if isinstance(out, tuple) else out
        if isinstance(out, Tensor) and out.is_floating_point() and out.numel():
            self._caught[name].append(_seen(out.detach()))

    @property
    def activations(self) -> "Activations":
        "What the layers gave: mean, spread and dead units, by step."
        rows = [
            (step, name, *torch.stack(calls).mean(0).tolist())
            for step, caught in self._given
            for name, calls in caught.items()
        ]
        schema = ["step", "layer", "mean", "std", "dead"]
        return Activations(pl.DataFrame(rows, schema, orient="row"))

    @property
    def gradients(self) -> "Gradients":
        "Lengths of the gradients of each layer's weights, beside those of the weights, by step."
        rows = [
            (step, name, *norms.tolist())
            for step, found in self._grads
            for name, norms in found.items()
        ]
        return Gradients(pl.DataFrame(rows, ["step", "layer", "gradient", "weights"], orient="row"))


def _named_layers(model: nn.Module, layers: Sequence[nn.Module] | None) -> dict[str, nn.Module]:
    names = {module: name or type(model).__name__ for name, module in model.named_modules()}
    if layers is None:
        leaves = [m for m in names if not any(True for _ in m.children())]
        return {names[m]: m for m in leaves if not isinstance(m, _SPARE)}
    for layer in layers:
        if layer not in names:
            raise BadInput(f"the layer {type(layer).__name__} is not a part of the model")
    return {names[layer]: layer for layer in layers}


def _seen(out: Tensor) -> Tensor:
    "Mean, spread, and the share of units (the second axis) that gave 0 for every row. -> (3,)"
    out = out.float()
    units = out.movedim(1, 0).reshape(out.shape[1], -1) if out.ndim > 1 else out[None]
    dead = (units == 0).all(1).float().mean()
    return torch.stack([out.mean(), out.std(correction=0), dead])


def _gradients(layers: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    "Lengths of gradient and weights of each layer that has a gradient. -> (2,)"
    found = {}
    for name, layer in layers.items():
        params: list[Any] = [p for p in layer.parameters() if p.grad is not None]
        if params:
            grads = [p.grad.coalesce().values() if p.grad.is_sparse else p.grad for p in params]
            found[name] = torch.stack([_length(grads), _length([p.detach() for p in params])])
    return found


def _length(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([tensor.float().square().sum() for tensor in tensors]).sum().sqrt()


@dataclass(frozen=True, eq=False, repr=False)
class _Watched(Answer):
    frame: pl.DataFrame

    @property
    def table(self) -> pl.DataFrame:
        "A row for each look and layer."
        return self.frame

    @property
    def shown(self) -> pl.DataFrame:
        "The last look."
        return self.frame.filter(pl.col("step") == pl.col("step").max())

    def _lines(self, ax: Any, value: Callable[[pl.DataFrame], Any]) -> None:
        "A line for each layer, those of the input's side first."
        styles = ("-", "--", ":", "-.")
        for n, (name, part) in enumerate(self.frame.group_by("layer", maintain_order=True)):
            look = {"color": GROUPS[n % len(GROUPS)], "ls": styles[n // len(GROUPS) % len(styles)]}
            ax.plot(part["step"], value(part), label=short(name[0], 24), lw=1.3, **look)
        ax.set_xlabel("step")


class Activations(_Watched):
    "What layers gave while they learnt: columns step, layer, mean, std, dead (a share of units)."

    title = "Activations, at the last look"

    def plot(self, ax: Any = None) -> Any:
        "Mean, spread and dead units of each layer over steps, in three panels; Matplotlib's Axes."
        ax = canvas(ax, height=6.0, title="Activations")
        ax.axis("off")
        told = {"mean": "mean", "std": "spread", "dead": "dead units"}
        for n, (column, label) in enumerate(told.items()):
            panel = canvas(ax.inset_axes((0, 0.7 - 0.35 * n, 0.76, 0.28)))
            self._lines(panel, itemgetter(column))
            panel.set_ylabel(label)
            panel.tick_params(labelbottom=n == 2)
            panel.set_xlabel("step" if n == 2 else "")
            if not n:
                panel.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        panel.set_ylim(-0.02, 1.02)
        panel.yaxis.set_major_formatter("{x:.0%}")
        return ax


class Gradients(_Watched):
    "Lengths of gradients while a model learnt: columns step, layer, gradient, weights."

    title = "Lengths of gradients, at the last look"

    def plot(self, ax: Any = None, relative: bool = False) -> Any:
        "Length of each layer's gradient over steps; relative: to that of its weights."
        what = "gradient / weights" if relative else "gradient"
        ax = canvas(ax, title=f"Length of {what}")

        def length(part: pl.DataFrame) -> Any:
            values = part["gradient"] / part["weights"] if relative else part["gradient"]
            return [value or math.nan for value in values]  # 0 has no place on such an axis

        self._lines(ax, length)
        ax.set_yscale("log")
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return ax


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
        best = np.unravel_index(np.nanargmin(self.losses), self.losses.shape)
        rows = [("here", 0.0, 0.0, here)]
        rows += [("lowest", self.at[best[1]], self.at[best[0]], self.losses[best])]
        return pl.DataFrame(rows, ["point", "first", "second", "loss"], orient="row")

    def plot(self, ax: Any = None) -> Any:
        "Lines of equal loss around the weights, which are the cross; Matplotlib's Axes."
        ax = canvas(ax, width=5.5, height=5.0, title=self.title)
        losses = np.ma.masked_invalid(self.losses)
        levels = _levels(losses.compressed())
        ax.contourf(self.at, self.at, losses, levels, cmap="Blues_r", alpha=0.8, extend="both")
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
    weights are one of them; reach: how far it goes. Weights, random states and modes are afterwards
    what they were, bit for bit. Raises BadInput for a reach that is not above 0.
    """
    n = at_least_one(n, "n") | 1
    at = np.linspace(-1, 1, n) * number(reach, "reach", 0.0)
    given = first_batch(learner.batches) if batch is None else batch
    *x, y = next(iter(learner.place.moved([tuple(given)])))
    weights = [p for p in learner.model.parameters() if p.ndim > 1 and p.is_floating_point()]
    kept = [p.detach().clone() for p in weights]
    generator = torch.Generator().manual_seed(seed)
    first, second = _direction(kept, generator), _direction(kept, generator)
    losses = np.empty((n, n))
    try:
        with at_rest(learner.model):
            for row, b in enumerate(at):
                for column, a in enumerate(at):
                    for p, w, d, e in zip(weights, kept, first, second, strict=True):
                        p.copy_(w + a * d + b * e)
                    losses[row, column] = float(learner.loss(learner.model(*x), y))
    finally:
        with torch.no_grad():
            for p, w in zip(weights, kept, strict=True):
                p.copy_(w)
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
