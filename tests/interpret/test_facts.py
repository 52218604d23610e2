"Facts become numbers, and correlations are Pearson's."

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret.facts import Features, correlations, features, numeric

NAN = float("nan")


def rows(n=12, labels=None, counts=None, **facts):
    made = Embeddings.of(list(range(n)), np.eye(n, 2), counts=counts, labels=labels)
    return replace(made, facts=pl.DataFrame(facts)) if facts else made


def column(found, name):
    return found.values[:, found.names.index(name)].tolist()


def test_flags_numbers_and_dates_become_numbers():
    days = [date(1995, 1, 1), date(1996, 7, 2), None] * 4
    found = features(
        rows(
            seen=[True, False, None] * 4,
            length=[90, 120, None] * 4,
            score=[0.5, float("inf"), NAN] * 4,
            out=days,
            at=[None if d is None else datetime(d.year, d.month, d.day) for d in days],
        )
    )
    np.testing.assert_array_equal(column(found, "seen")[:3], [1, 0, NAN])
    np.testing.assert_array_equal(column(found, "length")[:3], [90, 120, NAN])
    np.testing.assert_array_equal(column(found, "out")[:3], [1995, 1996.5, NAN])
    assert column(found, "at")[:2] == [1995, 1996.5]
    assert "score" not in found.names
    assert "score" in found.notes[0]


@pytest.mark.parametrize(
    ("texts", "years"),
    [
        (["01-Jan-1995", "01-Jan-2004"], [1995, 2004]),
        (["1995-01-01", "2004-12-31"], [1995, 2004 + 365 / 366]),
        ([" 1995", "2004 "], [1995, 2004]),
        (["1995.5", "-3"], [1995.5, -3]),
    ],
)
def test_text_that_is_dates_or_numbers_is_read_as_such(texts, years):
    found = features(rows(when=[*texts, None, ""] * 3))
    np.testing.assert_array_equal(column(found, "when")[:4], [*years, NAN, NAN])


def test_levels_of_text_become_flags():
    found = features(rows(genres=["Comedy|Drama", "Drama", None, "War|Comedy"] * 5, n=20))
    assert found.names == ("genres: Comedy", "genres: Drama", "genres: War")
    np.testing.assert_array_equal(column(found, "genres: Comedy")[:4], [1, 0, NAN, 1])
    np.testing.assert_array_equal(column(found, "genres: War")[:4], [0, 0, NAN, 1])


def test_a_level_needs_rows_enough_and_two_levels_are_one_flag():
    found = features(
        rows(gender=["F", "M"] * 6, job=["a"] * 7 + ["b"] * 5, rare=["x"] * 11 + ["y"])
    )
    assert found.names == ("gender: F", "job: a")
    assert "rare" in found.notes[0]


def test_what_says_nothing_is_left_out_and_named():
    found = features(
        rows(
            n=120,
            title=[f"film {j}" for j in range(120)],
            same=[1] * 120,
            none=pl.Series([None] * 120, dtype=pl.String),
            twice=[1, 2] + [None] * 118,
            rare=[1, 2, 3] + [None] * 117,
            lists=[[1]] * 120,
        )
    )
    assert found.names == ("rare",)
    note, rare = found.notes
    for reason in (
        "title (free text)", "none (empty)", "lists (neither number, date nor text)",
        "same, twice (the same for all or known for fewer than 3)",
    ):  # fmt: skip
        assert reason in note
    assert rare == "rare: known for 3 of 120 rows"


def test_the_year_is_read_from_labels_unless_a_fact_has_it():
    labels = [f"Film ({1990 + j})" if j else "No year" for j in range(12)]
    found = features(rows(labels=labels))
    np.testing.assert_array_equal(column(found, "year"), [NAN, *range(1991, 2002)])
    assert features(rows(labels=labels, out=[date(1990 + j, 1, 1) for j in range(12)])).names == (
        "out",
    )
    assert features(rows(labels=["Film (1990)"] + ["Film"] * 11)).names == ()
    assert features(rows(labels=[None] * 12)).names == ()


def test_counts_are_a_fact_too():
    found = features(rows(counts=[0, 1, 100] * 4))
    np.testing.assert_allclose(column(found, "log count")[:3], [NAN, 0, np.log(100)])
    assert features(rows(counts=[7] * 12)).names == ()
    nothing = features(rows())
    assert (nothing.names, nothing.values.shape, nothing.notes) == ((), (12, 0), ())
    assert features(rows(0)).values.shape == (0, 0)


def test_a_fact_is_asked_for_by_name():
    made = rows(year=list(range(12)), kind=["a", "b"] * 6, when=["2001-01-01", "2002-01-01"] * 6)
    assert numeric(made, "year").tolist() == [*range(12)]
    assert numeric(made, "when")[:2].tolist() == [2001, 2002]
    assert numeric(made, "kind: a")[:3].tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("kind", r"'kind' is text where numbers are needed \(such as 'a'\); numbers are year"),
        ("yeer", "there is no fact 'yeer'; nearest: 'year'"),
        ("qqq", "there is no fact 'qqq'; numbers are year"),
        (3, "there is no fact 3"),
    ],
)
def test_text_and_unknown_facts_are_refused(name, says):
    with pytest.raises(BadInput, match=says):
        numeric(rows(year=list(range(12)), kind=["a", "b", "c"] * 4), name)


def test_where_there_are_no_facts_the_error_says_how_to_add_some():
    with pytest.raises(BadInput, match=r"no facts about these items, so none called 'year'; with_"):
        numeric(rows(), "year")
    with pytest.raises(BadInput, match="no fact has numbers"):
        numeric(rows(kind=["a", "b", "c"] * 4), "kind")


@given(st.integers(0, 1000))
def test_correlations_are_those_of_numpy_over_known_rows(seed):
    rng = np.random.default_rng(seed)
    values, scores = rng.standard_normal((30, 3)), rng.standard_normal((40, 2))
    values[rng.random((30, 3)) < 0.2] = np.nan
    table = np.full((40, 3), np.nan)
    at = rng.permutation(40)[:30]
    table[at] = values
    found = correlations(Features(("a", "b", "c"), table), scores, at)
    assert found.columns == ["axis", "fact", "r", "n"]
    assert len(found) == 6
    for axis, fact, r, n in found.iter_rows():
        x = values[:, "abc".index(fact)]
        known = np.isfinite(x)
        assert n == known.sum()
        assert r == pytest.approx(np.corrcoef(x[known], scores[at][known, axis - 1])[0, 1])
    for _, part in found.group_by("axis"):
        assert part["r"].abs().is_sorted(descending=True)


def test_a_fact_that_does_not_vary_among_the_rows_has_no_correlation():
    table = np.array([[1, 1], [1, 2], [1, 4], [2, 3.0]])
    found = correlations(Features(("a", "b"), table), np.arange(4.0)[:, None], np.arange(3))
    assert found["fact"].to_list() == ["b"]
    still = correlations(Features(("a", "b"), table), np.ones((4, 1)), np.arange(4))
    assert still["r"].to_list() == [0, 0]
    assert correlations(Features((), np.empty((4, 0))), np.ones((4, 1)), np.arange(4)).is_empty()
