"""Which rating stays where a user rated an item more than once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["last_of_each_pair"]


def last_of_each_pair(
    u: NDArray[np.int32], i: NDArray[np.int32], time: NDArray[np.int64] | None, items: int
) -> NDArray[np.int64] | None:
    """Rows (ascending) that stay: of each (user, item) pair the latest by time, else the last row.

    Rows of the same time count in their order. None where no pair occurs twice.
    """
    pair, rows = _sorted_pairs(u, i, items)
    again = pair[1:] == pair[:-1]
    del pair
    if not again.any():
        return None
    if time is None:
        return np.sort(rows[~np.append(again, False)])
    repeated = np.append(again, False) | np.insert(again, 0, False)
    starts = np.flatnonzero(~np.insert(again, 0, False)[repeated])
    latest = _latest(rows[repeated], starts, time)
    return np.sort(np.concatenate([rows[~repeated], latest]))


def _sorted_pairs(
    u: NDArray[np.int32], i: NDArray[np.int32], items: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    "Pairs as one number each, sorted, and their rows; rows ascend within a pair."
    pair = u.astype(np.int64)
    pair *= items
    pair += i
    bits = len(pair).bit_length()
    if len(pair) and int(pair.max()).bit_length() + bits > 63:
        order = np.argsort(pair, kind="stable")
        return pair[order], order
    pair <<= bits  # pair and row in one integer: one plain sort, several times quicker
    pair |= np.arange(len(pair))
    pair.sort()
    return pair >> bits, pair & ((1 << bits) - 1)


def _latest(
    rows: NDArray[np.int64], starts: NDArray[np.int64], time: NDArray[np.int64]
) -> NDArray[np.int64]:
    "Of each run of rows (runs begin at starts) the last one among those with the largest time."
    at = time[rows]
    sizes = np.diff(np.append(starts, len(rows)))
    newest = at == np.repeat(np.maximum.reduceat(at, starts), sizes)
    return np.maximum.reduceat(np.where(newest, rows, -1), starts)
