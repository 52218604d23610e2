"""Borrow a learner and give it back as it was."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from entable.train.wrap import innermost

if TYPE_CHECKING:
    from entable.train.learner import Learner

__all__ = ["untouched"]


@contextmanager
def untouched(learner: "Learner") -> Iterator[None]:
    """Whatever happens inside, afterwards the learner is what it was, bit for bit.

    Weights, their gradients, statistics and modes of model and loss; the optimizer and all it
    remembers; random states of torch, NumPy and Python; generators of a DataLoader.
    """
    own, opt = dict(vars(learner)), learner.opt
    parts = [part for part in (learner.model, learner.loss) if isinstance(part, nn.Module)]
    held = [_held(module) for part in parts for module in part.modules()]
    state = None if opt is None else deepcopy(opt.state_dict())
    chance = [_kept(generator) for generator in getattr(learner.batches, "generators", ())]
    numbers, dice = np.random.get_state(), random.getstate()  # noqa: NPY002 (others use it)
    try:
        with learner.place.forked():
            yield
    finally:
        made = innermost(learner.opt)
        vars(learner).update(own)
        if opt is not None:
            opt.load_state_dict(state)
        elif hasattr(made, "release"):
            made.release()
        for back in [*held, *chance]:
            back()
        np.random.set_state(numbers)  # noqa: NPY002
        random.setstate(dice)


def _held(module: nn.Module) -> Callable[[], None]:
    "What puts a module's own tensors, their gradients and its mode back."
    stores, mode = (module._parameters, module._buffers), module.training
    were: list[tuple[Any, str, Tensor, Tensor, Tensor | None]] = []
    for store in stores:
        for name, tensor in store.items():
            if tensor is not None:
                grad = None if tensor.grad is None else tensor.grad.clone()
                were.append((store, name, tensor, tensor.detach().clone(), grad))

    @torch.no_grad()
    def back() -> None:
        for store, name, tensor, values, grad in were:
            tensor.copy_(values)
            tensor.grad = grad
            store[name] = tensor
        module.training = mode

    return back


def _kept(generator: torch.Generator) -> Callable[[], None]:
    state = generator.get_state()

    def back() -> None:
        generator.set_state(state)

    return back
