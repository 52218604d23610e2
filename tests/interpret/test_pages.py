"Pages one can hover: markup in names stays text, nothing leaves, the search finds."

import json
import re

import numpy as np
import pytest

from entable import Embeddings
from entable.errors import BadInput
from entable.interpret.colors import Coloring
from entable.interpret.pages import page, plain, scatter

NASTY = (
    "<script>alert(1)</script>",
    '"></script><img src=x onerror=alert(1)>',
    "<b>bold</b> &lt;i&gt;",
    "%{customdata[0]} $x$",
    "שלום 😀",
    "x" * 300,
    "two\nlines",
)


@pytest.fixture(scope="module")
def nasty():
    rng = np.random.default_rng(0)
    return Embeddings.of(NASTY, rng.standard_normal((7, 4)), rng.random(7), range(70, 0, -10))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ('"it\'s"', '"it\'s"'),
        ("a\n b", "a b"),
        (7, "7"),
    ],
)
def test_text_is_not_read_as_markup(text, shown):
    assert plain(text) == shown


def test_points_tell_what_they_are_told_to():
    figure = scatter(
        np.array([[0.0, 1], [2, 3]]), ["<a>", "b"], {"ratings": [1000, 2], "year": [1980.5, None]},
        title="A <title>", axes=("<x>", "y"),
    )  # fmt: skip
    (trace,) = figure.data
    assert trace.x.tolist() == [0, 2]
    assert trace.hovertext.tolist() == ["&lt;a&gt;", "b"]
    assert trace.customdata.tolist() == [["1,000", "1980.50"], ["2", "not known"]]
    assert figure.layout.title.text == "A &lt;title&gt;"
    assert figure.layout.xaxis.title.text == "&lt;x&gt;"
    assert figure.layout.yaxis.scaleanchor == "x"


def test_numbers_stay_numbers_where_all_are():
    (trace,) = scatter(np.zeros((2, 2)), "ab", {"n": [1, 2], "bias": [0.5, np.nan]}).data
    assert trace.customdata.dtype == np.float32
    assert "n %{customdata[0]:,.0f}<br>bias %{customdata[1]:.2f}" in trace.hovertemplate
    (bare,) = scatter(np.zeros((2, 2)), "ab", {}).data
    assert bare.hovertemplate == "<b>%{hovertext}</b><extra></extra>"


def test_colours_by_number_leave_the_unknown_apart():
    coloring = Coloring("year", np.array([1, np.nan, 3]))
    known, gone = scatter(np.zeros((3, 2)), "abc", {}, coloring=coloring).data
    assert (known.marker.color.tolist(), known.hovertext.tolist()) == ([1, 3], ["a", "c"])
    assert gone.name == "not known"


def test_many_points_are_drawn_by_the_graphics_card():
    kinds = [scatter(np.zeros((n, 2)), "a" * n, {}).data[0].type for n in (10, 5000)]
    assert kinds == ["scatter", "scattergl"]


def test_a_page_is_whole_and_the_same_each_time(nasty, tmp_path):
    first = nasty.map().page(tmp_path / "map.html")
    text = first.read_text("utf-8")
    assert text == nasty.map().page(tmp_path / "again.html").read_text("utf-8")
    assert len(text) < 6_000_000
    body = text.partition("<body>")[2]
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', body, re.S)[1]
    assert json.loads(data)["data"][0]["hovertext"][0] == plain(NASTY[0])
    assert NASTY[0] not in text
    assert "default-src 'none'" in text
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".html"] == []


def test_a_page_that_cannot_be_written_is_refused(nasty, tmp_path):
    with pytest.raises(BadInput, match=r"map\.html cannot be written: No such file"):
        nasty.map().page(tmp_path / "gone" / "map.html")


def test_a_page_that_fails_leaves_what_was_there(nasty, tmp_path, monkeypatch):
    path = tmp_path / "map.html"
    path.write_text("before")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(BadInput, match="No space left"):
        nasty.map().page(path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("map.html", "before")]


