"New users and items, held to the formula."

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.errors import BadInput, UnknownName


def ridge(prior, V, bias, mean, noise, r):
    "The formula, dense and plain."
    X = np.c_[V.astype("f8"), np.ones(len(V))]
    inverse, W = np.linalg.inv(prior.cov), np.diag(noise)
    A = inverse + X.T @ W @ X
    return np.linalg.solve(A, inverse @ prior.mean + X.T @ W @ (r - mean - bias)), A


@pytest.mark.parametrize("m", [0, 1, 3, 9])
@pytest.mark.parametrize("k", [0, 1, 3])
def test_a_new_user_is_the_ridge_solve_of_its_ratings(made, k, m):
    model = made(k=k)
    scorer, items = model.scorer, model.items
    i = np.random.default_rng(m).permutation(9)[:m]
    r = np.random.default_rng(m).integers(1, 6, m).astype("f8")
    user = model.fold_in(dict(zip((i + 100).tolist(), r.tolist(), strict=True)))
    noise = 0.9 * scorer.item_noise[i].astype("f8")
    z, A = ridge(scorer.user_prior, items.vectors[i], items.bias[i], 3.5, noise, r)
    np.testing.assert_allclose(np.r_[user.vector, user.bias], z, atol=1e-9)
    X = np.c_[items.vectors.astype("f8"), np.ones(9)]
    raw = 3.5 + X @ z + items.bias
    np.testing.assert_allclose(user.predict(items.names), np.clip(raw, 1, 5), atol=1e-9)
    found = user.predict(items.names, details=True)
    own = np.einsum("mk,kl,ml->m", X, np.linalg.inv(A), X)
    want = np.sqrt(1 / (0.9 * scorer.item_noise) + own + scorer.item_var)
    np.testing.assert_allclose(found["std"], want, rtol=1e-6)


@pytest.mark.parametrize("m", [0, 2, 7])
def test_a_new_item_is_the_ridge_solve_of_its_ratings(made, m):
    model = made()
    scorer, users = model.scorer, model.users
    r = np.arange(m) % 5 + 1.0
    item = model.fold_in_item([(f"u{j}", r[j]) for j in range(m)])
    noise = 1.1 * scorer.user_noise[:m].astype("f8")
    z, _ = ridge(scorer.item_prior, users.vectors[:m], users.bias[:m], 3.5, noise, r)
    np.testing.assert_allclose(np.r_[item.vector, item.bias], z, atol=1e-9)
    raw = 3.5 + users.vectors.astype("f8") @ z[:-1] + z[-1] + users.bias
    np.testing.assert_allclose(item.predict(users.names), np.clip(raw, 1, 5), atol=1e-9)
    assert item.predict("nobody", details=True)["known_user"].to_list() == [False]


def test_the_more_ratings_the_surer(model):
    few, many = model.fold_in({100: 5}), model.fold_in({100 + j: 5 for j in range(9)})
    names = model.items.names
    assert (
        many.predict(names, details=True)["std"] < few.predict(names, details=True)["std"]
    ).all()


@given(st.lists(st.sampled_from(range(100, 109)), unique=True), st.integers(1, 12), st.booleans())
def test_a_new_user_is_recommended_what_a_full_sort_gives(model, rated, n, seen):
    user = model.fold_in(dict.fromkeys(rated, 4))
    raw = model.scorer.mean + user.bias + model.items.bias
    raw = raw + model.items.vectors.astype("f8") @ user.vector
    left = [i for i in range(9) if seen or i + 100 not in rated]
    want = [i + 100 for i in sorted(left, key=lambda i: (-round(raw[i], 9), i))[:n]]
    found = user.recommend(n, seen=seen)
    assert found["item"].to_list() == want
    assert found["rank"].to_list() == [*range(1, len(want) + 1)]
    assert found["score"].to_list() == user.predict(found["item"]).tolist()


def test_choices_are_limited_by_name(model):
    user = model.fold_in({"Title 5": 5, 100: 1})
    assert user.recommend(9, among=[101, 105])["item"].to_list() == [101]
    assert 101 not in user.recommend(9, without=[101])["item"].to_list()
    assert user.recommend().columns == ["rank", "item", "label", "score"]


def test_a_new_item_finds_its_users_and_its_likes(model):
    item = model.fold_in_item({"u1": 5, "u2": 1})
    found = item.recommend(3)
    assert found.columns == ["rank", "user", "score"]
    assert not {"u1", "u2"} & set(found["user"])
    assert found["score"].to_list() == item.predict(found["user"]).tolist()
    assert item.similar(2).columns == ["item", "label", "similarity", "count"]


def test_ratings_come_in_many_shapes_and_order_does_not_matter(model):
    pandas = pytest.importorskip("pandas")
    want = model.fold_in({100: 5, 103: 2}).row.z.tolist()
    frame = pl.DataFrame({"when": [1, 2], "rating": [5, 2], "item": [100, 103]})
    for ratings in (
        [(100, 5), (103, 2)],
        [(100, 1), (100, 5), (103, 2.0)],
        frame,
        frame.lazy(),
        frame.select("item", "rating").rename({"item": "film", "rating": "stars"}),
        pandas.DataFrame({"item": [100, 103], "rating": [5.0, 2.0]}),
        frame.to_arrow(),
        {np.int64(100): np.float32(5), 103: 2},
    ):
        assert model.fold_in(ratings).row.z.tolist() == want
    other = model.fold_in({103: 2, 100: 5}).row.z
    np.testing.assert_allclose(other, want, atol=1e-12)


@pytest.mark.parametrize("rating", ["5", None, float("nan"), float("inf"), True, [5], 10**400])
def test_a_rating_must_be_a_finite_number(model, rating):
    with pytest.raises(BadInput, match=r"the rating of 100 is .*finite number"):
        model.fold_in({100: rating})


def test_what_is_no_set_of_ratings_is_said_to_be_none(model):
    for ratings in (5, [100, 101], [(100,)], "abc"):
        with pytest.raises(BadInput, match="ratings were wanted as"):
            model.fold_in(ratings)
    with pytest.raises(BadInput, match="'item' and 'rating' were wanted"):
        model.fold_in(pl.DataFrame({"a": [1], "b": [2], "c": [3]}))


def test_an_unknown_item_is_looked_up_strictly(model):
    with pytest.raises(UnknownName, match="nearest: 'Title 5'"):
        model.fold_in({"Titel 5": 3})
    with pytest.raises(UnknownName, match="no user is named 'x'"):
        model.fold_in_item({"x": 3})


def test_folding_in_leaves_the_model_as_it_was(model):
    before = model.predict("u1", model.items.names).tolist()
    model.fold_in({100: 1, 101: 5})
    assert model.predict("u1", model.items.names).tolist() == before
    assert "2 ratings" in repr(model.fold_in({100: 1, 101: 5}))
