"""How many threads compute a step: one where several would wait longer than they save."""

import torch
from torch import nn

from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = ["Threads", "one_for_small_steps"]

_SMALL = 1e9  # multiplications and additions of a step, below which threads gain next to nothing


class Threads(Callback):
    "Compute with n threads while it trains; afterwards there are as many as before."

    looks = True

    def __init__(self, n: int = 1) -> None:
        self.n = n
        self.before: int | None = None

    def before_fit(self, run: Run) -> None:
        "Take n."
        self.before = torch.get_num_threads()
        torch.set_num_threads(self.n)

    def after_fit(self, run: Run) -> None:
        "Give back."
        if self.before is not None:
            torch.set_num_threads(self.before)
            self.before = None


def one_for_small_steps(model: nn.Module, size: int) -> list[Callback]:
    """One thread where a step of `size` rows is little work; no callback where it is not.

    On a busy machine torch's threads spin while they wait for each other: a fit of Adult took 264 s
    by two threads and 25 s by one.
    """
    weights = sum(m.weight.numel() for m in model.modules() if isinstance(m, nn.Linear))
    return [Threads(1)] if 6 * size * weights < _SMALL else []
