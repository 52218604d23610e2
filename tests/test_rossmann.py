"The days of Rossmann, as examples/rossmann.py prepares them."

import importlib
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from entable.data.heldout import held_out

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def rossmann(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "examples")
        yield importlib.import_module("rossmann")


@pytest.fixture(scope="module")
def shops(rossmann, real):
    return rossmann.prepare(real / "rossmann", past=True)


@pytest.fixture(scope="module")
def raw(real):
    text = {"StateHoliday": pl.String}
    read = [
        pl.read_csv(real / "rossmann" / name, schema_overrides=text, try_parse_dates=True)
        for name in ("train.csv", "test.csv")
    ]
    return pl.concat(read, how="diagonal_relaxed").with_columns(pl.col("Open").fill_null(1))


def test_every_open_day_is_there_and_what_is_unknown_is_said(shops):
    assert len(shops.train) == 844_338
    assert len(shops.test) + len(shops.shut) == 41_088
    told = "\n".join(shops.notes)
    assert "does not say whether store 622 was open on 11 days: taken as open" in told
    assert "54 open days without any sale" in told
    assert told.count("every row matched") == 5
    assert (shops.test["Store"] == 622).sum() >= 11
    assert "Customers" not in shops.train.columns


@pytest.mark.parametrize("store", [1, 622, 879])
def test_days_since_and_until_are_those_of_a_calendar(shops, raw, store):
    days = raw.filter(pl.col("Store") == store)
    every = pl.concat([shops.train.drop("Sales"), shops.test.drop("Id")], how="diagonal_relaxed")
    some = every.filter(pl.col("Store") == store).sort("Date")
    events = {
        "Promo": pl.col("Promo") == 1,
        "SchoolHoliday": pl.col("SchoolHoliday") == 1,
        "StateHoliday": pl.col("StateHoliday") != "0",
        "closed": pl.col("Open") == 0,
    }
    for name, event in events.items():
        at = np.sort(days.filter(event)["Date"].to_numpy())
        for day, since, until, last, ahead in some.select(
            "Date", f"days since {name}", f"days until {name}",
            f"{name} sum last 7 days", f"{name} sum next 7 days",
        ).gather_every(29).iter_rows():  # fmt: skip
            day = np.datetime64(day)
            week = np.timedelta64(7, "D")
            assert since == min((day - at[at <= day]).astype(int), default=None)
            assert until == min((at[at >= day] - day).astype(int), default=None)
            assert last == ((at <= day) & (at > day - week)).sum()
            assert ahead == ((at >= day) & (at < day + week)).sum()


def test_usual_sales_are_older_than_what_is_asked_for(shops, raw):
    some = shops.train.filter(pl.col("Store") == 3).gather_every(97)
    days = raw.filter(pl.col("Store") == 3, pl.col("Sales") > 0)
    for day, weekday, promo, usual in some.select(
        "Date", "DayOfWeek", "Promo", "usual sales"
    ).iter_rows():
        newest = day - timedelta(days=48)
        seen = days.filter(
            pl.col("Date").is_between(newest - timedelta(days=91), newest, closed="right"),
            pl.col("DayOfWeek") == weekday,
            pl.col("Promo") == promo,
        )
        want = seen["Sales"].log().mean()
        assert usual == (None if want is None else pytest.approx(want, rel=1e-12))


def test_the_protocol_holds_out_the_last_rows_by_date(shops):
    held = held_out(shops.train, 41_395, time="Date")
    assert held.sum() == 41_395
    assert shops.train.filter(held)["Date"].min() >= shops.train.filter(~held)["Date"].max()


def test_a_table_learns_every_column_that_was_made(shops):
    table = shops.table(shops.train.gather_every(50))
    assert len(table.categories) == 39
    assert len(table.numbers) == 25
    rows = table.apply(shops.test.head(100))
    assert np.isfinite(rows.numbers).all()


