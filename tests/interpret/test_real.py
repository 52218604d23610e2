"Real distances as people give them."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.embeddings import Embeddings
from entable.interpret.real import real_distances


def rows(n=4):
    return Embeddings.of(list(range(n)), np.eye(n, 2))


def pairs(n):
    return np.triu_indices(n, 1)


@given(st.integers(0, 99), st.integers(1, 3))
def test_coordinates_are_apart_by_pythagoras(seed, d):
    places = np.random.default_rng(seed).standard_normal((4, d))
    found = real_distances(rows(), places)
    want = [np.linalg.norm(places[i] - places[j]) for i, j in zip(*pairs(4), strict=True)]
    np.testing.assert_allclose(found.between(*pairs(4)), want)
    np.testing.assert_array_equal(found.places, places)
    assert (found.unit, found.notes, found.at.tolist()) == ("", (), [0, 1, 2, 3])


def test_a_square_table_is_distances_only_where_it_can_be():
    table = np.array([[0, 1, 2, 3], [1, 0, 1, 2], [2, 1, 0, 1], [3, 2, 1, 0]])
    assert real_distances(rows(), table).distances is not None
    for at, value in (((0, 1), 5), ((2, 2), 1), (((0, 1), (1, 0)), -1), ((0, 1), np.nan)):
        other = table.astype(float)
        other[at] = value
        found = real_distances(rows(), other)
        assert found.distances is None
        assert found.coordinates is not None


def test_missing_values_come_in_any_form():
    for gap in (None, float("nan"), float("inf")):
        found = real_distances(rows(5), [[0, 1], [2, gap], [3, 4], [5, 5], [1, 2]])
        assert found.at.tolist() == [0, 2, 3, 4]
        assert found.notes == ("The place of 1 of 5 rows is not known.",)


def test_the_globe_is_round():
    places = [[52.5, 13.4], [48.1, 11.6], [0, 179], [0, -179]]
    found = real_distances(rows(), places, globe=True)
    a, b = np.array([0, 2]), np.array([1, 3])
    np.testing.assert_allclose(found.between(a, b), [505.6, 222.4], rtol=0.01)
    assert found.unit == " in km"
    flat = found.places
    middle = np.cos(np.radians(np.mean([place[0] for place in places])))
    np.testing.assert_allclose(flat[0], [13.4 * middle, 52.5])


@pytest.mark.parametrize("n", [3, 7])
def test_one_list_is_one_coordinate(n):
    found = real_distances(rows(n), list(range(n)))
    assert found.between(np.array([0]), np.array([n - 1])).tolist() == [n - 1]
