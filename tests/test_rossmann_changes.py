"What changes a store's sales for weeks, as examples/rossmann_changes.py finds it in its days."

import importlib
from datetime import date, timedelta

import polars as pl
import pytest

FIRST = date(2014, 6, 2)  # a Monday


@pytest.fixture(scope="module")
def changes(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "examples")
        yield importlib.import_module("rossmann_changes")


def days(n, first=FIRST, **columns):
    "n days of one store."
    dates = [first + timedelta(days=k) for k in range(n)]
    weekdays = [day.isoweekday() for day in dates]
    return pl.DataFrame({"Store": 1, "State": "BE", "Date": dates, "DayOfWeek": weekdays} | columns)


def told(frame, name):
    return frame.sort("Store", "Date")[name].to_list()


def test_a_store_that_closes_for_a_week_sells_out_before_and_opens_after(changes):
    closed = [20 <= k < 26 or k in (3, 45) for k in range(50)]
    found = changes.rebuilding(days(50, closed=closed))
    sale = ["sale"] * 5 + ["sale ends"] * 3 + ["sold out"] * 4 + ["last day"]
    want = ["no"] * 7 + [f"{phase} 2014" for phase in sale]
    want += ["closed"] * 6 + ["opening"] * 2 + ["opened"] * 7 + ["no"] * 15
    open_ = [k for k in range(50) if not closed[k]]
    for name, days_ in (
        ("rebuilding", want),
        ("closes in", [max(0, 20 - k) if k >= 6 else 0 for k in range(50)]),
        ("opened for", [k - 25 if 25 <= k <= 39 else 0 for k in range(50)]),
    ):
        seen = told(found, name)
        assert [seen[k] for k in open_] == [days_[k] for k in open_]
    made = ["closes in", "opened for", "rebuilding"]
    assert found.columns == [*days(1).columns, "closed", *made]


def test_five_days_are_holidays_and_so_are_two_closures_with_missing_days_between(changes):
    five = changes.rebuilding(days(40, closed=[20 <= k < 25 for k in range(40)]))
    gap = days(40, closed=[15 <= k < 25 for k in range(40)]).filter(pl.col("Date").dt.day() != 22)
    for frame in (five, changes.rebuilding(gap)):
        assert set(frame["rebuilding"]) == {"no"}


def test_stores_do_not_share_a_closure(changes):
    one = days(30, closed=[k >= 27 for k in range(30)])
    two = one.with_columns(pl.lit(2).alias("Store"), closed=pl.Series([k < 3 for k in range(30)]))
    found = changes.rebuilding(pl.concat([one, two.cast(one.schema)]))
    assert set(found["rebuilding"]) == {"no"}


@pytest.mark.parametrize(
    ("metres", "months", "want"),
    [
        (499, -3, "500 m, later"),
        (500, 0, "1000 m, this month"),
        (1999, 24, "2000 m, lately"),
        (4999, 25, "5000 m, long ago"),
        (5000, None, "far, long ago"),
        (None, 1, "far, lately"),
    ],
)
def test_a_rival_is_near_or_far_and_new_or_old(changes, metres, months, want):
    types = {"CompetitionDistance": pl.Int64, "months": pl.Int64}
    frame = pl.DataFrame({"CompetitionDistance": [metres], "months": [months]}, schema=types)
    assert changes.rivals(frame, pl.col("months"))["rival"].to_list() == [want]


def test_weeks_of_the_summer_holidays_are_counted_from_two_before(changes):
    begins = FIRST + timedelta(days=35)  # a Monday; six weeks, Saturdays not marked
    frame = days(120).with_columns(
        SchoolHoliday=(
            pl.col("Date").is_between(begins, begins + timedelta(days=39))
            & (pl.col("DayOfWeek") < 6)
        ).cast(pl.Int64)
    )
    found = changes.summer(frame)
    weeks = told(found, "summer")
    assert weeks == [
        *["no"] * 21, *["-2"] * 7, *["-1"] * 7, *(str(k // 7) for k in range(56)), *["no"] * 29,
    ]  # fmt: skip
    assert told(found, "summer and state")[35] == "BE 0"
    assert told(found, "summer and store")[34:42] == ["no", *["1"] * 5, "no", "no"]
    assert len(found) == len(frame)


def test_easter_is_no_summer_and_states_have_their_own(changes):
    free = [14 <= k < 26 for k in range(90)]
    easter = days(90, SchoolHoliday=[int(f) for f in free])
    later = easter.with_columns(
        State=pl.lit("BY"),
        Store=pl.lit(2),
        SchoolHoliday=pl.Series([int(k >= 60) for k in range(90)]),
    )
    found = changes.summer(pl.concat([easter, later.cast(easter.schema)]))
    assert set(found.filter(pl.col("State") == "BE")["summer"]) == {"no"}
    by = found.filter(pl.col("State") == "BY").sort("Date")["summer"].to_list()
    assert by == [*["no"] * 46, *["-2"] * 7, *["-1"] * 7, *(str(k // 7) for k in range(30))]
    assert set(found.filter(pl.col("State") == "BY")["summer and state"]) >= {"no", "BY 0"}


def test_christmas_is_no_summer_however_long(changes):
    frame = days(60, first=date(2014, 12, 1), SchoolHoliday=[int(k >= 20) for k in range(60)])
    assert set(changes.summer(frame)["summer"]) == {"no"}


def test_one_store_of_many_that_tells_of_closed_schools_makes_no_holidays(changes):
    odd = days(90, SchoolHoliday=[int(k >= 30) for k in range(90)])
    rest = [
        odd.with_columns(Store=pl.lit(k), SchoolHoliday=pl.lit(0)).cast(odd.schema) for k in (2, 3)
    ]
    assert set(changes.summer(pl.concat([odd, *rest]))["summer"]) == {"no"}
