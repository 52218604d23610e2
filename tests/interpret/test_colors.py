"What colours say: numbers with NaN, or a few groups."

from datetime import date

import numpy as np
import polars as pl
import pytest

from entable import Embeddings
from entable._plots import GROUPS, PALE
from entable.errors import BadInput
from entable.interpret.colors import Coloring, colored

N = 12


@pytest.fixture(scope="module")
def rows():
    facts = pl.DataFrame(
        {
            "name": range(N),
            "year": [None if j == 1 else 1980 + j for j in range(N)],
            "out": [date(1980 + j, 1, 1) for j in range(N)],
            "good": [None if j == 0 else j % 3 == 0 for j in range(N)],
            "genre": ["Drama|War", "War", None, "Comedy|Drama", "Drama", "", "War"] + ["Drama"] * 5,
        }
    )
    bias = np.linspace(-1, 1, N)
    return Embeddings.of([*range(N)], np.eye(N), bias, range(1, N + 1), facts=facts)


def test_bias_is_centred_and_counts_and_numbers_are_not(rows):
    bias, count, year = (colored(rows, name) for name in ("bias", "count", "year"))
    np.testing.assert_allclose(bias.numbers, np.linspace(-1, 1, N), atol=1e-7)
    assert bias.limits[0] == -bias.limits[1]
    assert count.numbers.tolist() == [*range(1, N + 1)]
    assert 1 < count.limits[0] < count.limits[1] < N
    assert np.isnan(year.numbers[1])
    assert year.column.to_list()[:3] == [1980, None, 1982]


def test_dates_are_numbers_and_flags_are_two_groups(rows):
    assert colored(rows, "out").numbers[:2].tolist() == [1980, 1981]
    flags = colored(rows, "good").groups
    assert [(name, len(at)) for name, _, at in flags] == [
        ("not good", 8),
        ("good", 3),
        ("not known", 1),
    ]
    assert flags[-1][1] == PALE


def test_of_a_list_the_first_gives_the_group(rows):
    found = colored(rows, "genre")
    assert [(name, at.tolist()) for name, _, at in found.groups] == [
        ("Drama", [0, 4, 7, 8, 9, 10, 11]),
        ("War", [1, 6]),
        ("Comedy", [3]),
        ("not known", [2, 5]),
    ]
    assert "the first gives the colour" in found.notes[0]
    assert found.column.to_list()[:3] == ["Drama", "War", None]


def test_more_groups_than_colours_leave_others():
    texts = tuple("abcdefghij"[j] for j in range(10) for _ in range(10 - j))
    found = Coloring("letter", texts=texts).groups
    assert [name for name, _, _ in found] == [*"abcdefg", "other"]
    assert [color for _, color, _ in found] == [*GROUPS]
    assert len(found[-1][2]) == 3 + 2 + 1
    together = np.concatenate([at for _, _, at in found])
    assert sorted(together.tolist()) == [*range(len(texts))]


def test_as_many_groups_as_colours_have_one_each():
    found = Coloring("letter", texts=tuple("hgfedcba")).groups
    assert [name for name, _, _ in found] == [*"abcdefgh"]


def test_a_group_that_is_called_other_or_not_known_stays_itself():
    texts = ("other",) * 3 + (None,) * 2 + ("not known",)
    assert [len(at) for _, _, at in Coloring("x", texts=texts).groups] == [3, 1, 2]


def test_numbers_and_texts_can_be_given(rows):
    assert colored(rows, np.arange(N)).numbers.tolist() == [*range(N)]
    assert colored(rows, [None, *range(1, N)]).column.null_count() == 1
    given = colored(rows, pl.Series("side", ["left", "right"] * 6))
    assert given.name == "side"
    assert [name for name, _, _ in given.groups] == ["left", "right"]
    assert colored(rows, None).column is None
    assert [len(at) for _, _, at in colored(rows, [True] * 3 + [False] * 9).groups] == [9, 3]


def test_some_of_the_points_keep_their_colours(rows):
    at = np.array([3, 1])
    assert colored(rows, "year").at(at).column.to_list() == [1983, None]
    assert colored(rows, "genre").at(at).texts == ("Comedy", "War")


def test_without_biases_there_is_no_colour():
    assert colored(Embeddings.of(["a", "b"], np.eye(2)), "bias").numbers is None


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [float("nan")] * 3])
def test_the_scale_of_equal_or_unknown_numbers_has_two_ends(values):
    low, high = Coloring("x", np.array(values)).limits
    assert low < high


@pytest.mark.parametrize(
    ("color", "words"),
    [
        ("yeer", "there is no fact 'yeer'; nearest: 'year'"),
        ("mean", "plain means of these items are not known"),
        ([1, 2, 3], "3 colours came for 12 items"),
        ("text", "'text' has 101 different texts, too many for colours"),
    ],
)
def test_what_cannot_colour_is_refused(rows, color, words):
    if color == "text":
        names = [*range(101)]
        facts = pl.DataFrame({"name": names, "text": [f"word {j}" for j in names]})
        rows = Embeddings.of(names, np.eye(101), facts=facts)
    with pytest.raises(BadInput, match=words):
        colored(rows, color)
