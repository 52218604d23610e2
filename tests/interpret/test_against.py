"Distances of vectors beside real ones: correlations by hand, Germany turned onto its map."

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret import against

TOWNS = {  # latitude, longitude
    "Berlin": (52.52, 13.41), "Hamburg": (53.55, 9.99), "Munich": (48.14, 11.58),
    "Cologne": (50.94, 6.96), "Frankfurt": (50.11, 8.68), "Dresden": (51.05, 13.74),
    "Bremen": (53.08, 8.80), "Stuttgart": (48.78, 9.18), "Erfurt": (50.98, 11.03),
    "Kiel": (54.32, 10.13), "Mainz": (49.99, 8.25), "Saarbrücken": (49.23, 7.00),
}  # fmt: skip


def towns(noise=0.0, seed=0, k=6):
    "Vectors that hold the map of Germany, turned into k numbers."
    rng = np.random.default_rng(seed)
    X = np.array([*TOWNS.values()])
    flat = np.column_stack([X[:, 1] * np.cos(np.radians(X[:, 0].mean())), X[:, 0]])
    turn = np.linalg.qr(rng.standard_normal((k, 2)))[0].T
    made = Embeddings.of([*TOWNS], flat @ turn + noise * rng.standard_normal((len(X), k)))
    facts = {"latitude": X[:, 0], "longitude": X[:, 1], "state": [name[:1] for name in TOWNS]}
    return replace(made, facts=pl.DataFrame(facts))


def rows(n=12, k=3, seed=0):
    return Embeddings.of(list(range(n)), np.random.default_rng(seed).standard_normal((n, k)))


def apart(X):
    return np.sqrt(((X[:, None] - X[None]) ** 2).sum(2))


@given(st.integers(0, 60), st.sampled_from(["euclidean", "cosine"]))
def test_correlations_are_those_over_all_pairs(seed, metric):
    made = rows(seed=seed)
    real = np.random.default_rng(seed + 1).standard_normal((12, 2))
    found = made.against(real, metric)
    V = made.vectors.astype(float)
    U = V / np.linalg.norm(V, axis=1)[:, None]
    mine = (apart(V) if metric == "euclidean" else 1 - U @ U.T)[np.triu_indices(12, 1)]
    world = apart(real)[np.triu_indices(12, 1)]
    assert len(found.a) == 66
    assert found.pearson == pytest.approx(np.corrcoef(mine, world)[0, 1])
    ranks = [np.argsort(np.argsort(x)) for x in (mine, world)]
    assert found.spearman == pytest.approx(np.corrcoef(*ranks)[0, 1])


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, pl.DataFrame])
def test_distances_and_coordinates_say_the_same(kind):
    real = np.random.default_rng(3).standard_normal((12, 2))
    by_place, by_distance = rows().against(kind(real)), rows().against(kind(apart(real)))
    assert by_distance.pearson == pytest.approx(by_place.pearson)
    assert by_distance.real.places is None
    assert by_place.real.places is not None


def test_three_rows_of_three_coordinates_are_no_table_of_distances():
    found = rows(3).against([[0, 1, 2], [3, 4, 5], [6, 7, 9]])
    assert found.real.coordinates is not None
    assert found.world[0] == pytest.approx(np.sqrt(27))


def test_one_coordinate_is_enough():
    made = rows()
    days = np.arange(12.0)
    assert made.against(days).pearson == pytest.approx(made.against(days[:, None]).pearson)
    facts = replace(made, facts=pl.DataFrame({"day": days}))
    assert facts.against("day").pearson == pytest.approx(made.against(days).pearson)


def test_a_map_in_the_vectors_is_found():
    made = towns()
    found = made.against(["latitude", "longitude"], globe=True)
    assert found.pearson > 0.99
    assert found.spearman > 0.99
    assert found.p_value == 1 / 1000
    assert found.title.startswith("66 pairs of 12 items: ")
    assert found.title.endswith("p = 0.001")
    pair = found.table.filter((pl.col("a") == "Berlin") & (pl.col("b") == "Munich"))
    assert pair["real"][0] == pytest.approx(504, abs=2)  # km
    pairs = found.table["off"].abs()
    assert pairs.is_sorted(descending=True)
    assert found.shown["off"].is_sorted()


def test_vectors_that_know_nothing_are_no_map():
    p = [
        rows(seed=s).against(np.random.default_rng(s + 50).random((12, 2))).p_value
        for s in range(20)
    ]
    assert np.mean(np.array(p) < 0.05) <= 0.2
    assert 0.25 < np.mean(p) < 0.75


def test_the_map_is_turned_and_mirrored_onto_the_real_places():
    pytest.importorskip("matplotlib")
    made = towns()
    found = made.against(["latitude", "longitude"], globe=True)
    laid = against._onto(found.vectors, found.real.places)
    np.testing.assert_allclose(laid, found.real.places, atol=1e-4)
    ax = found.plot_map()
    assert {"Berlin", "Munich"} <= {text.get_text() for text in ax.texts}
    noisy = towns(noise=0.5).against(["latitude", "longitude"], globe=True)
    assert noisy.plot_map(ax) is ax
    with pytest.raises(BadInput, match="a map needs two coordinates of each row; distances came"):
        made.against(apart(np.random.default_rng(0).random((12, 2)))).plot_map()
    with pytest.raises(BadInput, match="a map needs two coordinates"):
        made.against("latitude").plot_map()


