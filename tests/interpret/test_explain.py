"The shares of a ridge solve sum to what it says, and what is lost is what a new solve loses."

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.interpret.explain import Explanation, shares


def posed(seed, m, k=4):
    "A ridge solve: precision without ratings, pull, X, weights, residuals, and who looks."
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((k, 2 * k))
    X, w = rng.standard_normal((m, k)), rng.gamma(2, 0.5, m) + 0.05
    res, x = rng.standard_normal(m), rng.standard_normal(k)
    return A @ A.T / k + 0.1 * np.eye(k), rng.standard_normal(k), X, w, res, x


def solved(prior, pull, X, w, res):
    return np.linalg.solve(prior + (X.T * w) @ X, pull + X.T @ (w * res))


def split(prior, pull, X, w, res, x):
    return shares(prior + (X.T * w) @ X, pull, X, w, res, x)


@given(st.integers(0, 10**6), st.integers(0, 12))
def test_prior_and_shares_sum_to_the_whole(seed, m):
    *solve, x = posed(seed, m)
    found = split(*solve, x)
    assert len(found.ratings) == len(found.lost) == m
    assert found.prior + found.ratings.sum() == pytest.approx(x @ solved(*solve), abs=1e-9)


def test_a_share_is_what_the_rating_weighs():
    "Taking a rating's residual to 0 takes away its share."
    prior, pull, X, w, res, x = posed(0, 5)
    found = split(prior, pull, X, w, res, x)
    whole = x @ solved(prior, pull, X, w, res)
    for j in range(5):
        calm = np.where(np.arange(5) == j, 0, res)
        assert found.ratings[j] == pytest.approx(whole - x @ solved(prior, pull, X, w, calm))


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_what_is_lost_is_what_a_solve_without_the_rating_loses(seed, m):
    prior, pull, X, w, res, x = posed(seed, m)
    found = split(prior, pull, X, w, res, x)
    whole = x @ solved(prior, pull, X, w, res)
    for j in range(m):
        rest = np.arange(m) != j
        without = x @ solved(prior, pull, X[rest], w[rest], res[rest])
        assert found.lost[j] == pytest.approx(whole - without, abs=1e-7)


def made(label="Alien", past=3, axes=5, cut=0.0):
    items = [f"film {j}" for j in range(past)]
    parts = {"mean": 3.0, "user bias": 0.5, "item bias": -0.25, "taste": 0.5, "range": cut}
    frame = pl.DataFrame(
        {
            "item": items,
            "rating": [5.0 - j for j in range(past)],
            "share": [0.3 - 0.2 * j for j in range(past)],
            "without": [3.0] * past,
        },
        schema={
            "item": pl.String,
            "rating": pl.Float64,
            "share": pl.Float64,
            "without": pl.Float64,
        },
    )
    taste = pl.DataFrame(
        {
            "axis": range(1, 6),
            "share": [0.2] * 5,
            "user": [1.0] * 5,
            "item": [0.1] * 5,
            "product": [0.1] * 5,
            "low": ["$low$"] * 5,
            "high": ["a <b> \n" + "very " * 9 + "long name"] * 5,
        }
    ).head(axes)
    rest = 0.8 - frame["share"].sum()
    return Explanation("ann", 7, label, 3.75 + cut, 3.75, parts, taste, frame, 0.2, rest, ())


def bars(ax):
    return [(p.get_x(), p.get_width()) for p in ax.patches]


@pytest.mark.parametrize("past", [0, 3, 20])
def test_the_picture_goes_from_the_mean_to_the_score(past):
    import matplotlib.pyplot as plt

    ax = made(past=past, cut=-0.5).plot(n=6)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names.count("mean") == names.count("score") == 1 + bool(past)
    first = names.index("score") - 1  # bars of the first waterfall
    widths = [width for _, width in bars(ax)]
    assert 3.0 + sum(widths[:first]) == pytest.approx(3.25)
    if past:
        assert 3.0 + sum(widths[first:]) == pytest.approx(3.25)
    assert ("14 other ratings" in names) == (past == 20)
    ax.figure.canvas.draw()
    plt.close("all")


def test_every_bar_begins_where_the_one_above_ends():
    import matplotlib.pyplot as plt

    ax = made().plot()
    steps = bars(ax)
    inside = [n for n, (left, _) in enumerate(steps) if left == pytest.approx(3.0)]
    assert len(inside) == 2  # each waterfall starts at the mean
    for (left, width), (following, _) in pairwise(steps):
        if following != pytest.approx(3.0):
            assert following == pytest.approx(left + width)
    lo, hi = ax.get_xlim()
    assert all(lo < end < hi for left, width in steps for end in (left, left + width))
    plt.close("all")


def test_a_picture_can_be_drawn_into_another():
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, 2)
    assert made(axes=0).plot(axes[1]) is axes[1]
    plt.close("all")


def test_an_explanation_says_its_parts_and_shows_its_ratings():
    why = made("[bold]Alien[/]", past=20)
    assert why.title == why.sentence
    assert why.sentence.startswith("[bold]Alien[/]: 3.75 = 3.00 (mean) +0.50 (user) -0.25 (item)")
    assert "because of film 0 (rated 5: +0.30), film 1 (rated 4: +0.10)" in why.sentence
    assert (len(why.table), len(why.shown)) == (20, 10)
    assert "cut to the range" not in why.sentence
    assert "cut to the range" in made(cut=-0.5).sentence
