"Maps: points, sizes, colours, paths, names; from one point to two hundred thousand."

import re

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

import entable
from entable import Embeddings
from entable import _plots as plots
from entable.errors import BadInput, UnknownName

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.fixture(scope="module")
def months():
    "Months on a circle, in a space of four numbers."
    turn = 2 * np.pi * np.arange(12) / 12
    vectors = np.c_[np.cos(turn), np.sin(turn), 0.1 * np.cos(3 * turn), 0 * turn]
    return Embeddings.of(MONTHS, vectors, kind="month")


@pytest.fixture(scope="module")
def films():
    rng = np.random.default_rng(0)
    facts = {
        "film": [*range(100)],
        "year": (1950 + rng.integers(0, 50, 100)).tolist(),
        "genre": rng.choice(["Drama", "Comedy", "Horror"], 100).tolist(),
    }
    return Embeddings.of(
        [*range(100)],
        rng.standard_normal((100, 6)),
        rng.standard_normal(100),
        np.arange(100),
        [f"Film {j}" for j in range(100)],
        pl.DataFrame(facts),
    )


def dots(ax):
    return [c for c in ax.collections if len(c.get_offsets())]


def names(ax):
    return [text.get_text() for text in ax.texts]


def test_the_table_has_what_is_drawn(films):
    found = films.map(min_count=50, color="year")
    assert found.title == "50 items with at least 50 ratings by their main axes"
    assert found.table.columns == ["item", "label", "x", "y", "count", "bias", "year"]
    assert found.table["item"].to_list() == [*range(50, 100)]
    assert found.table["year"].to_list() == films.facts["year"][50:].to_list()
    np.testing.assert_array_equal(found.table["x"], found.x)
    assert found.shown["item"][0] == 99
    assert "colour" not in found.table.columns
    assert films.map(color="bias").table.columns[-1] == "bias"
    assert films.map(color=None).table.columns[-1] == "bias"


def test_few_words_where_there_is_one_row():
    assert Embeddings.of(["a"], [[1.0, 2]]).map().title == "1 item by their main axes"


def test_neither_chance_nor_the_order_of_rows_shows(films):
    order = np.random.default_rng(0).permutation(100)
    other = Embeddings.of(order, films.vectors[order], films.bias[order], films.counts[order])
    plain = Embeddings.of([*range(100)], films.vectors, films.bias, films.counts)
    here, there = (e.map(min_count=0).table.sort("item") for e in (plain, other))
    np.testing.assert_allclose(here["x"], there["x"], atol=1e-5)
    np.testing.assert_allclose(here["y"], there["y"], atol=1e-5)
    assert films.map().xy.tobytes() == films.map().xy.tobytes()


def test_points_are_sized_by_count_and_named_most_rated_first(films):
    ax = films.map(min_count=50).plot(labels=5)
    (points,) = dots(ax)
    sizes = points.get_sizes()
    assert (np.diff(sizes) <= 0).all()
    assert sizes[0] > 1.2 * sizes[-1]
    assert names(ax)[0] == "Film 99"
    assert len(names(ax)) <= 5
    assert not names(films.map().plot(labels=0))


def test_bias_goes_from_cold_to_warm_with_a_bar(films):
    ax = films.map().plot(labels=0)
    ax.figure.draw_without_rendering()
    (points,) = dots(ax)
    red, _, blue, _ = points.get_facecolors().T
    bias = np.asarray(points.get_array())
    assert sorted(bias) == sorted(films.map().bias)
    order = np.argsort(bias)
    assert (np.diff(red[order]) >= -0.01).all()
    assert (np.diff(blue[order]) <= 0.01).all()
    low, high = points.get_clim()
    assert low == -high, "the middle of the scale is 0"
    assert [other.get_ylabel() for other in ax.figure.axes] == [ax.get_ylabel(), "bias"]


def test_a_fact_that_is_not_known_is_pale(films):
    years = [None if j % 2 else 1950 + j for j in range(100)]
    ax = films.map(min_count=0, color=pl.Series("year", years)).plot(labels=0)
    pale, known = dots(ax)
    assert len(pale.get_offsets()) == len(known.get_offsets()) == 50
    assert to_hex(pale.get_facecolors()[0]) == plots.PALE


def test_groups_have_a_legend(films):
    ax = films.map(color="genre").plot(labels=0)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(told) == ["Comedy", "Drama", "Horror"]
    colors = [to_hex(group.get_facecolors()[0]) for group in dots(ax)]
    assert colors == [*plots.GROUPS[:3]]


def test_months_are_a_path(months):
    found = months.map()
    ax = found.plot(path=MONTHS)
    (line,) = ax.lines
    np.testing.assert_allclose(line.get_xydata(), found.xy)
    gaps = np.linalg.norm(np.diff(line.get_xydata(), axis=0), axis=1)
    np.testing.assert_allclose(gaps, 2 * np.sin(np.pi / 12), rtol=0.02)
    assert {*names(ax)} == {*MONTHS}
    assert found.plot(path=["Mar", "Jan"]).lines[0].get_xydata().tolist() == [
        found.xy[2].tolist(),
        found.xy[0].tolist(),
    ]


