"""One side's rows solved or drawn while the other side stands still: the half step of ALS and Gibbs.

Every row a has a regression of its ratings on the other side's vectors and a column of ones (the row's
own bias).  With x_j = [X_j, 1], weights w_j and the row's own weight alpha_a:

    A_a = Lambda + alpha_a sum_j w_j x_j x_j'
    b_a = prior_a + alpha_a sum_j w_j (r_aj - bias_j) x_j          prior_a = Lambda mean_a

    solved (ALS)   z_a = A_a^-1 b_a
    drawn (Gibbs)  z_a ~ N(A_a^-1 b_a, A_a^-1)

Sixteen rows are solved side by side, one per lane; workers claim groups of sixteen, and a row's
arithmetic does not depend on who claims it.
"""

import numpy as np

from entable.kernels._jit import jit
from entable.kernels._lanes import (
    LANES,
    add_outer,
    at_least,
    fetch_add,
    fma,
    fnma,
    inverse_sqrt,
    load,
    mul,
    splat,
    store,
    store_block,
    sub,
    zero_block,
)
from entable.kernels.noise import normals


@jit
def _gram(start, end, cols, r, X, panels, bias, w, G, s1, c1):  # type: ignore[no-untyped-def]
    """Sums over one row's ratings: G = sum w x x' in 16 x 16 blocks (lower ones), s1 = sum w x,
    c1 = sum w (r - bias) x; returns sum w, sum w (r - bias), sum w (r - bias)^2."""
    width = panels * LANES
    flat = X.reshape(-1)
    W, C, S = np.float32(0), np.float32(0), np.float32(0)
    for p in range(panels):
        for q in range(p + 1):
            block, s, c = zero_block(), splat(np.float32(0)), splat(np.float32(0))
            for t in range(start, end):
                j = cols[t]
                y = load(flat, j * width + q * LANES)
                wj = w[j]
                wy = mul(splat(wj), y)
                block = add_outer(block, flat, j * width + p * LANES, wy)
                if p == q:
                    e = r[t] - bias[j]
                    s = fma(splat(wj), y, s)
                    c = fma(splat(e), wy, c)
                    if p == 0:
                        W += wj
                        C += wj * e
                        S += wj * e * e
            store_block(G, (p * panels + q) * LANES * LANES, block)
            if p == q:
                store(s1, p * LANES, s)
                store(c1, p * LANES, c)
    return W, C, S


