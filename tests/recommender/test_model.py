"Predictions by name, pair by pair."

from dataclasses import replace

import numpy as np
import pytest

from entable.data.vocab import Vocab
from entable.errors import BadInput, UnknownName
from entable.recommender import History


def by_hand(model, user, item):
    users, items = model.users, model.items
    u = users.names.tolist().index(user) if user in users.vocab else None
    i = items.names.tolist().index(item) if item in items.vocab else None
    U, bu = (users.unseen, users.unseen_bias) if u is None else (users.vectors[u], users.bias[u])
    V, bi = (items.unseen, items.unseen_bias) if i is None else (items.vectors[i], items.bias[i])
    raw = model.scorer.mean + float(bu) + float(bi) + U.astype("f8") @ V.astype("f8")
    return min(max(raw, model.scorer.lo), model.scorer.hi)


@pytest.mark.parametrize("k", [0, 1, 4])
def test_predictions_are_those_of_the_formula(made, k):
    model = made(k=k)
    who, what = ["u0", "u3", "nobody", "u6", None], [100, 999, 103, 108, 101]
    want = [by_hand(model, u, i) for u, i in zip(who, what, strict=True)]
    got = model.predict(who, what)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_one_name_meets_many(model):
    want = model.predict(["u1", "u1"], [100, 104])
    assert model.predict("u1", [100, 104]).tolist() == want.tolist()
    assert (
        model.predict(["u1", "u2"], 100).tolist() == model.predict(["u1", "u2"], [100] * 2).tolist()
    )
    assert model.predict("u1", 100).tolist() == want[:1].tolist()
    assert model.predict([], []).tolist() == []


def test_a_unique_title_predicts_like_its_id(model):
    assert model.predict("u1", "Title 5") == model.predict("u1", 105)
    with pytest.raises(UnknownName, match="by its id"):
        model.predict("u1", "Title 3")


def test_details_flag_who_is_unknown_and_give_an_interval(model):
    found = model.predict(["u1", "nobody", "u1"], [100, 100, -1], details=True)
    assert found.columns == [
        *("user", "item", "score", "std", "low", "high", "known_user", "known_item"),
    ]
    assert found["known_user"].to_list() == [True, False, True]
    assert found["known_item"].to_list() == [True, True, False]
    assert (
        found["score"].to_list() == model.predict(["u1", "nobody", "u1"], [100, 100, -1]).tolist()
    )
    scorer = model.scorer
    want = np.sqrt(
        1 / (scorer.user_noise[1] * scorer.item_noise[0]) + scorer.user_var[1] + scorer.item_var[0]
    )
    assert found["std"][0] == pytest.approx(want)
    assert ((found["low"] <= found["score"]) & (found["score"] <= found["high"])).all()
    wide = model.predict(["u1"], [100], details=True, level=0.99)
    assert (wide["low"][0], wide["high"][0]) != (found["low"][0], found["high"][0])


def test_an_unknown_name_is_scored_by_the_mean_taste_never_at_random(model):
    scores = model.predict(["x", "y", None, 7.5], [100] * 4)
    assert len(set(scores.tolist())) == 1


def test_columns_of_different_length_are_refused(model):
    with pytest.raises(BadInput, match="2 users and 3 items came"):
        model.predict(["u1", "u2"], [100, 101, 102])
    with pytest.raises(BadInput, match="users and items were wanted"):
        model.predict(["u1", "u2"])
    with pytest.raises(BadInput, match="share between 0 and 1"):
        model.predict("u1", 100, details=True, level=2)


def test_similar_is_strict_and_knows_titles(model):
    found = model.similar("Title 5", n=3)
    assert found.columns == ["item", "label", "similarity", "count"]
    assert 105 not in found["item"].to_list()
    assert found["similarity"].to_list() == sorted(found["similarity"], reverse=True)
    assert model.similar_users("u1").columns == ["user", "similarity", "count"]
    with pytest.raises(UnknownName, match=r"no item is named 'Titel 5'; nearest: 'Title 5'"):
        model.similar("Titel 5")
    with pytest.raises(UnknownName, match=r"no user is named 'v1'; .*'u1'"):
        model.similar_users("v1")


def test_permuted_names_give_the_same_scores(model):
    "Which row a name has does not matter."
    rng = np.random.default_rng(0)
    order = rng.permutation(len(model.items))
    items, scorer = model.items, model.scorer
    moved = replace(
        items,
        vocab=Vocab.of(items.names[order], "item"),
        vectors=items.vectors[order],
        bias=items.bias[order],
        counts=items.counts[order],
        means=None,
        labels=None,
        facts=None,
        bias_std=None,
    )
    u, i, r = model.history.triples()
    other = replace(
        model,
        items=moved,
        scorer=replace(
            scorer, item_noise=scorer.item_noise[order], item_var=scorer.item_var[order]
        ),
        history=History.of(u, np.argsort(order)[i], r, len(model.users), len(order)),
    )
    who, what = ["u1"] * len(order), items.names.tolist()
    assert model.predict(who, what).tolist() == other.predict(who, what).tolist()
    assert (
        model.recommend("u1", n=4)["item"].to_list() == other.recommend("u1", n=4)["item"].to_list()
    )


def test_a_constant_added_to_the_mean_is_added_to_every_score(model):
    wide = replace(model, scorer=replace(model.scorer, lo=-np.inf, hi=np.inf))
    more = replace(wide, scorer=replace(wide.scorer, mean=wide.scorer.mean + 10))
    what = model.items.names
    np.testing.assert_allclose(more.predict("u1", what), wide.predict("u1", what) + 10, atol=1e-12)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("items", lambda m: m.users),
        ("users", lambda m: replace(m.users, counts=m.users.counts + 1)),
        ("items", lambda m: replace(m.items, counts=np.roll(m.items.counts, 1))),
        ("history", lambda m: replace(m.history, indptr=m.history.indptr[:-1])),
        ("scorer", lambda m: replace(m.scorer, user_noise=np.ones(3), user_var=np.ones(3))),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(model, part, change):
    with pytest.raises(BadInput):
        replace(model, **{part: change(model)})
