"""The running product beside the mean of dense products and its exact decomposition."""

import numpy as np
import pytest

from entable.factorize.average import RunningProduct, axes
from entable.kernels._jit import Team


def pairs(n, m, k, count, seed=0, noise=0.1):
    "Products that scatter around one of falling weights, as draws of a sampler do."
    rng = np.random.default_rng(seed)
    weight = 0.8 ** np.arange(k)
    U, V = rng.standard_normal((n, k)) * weight, rng.standard_normal((m, k)) * weight
    turns = [np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(count)]
    return [
        (
            ((U + noise * rng.standard_normal((n, k))) @ T).astype(np.float32),
            ((V + noise * rng.standard_normal((m, k))) @ T).astype(np.float32),
        )
        for T in turns
    ]


def running(draws, width, room, threads=2):
    n, m, k = len(draws[0][0]), len(draws[0][1]), draws[0][0].shape[1]
    with Team(threads) as team:
        product = RunningProduct(n, m, k, width, room, team)
        for U, V in draws:
            product.add(U, V)
        product.compress()
    return product


@pytest.mark.parametrize("room", [1, 7, 60])
def test_the_mean_is_kept_as_well_as_its_rank_allows(room):
    draws = pairs(120, 90, 6, 60)
    mean = np.mean([U @ V.T for U, V in draws], axis=0)
    product = running(draws, 26, room)
    U, V = axes(product.left, product.right, 12)
    left, s, right = np.linalg.svd(mean)
    best = (left[:, :12] * s[:12]) @ right[:12]
    lost, least = (np.linalg.norm(a - mean) for a in (U @ V.T, best))
    assert lost < 1.1 * least
    assert product.count == 60


def test_few_pairs_are_kept_exactly():
    draws = pairs(50, 40, 3, 4)
    mean = np.mean([U @ V.T for U, V in draws], axis=0)
    product = running(draws, 12, 10)
    assert np.allclose(product.left @ product.right.T, mean, atol=1e-4)


def test_matrices_smaller_than_the_width():
    draws = pairs(3, 5, 4, 9)
    product = running(draws, 20, 4)
    mean = np.mean([U @ V.T for U, V in draws], axis=0)
    assert np.allclose(product.left @ product.right.T, mean, atol=1e-4)


def test_any_number_of_threads_gives_the_same_bytes():
    draws = pairs(80, 70, 4, 50)
    one, two = (running(draws, 12, 20, threads) for threads in (1, 3))
    assert one.left.tobytes() == two.left.tobytes()
    assert one.right.tobytes() == two.right.tobytes()


def test_axes_are_the_singular_directions_with_a_fixed_sign():
    rng = np.random.default_rng(0)
    U, V = (rng.standard_normal((n, 5)).astype(np.float32) for n in (60, 40))
    L, R = axes(U, V, 5)
    assert np.allclose(L @ R.T, U @ V.T, atol=1e-4)
    s = np.linalg.svd(U @ V.T, compute_uv=False)[:5]
    for side in (L, R):
        assert np.allclose(np.linalg.norm(side, axis=0) ** 2, s, rtol=1e-4)
        gram = side.T @ side
        assert np.allclose(gram, np.diag(np.diag(gram)), atol=1e-3)
    assert (R[np.abs(R).argmax(0), range(5)] > 0).all()
    assert np.allclose(axes(-U, -V, 5)[1], R, atol=1e-4)


def test_axes_of_nothing():
    L, R = axes(np.zeros((4, 3), np.float32), np.zeros((5, 3), np.float32), 3)
    assert not (L @ R.T).any()
