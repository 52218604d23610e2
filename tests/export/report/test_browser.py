"The page in a browser: hovered, searched, clicked, in the dark, on a phone and on paper."

from itertools import pairwise

import pytest

from entable.export.report import write

pytestmark = pytest.mark.browser
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def file(page, tmp_path_factory):
    return write(page, tmp_path_factory.mktemp("report") / "a page #1.html")


@pytest.fixture
def opened(chromium, file):
    "Opens the page; at the end nothing must have been complained of or asked of the network."
    complaints, contexts = [], []

    def call(**options):
        context = chromium.new_context(**({"viewport": DESK} | options))
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: complaints.append(dialog.message))
        tab.on("request", lambda request: asked(request.url))
        tab.goto(file.as_uri())
        tab.wait_for_selector("#canvas[data-drawn]")
        return tab

    def asked(url):
        if url != file.as_uri() and not url.startswith("data:"):
            complaints.append(url)

    yield call
    for context in contexts:
        context.close()
    assert complaints == []


def search(tab, text, key="Enter"):
    tab.fill("#find", text)
    tab.wait_for_selector("[role=option]")
    tab.press("#find", key)


def middle(tab):
    "Where the middle of the map is; what was searched for lies there."
    tab.locator("#canvas").scroll_into_view_if_needed()
    box = tab.locator("#canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def name_of(model, at):
    return " ".join(str(model.items.label([at])[0]).split())


def neighbours(tab):
    return tab.locator("#about ol span").all_inner_texts()


def test_hovering_names_the_item_below(opened, model):
    tab, at = opened(), int(model.items.counts.argsort()[-15])
    search(tab, name_of(model, at))
    tab.mouse.move(*middle(tab))
    tab.wait_for_selector("#tip:not([hidden])")
    told = tab.inner_text("#tip").splitlines()
    assert told[0] == name_of(model, at)
    assert f"ratings: {model.items.counts[at]:,}" in told
    assert f"bias: {model.items.bias[at]:.2f}" in told
    tab.mouse.move(5, 5)
    tab.wait_for_selector("#tip", state="hidden")


def test_a_found_item_has_the_neighbours_that_the_model_names(opened, model):
    tab, at = opened(), int(model.items.counts.argsort()[-20])
    search(tab, name_of(model, at).upper())
    assert tab.inner_text("#about h3 >> nth=0") == name_of(model, at)
    want = model.items.nearest(model.items.names[at], 10).table
    positions = model.items.positions(want["item"])
    told = [name_of(model, other) for other in positions]
    assert [text.rstrip("…") for text in neighbours(tab)] == [
        name if len(name) <= 60 else name[:59].rstrip() for name in told
    ]
    likeness = tab.locator("#about ol output").all_inner_texts()
    assert likeness == [f"{x:.2f}" for x in want["similarity"]]


def test_a_click_on_a_neighbour_goes_on_to_it(opened, model):
    tab = opened()
    search(tab, name_of(model, int(model.items.counts.argsort()[-20])))
    first = neighbours(tab)[0]
    tab.locator("#about ol button").first.click()
    assert tab.inner_text("#about h3 >> nth=0") == first
    tab.get_by_role("button", name="Clear").click()
    assert "Point at an item" in tab.inner_text("#about")


def test_a_click_on_a_point_names_it_and_one_beside_clears(opened, model):
    tab, at = opened(), int(model.items.counts.argsort()[-15])
    search(tab, name_of(model, at))
    x, y = middle(tab)
    tab.get_by_role("button", name="Clear").click()
    tab.mouse.click(x, y)
    assert tab.inner_text("#about h3 >> nth=0") == name_of(model, at)
    box = tab.locator("#canvas").bounding_box()
    tab.mouse.click(box["x"] + 4, box["y"] + 4)
    assert "Point at an item" in tab.inner_text("#about")


def test_evil_names_are_found_and_shown_as_text(opened):
    tab = opened()
    search(tab, "<script>alert")
    assert tab.inner_text("#about h3 >> nth=0") == "<script>alert(1)</script>"
    search(tab, "img src")
    assert "onerror" in tab.inner_text("#about h3 >> nth=0")
    assert tab.locator("img").count() == 0


def test_search_by_keys_and_without_a_find(opened):
    tab = opened()
    tab.fill("#find", "e")
    options = tab.locator("[role=option]").all_inner_texts()
    assert 1 < len(options) <= 12
    tab.press("#find", "ArrowDown")
    assert tab.get_attribute("#find", "aria-activedescendant") == "hit-1"
    tab.press("#find", "Enter")
    assert tab.inner_text("#about h3 >> nth=0") == " ".join(options[1].split())
    tab.fill("#find", "zzzzzz")
    assert tab.inner_text("#found") == "no item has this in its name"
    tab.press("#find", "Escape")
    assert tab.input_value("#find") == ""
    assert tab.locator("#found").is_hidden()


def test_the_map_moves_and_zooms_by_keys_and_wheel(opened):
    tab = opened()
    tab.focus("#canvas")
    shown = tab.locator("#canvas").screenshot()
    for key in ("+", "+", "ArrowLeft", "ArrowUp"):
        tab.keyboard.press(key)
    tab.wait_for_timeout(50)
    moved = tab.locator("#canvas").screenshot()
    assert moved != shown
    tab.mouse.move(*middle(tab))
    tab.mouse.wheel(0, -300)
    tab.wait_for_timeout(50)
    assert tab.locator("#canvas").screenshot() != moved
    tab.keyboard.press("0")
    tab.mouse.move(2, 2)
    tab.wait_for_timeout(50)
    assert tab.locator("#canvas").screenshot() == shown


def test_dragging_moves_the_map_and_chooses_nothing(opened, model):
    tab = opened()
    search(tab, name_of(model, int(model.items.counts.argsort()[-15])))
    tab.get_by_role("button", name="Clear").click()
    x, y = middle(tab)
    before = tab.locator("#canvas").screenshot()
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 90, y + 30, steps=4)
    tab.mouse.up()
    assert tab.locator("#canvas").screenshot() != before
    assert "Point at an item" in tab.inner_text("#about")


