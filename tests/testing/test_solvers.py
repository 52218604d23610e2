"The contract of solvers: what it plants, and that it sees through what does not keep to it."

import dataclasses

import numpy as np
import pytest

from entable import factorize
from entable.testing import check_solver, planted


def fitted(ratings):
    return factorize(ratings, solver="als", factors=4, threads=1)


def test_what_is_planted_is_a_truth_with_hidden_loves():
    ratings, hidden = planted(users=30, items=20, seed=3)
    names = list(zip(ratings.users.names[ratings.u], ratings.items.names[ratings.i], strict=True))
    number = np.array([int(str(user).split()[1]) for user, _ in names])
    alike = number % 2 == np.array([item for _, item in names]) % 2  # items are numbered from -1
    assert set(ratings.r[alike]) == {1.0}
    assert set(ratings.r[~alike]) == {5.0}
    assert len(hidden) == 30
    assert not set(hidden) & set(names)
    assert all(int(user.split()[1]) % 2 != item % 2 for user, item in hidden)


def test_the_same_seed_plants_the_same():
    one, again, other = planted(seed=1), planted(seed=1), planted(seed=2)
    assert np.array_equal(one[0].r, again[0].r)
    assert one[1] == again[1] != other[1]


def test_a_solver_passes():
    check_solver(fitted)


def test_a_solver_that_learns_nothing_is_found_out():
    def lazy(ratings):
        model = fitted(ratings)
        users = dataclasses.replace(model.users, vectors=np.zeros_like(model.users.vectors))
        return dataclasses.replace(model, users=users)

    with pytest.raises(AssertionError, match="of the hidden loves score above 4"):
        check_solver(lazy)


def test_a_solver_of_another_mind_each_time_is_found_out():
    turns = iter(range(100))

    def moody(ratings):
        return factorize(ratings, solver="sgd", factors=4, threads=1, seed=next(turns))

    with pytest.raises(AssertionError, match="twice, and not the same"):
        check_solver(moody)
