"The names proposed are those a person would have meant."

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.near import nearest

FILMS = ["Toy Story (1995)", "Toy Story 2 (1999)", "GoldenEye (1995)", "Star Wars (1977)", "Heat"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("toy story", 0),
        ("Toy Story (1995)", 0),
        ("Golden Eye", 2),
        ("star wras", 3),
        ("HEAT", 4),
        ("  heat ", 4),
    ],
)
def test_the_nearest_is_the_one_meant(typed, meant):
    assert nearest(pl.Series(FILMS), typed)[0] == meant


def test_nothing_alike_proposes_nothing():
    assert nearest(pl.Series(FILMS), "qqqq") == []
    assert nearest(pl.Series(FILMS), "") == []
    assert nearest(pl.Series([], dtype=pl.String), "x") == []


@given(st.lists(st.text(min_size=1), min_size=1, max_size=50, unique=True), st.data())
def test_a_name_itself_is_always_first(names, data):
    name = data.draw(st.sampled_from(names))
    wanted = name.lower().strip()
    found = nearest(pl.Series(names), name, n=1)
    if wanted and found:
        assert names[found[0]].lower().strip() == wanted or wanted in names[found[0]].lower()
    else:
        assert not wanted or name.lower() != name


@given(st.text(), st.integers(1, 5))
def test_any_text_may_be_typed(typed, n):
    assert len(nearest(pl.Series(FILMS), typed, n)) <= n
