"Pictures beside each other."

import numpy as np
import polars as pl
import pytest

from entable._plots import WARM
from entable.errors import BadInput
from entable.interpret.gallery import Gallery, laid_over


def gallery(n=5, channels=3, **more):
    pictures = np.random.default_rng(0).integers(0, 256, (n, 8, 6, channels), np.uint8)
    captions = [f"a ${k}\nsecond line that is far too long to be shown below" for k in range(n)]
    frame = pl.DataFrame({"picture": list(range(n))}, {"picture": pl.Int64})
    return Gallery("Some pictures", frame, pictures, captions, **more)


@pytest.mark.parametrize(("n", "channels"), [(0, 3), (1, 1), (5, 3), (9, 1), (60, 3)])
def test_each_picture_is_drawn_with_its_caption(n, channels):
    found = gallery(n, channels)
    ax = found.plot()
    assert len(ax.child_axes) == min(n, 48)
    for k, one in enumerate(ax.child_axes):
        np.testing.assert_array_equal(one.images[0].get_array(), found.colored[k])
        first, second = one.get_xlabel().split("\n")
        assert first == f"a \\${k}"
        assert len(second) <= 22
    assert len(found) == n
    assert found.table is found.frame


def test_pictures_stand_in_rows_from_the_left():
    ax = gallery(5).plot(columns=2)
    places = [one.get_window_extent() for one in ax.child_axes]
    assert places[0].x0 < places[1].x0
    assert places[0].y0 > places[2].y0
    assert places[0].x0 == pytest.approx(places[4].x0)
    assert ax.figure.axes == [ax]
    assert gallery(2).plot(ax) is ax


def test_wrong_ones_stand_out():
    ax = gallery(2, wrong=np.array([False, True])).plot()
    colors = [one.xaxis.label.get_color() for one in ax.child_axes]
    assert colors[1] == WARM != colors[0]
    assert [one.spines["top"].get_visible() for one in ax.child_axes] == [False, True]


def test_shapes_that_disagree_are_refused():
    made = gallery()
    with pytest.raises(BadInput, match="5 pictures, 4 captions, 5 rows"):
        Gallery("", made.frame, made.pictures, made.captions[:4])
    with pytest.raises(BadInput, match=r"\(n, H, W, 1 or 3\) was wanted"):
        Gallery("", made.frame, made.pictures[..., :2], made.captions)


def test_heat_is_laid_over_pictures():
    pictures = np.full((1, 2, 2, 3), 100, np.uint8)
    cold, hot = laid_over(pictures, np.array([[[0.0, 1.0], [0.5, 0.5]]]))[0, 0]
    assert hot[0] > 200 > cold[0]
    assert laid_over(pictures[..., :1], np.zeros((1, 2, 2))).shape == (1, 2, 2, 3)
