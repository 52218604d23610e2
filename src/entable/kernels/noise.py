"""Random numbers that depend on where they are used, not on who draws them or in which order.
 Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a counter
of four 32-bit words and a key of two into four random words.  The counter says which row, column
block, draw and side; the key is the seed; so any number of threads draws the same numbers.
"""

import numpy as np

from entable.kernels._jit import jit
from entable.kernels._lanes import LANES, bits_of, float_of

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


@jit(inline="always")
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    "Four random uint32 from a counter and a key of uint32 words."
    for _ in range(10):
        a, b = _M0 * np.uint64(c0), _M1 * np.uint64(c2)
        c0, c2 = np.uint32(b >> _32) ^ c1 ^ k0, np.uint32(a >> _32) ^ c3 ^ k1
        c1, c3 = np.uint32(b & _LOW), np.uint32(a & _LOW)
        k0, k1 = np.uint32(k0 + _W0), np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@jit(inline="always")
def _minus_log(v):  # type: ignore[no-untyped-def]
    "-ln(v) of a float32 in (0, 1]: exponent and an atanh series of the mantissa; error < 2e-7."
    bits = bits_of(v)
    exponent = (bits >> np.int32(23)) - np.int32(127)
    m = float_of((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000))  # in [1, 2)
    high = m > np.float32(1.41421356)
    m = m * np.float32(0.5) if high else m
    exponent = exponent + np.int32(1) if high else exponent
    s = (m - np.float32(1)) / (m + np.float32(1))
    z = s * s
    series = np.float32(2 / 9)
    for c in (2 / 7, 2 / 5, 2 / 3, 2.0):
        series = series * z + np.float32(c)
    return -(np.float32(exponent) * np.float32(0.69314718) + s * series)


@jit(inline="always")
def normal(word):  # type: ignore[no-untyped-def]
    """A standard normal from a random uint32: its lowest bit is the sign, its top 24 bits the tail.

    Inverse of the distribution function by Giles's polynomials (2010, "Approximating the erfinv
    function"); the largest absolute value is 5.4.
    """
    y = (np.float32(word >> np.uint32(8)) + np.float32(0.5)) * np.float32(2.0**-24)  # 1 - |x|
    w = _minus_log(y * (np.float32(2) - y))
    v = w - np.float32(2.5)
    near = np.float32(2.81022636e-08)
    for c in (
        3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
        -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
    ):  # fmt: skip
        near = near * v + np.float32(c)
    v = np.sqrt(w) - np.float32(3)
    far = np.float32(-0.000200214257)
    for c in (
        0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
        -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
    ):  # fmt: skip
        far = far * v + np.float32(c)
    size = (near if w < np.float32(5) else far) * (np.float32(1) - y) * np.float32(1.41421356)
    return size if word & np.uint32(1) else -size


@jit(fastmath={"contract"})
def normals(row, columns, draw, side, k0, k1, out):  # type: ignore[no-untyped-def]
    "Standard normals for rows row .. row+15: out[column * 16 + lane], as many columns as asked."
    for c in range((columns + 3) // 4):
        for lane in range(LANES):
            a, b, d, e = philox(
                np.uint32(row + lane), np.uint32(c), np.uint32(draw), np.uint32(side), k0, k1
            )
            o = c * 4 * LANES + lane
            out[o] = normal(a)
            out[o + LANES] = normal(b)
            out[o + 2 * LANES] = normal(d)
            out[o + 3 * LANES] = normal(e)
