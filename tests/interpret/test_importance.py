"Shuffled columns: what matters is found, what does not matter loses nothing."

import numpy as np
import polars as pl
import pytest

from entable.data.table import Table
from entable.errors import BadInput
from entable.interpret.fields import fields
from entable.interpret.importance import permuted

N = 600


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    shop = rng.integers(0, 3, N)
    age = rng.integers(20, 30, N)
    return pl.DataFrame(
        {
            "shop": [f"s{k}" for k in shop],
            "age": age,
            "noise": rng.normal(size=N),
            "day": pl.date_range(pl.date(2020, 1, 1), pl.date(2021, 8, 22), eager=True)[:N],
            "sold": 10.0 * shop + age,
        }
    )


@pytest.fixture
def table(frame):
    return Table.fit(frame, "sold", repeated=8, dates={"day": ["weekday", "month"]})


def known(table):
    "A model that knows the rule: levels count by their row, ages by their number."
    shop = [c.name for c in table.categories].index("shop")
    age = [n.name for n in table.numbers].index("age")
    steps = np.array([0, 0, *(10 * int(name[1]) for name in table.categories[shop].vocab.names)])
    number = table.numbers[age]
    grid = np.arange(20, 30)
    scaled = number.scaled(grid.astype(float))

    def raw(rows):
        return steps[rows.codes[:, shop]] + np.interp(rows.numbers[:, age], scaled, grid)

    return raw


def test_columns_move_whole_with_their_categories_and_parts(table):
    found = {one.name: (len(one.codes), len(one.numbers)) for one in fields(table)}
    assert set(found) == {"shop", "age", "noise", "day"}
    assert found["shop"] == (1, 0)
    assert found["age"] == (1, 1)  # a number that is a category too
    assert found["noise"] == (0, 1)
    assert sum(found["day"]) == 2


def test_what_matters_is_found_and_what_does_not_loses_nothing(table, frame):
    found = permuted(table, known(table), table.apply(frame, True), metric="mae")
    worse = dict(zip(found.table["column"], found.table["worse"], strict=True))
    assert list(worse)[:2] == ["shop", "age"]
    assert worse["noise"] == worse["day"] == 0
    assert found.score == pytest.approx(0, abs=1e-4)


def test_shuffling_costs_what_two_rows_at_random_are_apart(table, frame):
    "Mean absolute error against a shuffled copy: the mean difference of pairs, times the step."
    shop = 10 * frame["shop"].str.slice(1).cast(pl.Int64).to_numpy()
    pairs = np.abs(shop[:, None] - shop[None]).mean()
    rows = table.apply(frame, True)
    found = permuted(table, known(table), rows, "mae", repeats=20).table
    assert found["worse"][0] == pytest.approx(pairs, abs=4 * found["se"][0])


def test_a_metric_that_is_higher_for_better_counts_what_is_lost():
    frame = pl.DataFrame({"x": ["a", "b"] * 50, "y": ["no", "yes"] * 50})
    table = Table.fit(frame, "y")
    b = 2 + table.categories[0].vocab.names.tolist().index("b")
    found = permuted(
        table, lambda rows: 9.0 * (rows.codes[:, 0] == b) - 4.5, table.apply(frame, True), "auc"
    )
    assert found.score == 1
    assert 0.3 < found.table["worse"][0] < 0.7


def test_the_same_seed_gives_the_same_and_rows_are_limited(table, frame):
    rows = table.apply(frame, True)
    a, b = (permuted(table, known(table), rows, most=100, seed=3) for _ in range(2))
    assert a.rows == 100
    assert a.worse.tolist() == b.worse.tolist()


def test_the_picture_has_a_bar_for_each_column_the_longest_on_top(table, frame):
    found = permuted(table, known(table), table.apply(frame, True))
    ax = found.plot()
    assert ax.get_yticklabels()[0].get_text() == "shop"
    assert len(ax.patches) == 4
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert "with shop shuffled" in str(found)


def test_rows_without_their_target_are_refused(table, frame):
    with pytest.raises(BadInput, match="with their target"):
        permuted(table, known(table), table.apply(frame, False))
