"The plain style, and names as Matplotlib can draw them."

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable import _plots as plots
from entable._extras import MissingExtra
from entable._plots import canvas, cold_warm, short


def test_a_canvas_is_the_one_given_or_a_new_one():
    ax = canvas(width=3, height=2, title="A title")
    assert ax.figure.get_size_inches().tolist() == [3, 2]
    assert canvas(ax) is ax
    assert ax.get_title(loc="left") == "A title"
    assert not ax.spines["top"].get_visible()


def test_the_palette_is_hex_codes_in_lower_case_all_different():
    every = [*plots.GROUPS, *plots.COLD_WARM, plots.INK, plots.MUTED, plots.PAPER]
    assert len({*every}) == len(every)
    for color in every:
        assert color[0] == "#"
        assert int(color[1:], 16) < 256**3
        assert color == color.lower()


def test_the_colour_map_goes_from_cold_over_pale_to_warm():
    from matplotlib.colors import to_hex

    shades = cold_warm()
    assert [to_hex(shades(x)) for x in (0.0, 1.0)] == [plots.COLD_WARM[0], plots.COLD_WARM[2]]
    assert sum(shades(0.5)[:3]) == pytest.approx(sum(bytes.fromhex(plots.PALE[1:])) / 255, abs=0.03)


def test_without_matplotlib_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtra, match=r"pip install 'entable\[plot\]'"):
        canvas()


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Alien (1979)", "Alien (1979)"),
        ("two\nlines\t here", "two lines here"),
        (42, "42"),
        ("US$ and $x$", r"US\$ and \$x\$"),
        ("日本", "\N{REPLACEMENT CHARACTER}" * 2),
        ("Terminator 2: Judgment Day (1991)", "Terminator 2: Judgment Day…"),
        ("x" * 300, "x" * 31 + "…"),
        ("(a very long name in brackets from the start)", "(a very long name in brackets f…"),
        ("", ""),
    ],
)
def test_a_name_is_one_line_that_can_be_drawn(name, drawn):
    assert short(name) == drawn


def test_how_long_is_up_to_the_caller():
    assert short("abcdefgh", 5) == "abcd…"
    assert short("abcde", 5) == "abcde"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_whatever_a_name_holds_it_is_drawn_without_a_warning(name):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1))
    words = figure.text(0, 0, short(name))
    figure.draw_without_rendering()
    assert len(short(name).replace("\\$", "$")) <= 32
    assert words.get_window_extent().height >= 0
