"""The moments of training at which something else may happen."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entable.train.run import Run

__all__ = ["HOOKS", "Bound", "Callback"]

HOOKS = (
    "before_fit",
    "before_epoch",
    "before_step",
    "after_loss",
    "after_backward",
    "after_step",
    "after_train",
    "after_epoch",
    "after_fit",
)


class Callback:
    """Something that listens to training: override any of these, leave the others alone.

    Each receives the `Run`: model, opt, epoch, step, batch, pred, loss, value, ... `after_loss`
    comes before the gradients, `after_train` before the held-out batches are looked at, and
    `after_fit` comes whatever ended the training. A method that looks like a hook and is none is
    an error where the class is written. One with `state_dict` and `load_state_dict` is in every
    checkpoint; one that `looks` and changes nothing may come and go when a training is resumed.
    One that is `last` comes after those that are not.
    """

    last: int = False
    looks = False

    def before_fit(self, run: "Run") -> None:
        "Before the first epoch."

    def before_epoch(self, run: "Run") -> None:
        "Before the first step of an epoch."

    def before_step(self, run: "Run") -> None:
        "There is a batch."

    def after_loss(self, run: "Run") -> None:
        "There are predictions and their loss."

    def after_backward(self, run: "Run") -> None:
        "There are gradients."

    def after_step(self, run: "Run") -> None:
        "The weights have moved."

    def after_train(self, run: "Run") -> None:
        "The last step of an epoch is done, or training is about to stop before it."

    def after_epoch(self, run: "Run") -> None:
        "Held-out batches, if there are any, have been looked at."

    def after_fit(self, run: "Run") -> None:
        "Training has ended, well or not."

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in vars(cls):
            if name.startswith(("before_", "after_")) and name not in HOOKS:
                raise TypeError(f"{cls.__name__}.{name} is no hook; hooks are {', '.join(HOOKS)}")


class Bound:
    "For each hook the methods of those callbacks that really have it, in their order."

    callbacks: tuple[Callback, ...]
    before_fit: tuple[Callable[[Any], None], ...]
    before_epoch: tuple[Callable[[Any], None], ...]
    before_step: tuple[Callable[[Any], None], ...]
    after_loss: tuple[Callable[[Any], None], ...]
    after_backward: tuple[Callable[[Any], None], ...]
    after_step: tuple[Callable[[Any], None], ...]
    after_train: tuple[Callable[[Any], None], ...]
    after_epoch: tuple[Callable[[Any], None], ...]
    after_fit: tuple[Callable[[Any], None], ...]

    def __init__(self, callbacks: Iterable[Callback]) -> None:
        self.callbacks = listeners = tuple(sorted(callbacks, key=lambda callback: callback.last))
        for hook in HOOKS:
            plain = getattr(Callback, hook)
            bound = (getattr(c, hook) for c in listeners if getattr(type(c), hook) is not plain)
            setattr(self, hook, tuple(bound))
