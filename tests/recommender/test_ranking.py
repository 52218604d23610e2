"Recommendations against a full score matrix."

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.errors import BadInput, UnknownName


def slow(model, user, n, seen=False, among=None, without=()):
    "Score everything, leave out, sort; (item, score) pairs."
    names = model.items.names.tolist()
    u = model.users.positions([user], strict=False)
    raw = [
        model.scorer.raw(model.users, model.items, u, np.array([i]))[0] for i in range(len(names))
    ]
    rated = set() if u[0] < 0 or seen else set(model.history.of_user(u[0])[0].tolist())
    allowed = [
        i
        for i, name in enumerate(names)
        if i not in rated and (among is None or name in among) and name not in without
    ]
    best = sorted(allowed, key=lambda i: (-raw[i], i))[:n]
    return [(names[i], float(model.scorer.score(raw[i]))) for i in best]


def pairs(frame):
    return list(zip(frame["item"].to_list(), frame["score"].to_list(), strict=True))


@settings(deadline=None)
@given(data=st.data())
def test_recommendations_are_those_of_the_full_matrix(made, data):
    draw = data.draw
    model = made(
        users=draw(st.integers(1, 6)),
        items=draw(st.integers(1, 12)),
        k=draw(st.sampled_from([0, 1, 3])),
        ratings=draw(st.integers(0, 40)),
        seed=draw(st.integers(0, 99)),
        scale=draw(st.sampled_from([0, 0.5])),  # 0: scores differ by biases alone
    )
    items = model.items.names.tolist()
    users = draw(st.lists(st.sampled_from([*model.users.names.tolist(), "nobody"]), max_size=5))
    among = draw(st.none() | st.lists(st.sampled_from(items)))
    without = draw(st.lists(st.sampled_from(items)))
    n, seen = draw(st.integers(1, 15)), draw(st.booleans())
    found = model.recommend(users, n, seen, among=among, without=without or None)
    want = [slow(model, user, n, seen, among, without) for user in users]
    assert pairs(found) == [pair for each in want for pair in each]
    assert found["user"].to_list() == [u for u, each in zip(users, want, strict=True) for _ in each]
    assert found["rank"].to_list() == [rank + 1 for each in want for rank in range(len(each))]
    for user, each in zip(users, want, strict=True):
        alone = model.recommend(user, n, seen, among=among, without=without or None)
        assert pairs(alone) == each


def test_scores_are_those_of_predict_to_the_last_bit(made):
    model = made(users=300, items=500, k=20, ratings=4000)
    found = model.recommend(model.users.names, n=12)
    assert found["score"].to_list() == model.predict(found["user"], found["item"]).tolist()
    assert len(found) == 300 * 12
    one = model.recommend("u271", n=12)
    assert one.rows() == [row for row in found.rows() if row[0] == "u271"]


def test_users_gathered_in_parts_get_the_same(made, monkeypatch):
    model = made(users=20, items=30)
    want = model.recommend(model.users.names, n=4)
    monkeypatch.setattr("entable.recommender.ranking._USERS", 6)
    assert model.recommend(model.users.names, n=4).equals(want)


def test_items_beyond_the_end_of_the_scale_keep_their_order(made):
    model = made(items=60, scale=3)
    found = model.recommend("u1", n=20, seen=True)
    assert (found["score"] == 5).sum() > 3
    raw = model.scorer.raw(
        model.users, model.items, np.full(20, 1), model.items.positions(found["item"])
    )
    assert (np.diff(raw) <= 0).all()


def test_equal_scores_come_in_the_order_of_items(made):
    from dataclasses import replace

    model = made(items=50, k=2, ratings=0)
    flat = replace(model.items, vectors=np.zeros((50, 2)), bias=np.zeros(50))
    model = replace(model, items=flat)
    assert model.recommend("u1", n=7)["item"].to_list() == [*range(100, 107)]


def test_a_user_who_has_seen_everything_gets_nothing(made):
    model = made(users=2, items=4, ratings=8)
    assert len(model.recommend("u0")) == 0
    assert model.recommend(["u0", "nobody"])["user"].to_list() == ["nobody"] * 4
    assert len(model.recommend("u0", seen=True)) == 4
    assert len(model.recommend("u0", among=[], seen=True)) == 0


def test_columns_of_an_empty_answer_are_those_of_a_full_one(model):
    full, empty = model.recommend("u1"), model.recommend([])
    assert len(empty) == 0
    assert empty.columns == full.columns == ["user", "rank", "item", "label", "score"]


def test_titles_choose_too_and_unknown_names_are_said(model):
    found = model.recommend("u1", seen=True, among=["Title 5", 106], without=[106])
    assert found["item"].to_list() == [105]
    for limit in ({"among": ["Titel 5"]}, {"without": "Titel 5"}):
        with pytest.raises(UnknownName, match="nearest: 'Title 5'"):
            model.recommend("u1", **limit)


def test_details_tell_of_unknown_users(model):
    found = model.recommend(["u1", "nobody"], n=2, details=True)
    assert found.columns[-4:] == ["std", "low", "high", "known_user"]
    assert found["known_user"].to_list() == [True, True, False, False]
    want = model.predict(found["user"], found["item"], details=True)
    assert found["std"].to_list() == want["std"].to_list()
    assert found["low"].to_list() == want["low"].to_list()


def test_without_history_nothing_can_be_left_out_silently(made):
    model = made(history=False)
    with pytest.raises(BadInput, match=r"saved without its history.*seen=True"):
        model.recommend("u1")
    assert len(model.recommend("u1", seen=True)) == 9


@pytest.mark.parametrize("n", [0, -3, 2.0, True, None, "5"])
def test_how_many_must_be_a_whole_number_from_one(model, n):
    with pytest.raises(BadInput, match="whole number from 1"):
        model.recommend("u1", n)
