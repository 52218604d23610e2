"Partial dependence against a rule that is known, and against a loop over rows."

import numpy as np
import polars as pl
import pytest

from entable.data.table import Table
from entable.errors import BadInput, EntableError
from entable.interpret.partial import dependence

N = 400
STEP = {"Aachen": 0.0, "Bonn": 5.0, "Celle": -3.0}


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    town = rng.choice(list(STEP), N)
    return pl.DataFrame(
        {
            "town": pl.Series([None if k % 40 == 0 else name for k, name in enumerate(town)]),
            "age": rng.integers(20, 60, N),
            "x": rng.normal(size=N),
            "open": rng.choice(["no", "yes"], N),
            "day": pl.date_range(pl.date(2020, 1, 1), pl.date(2021, 2, 3), eager=True)[:N],
            "sold": rng.normal(size=N),
        }
    )


@pytest.fixture
def table(frame):
    return Table.fit(frame, "sold", repeated=5, dates={"day": ["weekday"]})


def rule(table):
    "sold = a step for the town + 2 x + the row of the age's level + x * open."
    at = {category.name: k for k, category in enumerate(table.categories)}
    steps = [0.0, 1.0, *(STEP[name] for name in table.categories[at["town"]].vocab.names)]
    x = [number.name for number in table.numbers].index("x")
    grid = np.linspace(-4, 4, 4001)
    scaled = table.numbers[x].scaled(grid)
    ages = next(k for k, c in enumerate(table.categories) if c.source == "age")
    yes = 2 + table.categories[at["open"]].vocab.names.tolist().index("yes")

    def raw(rows):
        real = np.interp(rows.numbers[:, x], scaled, grid)
        opened = rows.codes[:, at["open"]] == yes
        town = np.array(steps)[rows.codes[:, at["town"]]]
        return town + 2 * real + rows.codes[:, ages] + real * opened

    return raw


@pytest.fixture
def ask(table, frame):
    "Partial dependence of columns of the frame."
    held = {column.name: column for column in frame.get_columns()}
    rows = table.apply(frame, False)

    def call(*names, by=None, **more):
        group = None if by is None else (by, held[by])
        return dependence(table, rule(table), rows, held, names, by=group, **more)

    return call


def test_levels_differ_by_their_steps_and_missing_is_one_of_them(ask):
    found = ask("town").table
    mean = dict(zip(found["town"], found["mean"], strict=True))
    assert mean["Bonn"] - mean["Aachen"] == pytest.approx(5)
    assert mean["Celle"] - mean["Aachen"] == pytest.approx(-3)
    assert mean["(missing)"] - mean["Aachen"] == pytest.approx(1)
    assert found["share"].sum() == pytest.approx(1)


def test_a_number_moves_with_the_category_it_is_taken_as(ask, table):
    found = ask("age", points=60).table
    ages = table.categories[[c.source for c in table.categories].index("age")]
    names = ages.vocab.names.tolist()
    wanted = [2 + names.index(age) if age in names else 0 for age in found["age"]]
    np.testing.assert_allclose(np.diff(found["mean"]), np.diff(wanted), atol=1e-6)


def test_a_number_goes_through_values_that_rows_hold(ask, frame):
    found = ask("x", points=9).table
    assert set(found["x"]) <= set(frame["x"])
    slope = np.diff(found["mean"]) / np.diff(found["x"])
    np.testing.assert_allclose(slope, 2 + (frame["open"] == "yes").mean(), atol=0.02)


def test_groups_are_told_apart(ask):
    found = ask("x", by="open", points=5)
    assert found.title == "sold by x, per open"
    for name, slope in (("yes", 3), ("no", 2)):
        own = found.table.filter(pl.col("open") == name)
        np.testing.assert_allclose(np.diff(own["mean"]) / np.diff(own["x"]), slope, atol=0.02)


