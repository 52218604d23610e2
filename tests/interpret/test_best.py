"The best columns against a full matrix: exact, and the same in any company."

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.interpret import best as module
from entable.interpret.best import Catalogue, Seen, best
from entable.scorers import dots


class Case:
    "Random rows and columns whose scores tie often, and what each row has seen."

    def __init__(self, m, n, k, seed, levels=None, seen=0.3):
        rng = np.random.default_rng(seed)
        values = (
            rng.standard_normal
            if levels is None
            else lambda s: rng.integers(-levels, levels + 1, s)
        )
        self.U, self.V = values((m, k)).astype("f4"), values((n, k)).astype("f4")
        self.offset = values(m).astype("f8")
        self.catalogue = Catalogue(self.V, values(n).astype("f4"))
        out = rng.random((m, n)) < seen
        self.out = out
        columns = np.nonzero(out)[1]
        self.seen = Seen(np.concatenate([[0], np.cumsum(out.sum(1))]), columns)

    def exact(self, r, c):
        return dots(self.U[r], self.V[c]) + self.catalogue.bias[c] + self.offset[r]

    def found(self, n, rows=slice(None)):
        "Columns and scores by row."
        picked = np.arange(len(self.U))[rows]
        starts = np.concatenate([[0], np.cumsum(self.out[picked].sum(1))])
        seen = Seen(starts, np.nonzero(self.out[picked])[1])
        exact = lambda r, c: self.exact(picked[r], c)  # noqa: E731
        found = best(self.U[picked], self.offset[picked], self.catalogue, n, exact, seen)
        rows_of = [np.flatnonzero(found.rows == r) for r in range(len(picked))]
        return [(found.columns[at].tolist(), found.scores[at].tolist()) for at in rows_of]

    def slow(self, n):
        answer = []
        for r in range(len(self.U)):
            columns = [c for c in range(len(self.V)) if not self.out[r, c]]
            scores = {c: self.exact(np.array([r]), np.array([c]))[0] for c in columns}
            columns = sorted(columns, key=lambda c: (-scores[c], c))[:n]
            answer.append((columns, [scores[c] for c in columns]))
        return answer


@settings(deadline=None)
@given(
    m=st.integers(1, 5),
    n=st.integers(1, 12),
    k=st.integers(0, 9),
    levels=st.sampled_from([None, 1, 2]),
    seen=st.sampled_from([0, 0.3, 0.9, 1]),
    want=st.integers(1, 15),
    seed=st.integers(0, 999),
)
def test_the_best_are_those_of_the_full_matrix(m, n, k, levels, seen, want, seed):
    case = Case(m, n, k, seed, levels, seen)
    assert case.found(want) == case.slow(want)


@pytest.mark.parametrize("levels", [None, 1])
@pytest.mark.parametrize("n", [333, 640])
def test_groups_of_columns_find_the_same_as_the_full_matrix(n, levels):
    "Wide enough for the short cut through the maxima of groups, with a remainder and without."
    case = Case(6, n, 5, 0, levels, seen=0.2)
    for want in (1, 3, 5, n // 2):
        assert case.found(want) == case.slow(want)


def test_one_row_has_the_same_bits_as_among_all():
    case = Case(300, 700, 33, 1)
    everyone = case.found(10)
    for r in (0, 1, 100, 255, 256, 299):
        assert case.found(10, slice(r, r + 1)) == [everyone[r]]
    assert case.found(10, slice(37, 291)) == everyone[37:291]


@pytest.mark.parametrize(("height", "threads"), [(1, 1), (7, 2), (256, 8)])
def test_neither_blocks_nor_threads_show(monkeypatch, height, threads):
    case = Case(40, 90, 16, 2)
    want = case.slow(10)
    monkeypatch.setattr(module, "_ROWS", height)
    monkeypatch.setattr(module, "cores", lambda: threads)
    assert case.found(10) == want


def test_scores_that_differ_less_than_float32_can_tell_are_ranked_right():
    "A thousand columns within the rounding of single precision, in a shuffled order."
    rng = np.random.default_rng(0)
    V = np.zeros((1000, 2), "f4")
    V[:, 0] = 4096
    V[:, 1] = rng.permutation(1000) / 2.0**22
    U = np.ones((1, 2), "f4")
    catalogue = Catalogue(V, np.zeros(1000, "f4"))
    found = best(U, np.zeros(1), catalogue, 20, lambda r, c: dots(U[r], V[c]))
    assert found.columns.tolist() == np.argsort(-V[:, 1])[:20].tolist()
    assert len(np.unique((U @ V.T).astype("f4"))) < 3, "float32 cannot tell them apart"


def test_equal_scores_come_in_column_order_though_the_rest_differs():
    "What is too small to change a float64 score does not change the order."
    bias = np.linspace(0, 1e-25, 200).astype("f4")
    catalogue = Catalogue(np.zeros((200, 1), "f4"), bias)
    U, offset = np.ones((1, 1), "f4"), np.array([3.5])
    found = best(U, offset, catalogue, 5, lambda r, c: offset[r] + bias[c])
    assert found.columns.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.filterwarnings("error")
def test_numbers_too_large_for_float32_products_are_ranked_right():
    V = np.array([[1e30], [-1e30], [3e38], [2e38]], "f4")
    U = np.array([[1e25], [-1e25]], "f4")
    catalogue = Catalogue(V, np.zeros(4, "f4"))
    found = best(U, np.zeros(2), catalogue, 2, lambda r, c: dots(U[r], V[c]))
    assert found.columns.tolist() == [2, 3, 1, 0]


def test_nothing_to_choose_from_is_no_answer():
    empty = Catalogue(np.zeros((0, 3), "f4"), np.zeros(0, "f4"))
    exact = lambda r, c: np.zeros(len(r))  # noqa: E731
    assert best(np.zeros((2, 3), "f4"), np.zeros(2), empty, 3, exact).rows.tolist() == []
    full = Catalogue(np.zeros((4, 3), "f4"), np.zeros(4, "f4"))
    assert best(np.zeros((0, 3), "f4"), np.zeros(0), full, 3, exact).rows.tolist() == []
