"What a cut to main directions keeps: all of it at full width, what is there at the rank."

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret import reduction


def rows(n=60, k=6, rank=None, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, rank or k)) @ rng.standard_normal((rank or k, k))
    return Embeddings.of([f"i{j}" for j in range(n)], vectors + (rank is None))


def kept_by_hand(made, k, n):
    "Share of the n nearest by cosine that stay, by full sorts."
    V = made.vectors.astype(float)
    _, _, directions = np.linalg.svd(V, full_matrices=False)
    sets = []
    for X in (V, V @ directions[:k].T):
        U = X / np.linalg.norm(X, axis=1)[:, None]
        table = U @ U.T
        np.fill_diagonal(table, -9)
        sets.append(np.argsort(-table, axis=1)[:, :n])
    return np.mean([len(set(a) & set(b)) / n for a, b in zip(*sets, strict=True)])


@given(st.integers(0, 50), st.integers(2, 6), st.integers(1, 12))
def test_shares_are_those_of_full_sorts(seed, k, n):
    made = rows(seed=seed)
    found = made.reduction([k], n).table
    row = found.filter(found["k"] == k).row(0, named=True)
    assert row["kept"] == pytest.approx(kept_by_hand(made, k, n), abs=1e-6)
    values = np.linalg.svd(made.vectors.astype(float), compute_uv=False) ** 2
    assert row["variance"] == pytest.approx(values[:k].sum() / values.sum())
    assert found["k"][-1] == 6
    assert found["kept"][-1] == 1


def test_nothing_is_lost_at_the_rank():
    found = rows(k=8, rank=3).reduction([2, 3, 5]).table
    assert found["k"].to_list() == [2, 3, 5, 8]
    assert found["kept"][0] < 0.95
    np.testing.assert_allclose(found["kept"][1:], 1, atol=0.01)
    np.testing.assert_allclose(found["variance"][1:], 1)


def test_powers_of_two_are_tried_unless_others_are_asked_for():
    found = rows(k=6).reduction()
    assert found.table["k"].to_list() == [2, 4, 6]
    assert found.table.columns == ["k", "variance", "kept", "ms"]
    assert (found.table["ms"] > 0).all()
    assert rows(k=1).reduction().table["k"].to_list() == [1]
    assert rows(k=6).reduction([6, 2, 2]).table["k"].to_list() == [2, 6]
    assert found.notes == ()


def test_the_title_names_the_smallest_cut_that_keeps_nine_of_ten():
    made = rows(k=8, rank=3)
    assert made.reduction([2, 3, 5]).title.startswith("3 of 8 numbers keep 100% of the 10 nearest")
    assert made.reduction([1]).title.startswith("1 of 8 numbers keep ")
    assert made.reduction([8]).title.startswith("8 of 8 numbers keep 100% of the 10 nearest items")


def test_of_many_rows_some_are_looked_at(monkeypatch):
    monkeypatch.setattr(reduction, "_MOST", 20)
    made = rows()
    found = made.reduction()
    assert found.notes == ("Neighbours of 20 of 60 rows were looked at.",)
    assert found.table["kept"].to_list() == made.reduction().table["kept"].to_list()


def test_few_rows_have_few_neighbours():
    found = rows(3).reduction([1], n=10)
    assert found.n == 2
    assert found.table["kept"].to_list() == [1, 1]
    zeros = Embeddings.of(list("abc"), np.zeros((3, 2))).reduction()
    assert zeros.table["variance"].to_list() == [0]


@pytest.mark.parametrize(
    ("ks", "n", "says"),
    [
        ([7], 10, "k=7 came; the vectors have 6 numbers"),
        ([0], 10, "k=0 came; a whole number from 1 on"),
        ([1.5], 10, "k=1.5 came"),
        ([2], 0, "n=0 came"),
    ],
)
def test_cuts_that_cannot_be_made_are_refused(ks, n, says):
    with pytest.raises(BadInput, match=says):
        rows().reduction(ks, n)


def test_rows_without_neighbours_or_numbers_are_refused():
    with pytest.raises(BadInput, match="1 rows have no neighbours"):
        rows(1).reduction()
    empty = rows(3)
    with pytest.raises(BadInput, match="vectors of 0 numbers"):
        replace(empty, vectors=empty.vectors[:, :0], unseen=empty.unseen[:0]).reduction()


def test_it_is_drawn_against_the_numbers_per_vector():
    pytest.importorskip("matplotlib")
    ax = rows().reduction().plot()
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2", "4", "6"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["variance", "10 nearest"]
    assert rows().reduction(n=1).plot().get_legend().get_texts()[1].get_text() == "nearest"