def test_every_colour_and_axis_can_be_chosen(opened):
    tab = opened()
    colors = tab.locator("#color option").evaluate_all("options => options.map((o) => o.value)")
    assert {"n0", "g0", "f0"} <= set(colors)
    seen = set()
    for value in colors:
        tab.select_option("#color", value)
        assert tab.inner_text("#legend")
        seen.add(tab.inner_text("#legend"))
    assert len(seen) == len(colors)
    ends = tab.inner_text("#west")
    tab.select_option("#across", "2")
    assert tab.inner_text("#west") != ends


def test_items_with_few_ratings_can_be_left_out(opened, model):
    tab = opened()
    for share, least in ((0, 0), (100, int(model.items.counts.max()))):
        tab.locator("#least").fill(str(share))
        shown = int((model.items.counts >= least).sum())
        assert f"{shown:,} of {len(model.items):,} items" in tab.inner_text("#legend")


def test_light_and_dark_follow_the_system_until_they_are_chosen(opened):
    tab = opened(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(ground)
    tab.click("#theme")
    light = tab.evaluate(ground)
    assert (dark, light) == ("rgb(15, 20, 26)", "rgb(246, 248, 250)")
    assert tab.get_attribute("#theme", "aria-pressed") == "false"
    tab.reload()
    assert tab.evaluate(ground) == light
    assert opened(color_scheme="light").evaluate(ground) == light


def test_pictures_follow_the_mode(opened):
    tab = opened()
    color = "getComputedStyle(document.querySelector('figure svg text')).fill"
    light = tab.evaluate(color)
    tab.click("#theme")
    assert tab.evaluate(color) != light


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_nothing_is_wider_than_the_screen(opened, width):
    tab = opened(viewport={"width": width, "height": 700}, is_mobile=True, has_touch=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for at in range(tab.locator("details").count()):
        tab.locator("summary").nth(at).tap()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    figures = tab.locator("figure svg").evaluate_all(
        "all => all.map((svg) => svg.getBoundingClientRect().right)"
    )
    assert max(figures) <= width


def test_a_tap_names_the_item(opened, model):
    tab = opened(viewport=PHONE, is_mobile=True, has_touch=True)
    at = int(model.items.counts.argsort()[-15])
    search(tab, name_of(model, at))
    tab.get_by_role("button", name="Clear").tap()
    tab.touchscreen.tap(*middle(tab))
    assert tab.inner_text("#about h3 >> nth=0") == name_of(model, at)


def test_paper_is_light_and_holds_what_was_folded(opened):
    tab = opened(color_scheme="dark")
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details:not([open])").count() == 0
    assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert tab.locator("nav").is_hidden()
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    tab.emulate_media(media="screen")
    assert tab.locator("details[open]").count() == 0
    assert tab.pdf(format="A4").startswith(b"%PDF")


def test_all_can_be_reached_by_keys_and_has_a_name(opened):
    tab = opened()
    names = tab.evaluate(
        """() => [...document.querySelectorAll("button, input, select, canvas, a, summary")].map(
            (e) => (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent))"""
    )
    assert all(name.strip() for name in names)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    levels = tab.locator("h1, h2, h3").evaluate_all("all => all.map((h) => +h.tagName[1])")
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
