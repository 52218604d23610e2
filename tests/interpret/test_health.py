"Figures of health, against closed forms and slow twins."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret import figures
from entable.interpret.health import Checkup, Health
from entable.interpret.ladder import climb


def rows(vectors, counts=None, bias=None, names=None, kind="item"):
    names = np.arange(len(vectors)) if names is None else names
    return Embeddings.of(names, np.asarray(vectors, "f4"), bias=bias, counts=counts, kind=kind)


def random(n=80, k=4, seed=0, **more):
    return rows(np.random.default_rng(seed).standard_normal((n, k)), **more)


def value(health, figure):
    return dict(zip(health.table["figure"], health.table["value"], strict=True))[figure]


def verdict(health, figure):
    return dict(zip(health.table["figure"], health.table["verdict"], strict=True))[figure]


def test_every_figure_has_a_verdict_and_a_meaning():
    n = 80
    counts = np.random.default_rng(1).integers(1, 60, n)
    bias = np.random.default_rng(2).standard_normal(n)
    health = random(n, counts=counts, bias=bias).health(random(n, seed=5))
    assert isinstance(health, Health)
    assert health.table.columns == ["figure", "value", "verdict", "meaning"]
    assert health.table["figure"].to_list() == [
        "effective rank", "dead factors", "duplicated factors", "hubness", "anti-hubs",
        "anisotropy", "length and count", "bias and count", "under-trained rows",
        "under-trained length", "change with the seed", "stable neighbours",
    ]  # fmt: skip
    assert set(health.table["verdict"]) <= {"fine", "look"}
    assert health.table["value"].is_finite().all()
    assert all(len(meaning) > 40 for meaning in health.table["meaning"])
    look = (health.table["verdict"] == "look").sum()
    assert f"{look} of 12 figures" in health.title


@pytest.mark.parametrize("k", [1, 3, 8])
def test_directions_of_one_strength_are_all_in_use(k):
    "Rows of an identity, over and over: the spectrum is flat and its effective rank k."
    health = rows(np.tile(np.eye(k), (5, 1))).health()
    assert value(health, "effective rank") == pytest.approx(k)
    np.testing.assert_allclose(health.spectrum, np.sqrt(5))


def test_effective_rank_is_the_formula_of_roy_and_vetterli():
    V = np.random.default_rng(0).standard_normal((50, 6)) * [5, 3, 1, 1, 0.2, 0.1]
    s = np.linalg.svd(V.astype("f4").astype("f8"), compute_uv=False)
    p = s / s.sum()
    health = rows(V).health()
    assert value(health, "effective rank") == pytest.approx(np.exp(-(p * np.log(p)).sum()))
    np.testing.assert_allclose(health.spectrum, s, rtol=1e-6)


def test_one_direction_for_eight_numbers_needs_a_look():
    rng = np.random.default_rng(0)
    V = np.outer(rng.standard_normal(60), rng.standard_normal(8))
    health = rows(V).health()
    assert value(health, "effective rank") == pytest.approx(1, abs=1e-3)
    assert verdict(health, "effective rank") == "look"
    assert value(health, "duplicated factors") == 8 * 7 / 2


def test_dead_and_duplicated_columns_are_counted():
    V = np.random.default_rng(0).standard_normal((60, 4))
    alive = rows(V).health()
    assert value(alive, "dead factors") == value(alive, "duplicated factors") == 0
    sick = rows(np.c_[V, np.zeros(60), 1e-4 * V[:, 0], -V[:, 1]]).health()
    assert value(sick, "dead factors") == 2
    assert value(sick, "duplicated factors") == 1
    assert verdict(sick, "dead factors") == verdict(sick, "duplicated factors") == "look"


def test_a_constant_column_is_no_double_of_anything():
    V = np.c_[np.random.default_rng(0).standard_normal((60, 2)), np.ones(60)]
    assert value(rows(V).health(), "duplicated factors") == 0


@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(1, 4))
def test_hubness_counts_lists_of_nearest(seed, n, k):
    V = np.random.default_rng(seed).standard_normal((n, k)).astype("f4").astype("f8")
    health = rows(V).health()
    U = V / np.linalg.norm(V, axis=1, keepdims=True)
    cosine = U @ U.T
    np.fill_diagonal(cosine, -np.inf)
    near = min(10, n - 1)
    assert health.occurrences.sum() == n * near
    if k > 1:  # on a line all cosines are ±1, and any of the equal ones may be listed
        lists = np.argsort(-cosine, axis=1, kind="stable")[:, :near]
        want = np.bincount(lists.reshape(-1), minlength=n)
        np.testing.assert_array_equal(health.occurrences, want)
        assert value(health, "anti-hubs") == (want == 0).mean()
        spread = want - want.mean()
        skew = (spread**3).mean() / (spread**2).mean() ** 1.5 if spread.any() else 0
        assert value(health, "hubness") == pytest.approx(skew)
        off = cosine[np.isfinite(cosine)]
        assert value(health, "anisotropy") == pytest.approx(off.mean(), abs=1e-9)


def test_a_cone_is_seen():
    V = np.random.default_rng(0).standard_normal((60, 4)) + 3
    health = rows(V).health()
    assert value(health, "anisotropy") > 0.7
    assert verdict(health, "anisotropy") == "look"


