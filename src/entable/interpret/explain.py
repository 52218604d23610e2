"""Why a score is what it is: its parts, and what each past rating adds to it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shares", "shares"]

Floats = NDArray[np.float64]


class Shares(NamedTuple):
    "What the prior and each rating (m,) add to x . z, z being a row found by a ridge solve."

    prior: float
    ratings: NDArray[np.float64]


def shares(
    precision: Floats,
    pull: Floats,
    X: Floats,
    weights: NDArray[np.floating],
    residuals: NDArray[np.floating],
    x: Floats,
) -> Shares:
    """Split x . solve(precision, pull + X' W residuals) into what each of its terms adds.

    Shapes: precision (k, k), pull (k,), X (m, k), weights and residuals (m,), x (k,). The shares
    and the prior's part sum to the whole.
    """
    seen_from_here: Any = np.linalg.solve(precision, x)
    return Shares(float(seen_from_here @ pull), (X @ seen_from_here) * weights * residuals)
