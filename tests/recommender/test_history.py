"Compressed rows against plain triples."

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.errors import BadInput
from entable.recommender import History

USERS, ITEMS, STARS = np.array([2, 0, 2, 0]), np.array([1, 3, 0, 2]), np.array([1.0, 2, 3, 4])


@pytest.fixture
def history():
    return History.of(USERS, ITEMS, STARS, users=4, items=5)


def test_rows_hold_the_ratings_of_each_user_in_item_order(history):
    assert history.indptr.tolist() == [0, 2, 2, 4, 4]
    assert [a.tolist() for a in history.of_user(0)] == [[2, 3], [4, 2]]
    assert [a.tolist() for a in history.of_user(1)] == [[], []]
    assert [a.tolist() for a in history.of_user(-1)] == [[], []]
    assert len(history) == 4


def test_triples_are_what_went_in(history):
    got = set(zip(*(a.tolist() for a in history.triples()), strict=True))
    assert got == set(zip(USERS.tolist(), ITEMS.tolist(), STARS.tolist(), strict=True))


def test_some_users_are_selected_in_the_order_asked(history):
    indptr, items = history.select(np.array([2, -1, 0, 2, 1]))
    assert indptr.tolist() == [0, 2, 2, 4, 6, 6]
    assert items.tolist() == [0, 1, 2, 3, 0, 1]
    assert history.select(np.zeros(0, int))[0].tolist() == [0]


def test_no_ratings_at_all():
    none = History.of(np.zeros(0, int), np.zeros(0, int), np.zeros(0), users=2, items=0)
    assert none.indptr.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("indptr", "items", "ratings"),
    [
        ([0, 2, 1], [0, 1], [1, 1]),
        ([1, 2], [0, 1], [1, 1]),
        ([0, 3], [0, 1], [1, 1]),
        ([0, 2], [1, 0], [1, 1]),
        ([0, 2], [1, 1], [1, 1]),
        ([0, 2], [-1, 0], [1, 1]),
        ([0, 2], [0, 1], [1]),
        ([0, 2], [0, 1], [1, np.nan]),
        ([], [], []),
        ([[0]], [], []),
    ],
)
def test_rows_that_do_not_fit_are_refused(indptr, items, ratings):
    with pytest.raises(BadInput, match="history"):
        History(np.array(indptr), np.array(items), np.array(ratings))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 40), st.integers(0, 9))
def test_pairs_it_holds_are_those_it_was_made_of(n, seed):
    rng = np.random.default_rng(seed)
    pairs = np.unique(rng.integers(0, 7 * 5, n))
    held = History.of(pairs // 5, pairs % 5, np.ones(len(pairs)), 7, 5)
    u, i = (x.ravel() for x in np.indices((9, 7)))  # from -1 to one beyond
    u, i = u - 1, i - 1
    known = {(int(p) // 5, int(p) % 5) for p in pairs}
    inside = i < 5
    assert held.holds(u[inside], i[inside], 5).tolist() == [
        (a, b) in known for a, b in zip(u[inside], i[inside], strict=True)
    ]