class Opened:
    "A page in the browser, with what it said and asked for."

    def __init__(self, chromium, path, **look):
        self.page = chromium.new_page(**look)
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#figure .main-svg")
        self.page.wait_for_selector(".modebar-btn", state="attached")

    def calm(self, path):
        self.page.wait_for_timeout(100)
        assert self.said == []
        assert self.asked == [path.as_uri()]

    def at(self, name):
        "Where on the screen the point of a name is."
        return self.page.evaluate(
            """name => { const figure = document.getElementById("figure"), box = figure
                 .getBoundingClientRect(), {xaxis, yaxis} = figure._fullLayout;
               for (const trace of figure._fullData) {
                 const i = Array.from(trace.hovertext ?? []).indexOf(name);
                 if (i >= 0) return [box.x + xaxis._offset + xaxis.l2p(trace.x[i]),
                                     box.y + yaxis._offset + yaxis.l2p(trace.y[i])];
               } }""",
            plain(name),
        )

    def hover(self, name):
        self.page.mouse.move(*self.at(name))
        self.page.wait_for_selector(".hovertext")
        return self.page.text_content(".hoverlayer")

    def search(self, text):
        self.page.fill("input", text)
        self.page.wait_for_timeout(500)
        notes = [note.text_content() for note in self.page.query_selector_all(".annotation")]
        return self.page.inner_text("output"), notes


@pytest.mark.browser
@pytest.mark.parametrize("color", ["bias", "kind"])
def test_in_a_browser_names_are_text_and_nothing_leaves(chromium, nasty, tmp_path, color):
    import polars as pl

    kinds = pl.Series("kind", ["<u>one</u>", "two", None, "two", "two", "two", "two"])
    found = nasty.map(color=kinds if color == "kind" else color, min_count=0)
    path = found.page(tmp_path / "map.html", path=NASTY[:2])
    opened = Opened(chromium, path)
    shown = opened.hover(NASTY[0])
    assert "<script>alert(1)</script>" in shown
    assert "ratings 70" in shown
    assert ("<u>one</u>" in shown) == (color == "kind")
    assert opened.search("bold") == ("1 name", [NASTY[2]])
    assert opened.search("<") == ("3 names", opened.search("<")[1])
    assert opened.search("gone") == ("0 names", [])
    assert opened.search("") == ("", [])
    buttons = opened.page.query_selector_all(".modebar-btn")
    told = " ".join(str(button.get_attribute("data-title")) for button in buttons)
    assert "Share" not in told
    assert "PNG" in told
    opened.calm(path)


@pytest.mark.browser
def test_in_a_browser_thousands_of_points_are_found(chromium, tmp_path):
    rng = np.random.default_rng(0)
    names = [f"name {j}" for j in range(4000)]
    e = Embeddings.of(names, rng.standard_normal((4000, 5)), rng.random(4000), range(4000))
    path = e.map(min_count=0).page(tmp_path / "map.html")
    opened = Opened(chromium, path)
    count, notes = opened.search("name 1234")
    assert (count, notes) == ("1 name", ["name 1234"])
    count, notes = opened.search("name 39")
    assert count == "111 names"
    assert 3 <= len(notes) <= 12
    assert "ratings" in opened.hover("name 3999")
    assert opened.asked == [path.as_uri()]
    assert not [line for line in opened.said if "GL Driver Message" not in line]


@pytest.mark.browser
def test_in_a_browser_dark_and_narrow_are_followed(chromium, nasty, tmp_path):
    path = nasty.map().page(tmp_path / "map.html")
    colors = {}
    for scheme in ("light", "dark"):
        narrow = {"width": 390, "height": 800}
        opened = Opened(chromium, path, color_scheme=scheme, viewport=narrow)
        opened.page.wait_for_timeout(300)
        colors[scheme] = opened.page.evaluate("document.getElementById('figure').layout.font.color")
        wide = opened.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        opened.calm(path)
    assert colors == {"light": "#1f2a37", "dark": "#e6eaf0"}


def test_a_figure_of_ones_own_can_be_a_page(tmp_path):
    figure = scatter(np.random.default_rng(0).random((5, 2)), "abcde", {})
    assert page(figure, str(tmp_path / "own.html"), "A & B").exists()
    assert "<title>A &amp; B</title>" in (tmp_path / "own.html").read_text("utf-8")
