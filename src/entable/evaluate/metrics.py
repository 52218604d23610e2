"""Errors of predictions, and the trivial baselines that any model must beat."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Triples", "baselines", "damped_means", "mae", "mean", "rmse"]

Floats = NDArray[np.float64]


class Triples(NamedTuple):
    "Ratings one by one: positions of users and items (n,), -1 for unknown, and ratings (n,)."

    u: NDArray[np.integer]
    i: NDArray[np.integer]
    r: NDArray[np.floating]


def rmse(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: Floats | None = None
) -> float:
    "Root of the mean squared error; NaN where there is nothing."
    error = np.asarray(truth, np.float64) - predicted
    return float(np.sqrt(mean(error * error, weights)))


def mae(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: Floats | None = None
) -> float:
    "Mean absolute error; NaN where there is nothing."
    return mean(np.abs(np.asarray(truth, np.float64) - predicted), weights)


def mean(values: NDArray[Any], weights: Floats | None = None) -> float:
    "The mean of values (n,), by weights (n,) if there are some; NaN where nothing counts."
    if weights is None:
        return float(values.mean()) if len(values) else float("nan")
    whole = float(weights.sum())
    return float((weights * values).sum()) / whole if whole else float("nan")


def baselines(
    train: Triples, test: Triples, users: int, items: int, lo: float = -np.inf, hi: float = np.inf
) -> dict[str, dict[str, float]]:
    """RMSE and MAE on `test` of the mean of `train`, and of its damped user and item means.

    `users` and `items` are how many there are; predictions are cut to lo..hi.
    """
    mean = float(np.asarray(train.r, np.float64).mean()) if len(train.r) else 0.0
    bu, bi = damped_means(train, mean, users, items)
    u, i = np.asarray(test.u), np.asarray(test.i)
    sides = np.where(u >= 0, bu[u], 0.0) + np.where(i >= 0, bi[i], 0.0)
    guesses = {"mean": np.full(len(u), mean), "user + item means": mean + sides}
    return {name: _errors(test.r, np.clip(guess, lo, hi)) for name, guess in guesses.items()}


def _errors(truth: NDArray[np.floating], guess: Floats) -> dict[str, float]:
    return {"rmse": rmse(truth, guess), "mae": mae(truth, guess)}


def damped_means(
    train: Triples, mean: float, users: int, items: int, damp: float = 8.0, passes: int = 10
) -> tuple[Floats, Floats]:
    """Biases of users (users + 1,) and items (items + 1,), the last of each being 0.

    They minimise the squared error plus damp times the sum of their squares: each side in closed
    form given the other, in turns.
    """
    rest = np.asarray(train.r, np.float64) - mean
    bu, bi = np.zeros(users + 1), np.zeros(items + 1)
    weights_u = np.bincount(train.u, minlength=users + 1) + damp
    weights_i = np.bincount(train.i, minlength=items + 1) + damp
    for _ in range(passes):
        bi = np.bincount(train.i, rest - bu[train.u], minlength=items + 1) / weights_i
        bu = np.bincount(train.u, rest - bi[train.i], minlength=users + 1) / weights_u
    return bu, bi
