"""Numbers checked before they are used: types, shapes, finiteness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput

__all__ = ["at_least_one", "finite", "number"]

_BLOCK = 1 << 18  # numbers looked at together, so that checking a large array allocates little


def finite(
    values: Any, dtype: Any, shape: tuple[int | None, ...], what: str, above: float = -np.inf
) -> NDArray[Any]:
    """An array of this type and shape (None is any size) with finite numbers above a bound.

    Raises BadInput otherwise.
    """
    array = np.asarray(values, dtype)
    same = array.ndim == len(shape)
    if not same or any(w not in (None, h) for w, h in zip(shape, array.shape, strict=True)):
        wanted = " x ".join("any" if w is None else f"{w:,}" for w in shape) or "one number"
        raise BadInput(f"{what}: shape {array.shape} came, {wanted} was wanted")
    flat = array.reshape(-1)
    for a in range(0, len(flat), _BLOCK):
        block = flat[a : a + _BLOCK]
        if not (np.isfinite(block).all() and (block > above).all()):
            beyond = f" above {above:g}" if above > -np.inf else ""
            raise BadInput(f"{what}: only finite numbers{beyond} can be used")
    return array


def number(value: Any, what: str, above: float = -np.inf) -> float:
    "A finite number above a bound; BadInput otherwise."
    if isinstance(value, (bool, str)):
        raise BadInput(f"{what}: {value!r} came, a number was wanted")
    return float(finite(value, np.float64, (), what, above))


def at_least_one(n: Any, what: str = "n") -> int:
    "How many were asked for; BadInput unless it is a whole number from 1 on."
    if isinstance(n, (bool, np.bool_)) or not isinstance(n, (int, np.integer)) or n < 1:
        raise BadInput(f"{what}={n!r} came; a whole number from 1 on was wanted")
    return int(n)
