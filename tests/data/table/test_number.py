"Numbers: formulas by hand, gaps, quantile edges, and what is refused."

import datetime as dt
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from entable.data.table.number import Number, floats
from entable.errors import BadInput

FINITE = st.integers(-(10**6), 10**6).map(lambda k: k / 8)
VALUES = arrays(np.float64, st.integers(2, 60), elements=FINITE)


def spread(values):
    low, high = np.quantile(values, [0.25, 0.75])
    return (high - low) or values.std() or 1


@given(VALUES)
def test_robust_scaling_is_its_formula(values):
    number = Number.fit(values, "x")
    z = (values - np.median(values)) / spread(values)
    found, missing = number.apply(pl.Series("", values))
    np.testing.assert_allclose(found, z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-5, atol=1e-6)
    assert not missing.any()
    assert found.dtype == np.float32
    assert (np.abs(found) <= 3).all()


@given(VALUES)
def test_standard_scaling_has_mean_0_and_deviation_1(values):
    found = Number.fit(values, "x", "standard").scaled(values)
    assert found.mean() == pytest.approx(0, abs=1e-6)
    assert found.std() == pytest.approx(float(np.ptp(values) > 0), abs=1e-6)


def test_scaling_by_quantiles_gives_a_normal_distribution_and_ties_one_score():
    rng = np.random.default_rng(0)
    values = rng.exponential(3, 5000)
    found = np.sort(Number.fit(values, "x", "quantile").scaled(values))
    inverse = NormalDist().inv_cdf
    wanted = np.array([inverse((k + 0.5) / 5000) for k in range(5000)])
    np.testing.assert_allclose(found[100:-100], wanted[100:-100], atol=0.02)
    tied = Number.fit(np.array([0.0] * 9 + [1.0]), "x", "quantile")
    low, high = tied.scaled(np.array([0.0, 1.0]))
    assert low == pytest.approx(np.mean([inverse((k + 0.5) / 10) for k in range(9)]))
    assert high == pytest.approx(inverse(0.95))
    assert tied.scaled(np.array([-5.0, 9.0])).tolist() == [low, high]  # ends, not beyond


def test_unscaled_numbers_are_themselves():
    values = np.array([5.0, -2, 1e30])
    assert Number.fit(values, "x", "none").scaled(values).tolist() == values.tolist()


@pytest.mark.parametrize(("fill", "stands"), [("median", 2), ("mean", 4), (-1, -1)])
def test_gaps_are_filled_and_said(fill, stands):
    number = Number.fit(np.array([1.0, 2, 9, np.nan]), "x", "none", fill)
    found, missing = number.apply(pl.Series("", [None, 3.0]))
    assert found.tolist() == [stands, 3]
    assert missing.tolist() == [True, False]
    assert number.gaps == 1


def test_the_first_gap_may_come_at_prediction_time():
    number = Number.fit(np.array([1.0, 2, 3]), "x")
    for column in ([None], [float("nan")], ["  "], [2.0, None]):
        series = pl.Series("", column, strict=False).fill_nan(None) if column != ["  "] else None
        series = pl.Series("", [None], dtype=pl.String) if series is None else series
        found, missing = number.apply(series)
        assert found[-1] == 0  # the median
        assert missing[-1]
        assert number.gaps == 0


@given(arrays(np.float64, st.integers(1, 300), elements=st.integers(-30, 30).map(float)))
def test_edges_rise_from_lowest_to_highest_and_each_is_a_value_of_training(values):
    number = Number.fit(values, "x", "none", bins=8)
    edges = number.edges
    assert (np.diff(edges) > 0).all()
    assert edges[0] == values.min()
    if len(np.unique(values)) > 1:
        assert edges[-1] == values.max()
        assert set(edges.tolist()) <= set(values.tolist())
    if len(np.unique(values)) <= 9:
        assert set(np.unique(values)) <= set(edges.tolist())


def test_bins_are_about_equally_full_and_heavy_values_stand_alone():
    rng = np.random.default_rng(0)
    edges = Number.fit(rng.random(10_000), "x", "none", bins=10).edges
    np.testing.assert_allclose(edges, np.linspace(0, 1, 11), atol=0.02)
    gain = np.concatenate([np.zeros(900), np.arange(1.0, 101) * 50])
    edges = Number.fit(gain, "x", "none", bins=10).edges
    assert edges[:2].tolist() == [0, 50]  # nothing lies between none and the least
    assert len(edges) >= 9


@given(VALUES)
def test_a_histogram_counts_every_row_once(values):
    number = Number.fit(values, "x")
    assert number.counts.sum() == len(values)
    assert (number.low, number.median, number.high) == (
        values.min(), np.median(values), values.max(),
    )  # fmt: skip
    wanted, _ = np.histogram(values, 24) if values.std() > 1e-3 else (None, None)
    assert wanted is None or np.abs(np.cumsum(wanted - number.counts)).max() <= 2


def test_whole_numbers_are_known_as_such():
    assert Number.fit(np.array([1.0, 2, np.nan]), "x").whole
    assert not Number.fit(np.array([1.0, 2.5]), "x").whole


def test_text_is_read_as_the_number_it_is_and_else_named_with_its_row():
    assert floats(pl.Series("", [" 1.5", "2", None]), "x").tolist()[:2] == [1.5, 2]
    text = pl.Series("", ["1", "n/a", "n/a"])
    with pytest.raises(
        BadInput, match=r"'km', row 2: 'n/a' is no number.*missing=\['n/a'\].*1 more"
    ):
        floats(text, "km")


def test_other_types():
    assert floats(pl.Series("", [True, False, None]), "x").tolist()[:2] == [1, 0]
    hours = pl.Series("", [90.0, None]) * 1_000_000
    assert floats(hours.cast(pl.Duration("us")), "x").tolist()[:1] == [90]
    assert floats(pl.Series("", [dt.time(1, 0, 0, 500_000)]), "x").tolist() == [3600.5]
    with pytest.raises(BadInput, match="column 'x' holds Date; it is a number here"):
        floats(pl.Series("", [0]).cast(pl.Date), "x")


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinite_numbers_are_named_with_their_row(value):
    number = Number.fit(np.array([1.0, 2]), "x")
    with pytest.raises(BadInput, match=r"'x', row 3: -?inf is not finite.*counts as missing"):
        number.apply(pl.Series("", [1.0, None, value]))


@pytest.mark.parametrize("fill", ["mode", float("nan"), float("inf")])
def test_a_filling_that_is_none_is_refused(fill):
    with pytest.raises(BadInput, match="fill="):
        Number.fit(np.array([1.0, 2]), "x", fill=fill)
