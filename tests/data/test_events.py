"Days since and until, and rolling sums, against a reading of every pair of rows."

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.events import elapsed, rolling
from entable.errors import BadInput

BEGIN = datetime(2015, 1, 1)
row = st.tuples(
    st.sampled_from("ab"),  # group
    st.integers(0, 12),  # day (or hour)
    st.none() | st.integers(0, 2),  # event
    st.none() | st.integers(-9, 9),  # number
)
rows = st.lists(row, min_size=1, max_size=30)


def made(rows, hourly=False):
    unit = timedelta(hours=1) if hourly else timedelta(days=1)
    times = [BEGIN + unit * t for _, t, _, _ in rows]
    group, _, event, number = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "g": pl.Series(group),
        "t": pl.Series(times, dtype=pl.Datetime("us") if hourly else pl.Date),
        "e": pl.Series(event, dtype=pl.Int64),
        "x": pl.Series(number, dtype=pl.Int64),
    }
    return pl.DataFrame(columns)


def days(span):
    return None if span is None else span / timedelta(days=1)


def visible(frame, own, known, ahead):
    "Rows of the same group that a row may see, and how long ago they were."
    rows = list(frame.iter_rows(named=True))
    for other in rows:
        ago = rows[own]["t"] - other["t"]
        late = ago >= ahead if ahead else ago > timedelta(0)
        if other["g"] == rows[own]["g"] and (known or late):
            yield other, ago


aheads = st.none() | st.integers(1, 5)


@given(rows, st.booleans(), st.booleans(), aheads)
def test_days_since_and_until_by_brute_force(rows, hourly, known, ahead):
    frame = made(rows, hourly)
    told = ["e"] if known else []
    found = elapsed(frame, ["e"], time="t", by="g", known=told, ahead=ahead)
    assert ("days until e" in found.columns) == known
    late = None if known or ahead is None else timedelta(days=ahead)
    for k in range(len(frame)):
        ages = [ago for other, ago in visible(frame, k, known, late) if other["e"]]
        since = min((ago for ago in ages if ago >= timedelta(0)), default=None)
        assert found["days since e"][k] == days(since)
        if known:
            until = min((-ago for ago in ages if ago <= timedelta(0)), default=None)
            assert found["days until e"][k] == days(until)


@given(rows, st.booleans(), st.booleans(), aheads, st.integers(1, 6))
def test_rolling_sums_by_brute_force(rows, hourly, known, ahead, span):
    frame = made(rows, hourly)
    found = rolling(
        frame, "x", span, time="t", by="g", known="x" if known else (), ahead=ahead,
        of=["count", "sum", "mean"],
    )  # fmt: skip
    ends = f"{span} day{'s' * (span > 1)}"
    late = None if known or ahead is None else timedelta(days=ahead)
    wide = timedelta(days=span)
    shift = late or (timedelta(0) if known else frame["t"].dtype.is_temporal() and _tick(hourly))
    for k in range(len(frame)):
        seen = list(visible(frame, k, known, late))
        sides = {"last": [o["x"] for o, ago in seen if shift <= ago < shift + wide]}
        if known:
            sides["next"] = [o["x"] for o, ago in seen if -wide < ago <= timedelta(0)]
        for side, values in sides.items():
            values = [v for v in values if v is not None]
            assert found[f"x count {side} {ends}"][k] == len(values)
            assert found[f"x sum {side} {ends}"][k] == (sum(values) if values else None)
            mean = pytest.approx(np.mean(values), abs=1e-12) if values else None
            assert found[f"x mean {side} {ends}"][k] == mean
    assert (f"x sum next {ends}" in found.columns) == known


def _tick(hourly):
    return timedelta(microseconds=1) if hourly else timedelta(days=1)


@given(rows, st.data())
def test_nothing_from_that_day_on_can_change_what_a_row_sees(rows, data):
    frame = made(rows)
    ahead = data.draw(aheads)
    edge = BEGIN.date() + timedelta(days=data.draw(st.integers(0, 12)))
    last = edge if ahead is None else edge - timedelta(days=ahead - 1)
    future = pl.col("t") >= last  # what the rows of `edge` must not see
    changed = frame.with_columns(
        e=pl.when(future).then(1 - pl.col("e").fill_null(0).clip(0, 1)).otherwise("e"),
        x=pl.when(future).then(1000).otherwise("x"),
    )
    how = {"time": "t", "by": "g", "ahead": ahead}
    for one, other in (
        (elapsed(frame, "e", **how), elapsed(changed, "e", **how)),
        (rolling(frame, ["e", "x"], [2, 7], **how), rolling(changed, ["e", "x"], [2, 7], **how)),
    ):
        here = pl.col("t") <= edge
        new = pl.exclude("g", "t", "e", "x")
        assert one.filter(here).select(new).equals(other.filter(here).select(new))