@jit
def _put(lane, k, panels, alpha, G, s1, c1, W, C, Lambda, prior, A, b, c):  # type: ignore[no-untyped-def]
    "Lay one row's system into its lane: A[f, h] for h <= f, b[f] and the data's own part c[f]."
    K = k + 1
    for f in range(k):
        at = (f // LANES) * panels * LANES * LANES + (f % LANES) * LANES
        for h in range(f + 1):
            g = G[at + (h // LANES) * LANES * LANES + h % LANES]
            A[(f * K + h) * LANES + lane] = Lambda[f, h] + alpha * g
        A[(k * K + f) * LANES + lane] = Lambda[k, f] + alpha * s1[f]
        c[f * LANES + lane] = c1[f]
        b[f * LANES + lane] = prior[f] + alpha * c1[f]
    A[(k * K + k) * LANES + lane] = Lambda[k, k] + alpha * W
    c[k * LANES + lane] = C
    b[k * LANES + lane] = prior[k] + alpha * C


@jit
def _put_nothing(lane, K, A, b, c):  # type: ignore[no-untyped-def]
    "A lane without a row solves the identity."
    for f in range(K):
        for h in range(f + 1):
            A[(f * K + h) * LANES + lane] = np.float32(f == h)
        b[f * LANES + lane] = np.float32(0)
        c[f * LANES + lane] = np.float32(0)


@jit
def _factor(K, A):  # type: ignore[no-untyped-def]
    "A = L L' in place, lane by lane; the diagonal holds 1 / L[f, f]."
    tiny = splat(np.float32(1e-30))
    for f in range(K):
        row = f * K * LANES
        for h in range(f):
            other = h * K * LANES
            s = load(A, row + h * LANES)
            for p in range(h):
                s = fnma(load(A, row + p * LANES), load(A, other + p * LANES), s)
            store(A, row + h * LANES, mul(s, load(A, other + h * LANES)))
        s = load(A, row + f * LANES)
        for p in range(f):
            x = load(A, row + p * LANES)
            s = fnma(x, x, s)
        store(A, row + f * LANES, inverse_sqrt(at_least(s, tiny)))


@jit
def _solve(K, A, b, noise, drawn):  # type: ignore[no-untyped-def]
    "L y = b, then L' z = y + noise, in place; returns |y + noise|^2, which is z' A z, in `lanes`."
    for f in range(K):
        row = f * K * LANES
        s = load(b, f * LANES)
        for p in range(f):
            s = fnma(load(A, row + p * LANES), load(b, p * LANES), s)
        store(b, f * LANES, mul(s, load(A, row + f * LANES)))
    norm = splat(np.float32(0))
    for f in range(K):
        y = load(b, f * LANES)
        if drawn:
            y = fma(splat(np.float32(1)), load(noise, f * LANES), y)
            store(b, f * LANES, y)
        norm = fma(y, y, norm)
    for g in range(K):
        f = K - 1 - g
        s = load(b, f * LANES)
        for p in range(f + 1, K):
            s = fnma(load(A, (p * K + f) * LANES), load(b, p * LANES), s)
        store(b, f * LANES, mul(s, load(A, (f * K + f) * LANES)))
    return norm


@jit
def _misfit(K, Lambda, b, c, norm, out):  # type: ignore[no-untyped-def]
    "out[:16] = z' A z - z' Lambda z (that is alpha z' G z), out[16:] = z' c."
    zc, inner = splat(np.float32(0)), splat(np.float32(0))
    for f in range(K):
        z = load(b, f * LANES)
        zc = fma(z, load(c, f * LANES), zc)
        s = mul(splat(np.float32(0.5) * Lambda[f, f]), z)
        for h in range(f):
            s = fma(splat(Lambda[f, h]), load(b, h * LANES), s)
        inner = fma(z, s, inner)
    store(out, 0, sub(norm, fma(splat(np.float32(2)), inner, splat(np.float32(0)))))
    store(out, LANES, zc)


@jit(fastmath={"contract"})
def half_step(  # type: ignore[no-untyped-def]
    worker, gate, indptr, cols, r, X, bias, w, alpha, Lambda, prior, key, drawn, Z, own, Y, sse
):
    """Solve or draw all rows of one side.

    indptr (n+1,), cols (m,), r (m,): the ratings in rows, less their mean.  X (c, 16 panels): the other
    side's vectors, zeros beyond k; bias, w (c,): its biases and weights.  alpha (n,): own weights.
    Lambda (k+1, k+1), prior (n, k+1).  key: (seed words, draw, side).  Changed: Z (n, 16 panels'), own (n,)
    the biases, Y (n, k+1) both together, sse (n,) the sums of w (r - prediction)^2.
    """
    n, K = Y.shape
    k, panels = K - 1, X.shape[1] // LANES
    A, G = np.empty(K * K * LANES, np.float32), np.empty((panels * LANES) ** 2, np.float32)
    b, c = np.empty(K * LANES, np.float32), np.empty(K * LANES, np.float32)
    s1, c1 = np.empty(panels * LANES, np.float32), np.empty(panels * LANES, np.float32)
    noise, fit = np.empty((K + 3) * LANES, np.float32), np.empty(2 * LANES, np.float32)
    squares = np.zeros(LANES, np.float32)
    while True:
        first = fetch_add(gate, 1, 1) * LANES
        if first >= n:
            break
        for lane in range(LANES):
            a = first + lane
            if a < n:
                W, C, S = _gram(
                    indptr[a], indptr[a + 1], cols, r, X, panels, bias, w, G, s1, c1
                )
                _put(lane, k, panels, alpha[a], G, s1, c1, W, C, Lambda, prior[a], A, b, c)
                squares[lane] = S
            else:
                _put_nothing(lane, K, A, b, c)
        if drawn:
            normals(first, K, key[2], key[3], key[0], key[1], noise)
        _factor(K, A)
        _misfit(K, Lambda, b, c, _solve(K, A, b, noise, drawn), fit)
        for lane in range(min(LANES, n - first)):
            a = first + lane
            for f in range(k):
                Z[a, f] = Y[a, f] = b[f * LANES + lane]
            own[a] = Y[a, k] = b[k * LANES + lane]
            explained = np.float32(2) * fit[LANES + lane] - fit[lane] / alpha[a]
            sse[a] = max(squares[lane] - explained, np.float32(0))
