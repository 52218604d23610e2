"""Published contracts: for what learns from ratings, and for the exercises of docs/lessons.

The checks of exercises need torch and are loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from entable.testing.solvers import check_solver, planted

if TYPE_CHECKING:
    from entable.testing.exercises import (
        check_batches,
        check_linear,
        check_loss,
        check_model,
        check_momentum,
    )

__all__ = [
    "check_batches",
    "check_linear",
    "check_loss",
    "check_model",
    "check_momentum",
    "check_solver",
    "planted",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'entable.testing' has no attribute {name!r}")
    return getattr(import_module("entable.testing.exercises"), name)
