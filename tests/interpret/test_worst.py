"The worst rows: those with the largest loss, told with all that they hold."

import numpy as np
import polars as pl
import pytest

from entable.data.table import Table
from entable.errors import BadInput
from entable.interpret.worst import worst_rows


def told(target, raw, n=2, **more):
    frame = pl.DataFrame({"x": ["a", "b", "a", "b"], "row": [7, 8, 9, 9]} | target)
    table = Table.fit(frame, list(target), categories=["x"], **more)
    return worst_rows(table.target, table.apply(frame, True), np.array(raw), frame, n)


def test_numbers_are_ordered_by_distance_and_rows_count_from_one():
    found = told({"sold": [1.0, 2.0, 3.0, 4.0]}, [1.5, -1.0, 3.0, 5.0])
    assert found.table.to_dict(as_series=False) == {
        "row": [2, 4],
        "truth": [2.0, 4.0],
        "predicted": [-1.0, 5.0],
        "error": [-3.0, 1.0],
        "unseen": [0, 0],
        "missing": [0, 0],
        "x": ["b", "b"],
        "row (column)": [8, 9],
    }
    assert found.title == "The 2 rows of 4 that are most wrong, 89% of the whole loss"


def test_of_a_logarithm_the_ratio_counts():
    found = told({"sold": [1.0, 10.0, 100.0, 1000.0]}, np.log([3.0, 10.0, 150.0, 1200.0]), log=True)
    assert found.table["row"].to_list() == [1, 3]
    np.testing.assert_allclose(found.table["error"], [2, 50], rtol=1e-5)


def test_classes_are_ordered_by_the_chance_of_the_truth():
    found = told({"back": ["no", "yes", "no", "yes"]}, [3.0, 2.0, -1.0, -4.0])
    assert found.table["row"].to_list() == [4, 1]
    assert found.table["truth"].to_list() == ["yes", "no"]
    assert found.table["predicted"].to_list() == ["no", "yes"]
    chances = found.table["chance of truth"]
    np.testing.assert_allclose(chances, [1 / (1 + np.e**4), 1 / (1 + np.e**3)])
    raw = np.zeros((4, 3))
    raw[1] = [9, 0, 0]
    several = told({"y": ["a", "b", "c", "a"]}, raw, 1).table
    assert several["row"].item() == 2
    assert several["chance of truth"].item() == pytest.approx(1 / (2 + np.e**9))


def test_several_targets_are_told_by_name():
    labels = told({"hot": [0, 1, 0, 1], "wet": [1, 1, 0, 1]}, np.array([[-9, 9], [-9, 9], [-9, -9],
                  [9, 9]]) * 1.0, 1)  # fmt: skip
    assert labels.table.select("row", "true hot", "predicted hot", "true wet").row(0) == (
        2, True, False, True
    )  # fmt: skip
    numbers = told({"a": [1.0, 2.5, 3, 4], "b": [0.5, 1, 2, 3]},
                   np.array([[1.0, 0.5], [2.5, 9], [3, 2], [4, 3]]), 1)  # fmt: skip
    assert numbers.table.select("row", "true b", "predicted b").row(0) == (2, 1.0, 9.0)


def test_a_picture_of_numbers_marks_them_and_one_of_classes_counts_chances():
    ax = told({"sold": [1.0, 2.0, 3.0, 4.0]}, [1.5, -1.0, 3.0, 5.0]).plot()
    assert ax.lines[1].get_xdata().tolist() == [-1.0, 5.0]
    counts = told({"back": ["no", "yes", "no", "yes"]}, [3.0, 2.0, -1.0, -4.0]).plot()
    assert sum(bar.get_height() for bar in counts.patches) == 4
    assert "50.0%" in counts.get_xlabel()


def test_rows_without_their_target_are_refused():
    frame = pl.DataFrame({"x": ["a", "b"], "y": [1.0, 2.5]})
    table = Table.fit(frame, "y")
    with pytest.raises(BadInput, match="the target 'y' must be known"):
        worst_rows(table.target, table.apply(frame, False), np.zeros(2), frame)