def test_names_keep_off_the_path(months):
    ax = months.map().plot(path=MONTHS)
    ax.figure.draw_without_rendering()
    line = ax.transData.transform(ax.lines[0].get_xydata())
    along = np.concatenate([line[:-1] + t * np.diff(line, axis=0) for t in np.linspace(0, 1, 50)])
    crossed = [text.get_window_extent() for text in ax.texts]
    crossed = [box for box in crossed if box.count_contains(along) > 0]
    assert len(ax.texts) == 12
    assert len(crossed) <= 1


def test_what_a_path_names_is_named_first(films):
    ax = films.map(min_count=50).plot(labels=2, path=["Film 60", 50])
    assert {*names(ax)} <= {"Film 60", "Film 50"}


def test_a_path_leads_over_names_that_are_there(months, films):
    with pytest.raises(UnknownName, match="no month is named 'Jann'; nearest: 'Jan'"):
        months.map().plot(path=["Jann"])
    with pytest.raises(BadInput, match=r"'Film 3' is not on this map.*lower min_count"):
        films.map(min_count=50).plot(path=[3])


def test_axes_name_their_share_and_neighbours_have_none(films):
    pca, tsne = films.map(color="year"), films.map("tsne")
    assert "% of variance" in pca.plot(labels=0).get_xlabel()
    ax = tsne.plot(labels=0)
    assert (ax.get_xlabel(), len(ax.get_xticks())) == ("", 0)
    assert tsne.title.endswith("by t-SNE")


def test_both_axes_have_one_scale(months):
    ax = months.map().plot(labels=0)
    ax.figure.draw_without_rendering()
    a, b = ax.transData.transform([[0, 0], [1, 1]])
    np.testing.assert_allclose(*(b - a), rtol=1e-6)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_one_point_is_a_map(method):
    found = Embeddings.of(["only"], [[1.0, 2, 3]], counts=[7]).map(method)
    assert found.xy.tolist() == [[0, 0]]
    assert names(found.plot()) == ["only"]
    assert len(found.figure().data[0].x) == 1


def test_two_hundred_thousand_points_are_a_map(tmp_path):
    n = 200_000
    rng = np.random.default_rng(0)
    e = Embeddings.of([*range(n)], rng.standard_normal((n, 8)), counts=rng.integers(0, 99, n))
    found = e.map(min_count=0)
    ax = found.plot(labels=10)
    (points,) = dots(ax)
    assert points.get_rasterized()
    assert len(names(ax)) == 10
    ax.figure.savefig(tmp_path / "map.svg")
    assert (tmp_path / "map.svg").stat().st_size < 2_000_000
    assert found.page(tmp_path / "map.html").stat().st_size < 25_000_000


def test_hovering_tells_count_bias_and_the_fact(films):
    figure = films.map(min_count=50, color="year").figure()
    (trace,) = figure.data
    assert trace.hovertext[0] == "Film 50"
    assert trace.customdata[0].tolist() == pytest.approx(
        [50, films.bias[50], films.facts["year"][50]]
    )
    assert [word in trace.hovertemplate for word in ("ratings", "bias", "year")] == [True] * 3
    groups = films.map(min_count=50, color="genre").figure().data
    assert {trace.name for trace in groups} == {"Comedy", "Drama", "Horror"}
    assert {*groups[0].customdata[:, 2]} == {groups[0].name}
    assert films.map(color="genre").figure().layout.legend.title.text == "genre"


def test_a_figure_has_the_path_too(months):
    line, points = months.map().figure(path=["Jan", "Feb"]).data
    assert (line.mode, points.mode) == ("lines", "markers")
    assert len(line.x) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "umap"}, "method='umap' came; 'pca' or 'tsne' was wanted"),
        ({"min_count": 1000}, "no item has 1,000 ratings"),
        ({"color": "gender"}, "no fact 'gender'; nearest: 'genre'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(films, arguments, words):
    with pytest.raises(BadInput, match=words):
        films.map(**arguments)


def test_a_map_shows_itself_as_text_and_html(films):
    found = films.map(min_count=50)
    assert str(found).startswith("50 items")
    assert "<table>" in found._repr_html_()


@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore::entable.data.content.NotUtf8")
def test_real_films_by_year_and_kind(real):
    folder = real / "ml-100k"
    data = entable.Ratings.read(
        folder / "u.data", names=folder / "u.item", item_facts=folder / "u.item"
    )
    films = entable.factorize(data, solver="sgd").items
    ax = films.map(min_count=50, color="release_date").plot()
    assert len(names(ax)) >= 20
    assert re.search(r"of variance \(.*[+-]0\.[3-9]", films.map(min_count=50).axes[0])
