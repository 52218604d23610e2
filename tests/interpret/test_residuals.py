"Where predictions were wrong, against plain counts."

from dataclasses import replace
from datetime import UTC, datetime
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.titled import Titled
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.interpret.residuals import Residuals, Side


def made(m=400, seed=0, users=12, items=20, lo=1.0, hi=5.0, std=0.8, **changes):
    rng = np.random.default_rng(seed)
    u, i = rng.integers(0, users, m), rng.integers(0, items, m)
    raw = rng.normal(3.3, 1, m)
    truth = np.clip(raw + std * rng.standard_normal(m), lo, hi)
    titles = np.array([f"film {j}" for j in range(items)], object)
    values = {
        "user": Side(
            Titled(Vocab.of([f"u{j}" for j in range(users)], "user")), u, 10 + np.arange(users)
        ),
        "item": Side(Titled(Vocab.of(range(items), "item"), titles), i, np.arange(items) ** 2),
        "truth": truth,
        "raw": raw,
        "std": np.full(m, std),
        "lo": lo,
        "hi": hi,
        "time": 10**9 + rng.integers(0, 10**7, m),
    }
    return Residuals(**(values | changes))


def test_every_rating_is_in_the_table_with_its_residual():
    found = made()
    assert found.table.columns == [
        "user", "item", "label", "rating", "score", "residual", "std",
    ]  # fmt: skip
    np.testing.assert_allclose(found.table["score"], np.clip(found.raw, 1, 5))
    np.testing.assert_allclose(found.table["residual"], found.truth - np.clip(found.raw, 1, 5))
    assert found.table["user"].to_list() == [f"u{j}" for j in found.user.at]
    assert found.table["label"].to_list() == [f"film {j}" for j in found.item.at]
    assert found.rmse == pytest.approx(np.sqrt((found.table["residual"] ** 2).mean()))


def test_the_worst_ratings_come_first():
    found = made()
    sizes = found.ratings["residual"].abs().to_list()
    assert sizes == sorted(np.abs(found.residual).tolist(), reverse=True)[:20]
    assert len(found.shown) == 10


def test_users_and_items_that_are_wrong_in_one_direction():
    found = made()
    for name, side, frame in (("user", found.user, found.users), ("item", found.item, found.items)):
        rows = []
        for at, called in enumerate(side.titled.vocab.names):
            own = found.residual[side.at == at]
            if len(own):
                rows.append((called, len(own), own.mean(), own.sum() / (len(own) + 5),
                             np.sqrt((own**2).mean())))  # fmt: skip
        rows.sort(key=lambda row: -abs(row[3]))
        assert frame[name].to_list() == [row[0] for row in rows[:20]]
        assert frame["count"].to_list() == [row[1] for row in rows[:20]]
        for column, at in (("mean", 2), ("damped", 3), ("rmse", 4)):
            np.testing.assert_allclose(frame[column], [row[at] for row in rows[:20]])


def test_one_odd_rating_does_not_lead():
    "Nine users wrong by 1 all the time come before one wrong by 4 once."
    u = np.r_[np.repeat(np.arange(9), 30), 9]
    truth = np.r_[np.ones(270), 4.0]
    zero = np.zeros(271)
    vocab = Titled(Vocab.of([f"u{j}" for j in range(10)], "user"))
    side = Side(vocab, u, np.full(10, 5))
    item = Side(Titled(Vocab.of([0], "item")), zero.astype(int), np.array([3]))
    found = Residuals(side, item, truth, zero, np.ones(271))
    assert found.users["user"][-1] == "u9"
    assert found.ratings["user"][0] == "u9"


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 8))
def test_bins_hold_every_rating_once_in_order(seed, m, levels):
    "Whatever the ties: equal values share a bin, and bins say what is in them."
    rng = np.random.default_rng(seed)
    raw = rng.integers(0, levels, m).astype(float)
    found = made(m, seed, raw=raw, lo=-np.inf, hi=np.inf)
    frame = found.by_prediction
    assert frame["n"].sum() == m
    assert 1 <= len(frame) <= min(10, levels)
    for row in frame.iter_rows(named=True):
        own = found.residual[(raw >= row["low"]) & (raw <= row["high"])]
        assert len(own) == row["n"]
        assert row["mean"] == pytest.approx(own.mean(), abs=1e-9)
        assert row["rmse"] == pytest.approx(np.sqrt((own**2).mean()))
        if row["n"] > 1:
            assert row["se"] == pytest.approx(own.std(ddof=1) / np.sqrt(len(own)), abs=1e-6)
        else:
            assert np.isnan(row["se"])
    assert (frame["low"][1:].to_numpy() > frame["high"][:-1].to_numpy()).all()


