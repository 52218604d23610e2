"""How far biases vary over draws, as they are read: with the mean taste at the origin."""

import numpy as np
from numpy.typing import NDArray

from entable.factorize.history import Floats

__all__ = ["Levels"]


class Levels:
    """Mean and variance over draws of what the other side's mean row makes of each row.

    A bias alone is not what people read: a draw may hold a part of it in factors whose mean is not
    zero.  So each draw is centred as the finished model is (`finish.centred`) before it is counted.
    """

    def __init__(self, rated: NDArray[np.bool_]) -> None:
        self.rated, self.kept = rated, 0
        self.share = (rated / max(rated.sum(), 1)).astype(np.float32)  # share @ rows is their mean
        self._mean, self._square = np.zeros(len(rated)), np.zeros(len(rated))

    def add(self, Z: Floats, bias: Floats, other: Floats) -> None:
        "Take in a draw: rows (n, k), their biases (n,), and the other side's mean row (k,)."
        level = (bias + Z @ other).astype(np.float64)
        level -= self.share @ level
        self.kept += 1  # Welford 1962
        away = level - self._mean
        self._mean += away / self.kept
        self._square += away * (level - self._mean)

    def std(self) -> Floats | None:
        "Standard deviations (n,) over draws, 0 for rows without ratings; None before two draws."
        if self.kept < 2:
            return None
        spread = np.sqrt(self._square / (self.kept - 1))
        return np.where(self.rated, spread, 0).astype(np.float32)
