"Main axes against the singular values; turned ones against planted facts; signs that stay."

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import entable
from entable.data.sample import TASTES, sample_truth
from entable.embeddings import Embeddings
from entable.errors import BadInput, UnknownName


def rows(n=60, k=4, seed=0, counts=None, bias=None, labels=None, **facts):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, k)) * np.arange(k, 0, -1) + 1
    made = Embeddings.of([f"i{j}" for j in range(n)], vectors, bias, counts, labels)
    return replace(made, facts=pl.DataFrame(facts)) if facts else made


def permuted(made, order):
    return replace(
        made,
        vocab=entable.Vocab.of(made.names[order].tolist(), "item"),
        vectors=made.vectors[order],
        bias=made.bias[order],
        counts=made.counts[order],
        facts=None if made.facts is None else made.facts[order],
    )


def canonical(A, B):
    "Canonical correlations of two sets of columns."
    A, B = (np.linalg.qr(X - X.mean(0))[0] for X in (A, B))
    return np.linalg.svd(A.T @ B, compute_uv=False)


@given(st.integers(0, 99), st.integers(1, 4))
def test_axes_are_those_of_the_covariance(seed, k):
    made = rows(20, 4, seed)
    found = made.pca(k)
    V = made.vectors.astype(float)
    values, vectors = np.linalg.eigh(np.cov(V.T))
    np.testing.assert_allclose(found.shares, values[::-1][:k] / values.sum(), rtol=1e-6)
    np.testing.assert_allclose(np.abs(np.diag(found.components @ vectors[:, ::-1][:, :k])), 1)
    np.testing.assert_allclose(found.scores, (V - V.mean(0)) @ found.components.T, atol=1e-9)
    assert len(found) == k


def test_wide_vectors_of_few_rows_have_axes_too():
    made = rows(5, 300)
    found = made.pca(4)
    assert found.shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(4), atol=1e-9)


def test_only_rows_with_enough_ratings_shape_the_axes_but_all_get_scores():
    made = rows(counts=[100] * 50 + [1] * 10)
    found, alone = made.pca(2), rows(counts=[100] * 50 + [1] * 10).pca(2, min_count=0)
    V = made.vectors[:50].astype(float)
    assert (found.least, len(found.at)) == (50, 50)
    np.testing.assert_allclose(found.center, V.mean(0), rtol=1e-6)
    assert found.scores.shape == (60, 2)
    assert not np.allclose(found.shares, alone.shares)
    assert set(found.ends(1, 25)["item"]) == {f"i{j}" for j in range(50)}


@given(st.integers(0, 99), st.booleans(), st.booleans(), st.booleans())
def test_the_order_of_rows_and_the_sign_of_columns_do_not_matter(seed, biased, rated, turned):
    rng = np.random.default_rng(seed)
    made = rows(
        40, 4, seed,
        bias=rng.standard_normal(40) if biased else None,
        counts=rng.integers(60, 900, 40) if rated else None,
        year=rng.integers(1950, 2000, 40), film=rng.random(40) < 0.5,
    )  # fmt: skip
    found = made.pca(3, turned=turned)
    order = rng.permutation(40)
    again = permuted(made, order).pca(3, turned=turned)
    np.testing.assert_allclose(again.scores, found.scores[order], atol=1e-6)
    flipped = replace(made, vectors=made.vectors * np.array([-1, 1, -1, 1], "f4"))
    np.testing.assert_allclose(flipped.pca(3, turned=turned).scores, found.scores, atol=1e-6)


def test_the_high_end_is_better_liked_or_better_known_or_the_longer_tail():
    rng = np.random.default_rng(0)
    liked, known = rng.standard_normal(60), rng.integers(1, 500, 60)
    for found, by in (
        (rows(bias=liked, counts=known).pca(3, 0), liked),
        (rows(counts=known).pca(3, 0), np.log1p(known)),
    ):
        assert all(np.corrcoef(by, column)[0, 1] > 0 for column in found.scores.T)
    assert ((rows().pca(3).scores ** 3).sum(0) > 0).all()


def test_both_ends_come_outermost_first():
    labels = [f"Film {j}" for j in range(60)]
    labels[int(np.argmin(rows().pca(1).scores[:, 0]))] = None
    found = rows(labels=labels).pca(1)
    ends = found.ends(1, 2)
    order = np.argsort(found.scores[:, 0])
    assert ends.columns == ["end", "item", "label", "score", "count"]
    assert ends["end"].to_list() == ["low", "low", "high", "high"]
    assert ends["item"].to_list() == [f"i{j}" for j in (*order[:2], order[-1], order[-2])]
    row = found.table.row(0, named=True)
    assert (row["axis"], row["share"]) == (1, pytest.approx(found.shares[0]))
    assert row["low"][:2] == [f"i{order[0]}", f"Film {order[1]}"]  # the name where no label is
    assert len(found.ends(1, 99)) == 60
    assert "% " in str(found)


