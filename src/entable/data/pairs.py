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
    stays = np.ones(len(u), bool)
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
    """Rows sorted by pair, ascending within one, and where a row's pair is that of the next row.

    Rows whose pair surely occurs once may be left out.
    """
    pair = u.astype(np.int64)
    pair *= items
    pair += i
    bits = len(pair).bit_length()
    if len(pair) == 0 or int(pair.max()).bit_length() + bits <= 63:
        return _sorted_rows(pair, bits)
    # too large for one integer with the row: a hash finds the few that may repeat
    again, rows = _sorted_rows(_hashed(pair, 63 - bits), bits)
    rows = np.sort(rows[np.insert(again, 0, False) | np.append(again, False)])
    rows = rows[np.argsort(pair[rows], kind="stable")]
    pair = pair[rows]
    return pair[1:] == pair[:-1], rows


def _sorted_rows(key: NDArray[np.int64], bits: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    "Key and row in one integer and one plain sort: several times quicker than an argsort."
    key <<= bits
    key |= np.arange(len(key))
    key.sort()
    again = (key[1:] ^ key[:-1]) < (1 << bits)
    key &= (1 << bits) - 1
    return again, key


def _hashed(pair: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    "The upper bits of a product with an odd number: equal pairs stay equal."
    mixed = pair.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed >>= np.uint64(64 - bits)
    return mixed.view(np.int64)


def _latest(
    rows: NDArray[np.int64], starts: NDArray[np.int64], time: NDArray[np.int64]
) -> NDArray[np.int64]:
    "Of each run of rows (runs begin at starts) the last one among those with the largest time."
    at = time[rows]
    lowest, bits = at.min(), len(rows).bit_length()
    if (int(at.max()) - int(lowest)).bit_length() + bits > 63:
        at, lowest = np.unique(at, return_inverse=True)[1], np.int64(0)
    at -= lowest
    at <<= bits
    at |= np.arange(len(rows))
    winners: NDArray[np.int64] = rows[np.maximum.reduceat(at, starts) & ((1 << bits) - 1)]
    return winners
