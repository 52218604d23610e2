"Names that touch neither one another nor the edge, held to their boxes."

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from entable.interpret.labels import place


def axes(points, width=4.0, height=3.0):
    figure = Figure(figsize=(width, height), layout="constrained")
    ax = figure.subplots()
    ax.scatter(*points.T, s=20)
    return ax


def boxes(ax, names):
    ax.get_figure(root=True).draw_without_rendering()
    return [name.get_window_extent() for name in names]


def apart(ax, names):
    frame, found = ax.get_window_extent(), boxes(ax, names)
    for box in found:
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
        assert frame.y0 <= box.y0
        assert box.y1 <= frame.y1
    assert not any(a.overlaps(b) for a, b in combinations(found, 2))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 60), st.integers(0, 999), st.integers(1, 40), st.sampled_from([0.0, 0.01, 1.0])
)
def test_names_never_touch_nor_leave_the_picture(n, seed, most, spread):
    rng = np.random.default_rng(seed)
    points = spread * rng.standard_normal((n, 2))
    texts = ["x" * int(length) for length in rng.integers(1, 40, n)]
    ax = axes(points)
    names = place(ax, points, texts, most, rng.random(n) * 9)
    assert len(names) <= min(most, n)
    apart(ax, names)
    ax.figure.set_dpi(230)  # saved larger, all of it grows alike
    apart(ax, names)


def test_the_first_come_first():
    points = np.array([[0, 0], [0, 0.001], [5, 5.0]])
    ax = axes(points, 1.6, 1.6)
    names = place(ax, points, ["a wide first name", "a wide second name", "third"], 1)
    assert [name.get_text() for name in names] == ["a wide first name"]
    assert place(axes(points), points, ["a", "b", "c"], 0) == []


def test_all_are_named_where_there_is_room():
    points = np.array([[0, 0], [1, 1], [2, 0], [3, 1.0]])
    names = place(axes(points), points, "abcd")
    assert [name.get_text() for name in names] == [*"abcd"]


def test_what_does_not_fit_is_left_out_without_a_trace():
    points = np.array([[0.0, 0.0]])
    ax = axes(points, 1, 1)
    assert place(ax, points, ["a name much wider than the picture"]) == []
    assert not ax.texts


def test_many_at_one_point_stand_around_it():
    points = np.zeros((20, 2))
    ax = axes(points)
    names = place(ax, points, ["name"] * 20, 20, radii=9.0)
    assert 4 <= len(names) <= 8
    apart(ax, names)


def test_the_side_is_taken_that_covers_fewest_points():
    crowd = np.column_stack([np.linspace(0.02, 0.5, 40), np.zeros(40)])
    points = np.vstack([[[0, 0]], crowd, [[-1, -1], [1, 1]]])
    (name,) = place(axes(points), points, ["some name"] + [""] * 42, 1)
    assert name.get_horizontalalignment() == "right"


def test_a_name_keeps_off_its_own_point():
    points = np.array([[0.0, 0.0]])
    for radius in (2.0, 30.0):
        ax = axes(points)
        (name,) = place(ax, points, ["name"], radii=radius)
        (box,), dot = boxes(ax, [name]), ax.transData.transform(points)[0]
        assert box.x0 - dot[0] >= radius * ax.figure.dpi / 72


def test_names_are_no_formulas():
    points = np.zeros((1, 2))
    (name,) = place(axes(points), points, ["$\\frac{1}{$ and $"])
    assert name.get_window_extent().width > 0


def test_it_works_in_one_of_several_pictures():
    figure = Figure(figsize=(7, 3), layout="constrained")
    left, right = figure.subfigures(1, 2)
    left.subplots()
    ax = right.subplots()
    points = np.random.default_rng(0).random((30, 2))
    ax.scatter(*points.T)
    names = place(ax, points, [f"name {at}" for at in range(30)])
    assert len(names) > 5
    apart(ax, names)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_scale_of_the_axes_does_not_matter(scale):
    points = np.random.default_rng(0).random((30, 2)) * 100 + 1
    ax = axes(points)
    ax.set_xscale(scale)
    apart(ax, place(ax, points, [f"name {at}" for at in range(30)]))
