"The page about a model of a table: what it says is what the model says, and nothing escapes."

import re

import numpy as np
import polars as pl
import pytest

from entable.export.report import write
from entable.export.report.tables import table_report
from entable.recipes.tabular import tabular_learner

EVIL = "</script><script>alert(1)</script>"
N = 240


def frame(seed):
    rng = np.random.default_rng(seed)
    town = rng.choice(["Aachen", "Bonn", "Celle", "Dachau", EVIL], N)
    x = rng.normal(size=N)
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 8, 27), eager=True)
    return pl.DataFrame(
        {"town": town, "x": x, "day": days, "promo": rng.integers(0, 2, N)}
    ).with_columns(sold=np.exp(2 + 0.3 * x + 0.5 * (town == "Bonn")))


@pytest.fixture(scope="module")
def model():
    asked = {"log": True, "categories": ["promo"]}
    learn = tabular_learner(frame(0), "sold", frame(1), table=asked, size=32)
    learn.fit_one_cycle(2)
    return learn.table_model()


@pytest.fixture(scope="module")
def page(model):
    return table_report(model, "Sales & <more>", frame(2))


def titles(page):
    return re.findall(r"<h2[^>]*>([^<]*)</h2>", page)


def test_every_section_is_there_and_none_lacks_anything(page):
    assert titles(page) == [
        "The data", "Error beside a baseline", "Learning", "What it leans on",
        "What it makes of each column", "Maps of the categories", "The rows that are most wrong",
    ]  # fmt: skip
    assert 'class="lacking"' not in page


def test_it_says_what_the_model_says(page, model):
    judged = model.evaluate(frame(2))
    assert f"rmse is {judged['rmse']:.4g} on {N} rows" in page
    assert model.importance(frame(2)).title in page
    worst = model.worst(frame(2)).table["row"][0]
    assert f">{worst}<" in page
    assert "number, by its logarithm" in page


def test_titles_and_levels_are_text_and_nothing_else(page):
    assert EVIL not in page
    assert "Sales &amp; &lt;more&gt;" in page
    assert "&lt;/script&gt;" in page


def test_a_date_is_told_by_its_part_that_says_most(page):
    assert "sold by day weekday" in page
    assert "day weekday: 7 levels" in page
    assert "day is month start" not in re.findall(r"<figcaption>([^<]*)", page)


def test_without_rows_it_says_what_is_lacking_and_shows_the_rest(model):
    page = table_report(model)
    assert page.count("No rows were brought") == 4
    assert "Maps of the categories" in page
    assert page.count("<svg") == 2 + 4  # columns, learning, four maps


def test_progress_is_told_before_each_section(model):
    told = []
    table_report(model, progress=lambda done, total, what: told.append((done, total, what)))
    assert [done for done, _, _ in told] == list(range(6))
    assert {total for _, total, _ in told} == {6}


def test_the_same_model_and_rows_give_the_same_page(model, page):
    assert table_report(model, "Sales & <more>", frame(2)) == page


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_it_without_complaint_or_network(chromium, page, tmp_path, width):
    file = write(page, tmp_path / "table.html")
    complaints = []
    context = chromium.new_context(viewport={"width": width, "height": 800})
    tab = context.new_page()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda request: complaints.append(request.url))
    tab.goto(file.as_uri())
    wide = tab.evaluate("document.documentElement.scrollWidth")
    colors = [tab.evaluate("getComputedStyle(document.body).backgroundColor")]
    tab.click("#theme")
    colors.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    context.close()
    assert wide <= width
    assert colors[0] != colors[1]
    assert [c for c in complaints if c != file.as_uri() and not c.startswith("data:")] == []
