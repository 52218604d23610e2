"Points with sizes and colours: small ones above, what is not known pale."

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from entable import _plots as plots
from entable.interpret.colors import Coloring
from entable.interpret.dots import dots

XY = np.random.default_rng(0).random((6, 2))
AREAS = np.array([1.0, 9, 4, 9, 2, 30])


def drawn(coloring, xy=XY, areas=AREAS):
    figure = Figure(layout="constrained")
    ax = figure.subplots()
    dots(ax, xy, areas, coloring)
    figure.draw_without_rendering()
    return ax


@pytest.mark.parametrize(
    "coloring",
    [
        Coloring(),
        Coloring("x", np.arange(6.0)),
        Coloring("x", np.array([np.nan, 1, 2, np.nan, 4, 5])),
        Coloring("x", texts=("a", "b", "a", None, "b", "a")),
    ],
)
def test_every_point_is_drawn_once_small_ones_above(coloring):
    layers = [c for c in drawn(coloring).collections if len(c.get_offsets())]
    at = np.concatenate([layer.get_offsets() for layer in layers])
    assert sorted(map(tuple, at)) == sorted(map(tuple, XY))
    for layer in layers:
        sizes = np.broadcast_to(layer.get_sizes(), len(layer.get_offsets()))
        assert (np.diff(sizes) <= 0).all()
        for place, size in zip(layer.get_offsets(), sizes, strict=True):
            assert AREAS[(place == XY).all(1)] == size


def test_numbers_have_a_bar_that_says_of_what():
    ax = drawn(Coloring("price in $", np.arange(6.0)))
    assert [other.get_ylabel() for other in ax.figure.axes] == ["", r"price in \$"]


def test_groups_have_a_legend_of_equal_points():
    legend = drawn(Coloring("kind", texts=("a", "b", "a", None, "b", "a"))).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "not known"]
    assert legend.get_title().get_text() == "kind"
    colors = [to_hex(handle.get_facecolor()[0]) for handle in legend.legend_handles]
    assert colors == [*plots.GROUPS[:2], plots.PALE]
    assert len({float(handle.get_sizes()[0]) for handle in legend.legend_handles}) == 1


def test_many_points_are_pixels():
    xy = np.random.default_rng(0).random((6000, 2))
    (points,) = drawn(Coloring(), xy, np.ones(6000)).collections
    assert points.get_rasterized()
    assert not drawn(Coloring()).collections[0].get_rasterized()
