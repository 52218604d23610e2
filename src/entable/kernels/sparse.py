"""Ratings in compressed rows, and their products with dense matrices."""

import numpy as np

from entable.kernels._atomic import fetch_add
from entable.kernels._jit import jit
from entable.kernels._lanes import LANES, fma, load, mul, splat, store, total


@jit
def group(rows, cols, values, n):  # type: ignore[no-untyped-def]
    """Triples in the order of their rows, equal rows in the order they came.

    rows, cols (m,), values (m,); n rows.  Returns indptr (n+1,) int64, cols and values reordered.
    """
    indptr = np.zeros(n + 1, np.int64)
    for a in rows:
        indptr[a + 1] += 1
    for a in range(n):
        indptr[a + 1] += indptr[a]
    free = indptr[:-1].copy()
    c, v = np.empty_like(cols), np.empty_like(values)
    for t in range(len(rows)):
        at = free[rows[t]]
        free[rows[t]] = at + 1
        c[at], v[at] = cols[t], values[t]
    return indptr, c, v


@jit
def pattern_product(worker, gate, indptr, cols, own, other, D, out):  # type: ignore[no-untyped-def]
    """out[a] = own[a] sum_j other[j] D[j] over the columns j that row a holds.

    D (c, 16 panels), out (n, 16 panels) float32; own (n,), other (c,) weights.
    """
    n, width = out.shape
    dense, result = D.reshape(-1), out.reshape(-1)
    while True:
        first = fetch_add(gate, 1, 1) * 64
        if first >= n:
            break
        for a in range(first, min(first + 64, n)):
            for p in range(width // LANES):
                s = splat(np.float32(0))
                for t in range(indptr[a], indptr[a + 1]):
                    j = cols[t]
                    s = fma(splat(other[j]), load(dense, j * width + p * LANES), s)
                store(result, a * width + p * LANES, mul(splat(own[a]), s))


@jit(fastmath={"contract"})
def pair_scores(worker, gate, u, i, U, V, bu, bi, out):  # type: ignore[no-untyped-def]
    "out[t] = bu[u[t]] + bi[i[t]] + U[u[t]] . V[i[t]]; U, V (.., 16 panels) float32."
    width, m = U.shape[1], len(u)
    left, right = U.reshape(-1), V.reshape(-1)
    while True:
        first = fetch_add(gate, 1, 1) * 4096
        if first >= m:
            break
        for t in range(first, min(first + 4096, m)):
            s = splat(np.float32(0))
            for p in range(width // LANES):
                at = p * LANES
                s = fma(load(left, u[t] * width + at), load(right, i[t] * width + at), s)
            out[t] = bu[u[t]] + bi[i[t]] + total(s)
