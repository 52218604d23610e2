"Groups of rows: found as planted, described by what sets them apart."

import sys

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from entable import Embeddings
from entable._extras import MissingExtra
from entable.errors import BadInput
from entable.interpret.clusters import _lift

SIZES = (50, 30, 20)


def planted(seed=0, shuffled=False, counts=True):
    "Three groups far apart; their genre is told by a fact, as is a year that goes with the second."
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1, 2], SIZES)
    vectors = 5 * np.eye(4)[group] + 0.4 * rng.standard_normal((100, 4))
    facts = pl.DataFrame(
        {
            "film": [f"f{j}" for j in range(100)],
            "genres": np.array(["Drama", "Drama|War", "Comedy"])[group].tolist(),
            "year": (1980 + 15 * (group == 1) + rng.normal(0, 2, 100)).tolist(),
            "dull": ["same"] * 100,
        }
    )
    order = rng.permutation(100) if shuffled else np.arange(100)
    return Embeddings.of(
        [f"f{j}" for j in order],
        vectors[order],
        counts=np.arange(100)[order] if counts else None,
        labels=[f"Film {j}" for j in order],
        facts=facts,
        kind="film",
    )


def test_groups_are_found_and_numbered_by_size():
    found = planted().clusters(3, min_count=0)
    assert found.of.tolist() == [1] * 50 + [2] * 30 + [3] * 20
    assert found.sizes.tolist() == [*SIZES]
    assert len(found) == 3
    assert 0 < found.inertia < 0.05
    np.testing.assert_allclose(found.centres, 5 * np.eye(4)[:3], atol=0.3)


def test_the_order_of_rows_the_seed_and_threads_change_nothing():
    straight, mixed = planted(), planted(shuffled=True)
    of = dict(zip(straight.names, straight.clusters(3, min_count=0).of, strict=True))
    again = mixed.clusters(3, min_count=0, seed=7).of
    assert [of[name] for name in mixed.names] == again.tolist()
    rng = np.random.default_rng(0)
    cloud = Embeddings.of([*range(3000)], rng.standard_normal((3000, 8)))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(cloud.clusters(5).centres.tobytes())
    assert found[0] == found[1]


def test_facts_that_set_a_cluster_apart_are_told_with_their_lift():
    found = planted().clusters(3, min_count=0)
    lifts = {(row["cluster"], row["fact"]): row for row in found.lifts.iter_rows(named=True)}
    war = lifts[2, "genres: War"]
    assert (war["inside"], war["overall"], war["n"]) == (1.0, 0.3, 30)
    assert war["lift"] == pytest.approx(1 / 0.3)
    assert lifts[2, "year"]["lift"] is None
    assert lifts[2, "year"]["z"] > 3
    assert (1, "genres: War") not in lifts
    assert (1, "genres: Drama") not in lifts, "1.25 times as many is not much"
    assert found.table["facts"][2].startswith("Comedy 5.0x")
    assert "year 1995 (all 1985)" in found.table["facts"][1]
    assert found.names[1:] == ("2: War", "3: Comedy")
    assert found.names[0] == "1: such as Film 49"


def test_a_lift_is_held_to_the_draw_without_replacement():
    rng = np.random.default_rng(0)
    x = (rng.random(60) < 0.3).astype("f8")
    inside = np.arange(60) < 12
    x[:9] = 1
    here, overall, lift, n, z = _lift(x, inside, True)
    assert (here, overall, n) == (x[:12].mean(), x.mean(), x[:12].sum())
    assert lift == pytest.approx(here / overall)
    draws = np.array([rng.permutation(x)[:12].mean() for _ in range(20_000)])
    assert z == pytest.approx((here - overall) / draws.std(), rel=0.03)


@pytest.mark.parametrize(
    ("inside", "flag"),
    [(np.zeros(40, bool), True), (np.ones(40, bool), True), (np.arange(40) < 20, False)],
)
def test_nothing_is_told_where_nothing_stands_out(inside, flag):
    x = np.arange(40) % 2 * 1.0
    assert _lift(x, inside, flag) is None


def test_support_is_needed():
    x = np.zeros(1000)
    x[:4] = 1
    assert _lift(x, np.arange(1000) < 5, True) is None


def test_middle_names_are_the_nearest_to_the_centre_and_the_most_rated_lead():
    films = planted()
    found = films.clusters(3, min_count=0)
    gaps = np.linalg.norm(films.vectors[:50] - films.vectors[:50].mean(0), axis=1)
    assert found.members(1).tolist() == np.argsort(gaps, kind="stable").tolist()
    assert found.table["middle"][0].to_list() == [f"Film {j}" for j in np.argsort(gaps)[:4]]
    assert found.table["most_rated"][0].to_list() == [f"Film {j}" for j in (49, 48, 47, 46)]
    assert ", " in found.shown["middle"][0]
    with pytest.raises(BadInput, match="cluster 4 came; they are numbered from 1 to 3"):
        found.members(4)


def test_rows_with_few_ratings_are_in_no_cluster():
    found = planted().clusters(2, min_count=60)
    assert found.of[:60].tolist() == [0] * 60
    assert (found.of[60:] > 0).all()
    assert found.sizes.sum() == 40
    assert found.title == "40 films with at least 60 ratings in 2 clusters by k-means"


def test_without_facts_and_counts_names_have_to_do():
    found = Embeddings.of([*"abcdef"], np.eye(6)[:, :3]).clusters(2)
    assert found.table.columns == ["cluster", "size", "facts", "middle"]
    assert found.table["facts"].to_list() == ["", ""]
    assert found.names[0].startswith("1: such as ")


def test_the_map_is_coloured_by_cluster():
    found = planted().clusters(3, min_count=10)
    ax = found.plot(labels=3)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == [*found.names]
    assert found.map("tsne").method == "tsne"
    assert "cluster" in found.map().table.columns


def test_more_clusters_than_colours_are_said_to_share_one():
    cloud = Embeddings.of([*range(200)], np.random.default_rng(0).standard_normal((200, 5)))
    found = cloud.clusters(11)
    assert found.map().notes[-1] == "The 4 smallest clusters share a colour."
    assert [name for name, _, _ in found.map().coloring.groups][-1] == "other"
    assert not cloud.clusters(8).map().notes


def test_the_centre_of_one_cluster_is_the_mean_of_all():
    films = planted()
    found = films.clusters(1, min_count=0)
    np.testing.assert_allclose(found.centres[0], films.vectors.mean(0, dtype="f8"), atol=1e-7)
    assert found.inertia == pytest.approx(1)
    assert len(found.lifts) == 0


@pytest.mark.parametrize(
    ("n", "min_count", "words"),
    [
        (0, 0, "n=0 came"),
        (7.5, 0, "n=7.5 came"),
        (101, 0, "101 clusters were wanted of 100 different vectors; ask for fewer$"),
        (11, 90, "of 10 different vectors; ask for fewer, or lower min_count .now 90."),
    ],
)
def test_a_number_of_clusters_that_cannot_be_is_refused(n, min_count, words):
    with pytest.raises(BadInput, match=words):
        planted().clusters(n, min_count)


def test_rows_at_few_places_make_few_clusters():
    same = Embeddings.of([*range(50)], np.repeat(np.eye(2), 25, axis=0))
    assert same.clusters(2).inertia == 0
    with pytest.raises(BadInput, match="of 2 different vectors"):
        same.clusters(3)


def test_without_scikit_learn_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(MissingExtra, match=r"pip install 'entable\[sklearn\]'"):
        planted().clusters(3)
