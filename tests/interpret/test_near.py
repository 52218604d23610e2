"Cosines against the formula, ties in row order."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from entable.interpret import near

FLOATS = st.integers(-3, 3).map(float)


def slow_top(scores, n):
    order = sorted(range(len(scores)), key=lambda j: (-scores[j], j))
    return [j for j in order if scores[j] > -np.inf][: max(n, 0)]


@given(
    arrays(np.float64, st.integers(0, 30), elements=FLOATS | st.just(-np.inf)), st.integers(0, 40)
)
def test_top_is_a_stable_sort(scores, n):
    assert near.top(scores, n).tolist() == slow_top(scores, n)


@given(arrays(np.float32, (7, 3), elements=FLOATS), arrays(np.float32, 3, elements=FLOATS))
def test_cosines_are_those_of_the_formula(vectors, query):
    for row, found in zip(vectors.astype(float), near.cosines(vectors, query), strict=True):
        lengths = np.linalg.norm(row) * np.linalg.norm(query)
        assert found == pytest.approx(row @ query / lengths if lengths else 0.0)
        assert -1 <= found <= 1


def test_blocks_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    vectors, query = rng.standard_normal((50, 4)).astype("f4"), rng.standard_normal(4)
    whole = near.cosines(vectors, query)
    monkeypatch.setattr(near, "_BLOCK", 7)
    np.testing.assert_allclose(near.cosines(vectors, query), whole, rtol=1e-14)


def test_nearest_leaves_out_and_never_invents():
    vectors = np.array([[1, 0], [2, 0], [0, 1], [1, 0]], "f4")
    positions, found = near.nearest(vectors, vectors[0], 10, leave_out=[0])
    assert positions.tolist() == [1, 3, 2]
    assert found.tolist() == [1, 1, 0]
    assert near.nearest(vectors, vectors[0], 1, leave_out=[0, 1])[0].tolist() == [3]