def test_a_pair_is_what_a_loop_over_both_gives(ask, table, frame):
    found = ask("open", "town")
    held = frame.with_columns(open=pl.lit("yes"), town=pl.lit("Bonn"))
    wanted = rule(table)(table.apply(held, False)).mean()
    own = found.table.filter((pl.col("open") == "yes") & (pl.col("town") == "Bonn"))
    assert own["mean"].item() == pytest.approx(wanted)


def test_a_part_of_a_date_is_a_column_and_the_date_itself_is_none(ask):
    assert len(ask("day weekday").table) == 7
    with pytest.raises(BadInput, match="'day' is a date; say which part of it: 'day weekday'"):
        ask("day")


@pytest.mark.parametrize("kind", ["binary", "classes", "labels", "numbers"])
def test_chances_and_several_targets_are_told_one_at_a_time(kind):
    y = {
        "binary": {"y": ["no", "yes", "no", "yes"]},
        "classes": {"y": ["a", "b", "c", "c"]},
        "labels": {"hot": [0, 1, 0, 1], "wet": [1, 1, 0, 0]},
        "numbers": {"hot": [0.5, 1.5, 2.0, 3.0], "wet": [1.0, 2.5, 3.0, 4.0]},
    }[kind]
    frame = pl.DataFrame({"x": ["a", "b", "a", "b"]} | y)
    table = Table.fit(frame, list(y))
    k = table.target.outputs
    held = {"x": frame["x"]}

    def raw(rows):
        out = rows.codes[:, :1] * np.arange(1.0, k + 1)
        return out if k > 1 else out[:, 0]

    of = {"binary": "no", "classes": "b", "labels": "wet", "numbers": "wet"}[kind]
    rows = table.apply(frame, False)
    usual = dependence(table, raw, rows, held, ["x"])
    asked = dependence(table, raw, rows, held, ["x"], of)
    wanted = {
        "binary": ("Chance of y yes", "Chance of y no"),
        "classes": ("Chance of y c", "Chance of y b"),
        "labels": ("Chance of hot", "Chance of wet"),
        "numbers": ("hot", "wet"),
    }[kind]
    assert (usual.answer, asked.answer) == wanted
    assert not np.allclose(usual.mean, asked.mean)
    with pytest.raises(BadInput, match="of='gone' came; wanted one of"):
        dependence(table, raw, rows, held, ["x"], "gone")


def test_levels_that_are_texts_of_numbers_stand_in_their_order():
    frame = pl.DataFrame({"n": ["10", "9", "100", "9"], "y": [1.0, 2.0, 3.5, 4.0]})
    table = Table.fit(frame, "y", categories=["n"])
    found = dependence(
        table, lambda rows: rows.codes[:, 0] * 1.0, table.apply(frame), {"n": frame["n"]}, ["n"]
    )
    assert found.table["n"].to_list() == ["9", "10", "100"]


@pytest.mark.parametrize(
    ("names", "by", "words"),
    [
        (["twn"], None, "nearest: 'town'"),
        (["town", "x", "age"], None, "one or a pair"),
        (["x", "x"], None, "one or a pair"),
        (["town", "x"], "open", "give by= with one column"),
    ],
)
def test_columns_that_cannot_be_drawn_are_refused(ask, names, by, words):
    with pytest.raises(EntableError) as caught:
        ask(*names, by=by)
    assert words in str(caught.value)


def test_pictures_are_lines_dots_or_a_field(ask):
    line = ask("x").plot()
    assert len(line.lines) == 2  # the mean answer, and the answer by x
    assert line.get_xlabel() == "x"
    several = ask("age", by="open").plot()
    assert {text.get_text() for text in several.get_legend().get_texts()} == {"yes", "no"}
    dots = ask("town").plot()
    order = [label.get_text() for label in dots.get_yticklabels()]
    assert order == ["Celle", "Aachen", "(missing)", "Bonn"]
    field = ask("town", "x").plot()
    assert field.collections[0].get_array().size == 4 * 12
    assert [label.get_text() for label in field.get_xticklabels()] == order
