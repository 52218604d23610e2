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
    again, rows = _sorted_pairs(u, i, items)
    if not again.any():
        return None
    stays = np.ones(len(rows), bool)
    if time is None:
        stays[rows[:-1][again]] = False
        return np.flatnonzero(stays)
    before, after = np.insert(again, 0, False), np.append(again, False)
    repeated = rows[before | after]
    starts = np.flatnonzero(~before[before | after])
    stays[repeated] = False
    stays[_latest(repeated, starts, time)] = True
    return np.flatnonzero(stays)


def _sorted_pairs(
    u: NDArray[np.int32], i: NDArray[np.int32], items: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    "Rows sorted by pair (ascending within one), and where a row's pair is that of the next row."
    pair = u.astype(np.int64)
    pair *= items
    pair += i
    bits = len(pair).bit_length()
    if len(pair) and int(pair.max()).bit_length() + bits > 63:
        order = np.argsort(pair, kind="stable")
        pair = pair[order]
        return pair[1:] == pair[:-1], order
    pair <<= bits  # pair and row in one integer: one plain sort, several times quicker
    pair |= np.arange(len(pair))
    pair.sort()
    again = (pair[1:] ^ pair[:-1]) < (1 << bits)
    pair &= (1 << bits) - 1
    return again, pair


def _latest(
    rows: NDArray[np.int64], starts: NDArray[np.int64], time: NDArray[np.int64]
) -> NDArray[np.int64]:
    "Of each run of rows (runs begin at starts) the last one among those with the largest time."
    at = time[rows]
    sizes = np.diff(np.append(starts, len(rows)))
    newest = at == np.repeat(np.maximum.reduceat(at, starts), sizes)
    return np.maximum.reduceat(np.where(newest, rows, -1), starts)
