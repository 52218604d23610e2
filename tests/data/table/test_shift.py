"Two frames told apart: nothing found where nothing is, the guilty columns first."

import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable._extras import MissingExtra
from entable.data.table import Table
from entable.data.table.shift import auc
from entable.errors import BadInput


def frame(n, seed, **columns):
    rng = np.random.default_rng(seed)
    made = {
        "city": rng.choice(["Ulm", "Bonn", "Kiel"], n),
        "area": rng.normal(0, 1, n),
        "year": rng.integers(2000, 2010, n),
    }
    return pl.DataFrame(made | {k: f(rng, n) for k, f in columns.items()})


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_order(pairs):
    scores, sides = (np.array(v, float) for v in zip(*pairs, strict=True))
    ones, zeros = scores[sides == 1], scores[sides == 0]
    if len(ones) and len(zeros):
        won = (ones[:, None] > zeros) + (ones[:, None] == zeros) / 2
        assert auc(scores, sides) == pytest.approx(won.mean())


def test_equal_frames_cannot_be_told_apart():
    train = frame(2000, 0)
    found = Table.fit(train).shift(train, frame(2000, 1))
    assert found.auc == pytest.approx(0.5, abs=0.04)
    assert "cannot be told apart" in found.title
    assert found.table["alone"].is_between(0.45, 0.55).all()
    assert found.notes == ()


def test_the_column_that_moved_comes_first():
    train = frame(2000, 0)
    later = frame(1500, 1, year=lambda rng, n: rng.integers(2007, 2013, n))
    found = Table.fit(train, categories=["year"]).shift(train, later)
    assert found.table["column"][0] == "year"
    assert found.auc > 0.8
    assert found.table["alone"][0] > 0.8
    assert found.table["lost"][0] > 0.2
    assert found.table["unseen"][0] == pytest.approx(0.5, abs=0.05)
    assert "year tells them apart without the others" in found.notes
    assert "not learnt: year 5" in found.notes[1] or "not learnt: year 4" in found.notes[1]
    assert found.plot().get_title(loc="left") == found.title


def test_gaps_tell_frames_apart_too():
    train = frame(1000, 0)
    holes = frame(1000, 1).with_columns(
        area=pl.when(pl.col("year") > 2004).then("area"),
        city=pl.when(pl.col("year") != 2000).then("city"),
    )
    table = Table.fit(train, categories=["city", "year"], numbers=["area"])
    rows = {r["column"]: r for r in table.shift(train, holes).table.to_dicts()}
    assert rows["area"]["missing"] == pytest.approx(0.5, abs=0.05)
    assert rows["city"]["missing"] == pytest.approx(0.1, abs=0.03)
    assert rows["area"]["alone"] > 0.7


def test_what_only_columns_together_show_is_lost_when_one_is_shuffled():
    rng = np.random.default_rng(0)
    sign = rng.choice([-1.0, 1.0], 4000)
    a, b, c, d = rng.normal(0, 1, (4, 4000))
    first = pl.DataFrame({"a": a, "b": sign * np.abs(b)})
    second = pl.DataFrame({"a": c, "b": np.sign(c) * np.abs(d)})
    found = Table.fit(first).shift(first, second)
    assert found.table["alone"].is_between(0.45, 0.55).all()
    assert found.auc > 0.7
    assert (found.table["lost"] > 0.15).all()


def test_the_same_seed_gives_the_same_answer():
    train, test = frame(500, 0), frame(400, 1)
    table = Table.fit(train)
    a, b = (table.shift(train, test, rows=300, seed=4) for _ in range(2))
    assert a.auc == b.auc
    assert a.table.equals(b.table)


def test_few_rows_say_nothing_and_sklearn_is_an_extra(monkeypatch):
    train = frame(100, 0)
    table = Table.fit(train)
    with pytest.raises(BadInput, match="the second frame has 5 rows; 20 at least"):
        table.shift(train, train[:5])
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingExtra, match=r"pip install 'entable\[sklearn\]'"):
        table.shift(train, train)
