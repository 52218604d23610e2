"Distances against their formulas, ties in row order, warnings where little was learnt."

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from entable.embeddings import Embeddings
from entable.errors import BadInput, UnknownName
from entable.interpret import near

FLOATS = st.integers(-3, 3).map(float)
METRICS = ["cosine", "euclidean", "dot"]
COLUMN = {"cosine": "similarity", "euclidean": "distance", "dot": "score"}


def slow_top(scores, n):
    order = sorted(range(len(scores)), key=lambda j: (-scores[j], j))
    return [j for j in order if scores[j] > -np.inf][: max(n, 0)]


def cosine(a, b):
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / lengths) if lengths else 0.0


def slow(rows, query, metric, j):
    "What is measured between a query and row j."
    row = rows.vectors[j].astype(float)
    if metric == "cosine":
        return cosine(query, row)
    if metric == "euclidean":
        return float(np.linalg.norm(query - row))
    return float(query @ row) + float(rows.bias[j])


def rows(n=30, k=3, seed=0, counts=None, whole=True):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (n, k)) if whole else rng.standard_normal((n, k))
    bias = rng.integers(-2, 3, n) / 4
    return Embeddings.of([f"i{j}" for j in range(n)], vectors, bias, counts)


@given(
    arrays(np.float64, st.integers(0, 30), elements=FLOATS | st.just(-np.inf)), st.integers(0, 40)
)
def test_top_is_a_stable_sort(scores, n):
    assert near.top(scores, n).tolist() == slow_top(scores, n)


@given(arrays(np.float32, (7, 3), elements=FLOATS), arrays(np.float32, 3, elements=FLOATS))
def test_cosines_are_those_of_the_formula(vectors, query):
    for row, found in zip(vectors.astype(float), near.cosines(vectors, query), strict=True):
        assert found == pytest.approx(cosine(row, query.astype(float)))
        assert -1 <= found <= 1


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_do_not_show(monkeypatch, metric):
    made = rows(50, 4, whole=False)
    whole = made.nearest("i3", 49, metric)
    monkeypatch.setattr(near, "_BLOCK", 7)
    again = made.nearest("i3", 49, metric)
    assert again.positions.tolist() == whole.positions.tolist()
    np.testing.assert_allclose(again.measured, whole.measured, rtol=1e-14)


def test_nearest_leaves_out_and_never_invents():
    vectors = np.array([[1, 0], [2, 0], [0, 1], [1, 0]], "f4")
    positions, found = near.nearest(vectors, vectors[0], 10, leave_out=[0])
    assert positions.tolist() == [1, 3, 2]
    assert found.tolist() == [1, 1, 0]
    assert near.nearest(vectors, vectors[0], 1, leave_out=[0, 1])[0].tolist() == [3]


@given(st.integers(0, 99), st.sampled_from(METRICS), st.booleans(), st.integers(1, 40))
def test_neighbours_are_those_of_a_full_sort(seed, metric, far, n):
    made = rows(25, seed=seed)
    query = made.vectors[4].astype(float)
    all_of_them = np.array([slow(made, query, metric, j) for j in range(25)])
    better = all_of_them * (-1 if (metric == "euclidean") != far else 1)
    better[4] = -np.inf
    found = (made.farthest if far else made.nearest)("i4", n, metric)
    np.testing.assert_allclose(found.measured, all_of_them[found.positions], atol=1e-12)
    np.testing.assert_allclose(
        better[found.positions], np.sort(better)[::-1][: min(n, 24)], atol=1e-12
    )
    assert found.table.columns == ["item", COLUMN[metric], "count"]


def test_equal_ones_come_in_row_order_and_what_is_dear_comes_first():
    made = Embeddings.of(list("abcde"), [[1, 0], [2, 0], [1, 0], [0, 1], [3, 0]], [0, 0, 0.5, 9, 0])
    assert made.nearest("a").table["item"].to_list() == ["b", "c", "e", "d"]
    assert made.nearest("a", metric="euclidean").table["item"].to_list() == ["c", "b", "d", "e"]
    assert made.nearest("a", metric="dot").table["item"].to_list() == ["d", "e", "b", "c"]
    assert made.farthest("a", 2, "euclidean").table["item"].to_list() == ["e", "d"]


def test_rows_with_few_ratings_are_left_out_or_warned_of():
    made = rows(12, counts=[100, *range(1, 12)])
    found = made.nearest("i0", 11)
    assert found.notes == (
        "9 of these 11 were learnt from fewer than 10 ratings and may lie anywhere: "
        "min_count=10 leaves them out.",
    )
    enough = made.nearest("i0", 11, min_count=10)
    assert sorted(enough.table["item"]) == ["i10", "i11"]
    assert enough.notes == ()
    assert made.nearest("i1", 2, min_count=10).notes == (
        "i1 was learnt from 1 rating only: its neighbours are uncertain.",
    )
    assert rows(12).nearest("i1").notes == ()  # without counts nothing can be said


