"""One side's rows solved or drawn while the other side stands still: the half step of ALS and
Gibbs.
 Every row a has a regression of its ratings on the other side's vectors and a column of ones (the
row's own bias).  With x_j = [X_j, 1], weights w_j and the row's own weight alpha_a:

    A_a = Lambda + alpha_a sum_j w_j x_j x_j'
    b_a = prior_a + alpha_a sum_j w_j (r_aj - bias_j) x_j          prior_a = Lambda mean_a

    solved (ALS)   z_a = A_a^-1 b_a
    drawn (Gibbs)  z_a ~ N(A_a^-1 b_a, A_a^-1)

Sixteen rows are solved side by side, one per lane; workers claim groups of sixteen, and a row's
arithmetic does not depend on who claims it.
"""

import numpy as np

from entable.kernels._atomic import fetch_add
from entable.kernels._jit import jit
from entable.kernels._lanes import (
    LANES,
    add,
    at_least,
    fma,
    fnma,
    inverse_sqrt,
    load,
    mul,
    splat,
    store,
    sub,
)
from entable.kernels._tiles import (
    add_outer,
    load_block,
    mix_blocks,
    store_block,
    transpose,
    zero_block,
)
from entable.kernels.noise import normals


@jit
def _row_system(start, end, cols, r, X, bias, w, alpha, Lambda, k, S, c):  # type: ignore[no-untyped-def]
    """One row's A, and the data's own part c of b, written row after row.

    Lambda, S ((width + 1) * Kp,): rows 0 .. k-1 the factors, row `width` the bias; c (Kp,).  Only
    blocks up to the diagonal are written, and not the bias's own entry: returned are sum w, sum w
    (r - bias) and sum w (r - bias)^2.
    """
    width = X.shape[1]
    Kp, flat, scale = padded(k + 1), X.reshape(-1), splat(alpha)
    W, C, squares = np.float32(0), np.float32(0), np.float32(0)
    for p in range(0, width, LANES):
        for q in range(0, p + 1, LANES):
            block, s1, c1 = zero_block(), splat(np.float32(0)), splat(np.float32(0))
            for t in range(start, end):
                j = cols[t]
                y = load(flat, j * width + q)
                wj = w[j]
                wy = mul(splat(wj), y)
                block = add_outer(block, flat, j * width + p, wy)
                if p == q:
                    e = r[t] - bias[j]
                    s1 = fma(splat(wj), y, s1)
                    c1 = fma(splat(e), wy, c1)
                    if p == 0:
                        W += wj
                        C += wj * e
                        squares += wj * e * e
            at = p * Kp + q
            store_block(S, at, Kp, mix_blocks(scale, block, load_block(Lambda, at, Kp)))
            if p == q:
                store(S, width * Kp + p, fma(scale, s1, load(Lambda, width * Kp + p)))
                store(c, p, c1)
    return W, C, squares


@jit
def padded(n):  # type: ignore[no-untyped-def]
    "n rounded up to whole vectors."
    return (n + LANES - 1) // LANES * LANES


@jit
def _interleave(k, width, S, A):  # type: ignore[no-untyped-def]
    "Sixteen systems one after another (lane, row, column) -> element by element, lanes innermost."
    Kp = padded(k + 1)
    for f in range(k + 1):
        row = f if f < k else width
        for q in range(0, f + 1, LANES):
            part = transpose(load_block(S, row * Kp + q, (width + 1) * Kp))
            store_block(A, (f * Kp + q) * LANES, LANES, part)


