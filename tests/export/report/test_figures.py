"Pictures leave all styles and colours to the page, and hold names as text."

import re
import sys
from xml.etree import ElementTree

import pytest

from entable._extras import MissingExtra
from entable._plots import ACCENT, GROUPS, canvas
from entable.export.report.figures import Figures

NAMES = ["<b>bold</b>", '"quoted" & more', "火垂る 😀", "steer\x1b[31m\x00"]


def plot(ax):
    ax = canvas(ax, title="Costs 5$ <now>")
    ax.plot([0, 1, 2, 3], [1, 3, 2, 4], "o-", color=ACCENT, label="a line")
    ax.scatter([0, 1], [1, 1], color=GROUPS[2])
    ax.set_yticks([1, 2, 3, 4], NAMES)
    ax.legend()


@pytest.fixture
def drawn():
    figures = Figures()
    return figures, [str(figures.draw(plot)[1]) for _ in range(2)]


def test_the_title_is_given_to_the_page_and_taken_out_of_the_picture(drawn):
    title, svg = Figures().draw(plot)
    assert title == "Costs 5$ <now>"
    texts = " ".join(ElementTree.fromstring(svg).itertext())
    assert "Costs" not in texts
    assert 'aria-label="Costs 5$ &lt;now&gt;"' in svg


def test_ids_differ_from_picture_to_picture_and_lead_somewhere(drawn):
    _, (one, other) = drawn
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, other), ids, strict=True):
        led = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
        assert led == own


def test_styles_are_shared_classes_with_the_colours_of_the_page(drawn):
    figures, pictures = drawn
    assert not any("style" in svg for svg in pictures)
    used = {name for svg in pictures for name in re.findall(r'class="([^"]+)"', svg)}
    assert used == set(re.findall(r"^\.(s\d+) ", figures.css, re.M))
    assert "var(--accent)" in figures.css
    assert "var(--group-2)" in figures.css
    assert ACCENT not in figures.css
    assert "DejaVu" not in figures.css


def test_names_are_text_whatever_they_hold(drawn):
    _, (svg, _) = drawn
    texts = [text for text in ElementTree.fromstring(svg).itertext() if text.strip()]
    assert "<b>bold</b>" in texts
    assert '"quoted" & more' in texts
    assert "火垂る 😀" in texts
    assert "steer\ufffd[31m\ufffd" in texts
    assert "<b>" not in svg


def test_the_same_picture_is_the_same_text():
    assert Figures().draw(plot) == Figures().draw(plot)


def test_a_picture_without_matplotlib_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"pip install 'entable\[plot\]'"):
        Figures().draw(plot)
