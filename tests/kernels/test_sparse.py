"""Grouping and products of ratings in compressed rows, beside NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.kernels._jit import Team
from entable.kernels.sparse import group, pair_scores, pattern_product


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=40))
def test_group_is_a_stable_sort_by_row(pairs):
    rows = np.array([a for a, _ in pairs], np.int32)
    cols = np.array([b for _, b in pairs], np.int32)
    values = np.arange(len(pairs), dtype=np.float32)
    indptr, c, v = group(rows, cols, values, 7)
    order = np.argsort(rows, kind="stable")
    assert np.array_equal(c, cols[order])
    assert np.array_equal(v, values[order])
    assert np.array_equal(np.diff(indptr), np.bincount(rows, minlength=7))


def test_pattern_product_is_the_dense_product():
    rng = np.random.default_rng(0)
    dense = rng.random((150, 40)) < 0.2
    u, i = np.nonzero(dense)
    own, other = rng.random(150).astype(np.float32), rng.random(40).astype(np.float32)
    D = rng.standard_normal((40, 32)).astype(np.float32)
    indptr, cols, _ = group(
        u.astype(np.int32), i.astype(np.int32), np.zeros(len(u), np.float32), 150
    )
    for threads in (1, 3):
        out = np.full((150, 32), np.nan, np.float32)
        with Team(threads) as team:
            team.run(pattern_product, indptr, cols, own, other, D, out)
        assert np.allclose(out, (dense * other) @ D * own[:, None], atol=1e-5)


def test_pair_scores_are_biases_and_dot():
    rng = np.random.default_rng(0)
    U, V = (rng.standard_normal((n, 48)).astype(np.float32) for n in (30, 20))
    bu, bi = U[:, 0].copy(), V[:, 1].copy()
    u, i = (rng.integers(0, n, 9000).astype(np.int32) for n in (30, 20))
    out = np.empty(9000, np.float32)
    with Team(2) as team:
        team.run(pair_scores, u, i, U, V, bu, bi, out)
    assert np.allclose(out, bu[u] + bi[i] + (U[u] * V[i]).sum(1), atol=1e-5)
