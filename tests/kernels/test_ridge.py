"""The half step beside a solve that a student could write."""

import numpy as np
import pytest

from entable.kernels._jit import Team
from entable.kernels.noise import normals
from entable.kernels.ridge import half_step


def problem(k, n=37, m=23, seed=0):
    rng = np.random.default_rng(seed)
    rated = rng.random((n, m)) < rng.random((n, 1))
    rated[3] = False  # a row without ratings
    i = np.nonzero(rated)[1]
    indptr = np.concatenate([[0], np.cumsum(rated.sum(1))])
    X = np.zeros((m, -(-k // 16) * 16), np.float32)
    X[:, :k] = rng.standard_normal((m, k)) * 0.5
    M = rng.standard_normal((k + 1, k + 1))
    f32 = lambda a: np.ascontiguousarray(a, np.float32)  # noqa: E731
    return {
        "indptr": indptr,
        "cols": i.astype(np.int32),
        "r": f32(rng.standard_normal(len(i))),
        "X": X,
        "bias": f32(rng.standard_normal(m) * 0.3),
        "w": f32(rng.gamma(10, 0.1, m)),
        "alpha": f32(rng.gamma(5, 0.2, n)),
        "Lambda": f32(M @ M.T / (k + 1) + np.eye(k + 1)),
        "prior": f32(rng.standard_normal((n, k + 1))),
    }


def by_hand(p, noise=None):
    "One dense solve per row in float64; noise (n, k+1) makes it a draw."
    k = p["Lambda"].shape[0] - 1
    rows, errors = [], []
    for a in range(len(p["indptr"]) - 1):
        mine = slice(p["indptr"][a], p["indptr"][a + 1])
        j = p["cols"][mine]
        x = np.concatenate([p["X"][j, :k], np.ones((len(j), 1))], 1).astype(np.float64)
        w, e = p["w"][j].astype(np.float64), (p["r"][mine] - p["bias"][j]).astype(np.float64)
        A = p["Lambda"] + p["alpha"][a] * (x.T * w) @ x
        z = np.linalg.solve(A, p["prior"][a] + p["alpha"][a] * x.T @ (w * e))
        if noise is not None:
            z = z + np.linalg.solve(np.linalg.cholesky(A).T, noise[a])
        rows.append(z)
        errors.append(np.sum(w * (e - x @ z) ** 2))
    return np.array(rows), np.array(errors)


def compiled(p, drawn, threads=2, key=(7, 8, 9, 1)):
    n, K = p["prior"].shape
    Z = np.zeros((n, p["X"].shape[1]), np.float32)
    own, sse, Y = np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros((n, K), np.float32)
    with Team(threads) as team:
        team.run(half_step, *p.values(), np.array(key, np.uint32), drawn, Z, own, Y, sse)
    return Z, own, Y, sse


@pytest.mark.parametrize("k", [1, 7, 15, 16, 17, 33])
def test_solved_rows_are_the_dense_solves(k):
    p = problem(k)
    Z, own, Y, sse = compiled(p, drawn=False)
    rows, errors = by_hand(p)
    assert np.allclose(Y, rows, atol=2e-5)
    assert np.array_equal(Y[:, :k], Z[:, :k])
    assert np.array_equal(Y[:, k], own)
    assert not Z[:, k:].any()
    assert np.allclose(sse, errors, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("k", [1, 16, 20])
def test_drawn_rows_are_the_solves_and_the_noise_of_their_place(k):
    p = problem(k)
    n = len(p["prior"])
    noise = np.zeros(((n + 15) // 16 * 16, k + 1))
    for first in range(0, n, 16):
        out = np.zeros((k + 4) * 16, np.float32)
        normals(first, k + 1, 9, 1, np.uint32(7), np.uint32(8), out)
        noise[first : first + 16] = out.reshape(-1, 16)[: k + 1].T
    rows, errors = by_hand(p, noise)
    _, _, Y, sse = compiled(p, drawn=True)
    assert np.allclose(Y, rows, atol=5e-5)
    assert np.allclose(sse, errors, rtol=1e-3, atol=1e-3)


def test_draws_have_the_mean_and_covariance_of_the_posterior():
    p = problem(3, n=5, m=12)
    draws = np.array([compiled(p, True, 1, (1, 2, d, 0))[2] for d in range(4000)], np.float64)
    mean, _ = by_hand(p)
    for a in range(5):
        mine = slice(p["indptr"][a], p["indptr"][a + 1])
        j = p["cols"][mine]
        x = np.concatenate([p["X"][j, :3], np.ones((len(j), 1))], 1)
        cov = np.linalg.inv(p["Lambda"] + p["alpha"][a] * (x.T * p["w"][j]) @ x)
        scale = np.sqrt(np.diag(cov))
        assert np.abs((draws[:, a].mean(0) - mean[a]) / scale).max() < 5 / 4000**0.5
        assert np.abs((np.cov(draws[:, a].T) - cov) / np.outer(scale, scale)).max() < 0.12


@pytest.mark.parametrize("drawn", [False, True])
def test_any_number_of_threads_gives_the_same_bytes(drawn):
    p = problem(20, n=333, m=50)
    first, *others = (compiled(p, drawn, threads) for threads in (1, 2, 8))
    for other in others:
        assert all(a.tobytes() == b.tobytes() for a, b in zip(first, other, strict=True))