@jit
def _factor(K, Kp, A):  # type: ignore[no-untyped-def]
    "A = L L' in place, lane by lane; the diagonal holds 1 / L[f, f]."
    tiny = splat(np.float32(1e-30))
    for f in range(K):
        row = f * Kp * LANES
        for h in range(f):
            other = h * Kp * LANES
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
def _solve(K, Kp, A, b, noise, drawn):  # type: ignore[no-untyped-def]
    "L y = b, then L' z = y + noise, in place; returns |y + noise|^2, which is z' A z, in lanes."
    for f in range(K):
        row = f * Kp * LANES
        s = load(b, f * LANES)
        for p in range(f):
            s = fnma(load(A, row + p * LANES), load(b, p * LANES), s)
        store(b, f * LANES, mul(s, load(A, row + f * LANES)))
    norm = splat(np.float32(0))
    for f in range(K):
        y = load(b, f * LANES)
        if drawn:
            y = add(y, load(noise, f * LANES))
            store(b, f * LANES, y)
        norm = fma(y, y, norm)
    for g in range(K):
        f = K - 1 - g
        s = load(b, f * LANES)
        for p in range(f + 1, K):
            s = fnma(load(A, (p * Kp + f) * LANES), load(b, p * LANES), s)
        store(b, f * LANES, mul(s, load(A, (f * Kp + f) * LANES)))
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
    store(out, 0, sub(norm, add(inner, inner)))
    store(out, LANES, zc)


@jit(fastmath={"contract"})
def half_step(  # type: ignore[no-untyped-def]
    worker, gate, indptr, cols, r, X, bias, w, alpha, Lambda, prior, key, drawn, Z, own, Y, sse
):
    """Solve or draw all rows of one side.

    indptr (n+1,), cols (m,), r (m,): the ratings in rows, less their mean.  X (c, 16 panels): the
    other side's vectors, zeros beyond k; bias, w (c,): its biases and weights.  alpha (n,): own
    weights.

    Lambda (k+1, k+1), prior (n, k+1).  key: (seed words, draw, side).  Changed: Z (n, 16 panels)
    and own (n,) the vectors and biases, Y (n, k+1) both together, sse (n,) the sums of w (r -
    prediction)^2.
    """
    n, K, width = Y.shape[0], Y.shape[1], X.shape[1]
    k, Kp = K - 1, padded(K)
    S, A = np.zeros((LANES, (width + 1) * Kp), np.float32), np.empty(K * Kp * LANES, np.float32)
    level = np.zeros((width + 1) * Kp, np.float32)  # Lambda as S is laid out
    for f in range(K):
        level[(f if f < k else width) * Kp :][:K] = Lambda[f]
    data, c = np.zeros((LANES, Kp), np.float32), np.empty(Kp * LANES, np.float32)
    b, noise = np.empty(K * LANES, np.float32), np.empty((K + 3) * LANES, np.float32)
    corner, fit = np.ones(LANES, np.float32), np.empty(2 * LANES, np.float32)
    squares, own_c = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    while True:
        first = fetch_add(gate, 1, 1) * LANES
        if first >= n:
            break
        lanes = min(LANES, n - first)
        for lane in range(lanes):
            a = first + lane
            W, own_c[lane], squares[lane] = _row_system(
                indptr[a],
                indptr[a + 1],
                cols,
                r,
                X,
                bias,
                w,
                alpha[a],
                level,
                k,
                S[lane],
                data[lane],
            )
            corner[lane] = Lambda[k, k] + alpha[a] * W
        _interleave(k, width, S.reshape(-1), A)
        store(A, (k * Kp + k) * LANES, load(corner, 0))
        for q in range(0, Kp, LANES):
            store_block(c, q * LANES, LANES, transpose(load_block(data.reshape(-1), q, Kp)))
        store(c, k * LANES, load(own_c, 0))
        for lane in range(lanes):
            a = first + lane
            for f in range(K):
                b[f * LANES + lane] = prior[a, f] + alpha[a] * c[f * LANES + lane]
        if drawn:
            normals(first, K, key[2], key[3], key[0], key[1], noise)
        _factor(K, Kp, A)
        _misfit(K, Lambda, b, c, _solve(K, Kp, A, b, noise, drawn), fit)
        for lane in range(lanes):
            a = first + lane
            for f in range(k):
                Z[a, f] = Y[a, f] = b[f * LANES + lane]
            own[a] = Y[a, k] = b[k * LANES + lane]
            explained = np.float32(2) * fit[LANES + lane] - fit[lane] / alpha[a]
            sse[a] = max(squares[lane] - explained, np.float32(0))