def test_not_even_the_last_bit_knows_the_future_or_other_groups():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "g": np.repeat(["a", "b"], 50),
            "t": pl.Series(np.tile(np.arange(50, dtype=np.int32), 2)).cast(pl.Date),
            "x": rng.random(100),
        }
    )
    later = (pl.col("t").to_physical() >= 40) | (pl.col("g") == "a")
    changed = frame.with_columns(x=pl.when(later).then(pl.col("x") * 1e9 / 7).otherwise("x"))
    one, other = (rolling(f, "x", [3, 30], time="t", by="g") for f in (frame, changed))
    here = (pl.col("g") == "b") & (pl.col("t").to_physical() <= 40)
    assert one.filter(here).drop("x").equals(other.filter(here).drop("x"))


@given(rows, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    frame = made(rows).with_row_index()
    order = list(range(len(frame)))
    random.shuffle(order)
    how = {"time": "t", "by": "g", "known": "e"}
    for act in (lambda f: elapsed(f, "e", **how), lambda f: rolling(f, ["e"], 3, **how)):
        assert act(frame[order]).sort("index").equals(act(frame))


@given(rows, st.lists(st.sampled_from("uv"), min_size=30, max_size=30))
def test_groups_of_two_columns_are_groups_of_pairs(rows, second):
    frame = made(rows).with_columns(h=pl.Series(second[: len(rows)]))
    both = frame.with_columns(gh=pl.col("g") + pl.col("h"))
    found = elapsed(frame, "e", time="t", by=["g", "h"])["days since e"]
    assert found.equals(elapsed(both, "e", time="t", by="gh")["days since e"])


def small():
    return pl.DataFrame(
        {
            "Store": [1, 1, 1, 2],
            "Date": ["2015-07-01", "2015-07-02", "2015-07-04", "2015-07-02"],
            "Holiday": ["0", "a", "0", "0"],
            "Promo": [True, False, False, None],
        }
    )


def test_values_say_what_an_event_is_in_a_column_of_text():
    events = {"Holiday": ["a", "b"], "Promo": None}
    found = elapsed(small(), events, time="Date", by="Store", known="Holiday")
    assert found["days until Holiday"].to_list() == [1, 0, None, None]
    assert found["days since Holiday"].to_list() == [None, 0, 2, None]
    assert found["days since Promo"].to_list() == [None, 1, 3, None]
    enum = small().with_columns(pl.col("Holiday").cast(pl.Enum(["0", "a"])))
    assert elapsed(enum, {"Holiday": ["a"]}, time="Date")["days since Holiday"][2] == 2
    counted = rolling(small(), {"Holiday": ["a"]}, 2, time="Date", by="Store", known=["Holiday"])
    assert counted["Holiday sum next 2 days"].to_list() == [1, 1, 0, 0]
    assert counted["Holiday mean last 2 days"].to_list() == [0, 0.5, 0, 0]
    with pytest.raises(BadInput, match=r"Holiday holds String such as '0'; .* \{'Holiday': \['0'"):
        elapsed(small(), ["Holiday"], time="Date")
    with pytest.raises(BadInput, match=r"Holiday holds String, and the values \[1\] are of anoth"):
        elapsed(small(), {"Holiday": [1]}, time="Date")


def test_rows_dropped_too_early_change_the_answer():
    "Why closed days stay until the features are made."
    frame = small()
    whole = elapsed(frame, {"Holiday": ["a"]}, time="Date", by="Store").filter(~pl.col("Promo"))
    early = elapsed(frame.filter(pl.col("Holiday") == "0"), {"Holiday": ["a"]}, time="Date")
    assert whole["days since Holiday"].to_list() == [None, 2]
    assert early["days since Holiday"].null_count() == 3


def test_a_group_that_appears_once_has_no_past():
    found = rolling(small(), "Promo", 7, time="Date", by="Store", of=["count", "sum"])
    assert found.row(3)[-2:] == (0, None)


def test_frames_of_other_libraries_keep_their_kind():
    index = pd.DataFrame(small().to_dict(as_series=False), index=[9, 8, 7, 6])
    index["Promo"] = [1.0, 0.0, 0.0, np.nan]
    found = elapsed(index, "Promo", time="Date", by="Store")
    assert list(found.index) == [9, 8, 7, 6]
    assert found["days since Promo"].tolist()[1:3] == [1, 3]
    arrow = rolling(small().to_arrow(), "Promo", 7, time="Date", by="Store", of="sum")
    assert arrow.column_names[-1] == "Promo sum last 7 days"


def test_sums_of_whole_numbers_are_exact_and_of_large_ones_close():
    n = 5_000
    rng = np.random.default_rng(0)
    x = rng.integers(0, 10_000, n) + 1_000_000_000_000
    start = date(2000, 1, 1).toordinal() - 719_163
    frame = pl.DataFrame({"t": pl.Series(np.arange(n, dtype="i4") + start).cast(pl.Date), "x": x})
    found = rolling(frame, "x", 30, time="t", known="x")
    want = [int(x[max(0, k - 29) : k + 1].sum()) for k in range(n)]
    assert found["x sum last 30 days"].to_list() == want
    near = rolling(frame.with_columns(x=pl.col("x") / 3 + 0.1), "x", 30, time="t", known="x")
    want = [np.mean(x[max(0, k - 29) : k + 1] / 3 + 0.1) for k in range(n)]
    np.testing.assert_allclose(near["x mean last 30 days"], want, rtol=1e-14)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"columns": ["Prom"]}, "no column 'Prom'; it has Promo"),
        ({"columns": []}, "each once, and one at least"),
        ({"columns": ["Promo", "Promo"]}, "each once, and one at least"),
        ({"days": 0}, "days=0 came; whole days above 0 were wanted"),
        ({"days": 1.5}, "days=1.5 came; whole days above 0 were wanted"),
        ({"days": "7"}, "days='7' came"),
        ({"ahead": 0}, "ahead=0 came; whole days above 0 were wanted"),
        ({"ahead": -1}, "ahead=-1 came"),
        ({"known": "Holiday"}, "known='Holiday' came, which is none of Promo"),
        ({"of": "median"}, "of='median' came; some of count, sum, mean were wanted"),
        ({"by": "Shop"}, "no column 'Shop'"),
        ({"by": []}, "no column of groups came"),
        ({"time": "Store"}, "Store, row 1: 1 came, of type Int64; a date was wanted"),
    ],
)
def test_what_cannot_be_meant_is_refused(how, said):
    given = {"columns": ["Promo"], "days": 7, "time": "Date", "by": "Store"} | how
    with pytest.raises(BadInput, match=said):
        rolling(small(), **given)


