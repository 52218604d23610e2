"What columns look like: thresholds, texts of files, parts of dates."

import datetime as dt

import numpy as np
import polars as pl
import pytest

from entable.data.table.kinds import inferred, part_kind, typed

DAY = dt.date(2015, 1, 1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", "a"], "category"),
        ([True, False, None], "category"),
        ([1, 2] * 8, "category"),
        ([1, 2, 3, 4] * 8, "category"),
        ([1.0, 2.0, None] * 8, "category"),
        ([1, 2, 3, 4] * 7, "number"),
        ([*range(20)] * 8, "category"),
        ([*range(21)] * 8, "number"),
        ([0.5, 1.5] * 20, "number"),
        ([dt.timedelta(1), dt.timedelta(2)], "number"),
        ([dt.time(1), dt.time(2)], "number"),
        ([DAY, DAY + dt.timedelta(1)], "date"),
        ([dt.datetime(2015, 1, 1), dt.datetime(2015, 1, 2)], "date"),
        (["2015-01-01", "2015-01-02", None], "date"),
        (["2015-01-01 10:30", "2015-01-01T11:30:00Z"], "date"),
        (["2015-01-01", "soon"], "category"),
        ([7, 7, 7], ""),
        ([7, None, 7], "number"),
        ([None, None], ""),
        ([[1], [2]], ""),
        ([str(k) for k in range(20)], ""),
        ([str(k) for k in range(19)], "category"),
    ],
)
def test_kinds(values, kind):
    assert inferred(pl.Series("", values), None).kind == kind


def test_numbers_that_are_categories_too_stay_numbers():
    assert inferred(pl.Series("", [1, 2, 3] * 8), 8).kind == "number"
    assert inferred(pl.Series("", [0, 1] * 8), 8).kind == "category"
    assert not inferred(pl.Series("", [*range(30)] * 8), 8).name_like
    assert inferred(pl.Series("", [*range(30)] * 8), None).name_like


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "-2", None], [1, -2, None]),
        (["1.5", "2", "1e3", ".5"], [1.5, 2, 1000, 0.5]),
        (["true", "False"], [True, False]),
        (["01", "12"], ["01", "12"]),
        (["1", "x"], ["1", "x"]),
        ([None, None], [None, None]),
    ],
)
def test_texts_of_files_become_what_they_are(texts, values):
    assert typed(pl.Series("", texts, dtype=pl.String)).to_list() == values


def test_parts_of_dates():
    assert part_kind("sold on month", ["sold on"]) == "category"
    assert part_kind("sold on is year end", ["sold on"]) == "category"
    for part in ("elapsed", "day of year", "in year sin", "minute"):
        assert part_kind(f"sold on {part}", ["sold", "sold on"]) == "number", part


def test_all_of_a_large_column_is_looked_at():
    late = np.r_[np.zeros(10_000), 0.5]
    assert inferred(pl.Series("", late), None).kind == "number"
