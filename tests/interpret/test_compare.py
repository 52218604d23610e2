"Two sets of rows: a turn is undone, what moved is found, names must be common."

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret import compare
from entable.interpret.compare import common, compare_rows, rotation


def rows(n=40, k=4, seed=0, names=None, counts=None, labels=None):
    rng = np.random.default_rng(seed)
    names = [f"i{j}" for j in range(n)] if names is None else names
    return Embeddings.of(names, rng.standard_normal((n, k)), rng.standard_normal(n), counts, labels)


def turned(made, seed=1, k=None):
    "The same rows turned and mirrored at random, in another order."
    rng = np.random.default_rng(seed)
    k = k or made.k
    turn = np.linalg.qr(rng.standard_normal((k, k)))[0]
    wide = np.pad(made.vectors.astype(float), ((0, 0), (0, k - made.k))) @ turn
    order = rng.permutation(len(made))
    names = made.names[order].tolist()
    return Embeddings.of(names, wide[order], made.bias[order], made.counts[order])


@given(st.integers(0, 99), st.integers(1, 6))
def test_rotation_is_the_best_orthogonal_matrix(seed, k):
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((2, 12, k))
    T = rotation(A, B)
    np.testing.assert_allclose(T @ T.T, np.eye(k), atol=1e-12)
    best = ((A - B @ T) ** 2).sum()
    for _ in range(20):
        other = np.linalg.qr(rng.standard_normal((k, k)))[0]
        assert ((A - B @ other) ** 2).sum() >= best - 1e-9


@given(st.integers(0, 30))
def test_a_turn_moves_nothing(seed):
    here = rows(seed=seed)
    found = here.compare(turned(here, seed + 1))
    np.testing.assert_allclose(found.moved, 0, atol=1e-5)
    assert found.correlation == pytest.approx(1)
    assert found.bias_correlation == pytest.approx(1)
    assert found.overlap == 1
    assert found.at.tolist() == list(range(40))


def test_vectors_of_another_width_are_filled_up():
    here = rows(k=3)
    there = turned(here, k=5)
    for a, b in ((here, there), (there, here)):
        found = a.compare(b)
        assert found.turn.shape == (5, 5)
        np.testing.assert_allclose(found.moved, 0, atol=1e-5)


def test_what_moved_comes_first():
    here = rows(200, labels=[f"Film {j}" for j in range(200)])
    there = turned(here)
    vectors = there.vectors.copy()
    at = there.position("i7")
    vectors[at] = -vectors[at]
    found = here.compare(replace(there, vectors=vectors))
    first = found.table.row(0, named=True)
    assert found.table.columns == ["item", "label", "moved", "kept", "count", "count_there"]
    assert (first["item"], first["label"]) == ("i7", "Film 7")
    size = np.sqrt((here.vectors.astype(float) ** 2).sum(1).mean())
    assert first["moved"] == pytest.approx(
        2 * np.linalg.norm(here.vectors[7].astype(float)) / size, rel=0.05
    )
    assert first["kept"] == 0
    assert found.table["moved"].is_sorted(descending=True)


def test_unlike_sets_have_little_in_common():
    here, there = rows(400, seed=0), rows(400, seed=1)
    found = here.compare(there)
    assert found.correlation < 0.3
    assert found.overlap < 0.2
    assert abs(found.bias_correlation) < 0.2
    assert found.title.startswith("400 common items: vectors correlate by 0.")


def test_only_common_names_are_compared_and_types_are_strict():
    here = rows(5, names=[1, 2, 3, 4, 5], counts=[5, 6, 7, 8, 9])
    there = rows(4, names=[9, 4, 2, 5], counts=[0, 1, 2, 3])
    assert [x.tolist() for x in common(here, there)] == [[1, 3, 4], [2, 1, 3]]
    found = here.compare(there)
    assert found.counts.tolist() == [6, 8, 9]
    assert found.other_counts.tolist() == [2, 1, 3]
    assert found.notes == ("5 items are here, 4 there.",)
    with pytest.raises(BadInput, match="no item of the 5 here is among the 2 there"):
        here.compare(rows(2, names=["1", "2"]))
    with pytest.raises(BadInput, match="no item of the 5 here is among the 0 there"):
        here.compare(Embeddings.of([], np.empty((0, 4))))


def test_rows_with_few_ratings_may_be_left_out():
    here, there = rows(6, counts=[0, 5, 9, 9, 9, 9]), rows(6, counts=[9, 9, 9, 9, 9, 1])
    assert here.compare(there, min_count=5).at.tolist() == [1, 2, 3, 4]
    with pytest.raises(BadInput, match="no common item has 9 ratings on both sides"):
        rows(2, counts=[9, 0]).compare(rows(2, counts=[0, 9]), min_count=9)
    with pytest.raises(BadInput, match="no item has 10 ratings; the most is 9"):
        here.compare(there, min_count=10)


@pytest.mark.parametrize("k", [0, 4])
def test_sets_without_vectors_are_compared_by_their_biases(k):
    here = rows()
    flat = replace(here, vectors=np.zeros((40, k)), unseen=np.zeros(k))
    for a, b in ((here, flat), (flat, here), (flat, flat)):
        found = a.compare(b)
        assert np.isnan(found.correlation)
        assert np.isnan(found.overlap)
        assert np.isfinite(found.moved).all()
        assert found.title == (
            "40 common items: vectors are all 0 on one side, biases correlate by 1.00"
        )


def test_one_common_row_has_no_neighbours_and_no_bias_has_no_correlation():
    found = rows(1).compare(Embeddings.of(["i0"], [[1, 0, 0, 0]]))
    assert np.isnan(found.overlap)
    assert np.isnan(found.bias_correlation)
    assert found.title == "1 common items: vectors correlate by 1.00 once turned"
    assert found.table["kept"].to_list() == [None]


def test_of_many_rows_the_neighbours_of_a_sample_are_compared(monkeypatch):
    monkeypatch.setattr(compare, "_MOST", 10)
    here = rows()
    there = turned(here)
    found, whole = compare_rows(here, there), here.compare(there)
    assert np.isfinite(found.kept).sum() == 10
    assert np.isfinite(found.kept[np.argsort(-found.moved, kind="stable")[:5]]).all()
    assert found.notes == ("Neighbours were compared for 10 of 40 rows.",)
    assert whole.kept.tolist() == pytest.approx(found.kept.tolist(), nan_ok=True)


@pytest.mark.parametrize("counts", [None, [*range(40)]])
def test_it_is_drawn_with_the_names_of_what_moved(counts):
    pytest.importorskip("matplotlib")
    here = rows(counts=counts)
    found = here.compare(rows(seed=3))
    ax = found.plot()
    assert found.table["item"][0] in {text.get_text() for text in ax.texts}
    assert ax.get_xlabel() == ("ratings" if counts else "row")
    assert len(found.shown) == 15
    assert found.title in str(found)
