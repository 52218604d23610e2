"""Layer groups: which weights move, at which rate, and which decay."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from torch import nn

from entable.errors import BadInput

__all__ = ["Split", "freeze_to", "layers", "parameters", "rates", "to_train"]

Split = Callable[[nn.Module], list[list[nn.Module]]]
_NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def layers(model: nn.Module, split: Split | None = None) -> list[list[nn.Module]]:
    """Modules in groups, from the input's side to the head.

    split says which. Without it a model of a body and a head (two children, or attributes so named)
    has three groups, first half and second half of the body and the head; any other has one.
    Raises BadInput unless every weight is in one group.
    """
    if split is None:
        return _halves(model)
    groups = [list(group) for group in split(model)]
    ids = [id(p) for group in groups for module in group for p in module.parameters()]
    missing = [name for name, p in model.named_parameters() if id(p) not in set(ids)]
    if missing or len(ids) != len(set(ids)):
        what = f"{missing[0]} is in none" if missing else "a weight is in two"
        raise BadInput(f"layer groups must hold every weight of the model once; {what}")
    return groups


def _halves(model: nn.Module) -> list[list[nn.Module]]:
    body, head = getattr(model, "body", None), getattr(model, "head", None)
    if not (isinstance(body, nn.Module) and isinstance(head, nn.Module)):
        return [[model]]
    rest = [m for m in model.children() if m is not body and m is not head]
    parts = [m for m in body.children() if any(p.numel() for p in m.parameters())]
    if len(parts) < 2 or next(body.parameters(recurse=False), None) is not None:
        return [[*rest, body], [head]]
    half = len(parts) // 2
    return [[*rest, *parts[:half]], parts[half:], [head]]


def rates(lr: Any, groups: int) -> list[float]:
    """A rate for each layer group, the head's last.

    A number is every group's. slice(lr) is the head's, the others get a third of it. slice(a, b)
    goes from a for the first to b for the head by equal factors. A sequence has one for each.
    Raises BadInput where there are more or fewer rates than groups, and for rates below 0.
    """
    if isinstance(lr, slice):
        found = _sliced(lr, groups)
    elif isinstance(lr, (int, float, np.floating, np.integer)):
        found = [float(lr)] * groups
    else:
        found = [float(value) for value in lr]
    if len(found) != groups:
        raise BadInput(
            f"{len(found)} learning rates came for {groups} layer group{'s' * (groups != 1)}; "
            "give one for each, one number, or slice(first, last)"
        )
    if not all(value >= 0 and np.isfinite(value) for value in found):
        raise BadInput(f"learning rate {lr!r} came; numbers from 0 on were wanted")
    return found


def _sliced(lr: slice, groups: int) -> list[float]:
    if lr.step is not None or lr.stop is None:
        raise BadInput(f"{lr} came; slice(last) or slice(first, last) was wanted")
    if lr.start is None:
        return [float(lr.stop) / 3] * (groups - 1) + [float(lr.stop)]
    if not (lr.start > 0 and lr.stop > 0):
        raise BadInput(f"{lr} came; rates of a slice must be above 0")
    if groups == 1:
        return [float(lr.stop)]
    return [float(value) for value in np.geomspace(lr.start, lr.stop, groups)]


def parameters(groups: Sequence[Iterable[nn.Module]]) -> list[dict[str, Any]]:
    """Optimizer groups, two for each layer group: weights that decay, then those that do not.

    Biases and the weights of norms do not decay, nor those of a module that says `decays = False`.
    A weight that modules share counts once.
    """
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    for number, group in enumerate(groups):
        decaying: list[nn.Parameter] = []
        still: list[nn.Parameter] = []
        for module in group:
            for owner in module.modules():
                for name, p in owner.named_parameters(recurse=False):
                    if id(p) in seen:
                        continue
                    seen.add(id(p))
                    fixed = isinstance(owner, _NORMS) or not getattr(owner, "decays", True)
                    (still if fixed or name.startswith("bias") else decaying).append(p)
        for params, decays in ((decaying, True), (still, False)):
            if params:
                found.append({"params": params, "layers": number, "decays": decays})
    return found


def freeze_to(groups: Sequence[Iterable[nn.Module]], n: int) -> None:
    """Let only the groups from the n-th on move (negative n counts from the head).

    Frozen weights keep no gradients, so nothing is computed or held for them. Batch norm of a
    frozen group keeps learning nothing: its statistics stand still too (`to_train`).
    """
    first = n if n >= 0 else len(groups) + n
    for number, group in enumerate(groups):
        for module in group:
            for p in module.parameters():
                p.requires_grad_(number >= first)
                if number < first:
                    p.grad = None


def to_train(model: nn.Module) -> None:
    "Training mode, but batch norm whose weights are frozen stays as it is: no new statistics."
    model.train()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            own = list(module.parameters(recurse=False))
            if own and not any(p.requires_grad for p in own):
                module.eval()