@pytest.mark.parametrize("axis", [0, 4, -1, 1.5, "1"])
def test_axes_are_numbered_from_one(axis):
    found = rows().pca(3)
    for ask in (found.ends, found.facts_of, found.named):
        with pytest.raises(BadInput, match="the axes are numbered from 1 to 3"):
            ask(axis)


def planted(n=300, seed=0):
    "Two facts mixed into the first two of four columns, and one that is noise."
    rng = np.random.default_rng(seed)
    year, dark = rng.integers(1950, 2000, n), rng.random(n) < 0.4
    traits = np.column_stack([(year - 1975) / 12, dark - 0.4, *rng.standard_normal((2, n))])
    turn = np.linalg.qr(np.random.default_rng(9).standard_normal((4, 4)))[0]
    vectors = traits * [1.2, 3, 1.45, 0.1] @ turn
    facts = {"noise": rng.standard_normal(n), "year": year, "dark": dark}
    made = Embeddings.of([f"i{j}" for j in range(n)], vectors)
    return replace(made, facts=pl.DataFrame(facts))


def test_axes_turn_to_the_facts_that_they_tell_of():
    made = planted()
    found, plain = made.pca(3), made.pca(3, turned=False)
    assert {found.named(1)[:4], found.named(2)[:4]} == {"year", "dark"}
    assert found.facts_of(1, 1)["r"][0] > 0.99
    assert found.facts_of(2, 1)["r"][0] > 0.95
    assert found.named(3) == "axis 3"
    assert found.notes[0].startswith("Turned, within the space of the main axes, to year +1.00")
    assert plain.correlations["r"].abs().max() < 0.95  # of one variance, so by chance anywhere
    assert found.shares.sum() == pytest.approx(plain.shares.sum())
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(3), atol=1e-9)
    assert canonical(found.scores, plain.scores).min() == pytest.approx(1)
    np.testing.assert_allclose(
        found.scores, (made.vectors - found.center) @ found.components.T, atol=1e-6
    )


def test_facts_that_tell_nothing_turn_nothing():
    made = replace(planted(), facts=planted(seed=5).facts)  # facts of other rows
    found, plain = made.pca(3), made.pca(3, turned=False)
    np.testing.assert_array_equal(found.scores, plain.scores)
    assert not any(note.startswith("Turned") for note in found.notes)
    few = rows(6, year=[1, 2, 3, 4, 5, 7])  # any fact fits six rows
    np.testing.assert_array_equal(few.pca(3).scores, few.pca(3, turned=False).scores)


def test_all_axes_may_have_a_fact_and_missing_facts_are_left_out_of_the_fit():
    made = planted()
    year = made.facts["year"].cast(pl.Float64)
    made = replace(made, facts=made.facts.with_columns(year.set(year > 1990, None)))
    found = made.pca(2, min_count=0)
    assert found.facts_of(1, 1)["r"][0] > 0.95
    known = found.correlations.filter(pl.col("fact") == "year")["n"].unique().to_list()
    assert known == [int((year <= 1990).sum())]


def test_an_axis_is_drawn_between_names():
    made = rows(year=[*range(60)], labels=[f"Film {j}" for j in range(60)])
    found = made.axis(["i1", "Film 2"], "i3")
    V = made.vectors.astype(float)
    low, high = V[1:3].mean(0), V[3]
    want = (V - (low + high) / 2) @ (high - low) / np.linalg.norm(high - low)
    np.testing.assert_allclose(found.scores[:, 0], want, atol=1e-5)
    assert found.scores[1:3].mean() == pytest.approx(-found.scores[3, 0], rel=1e-5)
    assert found.title.startswith("From Film 1 and 1 more to Film 3: ")
    assert len(found) == 1
    assert made.axis("i3", ["i1", "i2"]).scores[5, 0] == pytest.approx(-found.scores[5, 0])
    assert 0 < found.shares[0] < 1


def test_ends_that_are_no_ends_are_refused():
    made = rows()
    with pytest.raises(BadInput, match="both ends of the axis are at one place"):
        made.axis("i1", ["i1"])
    with pytest.raises(BadInput, match="the low end has no names"):
        made.axis([], ["i1"])
    with pytest.raises(UnknownName, match="no item is named 'x'"):
        made.axis("x", "i1")


@pytest.mark.parametrize(
    ("n", "k", "ask", "says"),
    [
        (60, 4, {"k": 5}, "5 axes were asked of vectors of 4 numbers; 4 is the most"),
        (3, 4, {"k": 3}, "3 axes were asked of 3 items; 4 are needed: ask for fewer axes"),
        (60, 4, {"k": 0}, "k=0 came"),
        (60, 4, {"k": True}, "k=True came"),
        (60, 4, {"min_count": 1}, "no item has 1 ratings"),
    ],
)
def test_more_axes_than_there_can_be_are_refused(n, k, ask, says):
    with pytest.raises(BadInput, match=says):
        rows(n, k).pca(**ask)


