"A profile says what each column held, and draws it."

import polars as pl
import pytest

from entable.data.table import Table

FRAME = {
    "city": ["Ulm"] * 5 + ["Bonn"] * 3 + [None] * 2,
    "size": [1, 2, 3, 3, 3, 4, 5, 6, 7, 8],
    "area": [None, 1.5, 2, 2, 2, 3, 4, 5, 6, 99],
    "y": ["no"] * 6 + ["yes"] * 4,
}


def test_each_column_has_a_row_and_the_target_comes_first():
    profile = Table.fit(FRAME, "y", repeated=8).profile()
    rows = {row["column"]: row for row in profile.table.to_dicts()}
    assert list(rows) == ["y", "city", "size", "area"]
    assert rows["y"] | {"column": 0} == {
        "column": 0, "kind": "target", "levels": 2, "missing": 0, "rare": 0,
        "lowest": "yes", "middle": "no", "highest": "no",
    }  # fmt: skip
    assert (rows["city"]["lowest"], rows["city"]["highest"]) == ("Bonn", "Ulm")  # by count
    assert rows["city"]["missing"] == 0.2
    assert (rows["area"]["lowest"], rows["area"]["middle"], rows["area"]["highest"]) == (
        "1.5", "3", "99",
    )  # fmt: skip
    assert rows["area"]["missing"] == 0.1
    assert profile.title == "10 rows, 4 columns"
    assert any("taken for categories" in note for note in profile.notes)


def test_rare_levels_are_a_share():
    frame = {"c": ["a"] * 9 + ["b"], "x": [*range(10)]}
    (row, *_) = Table.fit(frame, min_count=2).profile().table.to_dicts()
    assert row["rare"] == 0.1


@pytest.mark.parametrize("target", ["y", "area2", ["y2", "y3"], None])
def test_it_draws_itself(target):
    extra = {"area2": [*range(1, 11)], "y2": [0, 1] * 5, "y3": [1, 1] * 5}
    levels = {"many": [f"l{k % 40}" for k in range(400)], "day": [k % 100 for k in range(400)]}
    frame = {name: values * 40 for name, values in (FRAME | extra).items()} | levels
    table = Table.fit(pl.DataFrame(frame), target, categories=["day", "many", "city"])
    profile = table.profile()
    ax = profile.plot()
    assert len(ax.get_yticklabels()) == len(profile.table)
    bars = [strip.heights for strip in profile.strips]
    assert all(1 <= len(heights) <= 24 for heights in bars)
    assert profile.plot(ax) is ax
