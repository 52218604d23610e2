"What is held out, by brute force."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.ratings import Ratings
from entable.data.split import last_of_each_user, latest, random_share
from entable.errors import BadInput

rows = st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=1, max_size=40)


@given(rows, st.integers(1, 5), st.booleans())
def test_the_last_of_each_user_by_brute_force(rows, n, timed):
    u, t = np.array(rows, np.int64).T
    held = last_of_each_user(u.astype(np.int32), t if timed else None, n)
    for user in set(u.tolist()):
        own = [k for k in range(len(rows)) if u[k] == user]
        if timed:
            own.sort(key=lambda k: t[k])
        expected = set(own[max(1, len(own) - n) :])
        assert {k for k in own if held[k]} == expected


@given(rows.filter(lambda rows: len(rows) > 1), st.floats(0.01, 0.99))
def test_the_latest_share_is_no_earlier_than_the_rest(rows, share):
    t = np.array(rows)[:, 1]
    if round(len(t) * share) in (0, len(t)):
        with pytest.raises(BadInput, match="a part is empty"):
            latest(t, share)
        return
    held = latest(t, share)
    assert held.sum() == round(len(t) * share)
    assert t[held].min() >= t[~held].max()
    edge = t == t[held].min()
    assert (np.diff(held[edge].astype(int)) >= 0).all(), "of equal times the later rows are held"


@given(st.integers(2, 200), st.integers(0, 2**32))
def test_a_random_share_is_seeded_and_of_the_right_size(n, seed):
    held = random_share(n, 0.5, seed)
    assert held.sum() == round(n / 2)
    assert np.array_equal(held, random_share(n, 0.5, seed))


def test_seeds_differ():
    assert not np.array_equal(random_share(100, 0.2, 0), random_share(100, 0.2, 1))


@pytest.mark.parametrize("share", [0, 1, -0.1, 2, float("nan")])
def test_a_share_lies_between_0_and_1(share):
    with pytest.raises(BadInput, match="between 0 and 1"):
        random_share(10, share, 0)


def test_times_are_needed_and_n_counts_from_1():
    with pytest.raises(BadInput, match="have no times"):
        latest(None, 0.2)
    with pytest.raises(BadInput, match="from 1 on, 0 came"):
        last_of_each_user(np.zeros(3, np.int32), None, 0)


def test_names_that_are_only_held_out_stay_known():
    ratings = Ratings.of(["a", "a", "b"], ["x", "y", "z"], [1, 2, 3], [1, 2, 3])
    train, test = ratings.split_time(0.34)
    assert train.frame().rows() == [("a", "x", 1.0, 1), ("a", "y", 2.0, 2)]
    assert test.frame().rows() == [("b", "z", 3.0, 3)]
    for part in (train, test, *ratings.split(0.34), *ratings.leave_last()):
        assert part.users is ratings.users
        assert part.items is ratings.items
        assert part.scale == (1.0, 3.0)
    assert [len(part) for part in ratings.leave_last()] == [2, 1]