def test_few_rated_rows_and_rows_at_one_point_have_no_axes():
    with pytest.raises(BadInput, match=r"the 2 items with at least 9 ratings; 4 are needed: .* or"):
        rows(counts=[9, 9] + [1] * 58).pca(3, min_count=9)
    with pytest.raises(BadInput, match="all 5 items are at one point: there is no axis"):
        Embeddings.of(list("abcde"), np.ones((5, 3))).pca(2)


@pytest.mark.parametrize("k", [1, 3])
def test_axes_are_drawn_with_the_names_at_their_ends(k):
    pytest.importorskip("matplotlib")
    made = rows(labels=[f"A film of the name {j}" for j in range(60)], counts=[*range(60, 120)])
    ax = made.pca(k).plot()
    written = {text.get_text() for text in ax.texts}
    assert f"A film of the name {np.argmax(made.pca(k).scores[:, 0])}" in written
    assert ax.get_xlabel().startswith("axis 1: ")
    assert ax.get_ylabel().startswith("axis 2: " if k > 1 else "ratings")
    if k > 1:
        again = made.pca(k).plot(ax, axes=(3, 1))
        assert (again is ax, ax.get_xlabel()[:7]) == (True, "axis 3:")
        with pytest.raises(BadInput, match="axis=4 came"):
            made.pca(k).plot(axes=(1, 4))
    assert rows().pca(1).plot().get_ylabel() == "rank on the axis"


def test_ratings_are_drawn_by_their_logarithm_with_round_ticks():
    pytest.importorskip("matplotlib")
    ax = rows(counts=[*range(40, 100)]).pca(1, min_count=0).plot()
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    shown = [text.get_text() for text in ax.get_yticklabels()]
    ticks = [t for t, y in zip(shown, ax.get_yticks(), strict=True) if low <= y <= high]
    assert ticks == ["50", "100"]
    assert ax.get_yscale() == "log"


@pytest.fixture(scope="module")
def learnt():
    "Models of one made-up data set with two seeds, and what was planted."
    ratings = entable.sample_ratings(40_000, 600, 300)
    made = [entable.factorize(ratings, factors=6, seed=seed) for seed in (0, 1)]
    return made, sample_truth(600, 300)


def test_planted_tastes_are_recovered(learnt):
    (model, _), truth = learnt
    k = len(TASTES)
    items, users = model.items.pca(k, min_count=20), model.users.pca(k, min_count=20)
    for found, planted_ones in ((items, truth.V), (users, truth.U)):
        assert canonical(found.scores[found.at], planted_ones[found.at]).min() >= 0.9


def test_turned_axes_are_the_planted_ones_each_by_its_name(learnt):
    (model, _), truth = learnt
    found = model.items.pca(len(TASTES), min_count=20)
    match = np.abs(np.corrcoef(found.scores[found.at].T, truth.V[found.at].T)[:5, 5:])
    assert sorted(match.argmax(1)) == [0, 1, 2, 3, 4]
    assert match.max(1).min() > 0.9
    for axis, taste in enumerate(match.argmax(1), 1):
        words = TASTES[taste].split(" or ")
        assert found.named(axis).split()[1] in words


@pytest.mark.parametrize("turned", [True, False])
def test_two_seeds_agree_on_axes_and_signs(learnt, turned):
    (one, other), _ = learnt
    k = 5 if turned else 1  # five planted axes of one variance are in any order by variance
    a, b = (model.items.pca(5, min_count=20, turned=turned) for model in (one, other))
    for x, y in zip(a.scores.T[:k], b.scores.T[:k], strict=True):
        assert np.corrcoef(x, y)[0, 1] > 0.9 if turned else np.isfinite(x).all()


@pytest.mark.realdata
def test_on_real_films_the_first_axes_have_names(real):
    folder = real / "ml-100k"
    with pytest.warns(UserWarning, match="Latin-1"):
        ratings = entable.Ratings.read(
            folder / "u.data", names=folder / "u.item", item_facts=folder / "u.item"
        )
    one, other = (entable.factorize(ratings, seed=seed).items for seed in (0, 1))
    found, again = one.pca(3, min_count=50), other.pca(3, min_count=50)
    print(found)
    first, second = found.facts_of(1, 1).row(0), found.facts_of(2, 1).row(0)
    assert first[0] == "release_date"
    assert first[1] >= 0.7
    assert second[0] == "Action"
    assert second[1] >= 0.45
    for x, y in zip(found.scores[found.at].T, again.scores[again.at].T, strict=True):
        assert np.corrcoef(x, y)[0, 1] > 0.95
    plain = [rows.pca(3, min_count=50, turned=False) for rows in (one, other)]
    for x, y in zip(*(p.scores[p.at].T for p in plain), strict=True):
        assert np.corrcoef(x, y)[0, 1] > 0.95
    assert list(plain[0].shares) == sorted(plain[0].shares, reverse=True)
