"""What a Learner's model says, for people: predictions, rows beside them, activations."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from entable._answer import Answer
from entable.embeddings import Embeddings
from entable.errors import BadInput, UnknownName
from entable.train.batches import Batches, as_source, first
from entable.train.faults import shapes
from entable.train.looking import activations, outputs
from entable.train.losses import activation_of, decode_of

if TYPE_CHECKING:
    from entable.train.trained import Trained

__all__ = ["Shown", "embed", "predict", "show"]

_SIZE = 1024  # rows of a batch that is only looked at
_SHORT = (torch.bfloat16, torch.float16)
_WIDE = 6  # numbers of a row shown one by one


class Shown(Answer):
    "Some rows of a batch: inputs x1, x2, ..., target and, if asked, predicted."

    def __init__(self, title: str, table: pl.DataFrame) -> None:
        self.title, self._table = title, table

    @property
    def table(self) -> pl.DataFrame:
        "The rows."
        return self._table


def predict(learner: "Trained", given: tuple[Any, ...], raw: bool, decode: bool) -> np.ndarray:
    "Outputs of all rows in the order they came, through the loss's activation and decode."
    batches, inputs = _asked(learner, given)
    out = outputs(learner.model, batches, learner.place, inputs)
    return _read(learner, out, raw, decode)


def embed(
    learner: "Trained", layer: nn.Module | str, given: tuple[Any, ...], names: Any
) -> Embeddings:
    "What a layer gives for every row, as Embeddings; rows are numbered from 0 without names."
    batches, inputs = _asked(learner, given)
    module = _layer(learner.model, layer)
    vectors = activations(learner.model, module, batches, learner.place, inputs)
    return Embeddings.of(range(len(vectors)) if names is None else names, vectors.numpy())


def show(learner: "Trained", batches: Any, n: int, results: bool) -> Any:
    "The first rows of the first batch, with what the model makes of them if asked."
    source = as_source(batches)
    batch = _head(first(source.in_order() if results else source), n)
    pred = None
    if results:
        out = outputs(learner.model, [batch[:-1]], learner.place)
        pred = _read(learner, out, False, True)
    own = getattr(source, "show", None)
    return own(batch, pred, n) if own else _rows(learner, batch, pred)


def _asked(learner: "Trained", given: tuple[Any, ...]) -> tuple[Iterator[Any], int | None]:
    "Batches in order and how many parts of each are inputs."
    inputs = _inputs(learner.batches)
    if not given:
        if learner.valid is None:
            raise BadInput("there are no held-out batches; give inputs or batches to look at")
        return learner.valid.in_order().epoch(0), inputs
    if len(given) == 1 and (hasattr(given[0], "epoch") or isinstance(given[0], _LOADER)):
        return as_source(given[0]).in_order().epoch(0), inputs
    if len(given) != inputs:
        raise BadInput(
            f"{len(given)} arrays came; the model learnt from {inputs} "
            f"input{'s' * (inputs != 1)}: give just these, without a target"
        )
    return Batches(given, _SIZE, shuffle=False).epoch(0), inputs


_LOADER = torch.utils.data.DataLoader


def _inputs(source: Any) -> int:
    found = getattr(source, "inputs", None)
    return int(len(first(source)) - 1 if found is None else found)


def _read(learner: "Trained", out: Tensor, raw: bool, decode: bool) -> np.ndarray:
    out = out.float() if out.dtype in _SHORT else out
    if not raw:
        out = activation_of(learner.loss)(out)
        out = decode_of(learner.loss)(out) if decode else out
    found = np.asarray(out)
    classes = getattr(learner.batches, "classes", None)
    if raw or not decode or classes is None or found.dtype.kind not in "biu":
        return found
    return np.asarray(classes)[found.astype(np.int64)]


def _layer(model: nn.Module, layer: nn.Module | str) -> nn.Module:
    modules: dict[str, nn.Module] = dict(model.named_modules())
    if isinstance(layer, nn.Module):
        if layer not in modules.values():
            raise BadInput(f"this {type(layer).__name__} is no layer of the model")
        return layer
    if layer not in modules:
        known = ", ".join(name for name in modules if name)
        raise UnknownName(f"the model has no layer {layer!r}; it has {known}")
    return modules[layer]


def _head(value: Any, n: int) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)([_head(part, n) for part in value])
    return value[:n]


def _rows(learner: "Trained", batch: Any, pred: np.ndarray | None) -> Shown:
    *x, y = batch
    columns: dict[str, Any] = {}
    for k, part in enumerate(x, 1):
        columns |= _columns(f"x{k}" if len(x) > 1 else "x", part)
    y, weights = y if isinstance(y, tuple) else (y, None)
    columns |= _columns("target", _named(learner, y))
    if weights is not None:
        columns |= _columns("weight", weights)
    if pred is not None:
        columns |= _columns("predicted", pred)
    return Shown("A batch" if pred is None else "Targets and predictions", pl.DataFrame(columns))


def _named(learner: "Trained", y: Any) -> Any:
    classes = getattr(learner.batches, "classes", None)
    if classes is None or not isinstance(y, Tensor) or y.is_floating_point():
        return y
    return np.asarray(classes)[y.cpu().numpy()]


def _columns(name: str, part: Any) -> dict[str, Any]:
    "A column, one for each number of a short row, or what a long one is."
    if not isinstance(part, (Tensor, np.ndarray)):
        return {name: [str(value) for value in part]}
    if isinstance(part, Tensor):
        part = (part.float() if part.dtype in _SHORT else part).cpu()
    array = np.asarray(part)
    if array.ndim == 1:
        return {name: array.tolist()}
    if array.ndim == 2 and array.shape[1] <= _WIDE:
        return {f"{name}[{k}]": array[:, k].tolist() for k in range(array.shape[1])}
    return {name: [shapes(torch.empty(array.shape[1:], device="meta"))] * len(array)}