def test_a_vector_of_zeros_has_no_direction():
    made = Embeddings.of(list("abc"), [[0, 0], [1, 0], [2, 1]])
    found = made.nearest("a")
    assert found.measured.tolist() == [0, 0]
    assert "no direction" in found.notes[0]
    assert made.nearest("a", metric="euclidean").notes == ()


def test_an_analogy_closes_the_parallelogram():
    rng = np.random.default_rng(0)
    places, step = rng.standard_normal((20, 5)), rng.standard_normal(5)
    names = [f"c{j}" for j in range(20)] + [f"p{j}" for j in range(20)]
    made = Embeddings.of(names, np.r_[places, places + step])
    for j in range(1, 20):
        assert made.analogy("c0", "p0", f"c{j}", 1).table["item"].to_list() == [f"p{j}"]
    found = made.analogy("c0", "p0", "c1", 40)
    assert not {"c0", "p0", "c1"} & set(found.table["item"])
    assert found.title == "Items that are to c1 as p0 is to c0"


def test_unknown_names_numbers_and_metrics_are_refused():
    made = rows(counts=[3] * 30)
    with pytest.raises(UnknownName, match="nearest: 'i3'"):
        made.nearest("i3x")
    with pytest.raises(UnknownName):
        made.analogy("i1", "i2", "nothing")
    with pytest.raises(BadInput, match="one of 'cosine', 'euclidean', 'dot' was wanted"):
        made.nearest("i3", metric="manhattan")
    with pytest.raises(BadInput, match="one of 'cosine'"):
        made.distance("i3", "i4", "manhattan")
    with pytest.raises(BadInput, match=r"min_count=-1 came; a whole number from 0"):
        made.nearest("i3", min_count=-1)
    with pytest.raises(BadInput, match=r"no item has 4 ratings; the most is 3"):
        made.nearest("i3", min_count=4)
    for n in (0, -1, 1.5, True, "3", None):
        with pytest.raises(BadInput, match="a whole number from 1 on was wanted"):
            made.farthest("i3", n)


@pytest.mark.parametrize("metric", METRICS)
def test_distances_of_names_and_lists(metric):
    made = rows(whole=False)
    sign = {"cosine": lambda x: 1 - x, "euclidean": float, "dot": lambda x: -x}[metric]
    table = made.distance(["i0", "i5"], ["i1", "i2", "i3"], metric)
    assert table.shape == (2, 3)
    for a, row in zip((0, 5), table, strict=True):
        for b, found in zip((1, 2, 3), row, strict=True):
            want = sign(slow(made, made.vectors[a].astype(float), metric, b))
            assert found == pytest.approx(want)
            assert made.distance(f"i{a}", f"i{b}", metric) == pytest.approx(want)
            assert isinstance(made.distance(f"i{a}", f"i{b}", metric), float)
    assert made.distance("i0", ["i1", "i2"], metric).tolist() == table[0, :2].tolist()
    assert made.distance(["i0", "i5"], "i1", metric).tolist() == table[:, 0].tolist()
    assert made.distance([], ["i1"], metric).shape == (0, 1)


def test_a_row_is_at_no_distance_from_itself():
    made = rows(whole=False)
    assert made.distance("i1", "i1", "euclidean") == 0
    assert made.distance("i1", "i1") == pytest.approx(0, abs=1e-15)
    assert made.distance("i1", "i1") >= 0


@given(st.integers(0, 50), st.integers(1, 9))
def test_nearest_of_many_is_the_nearest_of_each(seed, n):
    made = rows(20, 3, seed, whole=False)
    at = np.random.default_rng(seed).permutation(20)[:7]
    found = near.nearest_of_many(near.unit(made.vectors), at, n)
    assert found.shape == (7, n)
    for position, some in zip(at, found, strict=True):
        want, _ = near.nearest(made.vectors, made.vectors[position], n, [position])
        assert some.tolist() == want.tolist()


def test_nearest_of_many_with_nothing_to_find():
    one = near.unit(np.ones((1, 2)))
    assert near.nearest_of_many(one, np.array([0]), 5).shape == (1, 0)
    assert near.nearest_of_many(one, np.array([], int), 5).shape == (0, 0)
    assert near.unit(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


def test_an_answer_is_drawn_with_its_names():
    pytest.importorskip("matplotlib")
    labels = [f"A title that is very long, longer than can be shown {j}" for j in range(12)]
    made = replace(rows(12, counts=[100, *range(1, 12)]), labels=np.array(labels, object))
    found = made.nearest(labels[0], 5)
    ax = found.plot()
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert len(shown) == len(ax.patches) == 5
    assert all(len(text) <= 33 for text in shown)
    assert ax.get_xlabel() == "similarity (pale: fewer than 10 ratings)"
    assert labels[0] in str(found)
    again = found.plot(ax)
    assert again is ax
