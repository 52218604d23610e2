"Rows of a table held out by time, by group, at random, or as given."

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from entable.data.heldout import held_out, split
from entable.errors import BadInput


def frame(days, groups=None):
    begin = date(2015, 1, 1)
    columns = {"Date": [begin + timedelta(days=d) for d in days], "row": range(len(days))}
    return pl.DataFrame(columns | ({"Store": groups} if groups else {}))


some_days = st.lists(st.integers(0, 6), min_size=2, max_size=30)
shares = st.floats(0.01, 0.99)


@given(some_days, shares)
@example([0, 1, 1, 1], 0.25)
def test_a_share_by_time_is_made_of_whole_days_and_nearest_to_what_was_asked(days, share):
    assume(len(set(days)) > 1)
    held = held_out(frame(days), share)
    days = np.array(days)
    first = days[held].min()
    assert np.array_equal(held, days >= first)
    wanted = round(min(max(len(days) * share, 1), len(days) - 1))
    off = {d: abs((days >= d).sum() - wanted) for d in set(days[days > days.min()].tolist())}
    assert off[first] == min(off.values())


@given(some_days, st.data())
def test_a_number_of_rows_is_kept_to(days, data):
    n = data.draw(st.integers(1, len(days) - 1))
    held = held_out(frame(days), n, time="Date")
    order = sorted(range(len(days)), key=lambda k: (days[k], k))
    assert set(np.flatnonzero(held)) == set(order[len(days) - n :])


@given(some_days, st.integers(0, 7))
def test_a_day_begins_what_is_held_out(days, first):
    held = np.array(days) >= first
    text = f"2015-01-{1 + first:02}"
    for day in (date.fromisoformat(text), text, np.datetime64(text), datetime.fromisoformat(text)):
        if held.all() or not held.any():
            with pytest.raises(BadInput, match="a part is empty"):
                held_out(frame(days), day, time="Date")
        else:
            assert np.array_equal(held_out(frame(days), day, time="Date"), held)


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=30), shares, st.integers(0, 9))
def test_groups_are_never_parted(groups, share, seed):
    table = frame([0] * len(groups), groups)
    assume(len(set(groups)) > 1)
    held = held_out(table, share, group="Store", seed=seed)
    assert held.any()
    assert not held.all()
    assert np.array_equal(held, held_out(table, share, group=["Store"], seed=seed))
    inside = {g for g, h in zip(groups, held, strict=True) if h}
    outside = {g for g, h in zip(groups, held, strict=True) if not h}
    assert not inside & outside


def test_without_dates_rows_are_drawn_with_a_seed():
    table = frame(range(100)).drop("Date")
    held = held_out(table, 0.2)
    assert held.sum() == 20
    assert np.array_equal(held, held_out(table, 20))
    assert not np.array_equal(held, held_out(table, 0.2, seed=1))
    assert not np.array_equal(held, np.arange(100) >= 80)
    by_choice = held_out(frame(range(100)), 0.2, time=False)
    assert np.array_equal(held, by_choice)


def test_what_is_given_is_taken():
    table = frame([0, 1, 2]).with_columns(held=pl.Series([True, False, False]))
    want = [True, False, False]
    for valid in ("held", want, np.array(want), pl.Series(want), pd.Series(want)):
        assert held_out(table, valid).tolist() == want
    with pytest.raises(BadInput, match=r"of int64 and shape \(3,\) came; true or false for each"):
        held_out(table, [0, 1, 2])
    with pytest.raises(BadInput, match=r"of bool and shape \(2,\) came"):
        held_out(table, [True, False])
    for none in ([True] * 3, [False] * 3):
        with pytest.raises(BadInput, match="a part is empty"):
            held_out(table, none)


def test_two_columns_of_dates_need_a_word():
    table = frame([0, 1, 2]).with_columns(Due=pl.col("Date"))
    with pytest.raises(BadInput, match="several columns hold dates: Date, Due; time='Date' says"):
        held_out(table)
    assert held_out(table, 1, time="Due").tolist() == [False, False, True]


@pytest.mark.parametrize("valid", [0, 1.5, 3, -1, True, None, "2015-01-02", float("nan")])
def test_a_share_or_a_number_of_rows_is_wanted(valid):
    with pytest.raises(BadInput, match="a share between 0 and 1, or a number of rows below 3"):
        held_out(frame([0, 1, 2]).drop("Date"), valid)


def test_one_row_cannot_be_split():
    with pytest.raises(BadInput, match="a frame of 1 rows cannot be split"):
        held_out(frame([0]))
    with pytest.raises(BadInput, match="a frame of 0 rows cannot be split"):
        held_out(pl.DataFrame())
    with pytest.raises(BadInput, match="a frame was wanted, int came"):
        held_out(3)
    with pytest.raises(BadInput, match="Date is the same in all 3 rows; time=False"):
        held_out(frame([0, 0, 0]))


def test_both_parts_come_in_the_frame_s_own_library():
    table = frame([2, 0, 1, 3])
    train, valid = split(table, 1)
    assert (train["row"].to_list(), valid["row"].to_list()) == ([0, 1, 2], [3])
    pandas = table.to_pandas().set_index(pd.Index([9, 8, 7, 6]))
    train, valid = split(pandas, 0.5)
    assert (list(train.index), list(valid.index)) == ([8, 7], [9, 6])
    assert split(table.to_arrow(), 0.25)[1].num_rows == 1
    assert split(table.lazy(), 0.25, group="row")[1].height == 1
