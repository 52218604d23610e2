"""Intervals of predictions: how wide, and how often they hold."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput

__all__ = ["coverage", "interval"]

Floats = NDArray[np.float64]


def interval(
    raw: Floats, std: Floats, level: float, lo: float = -np.inf, hi: float = np.inf
) -> tuple[Floats, Floats]:
    """Lower and upper ends of central normal intervals, cut to the range lo..hi.

    Raises BadInput unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise BadInput(f"level={level!r} came; a share between 0 and 1 was wanted, such as .8")
    half = NormalDist().inv_cdf(0.5 + level / 2) * np.asarray(std, np.float64)
    return np.clip(raw - half, lo, hi), np.clip(raw + half, lo, hi)


def coverage(truth: NDArray[np.floating], low: Floats, high: Floats) -> float:
    "The share of true values inside their intervals, ends included; NaN where there are none."
    inside = (truth >= low) & (truth <= high)
    return float(inside.mean()) if len(inside) else float("nan")
