"""Main axes, and how they are turned within their own space to facts, so that they have names."""

import numpy as np
from numpy.typing import NDArray

from entable._cores import blas_at_one
from entable.interpret.facts import Features

__all__ = ["principal", "turned_to_facts"]

Floats = NDArray[np.float64]

_LEAST = 0.3  # a weaker correlation does not name an axis
_TIE = 0.03  # of facts that differ by less the first is taken, so that runs agree


def principal(vectors: NDArray[np.floating], k: int) -> tuple[Floats, Floats, Floats]:
    """Main axes of vectors (n, K): components (k, K), their shares of variance (k,), center (K,).

    By singular value decomposition in float64; where the vectors do not vary the shares are 0.
    """
    long = vectors.astype(np.float64)
    center = long.mean(0)
    with blas_at_one():
        long -= center
        core = np.linalg.qr(long, mode="r") if len(long) > long.shape[1] else long
        _, s, components = np.linalg.svd(core, full_matrices=False)
    whole = (s * s).sum()
    return components[:k], (s * s)[:k] / whole if whole > 0 else np.zeros(min(k, len(s))), center


def turned_to_facts(
    scores: Floats, made: Features, at: NDArray[np.int64]
) -> tuple[Floats, int, tuple[str, ...]]:
    """An orthogonal matrix (k, k) that turns axes with these scores (n, k), the number of facts
    that axes were turned to, and a note.

    The first axis is turned to the fact that the scores tell of best (the direction of the least
    squares fit, where its correlation is largest), the next ones, at right angles, to the next best
    facts; of equally good ones the first. What is left follows by variance. Counts of ratings are
    no such fact. A fact must have a correlation of .3 and well above what chance would give.
    scores: of the rows at positions.
    """
    k = scores.shape[1]
    free, taken, named = np.eye(k), np.empty((0, k)), []
    left = {name: made.values[at, j] for j, name in enumerate(made.names) if name != "log count"}
    with blas_at_one():
        while left and len(taken) < k:
            fits = {name: _fit(scores @ free.T, fact) for name, fact in left.items()}
            best = max(r for _, r in fits.values())
            name = next(name for name, (_, r) in fits.items() if r >= best - _TIE)
            direction, r = fits[name]
            if best < _LEAST:
                break
            taken = np.vstack([taken, direction @ free])
            free = _rest(taken)
            named.append(f"{name} {r:+.2f}")
            del left[name]
        free = _by_variance(scores, free)
    if not named:
        return np.eye(k), 0, ()
    note = (
        f"Turned, within the space of the main axes, to {', '.join(named)}; "
        "turned=False orders them by variance alone."
    )
    return np.vstack([taken, free]), len(taken), (note,)


def _fit(scores: Floats, fact: Floats) -> tuple[Floats, float]:
    "The direction (k,) along which scores correlate most with a fact, and this correlation."
    known = np.isfinite(fact)
    n, k = int(known.sum()), scores.shape[1]
    none = np.zeros(k), 0.0
    if n <= k + 1:
        return none
    X, y = scores[known] - scores[known].mean(0), fact[known] - fact[known].mean()
    if not (y * y).sum() > 0:
        return none
    coefficients, *_ = np.linalg.lstsq(X, y, rcond=1e-9)
    explained = ((X @ coefficients) ** 2).sum() / (y * y).sum()
    if explained <= (k + 4 * np.sqrt(2 * k)) / n:  # mean and four deviations of what chance gives
        return none
    return coefficients / np.sqrt((coefficients**2).sum()), float(np.sqrt(explained))


def _rest(taken: Floats) -> Floats:
    "Directions (k - m, k) at right angles to those taken (m, k)."
    _, _, all_of_them = np.linalg.svd(taken)
    return np.asarray(all_of_them[len(taken) :])


def _by_variance(scores: Floats, free: Floats) -> Floats:
    "The same directions (m, k) turned and ordered by the variance along them."
    if not len(free):
        return free
    along = scores @ free.T
    _, _, turn = np.linalg.svd(along - along.mean(0), full_matrices=False)
    return np.asarray(turn @ free)
