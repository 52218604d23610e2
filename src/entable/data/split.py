"""Which ratings are held out: at random, the latest of all, or the last of each user."""

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput

__all__ = ["last_of_each_user", "latest", "random_share"]


def random_share(n: int, share: float, seed: int) -> NDArray[np.bool_]:
    "A seeded mask (n,) that is true for a random share of the rows."
    held = np.zeros(n, bool)
    held[np.random.default_rng(seed).permutation(n)[: _count(n, share)]] = True
    return held


def latest(time: NDArray[np.int64] | None, share: float) -> NDArray[np.bool_]:
    """A mask (n,) that is true for the share of the rows that came last; ties in row order.

    Raises BadInput where there are no times.
    """
    if time is None:
        raise BadInput("these ratings have no times; split_time needs them (or use split)")
    held = np.zeros(len(time), bool)
    count = _count(len(time), share)
    held[np.argsort(time, kind="stable")[len(time) - count :]] = True
    return held


def last_of_each_user(
    u: NDArray[np.int32], time: NDArray[np.int64] | None, n: int
) -> NDArray[np.bool_]:
    """A mask that is true for each user's last n ratings by time, else by row.

    Every user keeps at least one rating, so those with few give fewer than n.
    """
    if n < 1:
        raise BadInput(f"leave_last wants a whole number from 1 on, {n} came")
    order = np.lexsort((u,) if time is None else (time, u))
    sizes = np.bincount(u)
    ends = np.cumsum(sizes)
    from_end = np.repeat(ends, sizes) - np.arange(len(u))  # 1 for the last one
    limit = np.repeat(np.minimum(n, sizes - 1), sizes)
    held = np.zeros(len(u), bool)
    held[order] = from_end <= limit
    return held


def _count(n: int, share: float) -> int:
    if not 0 < share < 1:
        raise BadInput(f"the share held out must lie between 0 and 1, {share} came")
    count = round(n * share)
    if count in (0, n):
        raise BadInput(f"{n:,} ratings cannot be split with a share of {share}: a part is empty")
    return count
