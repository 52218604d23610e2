"""Looking without learning: predictions, held-out losses and metrics, activations."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from entable.errors import BadInput
from entable.train.device import Place
from entable.train.faults import shapes
from entable.train.metrics import Whole

__all__ = ["activations", "at_rest", "judged", "outputs", "resting"]


@contextmanager
def at_rest(model: nn.Module) -> Iterator[nn.Module]:
    "Evaluation mode and no gradients inside; afterwards every module's mode is what it was."
    with resting(model), torch.inference_mode():
        yield model


@contextmanager
def resting(model: nn.Module) -> Iterator[nn.Module]:
    "Evaluation mode inside, gradients as asked for; afterwards every mode is what it was."
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, training in modes:
            module.training = training


def judged(
    model: nn.Module,
    batches: Any,
    loss: Callable[..., Any],
    metrics: Mapping[str, Any],
    place: Place,
) -> dict[str, float]:
    """Held-out loss ("valid_loss") and metrics, averaged by rows or, if `whole`, of all at once.

    Targets that come with weights, (y, weights), give metrics the y alone.
    Raises BadInput where there are no rows.
    """
    rows, sums = 0, dict.fromkeys(["valid_loss", *metrics], 0.0)
    every = {name: metric for name, metric in metrics.items() if not isinstance(metric, Whole)}
    at_once = {name: metric for name, metric in metrics.items() if isinstance(metric, Whole)}
    kept: list[tuple[Tensor, Tensor]] = []
    with at_rest(model), place.computing():
        for *x, y in place.moved(batches.epoch(0)):
            pred, n = model(*x), len(x[0])
            rows += n
            sums["valid_loss"] += n * float(loss(pred, y))
            target = y[0] if isinstance(y, tuple) else y
            for name, metric in every.items():
                sums[name] += n * float(metric(pred, target))
            if at_once:
                kept.append((pred, target))
        if not rows:
            raise BadInput("the held-out batches have no rows; one at least is needed")
        found = {name: value / rows for name, value in sums.items()}
        preds, targets = zip(*kept, strict=True) if kept else ((), ())
        for name, metric in at_once.items():
            found[name] = float(metric(torch.cat(preds), torch.cat(targets)))
    return found


def outputs(
    model: nn.Module, batches: Iterable[Any], place: Place, inputs: int | None = None
) -> Tensor:
    """The model's own outputs of all rows, on the CPU, in the order they came; no target needed.

    inputs: how many parts of a batch the model takes, all of them if None. Raises BadInput where
    the model gives anything but one tensor, or there are no rows.
    """
    found = []
    with at_rest(model), place.computing():
        for batch in place.moved(batches):
            pred = model(*batch[:inputs])
            if not isinstance(pred, Tensor):
                raise BadInput(
                    f"the model gave {shapes(pred)}; one tensor of a row each was wanted"
                )
            found.append(pred.cpu())
    if not found:
        raise BadInput("there are no rows to look at; one at least is needed")
    return torch.cat(found)


def activations(
    model: nn.Module,
    layer: nn.Module,
    batches: Iterable[Any],
    place: Place,
    inputs: int | None = None,
) -> Tensor:
    """What a layer gives for every row, flattened to (n, numbers), on the CPU.

    Raises BadInput where the layer is not used, or gives no tensor of a row each.
    """
    found: list[Tensor] = []
    with _caught(layer) as caught, at_rest(model), place.computing():
        for batch in place.moved(batches):
            caught.clear()
            model(*batch[:inputs])
            found.append(_rows(layer, caught, len(batch[0])))
    if not found:
        raise BadInput("there are no rows to look at; one at least is needed")
    return torch.cat(found)


@contextmanager
def _caught(layer: nn.Module) -> Iterator[list[Any]]:
    caught: list[Any] = []
    hook = layer.register_forward_hook(lambda _, __, out: caught.append(out))
    try:
        yield caught
    finally:
        hook.remove()


def _rows(layer: nn.Module, caught: list[Any], n: int) -> Tensor:
    what = f"the layer {type(layer).__name__}"
    if len(caught) != 1:
        raise BadInput(f"{what} ran {len(caught)} times for a batch; one that runs once was wanted")
    out = caught[0]
    if not isinstance(out, Tensor) or out.shape[:1] != (n,):
        raise BadInput(
            f"{what} gave {shapes(out)} for {n:,} rows; a layer that gives one tensor with a row "
            "for each was wanted"
        )
    return out.reshape(n, -1).float().cpu()