def test_a_store_has_a_week_and_a_year_of_its_own_and_old_days_count_less(shops):
    one = shops.train.filter(pl.col("Store") == 7)
    weeks = one.group_by("store and weekday").agg(pl.col("DayOfWeek", "Promo").n_unique())
    assert weeks.drop("store and weekday").max().row(0) == (1, 1)
    assert (
        shops.train.filter(pl.col("Store") != 7)["store and month"]
        .is_in(one["store and month"].implode())
        .sum()
        == 0
    )
    ages = shops.train.select("Date", "recent").unique().sort("Date")
    assert ages["recent"][-1] == 1
    assert ages["recent"][-366] == pytest.approx(0.5)
    assert "recent" not in shops.test.columns


def test_a_store_keeps_its_level_for_ninety_days_up_to_the_last_one_to_learn_from(shops):
    last = shops.train["Date"].max()
    one = shops.train.filter(pl.col("Store") == 7).sort("Date")
    for name, days in one.group_by("store and quarter"):
        ago = [(last - day).days // 90 for day in days["Date"]]
        assert {f"7 {k}" for k in ago} == {name[0]}
    later = shops.test.filter(pl.col("Store") == 7)
    assert later["store and quarter"].unique().to_list() == ["7 0"]


def test_months_end_when_no_day_is_left(shops):
    days = shops.train.select("Date", "left of the month").unique()
    ends = days.filter(pl.col("left of the month") == "0")["Date"]
    assert {(day + timedelta(days=1)).day for day in ends} == {1}
    assert days.filter(pl.col("Date") == date(2015, 6, 28))["left of the month"].item() == "2"


def test_days_to_come_were_never_seen(shops):
    table = shops.table(shops.train.gather_every(50))
    at = [category.name for category in table.categories].index("the day")
    assert set(table.apply(shops.test.head(50)).codes[:, at].tolist()) == {0}


def test_what_changes_sales_for_weeks_does(shops):
    """The event studies that gave each category its place: log sales beside the store's usual ones.

    Usual: the median of the same store, weekday and promotion; and of the day, what all have.
    """
    log = pl.col("Sales").log()
    days = shops.train.with_columns(more=log - log.median().over("store and weekday"))
    days = days.with_columns(more=pl.col("more") - pl.col("more").median().over("Date"))
    mean = pl.col("more").mean()
    told = dict(days.group_by("rebuilding").agg(mean).iter_rows())
    assert told["sale 2013"] < 0.05 < 0.8 < told["sale 2015"]
    assert told["sold out 2015"] < -0.2
    assert told["last day 2015"] < -0.7
    assert abs(told["no"]) < 0.02
    assert told["opening"] > 0.7
    assert told["opened"] > 0.3
    lost = []
    for metres in ("500 m", "2000 m", "far"):
        both = [f"{metres}, {when}" for when in ("later", "lately")]
        told = days.filter(pl.col("rival").is_in(both)).group_by("Store", "rival").agg(mean)
        per = told.pivot(on="rival", index="Store", values="more").drop_nulls()
        lost.append((per[both[1]] - per[both[0]]).mean())
    assert lost[0] < -0.15 < lost[1] < -0.08 < lost[2] < 0.03


def test_closures_can_be_ignored_or_kept(rossmann, real, shops):
    ignored = rossmann.prepare(real / "rossmann", closures="ignored")
    assert not [name for name in ignored.train.columns if "closed" in name]
    assert set(ignored.train["rebuilding"]) == {"no"}
    assert len(ignored.train) == len(shops.train)
    kept = rossmann.prepare(real / "rossmann", closures="kept")
    assert len(kept.train) == 1_017_209
    assert "Open" in kept.categories
    assert len(kept.test) == len(ignored.test) == len(shops.test)


def test_a_submission_answers_every_row_in_order(rossmann, shops):
    made = rossmann.submission(shops, np.full(len(shops.test), 7.5))
    assert made["Id"].to_list() == list(range(1, 41_089))
    assert (made["Sales"] == 0).sum() == len(shops.shut)
    assert made["Sales"].max() == 7.5
