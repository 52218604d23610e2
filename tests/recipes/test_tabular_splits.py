"Which rows `tabular_learner` holds out by itself: the latest, also where a file has texts alone."

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from entable.errors import BadInput
from entable.recipes.tabular import tabular_learner


def days(n=120):
    "Rows of which the file order is not that of the days."
    order = np.random.default_rng(0).permutation(n)
    first = date(2015, 1, 1)
    return pl.DataFrame(
        {
            "day": [str(first + timedelta(int(k))) for k in order],
            "shop": [f"s{k % 4}" for k in order],
            "sold": [float(k % 7) for k in order],
        }
    )


@pytest.mark.parametrize("kind", ["file", "text", "dates"])
def test_the_latest_rows_are_held_out_where_dates_are_texts_too(tmp_path, kind):
    frame = days()
    made = frame if kind == "text" else frame.with_columns(pl.col("day").str.to_date())
    if kind == "file":
        made = tmp_path / "days.csv"
        frame.write_csv(made)
    late = frame.filter(pl.col("day") >= "2015-04-06")["sold"]  # 25 of 120 days
    for held in (25, 25 / 120, "2015-04-06"):
        learner = tabular_learner(made, "sold", held)
        assert learner.table.target.decode(learner.held_out.target).tolist() == late.to_list()


def test_columns_that_are_no_dates_by_your_word_do_not_decide_what_is_held_out():
    frame = days().with_columns(due=pl.col("day").reverse())
    with pytest.raises(BadInput, match=r"several columns hold dates: day, due; .* time='day'"):
        tabular_learner(frame, "sold", 0.25)
    for told in ({"ignore": ["due"]}, {"dates": ["day"], "ignore": ["due"]}):
        learner = tabular_learner(frame, "sold", 30, table=told)
        late = frame.filter(pl.col("day").rank() > 90)["sold"]
        assert learner.table.target.decode(learner.held_out.target).tolist() == late.to_list()
    mask = np.arange(120) < 30
    assert len(tabular_learner(frame, "sold", mask).held_out) == 30
