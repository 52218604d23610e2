"""Blocked SGD beside the loop that a student could write, in the order of the blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.kernels._jit import Team
from entable.kernels.sgd import blocks, sgd_pass, shuffle_blocks


def by_hand(u, i, r, order, U, V, bu, bi, lr, reg):
    sse = 0.0
    for n in order:
        a, b = u[n], i[n]
        e = r[n] - bu[a] - bi[b] - U[a] @ V[b]
        sse += e * e
        bu[a] += lr * (e - reg * bu[a])
        bi[b] += lr * (e - reg * bi[b])
        U[a], V[b] = U[a] + lr * (e * V[b] - reg * U[a]), V[b] + lr * (e * U[a] - reg * V[b])
    return sse


def problem(grid, seed=0, users=40, items=30, m=500):
    rng = np.random.default_rng(seed)
    u, i = (rng.integers(0, n, m).astype(np.int32) for n in (users, items))
    stripes = (np.sort(rng.integers(0, grid, n)).astype(np.int32) for n in (users, items))
    return u, i, rng.standard_normal(m).astype(np.float32), *stripes, grid


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(0, 99))
def test_blocks_keep_every_rating_in_the_block_of_its_stripes(grid, seed):
    u, i, r, su, si, _ = problem(grid, seed)
    starts, a, b, y = blocks(u, i, r, su, si, grid)
    assert sorted(zip(a, b, y, strict=True)) == sorted(zip(u, i, r, strict=True))
    for c in range(grid * grid):
        here = slice(starts[c], starts[c + 1])
        assert (su[a[here]] * grid + si[b[here]] == c).all()


def test_shuffling_moves_ratings_inside_their_block_only_and_alike_for_any_team():
    starts, *columns = blocks(*problem(3))
    found = []
    for threads in (1, 3):
        copy = [c.copy() for c in columns]
        with Team(threads) as team:
            team.run(shuffle_blocks, starts, *copy, np.uint32(1), np.uint32(2))
        found.append(np.array(copy))
    assert np.array_equal(*found)
    whole, moved = np.array(columns), 0
    for c in range(9):
        here = slice(starts[c], starts[c + 1])
        assert sorted(map(tuple, found[0][:, here].T)) == sorted(map(tuple, whole[:, here].T))
        moved += (found[0][:, here] != whole[:, here]).any(0).sum()
    assert moved > 0.8 * len(columns[0])


def test_every_order_of_a_block_is_as_likely():
    starts, n = np.array([0, 3]), 6000
    r = np.zeros(3, np.float32)
    seen = {}
    with Team(1) as team:
        for seed in range(n):
            u = np.arange(3, dtype=np.int32)
            team.run(shuffle_blocks, starts, u, u.copy(), r, np.uint32(seed), np.uint32(0))
            seen[tuple(u)] = seen.get(tuple(u), 0) + 1
    assert len(seen) == 6
    assert all(abs(count / n - 1 / 6) < 0.03 for count in seen.values())


@pytest.mark.parametrize("panels", [1, 2, 3, 5])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_pass_is_the_plain_loop_along_the_diagonals(panels, threads):
    grid, k = 4, 16 * panels
    u, i, r, su, si, _ = problem(grid)
    starts, a, b, y = blocks(u, i, r, su, si, grid)
    rng = np.random.default_rng(1)
    U, V = (rng.standard_normal((n, k)).astype(np.float32) * 0.2 for n in (40, 30))
    bu, bi = (rng.standard_normal(n).astype(np.float32) for n in (40, 30))
    slow = [x.astype(np.float64) for x in (U, V, bu, bi)]
    cells = [row * grid + (row + d) % grid for d in range(grid) for row in range(grid)]
    order = np.concatenate([np.arange(starts[c], starts[c + 1]) for c in cells])
    wanted = by_hand(a, b, y, order, *slow, 0.05, 0.1)
    sse = np.zeros(grid * grid)
    args = ((0,) * panels, np.float32(0.05), np.float32(0.1), sse)
    flat = U.reshape(-1), V.reshape(-1)
    with Team(threads) as team:
        team.run(sgd_pass, starts, a, b, y, grid, *flat, bu, bi, *args)
    for fast, twin in zip((U, V, bu, bi), slow, strict=True):
        assert np.allclose(fast, twin, atol=1e-4)
    assert sse.sum() == pytest.approx(wanted, rel=1e-4)
