"""Looking inside while a model learns: what its layers give, and how long gradients are."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import polars as pl
import torch
from torch import Tensor, nn

from entable._answer import Answer
from entable._plots import GROUPS, canvas, short
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train.callbacks import Callback
from entable.train.gradcam import grad_cam
from entable.train.run import Run

__all__ = ["Activations", "Gradients", "Peek", "grad_cam"]

_SEEN = {
    "step": pl.Int64,
    "layer": pl.String,
    "mean": pl.Float64,
    "std": pl.Float64,
    "dead": pl.Float64,
}
_LONG = {"step": pl.Int64, "layer": pl.String, "gradient": pl.Float64, "weights": pl.Float64}
_SPARE = (nn.Dropout, nn.Identity, nn.Flatten)  # they say nothing that their neighbours do not


class Peek(Callback):
    """Looks at layers every so many steps: what they give, and the gradients of their weights.

    layers: modules to look at; without them all that hold no others, but dropout. `activations`
    and `gradients` hold what was seen, of all fits, layers by name and kind ("0 Linear"). Training
    ends in the same bytes with it as without it; between two looks it costs nothing. Raises
    BadInput for layers that are not the model's.
    """

    looks = True

    def __init__(self, every: int = 10, layers: Sequence[nn.Module] | None = None) -> None:
        self.every, self.layers = at_least_one(every, "every"), layers
        self._step = 0
        self._hooks: list[Any] = []
        self._caught: dict[str, list[Tensor]] = {}
        self._given = _Looks(_SEEN)
        self._grads = _Looks(_LONG)

    def before_fit(self, run: Run) -> None:
        "Name the layers."
        self._named = _named_layers(run.model, self.layers)

    def before_step(self, run: Run) -> None:
        "Listen to the layers, if it is time."
        self._step = len(run.learner.recorder.losses) + 1
        if (self._step - 1) % self.every == 0:
            self._caught = defaultdict(list)
            self._hooks = [
                layer.register_forward_hook(partial(self._look, name))
                for name, layer in self._named.items()
            ]

    def after_backward(self, run: Run) -> None:
        "Keep what was heard, look at the gradients, and listen no more."
        if self._hooks:
            self._unhook()
            means = {name: torch.stack(calls).mean(0) for name, calls in self._caught.items()}
            self._given.add(self._step, means)
            self._grads.add(self._step, _gradients(self._named))

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
        return Activations(self._given.frame)

    @property
    def gradients(self) -> "Gradients":
        "Lengths of the gradients of each layer's weights, beside those of the weights, by step."
        return Gradients(self._grads.frame)

    def state_dict(self) -> dict[str, Any]:
        "What was seen, for a checkpoint."
        return {"given": self._given.columns(), "grads": self._grads.columns()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "What was seen, from a checkpoint."
        self._given, self._grads = _Looks(_SEEN, state["given"]), _Looks(_LONG, state["grads"])


class _Looks:
    "Rows of looks; numbers stay on the device until somebody asks."

    def __init__(self, schema: dict[str, Any], columns: dict[str, Any] | None = None) -> None:
        self.schema, self._new = schema, list[tuple[int, dict[str, Tensor]]]()
        self._frame = pl.DataFrame(columns, schema)

    def add(self, step: int, found: dict[str, Tensor]) -> None:
        self._new.append((step, found))

    @property
    def frame(self) -> pl.DataFrame:
        rows = [
            (step, name, *numbers.tolist())
            for step, found in self._new
            for name, numbers in found.items()
        ]
        self._frame = self._frame.vstack(pl.DataFrame(rows, self.schema, orient="row"))
        self._new = []
        return self._frame

    def columns(self) -> dict[str, Any]:
        return self.frame.to_dict(as_series=False)


def _named_layers(model: nn.Module, layers: Sequence[nn.Module] | None) -> dict[str, nn.Module]:
    names = {m: f"{name} {type(m).__name__}".strip() for name, m in model.named_modules()}
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