def test_vectors_of_one_number_are_laid_on_a_line():
    places = np.random.default_rng(0).random((5, 2))
    laid = against._onto(np.arange(5.0)[:, None], places)
    assert laid.shape == (5, 2)
    assert np.linalg.matrix_rank(laid - laid.mean(0), tol=1e-9) == 1


def test_the_cloud_is_drawn_with_its_trend():
    pytest.importorskip("matplotlib")
    found = towns(noise=0.3).against(["latitude", "longitude"], globe=True)
    ax = found.plot()
    (trend,) = ax.get_lines()
    assert len(trend.get_xdata()) == 10
    assert np.all(np.diff(trend.get_xdata()) > 0)
    assert ax.get_xlabel() == "real distance in km"
    assert rows(3).against([1, 2, 4]).plot().get_xlabel() == "real distance"


def test_rows_and_pairs_whose_place_is_unknown_are_left_out_and_counted():
    made = rows()
    real = np.random.default_rng(1).random((12, 2))
    gaps = real.copy()
    gaps[3, 1] = np.nan
    found = made.against(gaps)
    assert len(found.a) == 55
    assert found.notes == ("The place of 1 of 12 rows is not known.",)
    assert 3 not in set(found.a) | set(found.b)
    table = apart(real)
    table[0, 1] = table[1, 0] = np.nan
    found = made.against(table)
    assert len(found.a) == 65
    assert found.notes == ("1 pairs have no real distance and are left out.",)
    assert 0 < found.p_value <= 1


def test_many_pairs_are_sampled_and_many_rows_not_permuted(monkeypatch):
    monkeypatch.setattr(against, "_PAIRS", 1000)
    made = rows(600)
    real = np.random.default_rng(1).random((600, 2))
    found = made.against(real)
    assert len(found.a) == 1000
    assert (found.a != found.b).all()
    assert found.notes == ("1,000 of 179,700 pairs were looked at.",)
    assert np.isnan(found.p_value)
    assert "p =" not in found.title
    assert made.against(real).pearson == found.pearson


@pytest.mark.parametrize(
    ("real", "says"),
    [
        ("state", "the fact 'state' is text where numbers are needed"),
        (["latitude", "lnogitude"], "there is no fact 'lnogitude'; nearest: 'longitude'"),
        ([["a", "b"]] * 12, "the text 'a' came where numbers are needed"),
        (np.array([["1", "2"]] * 12), "the text '1' came"),
        ([[1, "x"]] * 12, "came where numbers are needed"),
        (np.zeros((11, 2)), r"shape \(11, 2\) came; 12 x 12 distances, or the coordinates of 12"),
        (np.zeros((12, 2, 2)), r"shape \(12, 2, 2\) came"),
        (np.zeros((12, 0)), r"shape \(12, 0\) came"),
        ([], r"shape \(0,\) came"),
        ([[1], [1, 2]] * 6, "a table of numbers was wanted"),
        (object(), "a table of numbers was wanted"),
        (None, "a table of numbers was wanted"),
        (np.ones((12, 2)), "all real distances are the same"),
        (np.full((12, 2), np.nan), "the place of 0 items is known; 3 at least were wanted"),
        ([1, 2] + [None] * 10, "the place of 2 items is known"),
        (np.full((12, 12), np.nan), "3 at least were wanted"),
    ],
)
def test_what_is_no_distance_is_refused(real, says):
    with pytest.raises(BadInput, match=says):
        towns().against(real)


def test_globes_metrics_and_small_sets_are_checked():
    made = towns()
    with pytest.raises(BadInput, match="globe=True needs latitude and longitude; 1 columns came"):
        made.against("latitude", globe=True)
    with pytest.raises(BadInput, match="latitude \\(-90 to 90\\) and then longitude"):
        made.against(np.full((12, 2), 100.0), globe=True)
    with pytest.raises(BadInput, match='metric="dot" is no distance of two rows'):
        made.against(["latitude", "longitude"], "dot")
    with pytest.raises(BadInput, match="one of 'cosine'"):
        made.against(["latitude", "longitude"], "manhattan")
    with pytest.raises(BadInput, match="the place of 2 items is known; 3 at least"):
        rows(2).against([1, 2])
    with pytest.raises(BadInput, match="all distances of vectors are the same"):
        Embeddings.of(list("abcd"), np.ones((4, 2))).against([1, 2, 3, 5])


def test_great_circles():
    made = rows(3)
    found = made.against([[0, 0], [0, 180], [90, 0]], globe=True)
    quarter = np.pi / 2 * 6371.0088
    np.testing.assert_allclose(found.world, [2 * quarter, quarter, quarter])
