"Biases beside plain means: who is best, who is worst, and where both disagree."

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import entable
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput


def rows(bias, counts=None, means=None, std=None, kind="item", labels=None):
    n = len(bias)
    return Embeddings(
        Vocab.of([f"i{j}" for j in range(n)], kind),
        np.zeros((n, 2)),
        np.asarray(bias),
        np.full(n, 100) if counts is None else np.asarray(counts),
        np.zeros(2),
        means=means,
        bias_std=std,
        labels=labels,
    )


def test_the_largest_biases_are_best_and_the_smallest_worst():
    found = rows([0.1, -0.5, 0.9, 0.9, -0.2, 0]).bias_ranking(2)
    assert found.best.columns == ["item", "bias", "count"]
    assert found.best["item"].to_list() == ["i2", "i3"]  # equal ones in row order
    assert found.worst["item"].to_list() == ["i1", "i4"]
    assert found.table["end"].to_list() == ["best", "best", "worst", "worst"]
    assert found.table["item"].to_list() == ["i2", "i3", "i4", "i1"]
    assert found.whole["bias"].is_sorted(descending=True)
    assert found.disagree.is_empty()  # without means nothing can


@given(st.integers(1, 30), st.integers(1, 20), st.integers(0, 99))
def test_no_row_is_at_both_ends(m, n, seed):
    found = rows(np.random.default_rng(seed).integers(-3, 4, m) + 0.5).bias_ranking(n)
    best, worst = found.best["item"].to_list(), found.worst["item"].to_list()
    assert not set(best) & set(worst)
    assert len(best) == min(n, (m + 1) // 2)
    assert len(worst) == min(n, m // 2)


def test_rows_with_few_ratings_are_left_out():
    made = rows([1, 2, 3, 4, 5, 6], counts=[60, 3, 70, 80, 3, 90])
    assert made.bias_ranking(1).best["item"].to_list() == ["i5"]
    assert "of 4 with at least 50 ratings" in made.bias_ranking().title
    assert made.bias_ranking(9, min_count=0).whole["item"].to_list() == [
        f"i{j}" for j in range(5, -1, -1)
    ]
    assert made.bias_ranking(9, min_count=75).whole["count"].to_list() == [90, 80]


def test_intervals_are_those_of_the_normal_distribution():
    made = rows([1.0, -1.0], std=np.array([0.1, 0.2], "f4"))
    found = made.bias_ranking(level=0.9).whole
    z = NormalDist().inv_cdf(0.95)
    np.testing.assert_allclose(found["low"], [1 - z * 0.1, -1 - z * 0.2], rtol=1e-6)
    np.testing.assert_allclose(found["high"], [1 + z * 0.1, -1 + z * 0.2], rtol=1e-6)
    assert "90%" in made.bias_ranking(level=0.9).notes[0]
    wider = made.bias_ranking(level=0.99).whole
    assert (wider["high"] > found["high"]).all()


def test_a_small_eager_group_lifts_the_mean_but_not_the_bias():
    bias = np.array([0.5, 0.0, 0.3, -0.8])
    means = 3.5 + np.array([0.5, 1.0, 0.3, -0.8])  # i1 is seen by those who love it
    found = rows(bias, means=means, counts=[300, 60, 300, 300]).bias_ranking(1)
    odd = found.disagree.row(0, named=True)
    assert (odd["item"], odd["rank"], odd["mean_rank"]) == ("i1", 3, 1)
    assert odd["gap"] == pytest.approx(1 - 60 / 960)
    assert "i1: 3 by bias, 1 by plain mean" in found.notes[-1]
    weights = found.whole["count"].to_numpy()
    assert (found.whole["gap"].to_numpy() * weights).sum() == pytest.approx(0, abs=1e-5)


def test_a_row_without_a_mean_is_ranked_all_the_same():
    made = rows([1, 2, 3], counts=[5, 0, 5], means=np.array([3, np.nan, 4]))
    found = made.bias_ranking(3, min_count=0)
    assert found.whole["mean_rank"].to_list() == [1, None, 2]
    assert len(found.disagree) == 2


@pytest.mark.parametrize(
    ("bias", "change", "says"),
    [
        ([0, 0, 0], {}, "no item biases to rank by: all 3 are 0"),
        ([1, 2, 3], {"n": 0}, "n=0 came"),
        ([1, 2, 3], {"level": 1}, "level=1 came; a number between 0 and 1"),
        ([1, 2, 3], {"level": True}, "level=True came"),
        ([1, 2, 3], {"level": "a"}, "level='a' came"),
        ([1, 2, 3], {"min_count": 101}, "no item has 101 ratings; the most is 100"),
        ([1, 2, 3], {"min_count": 1.5}, "min_count=1.5 came"),
    ],
)
def test_what_cannot_be_ranked_is_refused(bias, change, says):
    with pytest.raises(BadInput, match=says):
        rows(bias).bias_ranking(**change)


def test_users_have_their_own_words():
    assert (
        rows([1, 2], kind="user").bias_ranking().title.startswith("Most and least generous users")
    )
    assert rows([1, 2], kind="shop").bias_ranking().title.startswith("Highest and lowest shops")


def test_it_is_drawn_with_intervals_and_plain_means():
    pytest.importorskip("matplotlib")
    n = 30
    made = rows(
        np.linspace(-1, 1, n), means=np.linspace(2, 4, n), std=np.full(n, 0.1, "f4"),
        labels=np.array([f"Film {j}" if j else None for j in range(n)], object),
    )  # fmt: skip
    ax = made.bias_ranking(3).plot()
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert shown == ["Film 29", "Film 28", "Film 27", "Film 2", "Film 1", "i0"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["bias", "plain mean"]
    assert ax.yaxis_inverted()
    assert rows([1, 2, 3]).bias_ranking().plot().get_legend() is None


@pytest.mark.realdata
def test_on_real_films_close_shaves_are_the_anime_effect(real):
    folder = real / "ml-100k"
    ratings = entable.Ratings.read(folder / "u.data")
    model = entable.factorize(ratings)
    found = model.items.bias_ranking(10, min_count=50)
    assert 318 in found.best["item"].to_list()  # Schindler's List
    first = found.whole.filter(found.whole["mean_rank"] == 1).row(0, named=True)
    assert first["item"] == 408  # A Close Shave: few saw it, and they loved it
    assert first["rank"] > 15
    assert first["gap"] > 0.2
    assert 408 in found.disagree["item"].to_list()
    assert (found.whole["low"] < found.whole["bias"]).all()
    assert replace(model.items, bias_std=None).bias_ranking().whole.columns == [
        c for c in found.whole.columns if c not in ("low", "high")
    ]
