"""Components of the history beside the exact decomposition of the dense matrix."""

import numpy as np
import pytest

from entable.factorize.history import Rows, components, orthonormal
from entable.kernels._jit import Team
from entable.kernels.sparse import group


def history(n=90, c=70, seed=0):
    rng = np.random.default_rng(seed)
    taste = rng.random((n, 4)) @ rng.random((4, c))
    rated = rng.random((n, c)) < 0.5 * taste / taste.max() + 0.02
    rated[rng.integers(0, n)] = False
    u, i = (x.astype(np.int32) for x in np.nonzero(rated))
    nothing = np.zeros(len(u), np.float32)
    dense = rated / np.sqrt(np.maximum(rated.sum(1, keepdims=True), 1))
    return Rows(*group(u, i, nothing, n)), Rows(*group(i, u, nothing, c)), dense - dense.mean(0)


@pytest.mark.parametrize("shape", [(90, 70), (60, 120)])
def test_components_are_those_of_the_centred_history(shape):
    rows, cols, dense = history(*shape)
    with Team(2) as team:
        found = components(rows, cols, 10, np.random.default_rng(0), team, passes=6)
    left, s, _ = np.linalg.svd(dense, full_matrices=False)
    assert np.allclose(np.linalg.norm(found, axis=0), s[:10], rtol=0.02)
    leading = np.abs(np.sum(found[:, :3] * left[:, :3], axis=0)) / s[:3]
    assert leading.min() > 0.98
    assert np.abs(found.mean(0)).max() < 1e-5
    gram = found.T @ found
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-4


@pytest.mark.parametrize(("n", "c"), [(1, 5), (5, 1), (2, 2)])
def test_little_history_has_few_components(n, c):
    u, i = (x.ravel().astype(np.int32) for x in np.indices((n, c)))
    nothing = np.zeros(n * c, np.float32)
    with Team(1) as team:
        found = components(
            Rows(*group(u, i, nothing, n)),
            Rows(*group(i, u, nothing, c)),
            64,
            np.random.default_rng(0),
            team,
        )
    assert found.shape == (n, min(n, c) - 1)
    assert np.allclose(found, 0, atol=1e-6)  # all rows are alike


def test_orthonormal_columns_even_of_a_matrix_without_full_rank():
    rng = np.random.default_rng(0)
    Y = rng.standard_normal((50, 6)).astype(np.float32)
    Y[:, 5] = Y[:, 0] + Y[:, 1]
    Q = orthonormal(Y)
    s = np.linalg.svd(Q, compute_uv=False)
    assert np.allclose(s[:5], 1, atol=1e-5)
    assert s[5] < 1e-3
    assert np.allclose(Q @ (Q.T @ Y), Y, atol=1e-4)