def test_length_and_bias_against_popularity():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 1000, 200)
    log = np.log(counts)
    direction = rng.standard_normal((200, 4))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    health = rows(direction * (1 + log)[:, None], counts=counts, bias=-log).health()
    assert value(health, "length and count") == pytest.approx(1, abs=1e-5)
    assert value(health, "bias and count") == pytest.approx(-1, abs=1e-5)
    assert verdict(health, "length and count") == verdict(health, "bias and count") == "look"
    assert value(health, "under-trained rows") == (counts < 10).mean()
    length = 1 + log
    ratio = np.median(length[counts < 10]) / np.median(length[counts >= 10])
    assert value(health, "under-trained length") == pytest.approx(ratio, rel=1e-5)


def test_what_has_no_counts_and_no_bias_is_not_judged_by_them():
    assert len(random().health().table) == 6
    same = random(counts=np.full(80, 20)).health()
    assert value(same, "length and count") == 0
    assert "under-trained length" not in same.table["figure"]


def test_rows_without_ratings_are_left_out():
    V = np.random.default_rng(0).standard_normal((80, 4))
    counts = np.full(80, 20)
    V[:30], counts[:30] = 0, 0
    some = rows(V, counts=counts).health()
    want = rows(V[30:], counts=counts[30:]).health()
    np.testing.assert_array_equal(some.table["value"], want.table["value"])
    assert "50 items" in some.title


def turned(k, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((k, k)))[0]


def test_a_twin_that_is_only_turned_is_the_same():
    V = np.random.default_rng(0).standard_normal((60, 4))
    order = np.random.default_rng(1).permutation(60)
    twin = rows((V @ turned(4))[order], names=order)
    health = rows(V).health(twin)
    assert value(health, "change with the seed") == pytest.approx(0, abs=1e-5)
    assert value(health, "stable neighbours") == pytest.approx(1, abs=0.02)
    assert not health.notes


def test_a_twin_of_chance_shares_neighbours_by_chance():
    health = random(300, 8).health(random(300, 8, seed=1))
    assert value(health, "stable neighbours") < 0.15
    assert value(health, "change with the seed") > 0.7
    assert verdict(health, "stable neighbours") == "look"


def test_a_twin_may_have_fewer_numbers_and_other_names_too():
    V = np.random.default_rng(0).standard_normal((60, 4))
    twin = rows((V @ turned(4))[10:, :3], names=np.arange(10, 60))
    found = value(rows(V).health(twin), "change with the seed")
    wide = np.c_[(V @ turned(4))[10:, :3], np.zeros(50)]
    left, _, right = np.linalg.svd(V[10:].T @ wide)
    gap = V[10:] @ left @ right - wide
    want = np.sqrt(2 * (gap**2).sum() / ((V[10:] ** 2).sum() + (wide**2).sum()))
    assert found == pytest.approx(want, rel=1e-4)
    with pytest.raises(BadInput, match="the twin has 0 of the items"):
        random().health(random(names=np.arange(100, 180)))


def test_only_rows_with_enough_ratings_are_asked_for_stability():
    rng = np.random.default_rng(0)
    V, counts = rng.standard_normal((300, 4)), np.r_[np.full(150, 2), np.full(150, 80)]
    noisy = V @ turned(4)
    noisy[:150] = rng.standard_normal((150, 4))
    health = rows(V, counts=counts).health(rows(noisy))
    assert value(health, "stable neighbours") == pytest.approx(1, abs=0.02)


def test_many_rows_are_sampled_and_that_is_said(monkeypatch):
    monkeypatch.setattr(figures, "_MOST", 40)
    health = random(80, 4).health(random(80, 4, seed=3))
    assert len(health.occurrences) == 40
    assert "among 40 of 80 items" in health.notes[0]
    again = random(80, 4).health(random(80, 4, seed=3))
    np.testing.assert_array_equal(health.occurrences, again.occurrences)


@pytest.mark.parametrize("vectors", [np.zeros((5, 3)), np.ones((1, 3)), np.zeros((4, 0))])
def test_nothing_to_examine(vectors):
    with pytest.raises(BadInput, match="two at least are needed"):
        rows(vectors).health()


def test_equal_rows_break_nothing():
    health = rows(np.ones((12, 3)), counts=np.arange(1, 13), bias=np.ones(12)).health()
    assert health.table["value"].is_finite().all()
    assert value(health, "anisotropy") == pytest.approx(1)


def test_a_checkup_holds_both_sides_and_the_ladder():
    items, users = random().health(), random(40, seed=2, kind="user").health()
    bare = Checkup(items, users)
    assert bare.table.columns == ["of", "figure", "value", "verdict", "meaning"]
    assert set(bare.table["of"]) == {"items", "users"}
    assert "No other sizes were trained" in bare.notes[-1]
    noise = np.random.default_rng(0).standard_normal(500)
    found = Checkup(items, users, climb({8: noise, 16: 2 * noise}, 16))
    last = found.table.row(-1, named=True)
    assert (last["of"], last["value"], last["verdict"]) == ("factors", 16, "look")
    assert "8 factors instead of 16 would do" in last["meaning"]
    assert found.shown["verdict"].to_list() == sorted(found.table["verdict"], reverse=True)
    assert "Health of the model" in str(found)


def test_pictures():
    import matplotlib.pyplot as plt

    health = random(300, 8).health()
    ax = health.plot()
    assert ax.lines[0].get_ydata()[0] == 1
    hubs = health.plot(what="hubs")
    assert sum(bar.get_height() for bar in hubs.patches) == 300
    both = Checkup(health, random(40, seed=2).health()).plot()
    assert len(both.lines) == 2
    for each in (ax, hubs, both):
        each.figure.canvas.draw()
    with pytest.raises(BadInput, match="what='norms' came"):
        health.plot(what="norms")
    plt.close("all")