def test_missing_times_groups_and_infinite_numbers_are_named_by_row():
    frame = small().with_columns(x=pl.Series([1.0, np.nan, np.inf, 2]))
    with pytest.raises(BadInput, match="x, row 3: inf is not finite"):
        rolling(frame, "x", 7, time="Date")
    gap = pl.when(pl.int_range(4) != 2).then
    with pytest.raises(BadInput, match="Date is missing in row 3; drop such rows or fill it"):
        elapsed(frame.with_columns(gap("Date").alias("Date")), "Promo", time="Date")
    with pytest.raises(BadInput, match="Store is missing in row 3; drop such rows or fill it"):
        elapsed(frame.with_columns(gap("Store").alias("Store")), "Promo", time="Date", by="Store")
    with pytest.raises(BadInput, match="Date, row 2: 'soon' is no date"):
        elapsed(frame.with_columns(Date=pl.lit("soon")).with_columns(
            Date=pl.when(pl.int_range(4) != 1).then(pl.lit("2015-01-01")).otherwise("Date")
        ), "Promo", time="Date")  # fmt: skip


def test_an_empty_frame_stays_empty():
    none = small().clear()
    assert elapsed(none, "Promo", time="Date", by="Store").columns[-1] == "days since Promo"
    assert rolling(none, "Promo", 7, time="Date", by="Store").height == 0
