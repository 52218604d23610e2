"""Axes turned so that each is far from zero for few rows: easier to name than principal axes."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["simplicity", "varimax"]

Floats = NDArray[np.float64]

_TURNS, _ENOUGH = 500, 1e-10


def simplicity(scores: Floats) -> float:
    "The varimax criterion of scores (n, k): the variances of their squares, summed over columns."
    return float((scores**2).var(axis=0).sum())


def varimax(scores: Floats) -> Floats:
    """The rotation T (k, k) for which scores @ T (n, k) has the largest varimax criterion nearby.

    Kaiser 1958, by turns of the orthogonal Procrustes kind. Scores with uncorrelated columns of
    one length stay so. Started from the columns as they are, so the same scores give the same T.
    """
    T = np.eye(scores.shape[1])
    last = 0.0
    for _ in range(_TURNS):
        turned = scores @ T
        pull = turned**3 - turned * (turned**2).mean(0)
        left, values, right = np.linalg.svd(scores.T @ pull)
        T = left @ right
        if values.sum() <= last * (1 + _ENOUGH):
            break
        last = float(values.sum())
    return T
