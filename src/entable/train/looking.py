"""Looking without learning: predictions, held-out losses and metrics, activations."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from entable.errors import BadInput
from entable.train.device import moved
from entable.train.metrics import Whole

__all__ = ["activations", "at_rest", "judged", "outputs"]


@contextmanager
def at_rest(model: nn.Module) -> Iterator[nn.Module]:
    "Evaluation mode and no gradients inside; afterwards every module's mode is what it was."
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield model
    finally:
        for module, training in modes:
            module.training = training


def judged(
    model: nn.Module,
    batches: Any,
    loss: Callable[..., Tensor],
    metrics: Mapping[str, Any],
    device: torch.device,
) -> dict[str, float]:
    """Held-out loss ("valid_loss") and metrics, averaged by rows or, if `whole`, of all at once."""
    rows, sums = 0, dict.fromkeys(["valid_loss", *metrics], 0.0)
    preds, targets = [], []
    every = {name: metric for name, metric in metrics.items() if not isinstance(metric, Whole)}
    at_once = {name: metric for name, metric in metrics.items() if isinstance(metric, Whole)}
    with at_rest(model):
        for *x, y in moved(batches.epoch(0), device):
            pred, n = model(*x), len(x[0])
            rows += n
            sums["valid_loss"] += n * float(loss(pred, y))
            for name, metric in every.items():
                sums[name] += n * float(metric(pred, y))
            if at_once:
                preds.append(pred)
                targets.append(y)
        found = {name: value / rows for name, value in sums.items()}
        for name, metric in at_once.items():
            found[name] = float(metric(torch.cat(preds), torch.cat(targets)))
    return found


def outputs(
    model: nn.Module, batches: Any, device: torch.device, inputs: int | None = None
) -> Tensor:
    "The model's own outputs of all rows, on the CPU, in the order they came; no target needed."
    with at_rest(model):
        found = [model(*batch[:inputs]).cpu() for batch in moved(batches, device)]
    return torch.cat(found)


def activations(
    model: nn.Module,
    layer: nn.Module,
    batches: Any,
    device: torch.device,
    inputs: int | None = None,
) -> Tensor:
    """What a layer gives for every row, flattened to (n, numbers), on the CPU.

    Raises BadInput where the layer is not used, or gives no tensor of a row each.
    """
    caught: list[Tensor] = []
    hook = layer.register_forward_hook(lambda _, __, out: caught.append(out))
    found = []
    try:
        with at_rest(model):
            for batch in moved(batches, device):
                caught.clear()
                model(*batch[:inputs])
                if len(caught) != 1 or not isinstance(caught[0], Tensor):
                    raise BadInput(
                        f"the layer {type(layer).__name__} ran {len(caught)} times for a batch; "
                        "a layer that gives one tensor once was wanted"
                    )
                found.append(caught[0].reshape(len(batch[0]), -1).float().cpu())
    finally:
        hook.remove()
    return torch.cat(found)