def test_bins_by_prediction_are_of_about_one_size():
    assert made(1000, lo=-9, hi=9).by_prediction["n"].to_list() == [100] * 10


def test_bins_by_count_and_time():
    found = made(1000)
    counts = found.item.counts[found.item.at]
    assert found.by_count["low"][0] == counts.min()
    assert found.by_count["high"][-1] == counts.max()
    own = found.user.counts[found.user.at]
    assert found.by_user_count["high"][-1] == own.max()
    assert found.by_time["low"][0] == datetime.fromtimestamp(int(found.time.min()), UTC).replace(
        tzinfo=None
    )
    assert found.by_time["high"].dtype == pl.Datetime
    assert found.by_count["expected"].to_list() == pytest.approx([0.8] * len(found.by_count))
    assert made(time=None).by_time is None


def test_calibration_counts_what_lies_inside():
    found = made(2000)
    for level, covered, n in found.calibration.iter_rows():
        half = NormalDist().inv_cdf(0.5 + level / 2) * found.std
        low, high = np.clip(found.raw - half, 1, 5), np.clip(found.raw + half, 1, 5)
        assert covered == pytest.approx(((low <= found.truth) & (found.truth <= high)).mean())
        assert n == 2000
    assert found.calibration["level"].to_list() == pytest.approx(
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    )


def test_intervals_of_the_right_width_hold_what_they_say():
    rng = np.random.default_rng(1)
    raw, std = rng.normal(3, 1, 20_000), rng.gamma(4, 0.2, 20_000)
    truth = raw + std * rng.standard_normal(20_000)
    found = made(20_000, raw=raw, truth=truth, std=std, lo=-np.inf, hi=np.inf)
    gap = found.calibration["covered"] - found.calibration["level"]
    assert gap.abs().max() < 0.012
    narrow = made(20_000, raw=raw, truth=truth, std=std / 2, lo=-np.inf, hi=np.inf)
    assert (narrow.calibration["covered"] < narrow.calibration["level"]).all()


def test_the_title_says_how_wrong():
    found = made()
    assert found.title.startswith(f"RMSE {found.rmse:.4f} on 400 ratings, mean residual")
    assert "80 % intervals" in str(found)


def test_broken_input():
    with pytest.raises(BadInput, match="no ratings to be wrong about"):
        made(truth=np.zeros(0))
    with pytest.raises(BadInput, match="as many as the 400 ratings"):
        replace(made(), std=np.ones(3))
    with pytest.raises(BadInput, match="by='colour' came; wanted one of 'prediction'"):
        made().plot(by="colour")
    with pytest.raises(BadInput, match="no times"):
        made(time=None).plot(by="time")


@pytest.mark.parametrize("by", ["prediction", "count", "user count", "time", "calibration"])
@pytest.mark.parametrize("m", [1, 300])
def test_pictures(by, m):
    import matplotlib.pyplot as plt

    found = made(m)
    _, ax = plt.subplots()
    assert found.plot(ax, by=by) is ax
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left")
    assert ax.get_legend() is not None
    plt.close("all")
