"""Stochastic gradient descent over a fixed grid of user x item blocks.
 Users and items are dealt into `grid` stripes each.  Blocks on one diagonal share no user and no
item, so they are passed side by side, with a barrier between diagonals (Gemulla et al. 2011):
whichever thread takes a block, every row sees the same updates in the same order.
"""

import numpy as np

from entable.kernels._atomic import claim, fetch_add
from entable.kernels._jit import barrier, jit
from entable.kernels._lanes import LANES, splat, total
from entable.kernels._tiles import load_row, mix_rows, multiply_rows, store_row
from entable.kernels.noise import philox


@jit
def blocks(u, i, r, user_stripe, item_stripe, grid):  # type: ignore[no-untyped-def]
    """Ratings in the order of their blocks: starts (grid^2 + 1,), u, i, r; order within a block
    kept.
    """
    starts = np.zeros(grid * grid + 1, np.int64)
    for t in range(len(u)):
        starts[user_stripe[u[t]] * grid + item_stripe[i[t]] + 1] += 1
    for c in range(grid * grid):
        starts[c + 1] += starts[c]
    free = starts[:-1].copy()
    a, b, y = np.empty_like(u), np.empty_like(i), np.empty_like(r)
    for t in range(len(u)):
        c = user_stripe[u[t]] * grid + item_stripe[i[t]]
        at = free[c]
        free[c] = at + 1
        a[at], b[at], y[at] = u[t], i[t], r[t]
    return starts, a, b, y


@jit
def shuffle_blocks(worker, gate, starts, u, i, r, k0, k1):  # type: ignore[no-untyped-def]
    "Ratings of every block in a random order that depends on the key and the block alone."
    while True:
        c = fetch_add(gate, 1, 1)
        if c >= len(starts) - 1:
            break
        first = starts[c]
        for n in range(starts[c + 1] - first - 1, 0, -1):
            word = philox(np.uint32(n), np.uint32(c), np.uint32(0), np.uint32(2), k0, k1)[0]
            x, y = first + n, first + (np.int64(word) * (n + 1) >> 32)
            u[x], u[y] = u[y], u[x]
            i[x], i[y] = i[y], i[x]
            r[x], r[y] = r[y], r[x]


@jit(fastmath={"contract"})
def one_block(u, i, r, start, end, U, V, bu, bi, shape, lr, reg):  # type: ignore[no-untyped-def]
    """One step per rating: e = r - bu - bi - U.V, each part moves by lr (e * its partner - reg *
    itself).

    Returns the sum of e^2.
    """
    sse = np.float64(0)
    width = len(shape) * LANES
    keep = np.float32(1) - lr * reg
    shrink = splat(keep)
    for t in range(start, end):
        a, b = u[t], i[t]
        x, y = load_row(U, a * width, shape), load_row(V, b * width, shape)
        e = r[t] - bu[a] - bi[b] - total(multiply_rows(x, y))
        sse += e * e
        step = lr * e
        bu[a] = keep * bu[a] + step
        bi[b] = keep * bi[b] + step
        pull = splat(step)
        store_row(U, a * width, mix_rows(shrink, x, pull, y))
        store_row(V, b * width, mix_rows(shrink, y, pull, x))
    return sse


@jit(fastmath={"contract"})
def sgd_pass(worker, gate, starts, u, i, r, grid, U, V, bu, bi, shape, lr, reg, sse):  # type: ignore[no-untyped-def]
    """One pass over all blocks.

    U, V (rows * 16 panels,) flat, bu, bi change in place, sse (grid^2,) the blocks' squared errors;
    shape: a tuple as long as a row has panels, so that every width is compiled by itself and a row
    stays in registers between its dot and its step.
    """
    workers = gate[-1]
    own = worker * grid // workers
    for diagonal in range(grid):
        # Own users first, whose rows are in this core's cache; then what others have not begun.
        for turn in range(grid):
            row = (own + turn) % grid
            if claim(gate, 1 + row, diagonal):
                c = row * grid + (row + diagonal) % grid
                here = (starts[c], starts[c + 1])
                sse[c] = one_block(u, i, r, here[0], here[1], U, V, bu, bi, shape, lr, reg)
        barrier(gate, workers, workers * (diagonal + 1))
