"""Counter-based random numbers: published answers, moments, and independence of who draws."""

import numpy as np
import pytest

from entable.kernels.noise import normal, normals, philox


def words(counter, key):
    return [int(w) for w in philox(*(np.uint32(w) for w in (*counter, *key)))]


@pytest.mark.parametrize(
    ("counter", "key", "wanted"),
    [
        ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_philox_gives_the_published_answers(counter, key, wanted):
    assert words(counter, key) == [int(w, 16) for w in wanted.split()]


def draw(row, columns, draw_=0, side=0, key=(1, 2)):
    out = np.zeros((columns + 3) // 4 * 64, np.float32)
    normals(row, columns, draw_, side, *(np.uint32(k) for k in key), out)
    return out.reshape(-1, 16)[:columns]


def test_normals_are_standard_normal():
    from scipy import stats

    x = np.concatenate([draw(row, 40).ravel() for row in range(0, 16 * 400, 16)])
    assert len(np.unique(x)) > 0.98 * len(x)
    assert abs(x.mean()) < 4 / len(x) ** 0.5
    assert x.std() == pytest.approx(1, abs=0.01)
    assert stats.kstest(x.astype(np.float64), "norm").pvalue > 1e-4
    assert 4 < np.abs(x).max() < 5.7


def test_normal_is_the_inverse_of_the_distribution():
    from scipy import stats

    sizes = np.concatenate([2 ** np.arange(9, 32), np.arange(512, 2**32, 2**22 + 2)]).astype(
        np.uint64
    )
    for word in sizes & np.uint64(0xFFFFFF00):
        tail = (int(word >> np.uint64(8)) + 0.5) / 2**24
        z = normal(np.uint32(word))
        assert z == pytest.approx(stats.norm.ppf(tail / 2), rel=1e-5, abs=1e-6)
        assert normal(np.uint32(word | np.uint64(1))) == -z or z == 0


def test_a_row_draws_the_same_wherever_its_block_begins():
    whole = draw(0, 8)
    assert np.array_equal(draw(3, 8)[:, :13], whole[:, 3:])
    assert np.array_equal(draw(0, 5), whole[:5])


def test_rows_draws_sides_and_seeds_differ():
    seen = [
        draw(0, 8),
        draw(16, 8),
        draw(0, 8, draw_=1),
        draw(0, 8, side=1),
        draw(0, 8, key=(2, 2)),
    ]
    for n, a in enumerate(seen):
        for b in seen[n + 1 :]:
            assert not np.any(a == b)
            assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.4
