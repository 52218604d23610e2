"""Vectors of sixteen floats beside NumPy, and packed instructions in the assembly."""

import platform
import re

import numpy as np
import pytest
from numba import njit

from entable.kernels import _atomic as atomic
from entable.kernels import _lanes as lanes
from entable.kernels import _tiles as tiles
from entable.kernels.sgd import one_block

F = np.float32


def run(body, *arrays):
    "Compile a function of flat arrays that writes its last one; return that."
    out = np.zeros(256, F)
    njit(body)(*arrays, out)
    return out


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((40, 16)).astype(F)


def test_arithmetic_is_numpys(x):
    def body(a, b, c, out):
        x, y, z = lanes.load(a, 0), lanes.load(b, 0), lanes.load(c, 0)
        lanes.store(out, 0, lanes.add(x, y))
        lanes.store(out, 16, lanes.sub(x, y))
        lanes.store(out, 32, lanes.mul(x, y))
        lanes.store(out, 48, lanes.fma(x, y, z))
        lanes.store(out, 64, lanes.fnma(x, y, z))
        lanes.store(out, 80, lanes.at_least(x, lanes.splat(0.5)))
        lanes.store(out, 96, lanes.inverse_sqrt(lanes.at_least(x, lanes.splat(F(0.5)))))
        out[112] = lanes.total(x)

    a, b, c = x[:3]
    out = run(body, a, b, c)
    a, b, c = (v.astype(np.float64) for v in (a, b, c))
    wanted = [a + b, a - b, a * b, a * b + c, c - a * b, a.clip(0.5), 1 / np.sqrt(a.clip(0.5))]
    for n, values in enumerate(wanted):
        assert np.allclose(out[16 * n : 16 * n + 16], values, rtol=3e-7, atol=1e-7)
    assert out[112] == pytest.approx(a.sum(), rel=1e-5)


def test_blocks_are_outer_products_and_transposes(x):
    def outer(a, b, out):
        block = tiles.zero_block()
        for t in range(3):
            block = tiles.add_outer(block, a, t * 16, lanes.load(b, t * 16))
        tiles.store_block(out, 0, 16, block)

    def turned(a, out):
        tiles.store_block(out, 0, 16, tiles.transpose(tiles.load_block(a, 5, 20)))

    def mixed(a, b, out):
        parts = tiles.load_block(a, 0, 16), tiles.load_block(b, 0, 16)
        tiles.store_block(out, 0, 16, tiles.mix_blocks(lanes.splat(F(3)), parts[0], parts[1]))

    a, b = x[:16], x[16:32]
    got = run(outer, a.ravel(), b.ravel()).reshape(16, 16)
    assert np.allclose(got, a[:3].T @ b[:3], atol=1e-5)
    wide = x.ravel()[:340]
    wanted = np.lib.stride_tricks.as_strided(wide[5:], (16, 16), (80, 4)).T
    assert np.array_equal(run(turned, wide).reshape(16, 16), wanted)
    assert np.allclose(run(mixed, a.ravel(), b.ravel()).reshape(16, 16), 3 * a + b, atol=1e-6)


def test_rows_of_any_number_of_vectors(x):
    def body(a, b, shape, out):
        x, y = tiles.load_row(a, 0, shape), tiles.load_row(b, 0, shape)
        out[255] = lanes.total(tiles.multiply_rows(x, y))
        tiles.store_row(out, 0, tiles.mix_rows(lanes.splat(F(0.5)), x, lanes.splat(F(2)), y))

    for n in (1, 2, 3, 5):
        a, b = x[:n].ravel(), x[n : 2 * n].ravel()
        out = run(body, a, b, (0,) * n)
        assert out[255] == pytest.approx(float(a @ b), rel=1e-4)
        assert np.allclose(out[: 16 * n], 0.5 * a + 2 * b, atol=1e-6)
        assert not out[16 * n : 255].any()


def test_bits_and_counters():
    def body(a, gate, out):
        out[0] = lanes.float_of(lanes.bits_of(a[0]) ^ np.int32(-(2**31)))
        out[1] = atomic.fetch_add(gate, 2, 5)
        out[2] = atomic.fetch_add(gate, 2, 1)
        out[3] = atomic.read_now(gate, 2)

    gate = np.zeros(4, np.int64)
    out = run(body, np.array([1.5], F), gate)
    assert out[:4].tolist() == [-1.5, 0, 5, 6]
    assert gate.tolist() == [0, 0, 6, 0]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
def test_the_inner_loop_of_sgd_is_packed_fma():
    compiled = njit(one_block.py_func, error_model="numpy", boundscheck=False)
    none, rows = np.zeros(0, np.int32), np.zeros(48, F)
    compiled(none, none, rows[:0], 0, 0, rows, rows, rows, rows, (0,) * 3, F(0.1), F(0.1))
    assembly = "\n".join(compiled.inspect_asm().values())
    packed = re.findall(r"vfn?m(?:add|sub)\d+ps\s.*%[yz]mm", assembly)
    assert len(packed) >= 1 + 6  # the dot's third vector (two begin its chains), the step's six
