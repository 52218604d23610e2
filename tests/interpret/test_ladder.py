"Would fewer or more factors do, by a paired standard error."

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.errors import BadInput
from entable.interpret.ladder import climb

RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal(4000)


def rung(extra, wobble=0.0, seed=1):
    "Errors whose variance is that of the noise and `extra` more."
    other = np.random.default_rng(seed).standard_normal(len(NOISE))
    return NOISE * np.sqrt(1 + extra) + wobble * other


def test_the_table_says_how_far_each_number_is_from_the_present_one():
    found = climb({32: rung(0.1), 8: rung(0.2), 16: rung(0)}, 16)
    assert found.table["factors"].to_list() == [8, 16, 32]
    want = [np.sqrt(np.mean(rung(extra) ** 2)) for extra in (0.2, 0, 0.1)]
    np.testing.assert_allclose(found.table["rmse"], want)
    np.testing.assert_allclose(found.table["difference"], np.array(want) - want[1], atol=1e-12)
    assert found.table["reading"].to_list() == ["worse", "present", "worse"]
    assert found.table["se"][1] == 0


def test_the_standard_error_is_that_of_pairs():
    "As measured over many samples of held-out ratings."
    rng = np.random.default_rng(5)
    found, differences = [], []
    for _ in range(400):
        own = rng.standard_normal(300)
        other = own + 0.2 * rng.standard_normal(300)
        row = climb({4: own, 8: other}, 4).table.row(1, named=True)
        found.append(row["se"])
        differences.append(row["difference"])
    assert np.mean(found) == pytest.approx(np.std(differences), rel=0.1)


def test_ratings_of_one_group_count_together():
    "Each rating four times over: the groups know that it is one."
    own, other = NOISE[:500], rung(0.1, 0.2)[:500]
    once = climb({4: own, 8: other}, 4).table["se"][1]
    four = {4: np.repeat(own, 4), 8: np.repeat(other, 4)}
    grouped = climb(four, 4, np.repeat(np.arange(500), 4)).table["se"][1]
    assert grouped == pytest.approx(once)
    assert climb(four, 4).table["se"][1] == pytest.approx(once / 2)


@pytest.mark.parametrize(
    ("errors", "verdict", "best"),
    [
        ({8: rung(0.2), 16: rung(0.1), 32: rung(0)}, "more would help", 32),
        ({8: rung(0), 16: rung(0.1), 32: rung(0.2)}, "fewer would do", 8),
        ({8: rung(0.0001), 16: rung(0), 32: rung(0)}, "fewer would do", 8),
        ({4: rung(0.0001), 8: rung(0.0001), 16: rung(0)}, "fewer would do", 4),
        ({8: rung(0.1), 16: rung(0), 32: rung(0.1)}, "right", 16),
        ({8: rung(0.1), 16: rung(0), 32: rung(-0.0005)}, "right", 16),
        ({8: rung(-0.1), 16: rung(0), 32: rung(-0.2)}, "more would help", 32),
    ],
)
def test_the_verdict(errors, verdict, best):
    found = climb(errors, 16)
    assert (found.verdict, found.best, found.present) == (verdict, best, 16)
    assert str(best) in found.title
    assert "4,000 held-out ratings" in found.title
    assert (verdict == "right") == ("are right" in found.title)


def test_a_gap_within_the_noise_is_no_gap():
    found = climb({8: rung(0, 0.3, 2), 16: rung(0, 0.3, 3)}, 16)
    assert found.table["reading"][0] == "as good"


@given(st.floats(0.1, 100))
def test_the_unit_of_the_ratings_does_not_matter(unit):
    errors = {8: rung(0.02, 0.1), 16: rung(0), 32: rung(0.001, 0.1, 4)}
    once, again = climb(errors, 16), climb({k: unit * e for k, e in errors.items()}, 16)
    assert once.verdict == again.verdict
    assert once.table["reading"].to_list() == again.table["reading"].to_list()
    np.testing.assert_allclose(again.table["se"], unit * once.table["se"], rtol=1e-6)


def test_errors_of_nothing_are_the_same():
    found = climb({2: np.zeros(5), 4: np.zeros(5)}, 4)
    assert (found.verdict, found.best) == ("fewer would do", 2)
    assert found.table["difference"].to_list() == [0, 0]


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ({8: NOISE}, "no errors came for 16 factors"),
        ({}, "they came for none"),
        ({16: NOISE}, "other numbers than 16"),
        ({8: NOISE, 16: NOISE[1:]}, "same held-out ratings"),
        ({8: NOISE[:1], 16: NOISE[:1]}, "two at least"),
    ],
)
def test_errors_that_cannot_be_compared(errors, told):
    with pytest.raises(BadInput, match=told):
        climb(errors, 16)


def test_the_picture_shows_every_number_and_this_model():
    import matplotlib.pyplot as plt

    found = climb({8: rung(0.2), 16: rung(0.1), 32: rung(0)}, 16)
    ax = found.plot()
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["8", "16", "32"]
    line = ax.lines[0]
    np.testing.assert_allclose(line.get_ydata(), found.table["rmse"])
    assert "this model" in {text.get_text() for text in ax.texts}
    assert isinstance(found.shown, pl.DataFrame)
    plt.close("all")
