"`entable report`: a page on disk, judged by what the model was not learnt from."

import html
import json
import re
import sys

import pytest

import entable
from entable.recipes import study


def told(path):
    "The text of a page."
    text = re.sub(r"<(script|style).*?</\1>", " ", path.read_text("utf-8"), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def model(files, tmp_path):
    "A copy of the model, alone in a folder."
    path = tmp_path / "films.entable"
    path.write_bytes((files / "model.entable").read_bytes())
    return path


def test_the_page_stands_beside_the_model_and_is_judged_by_training(run, model):
    done = run("report", model)
    assert done.exit_code == 0, done.output
    assert not done.stdout
    page = told(model.with_suffix(".html"))
    assert "films.html" in done.stderr
    judged, test = study.held_out(entable.load(model))
    assert f"{judged.evaluate(test).rmse:.4f}" in page
    assert "learnt without them" in page or "learnt from the others" in page
    assert "stable neighbours" in page
    assert "4 factors" in page


def test_without_training_it_is_quick_and_says_what_is_lacking(run, model, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "again", lambda *args, **more: pytest.fail("something was trained"))
    out = tmp_path / "a.html"
    answer = json.loads(run("report", model, "--no-train", "-o", out, "--json").stdout)
    assert answer["report"] == str(out)
    assert answer["bytes"] == out.stat().st_size
    assert "leave out --no-train" in told(out)


def test_ratings_that_were_not_learnt_judge_the_model(run, model, files, table, tmp_path):
    known = entable.load(model).history
    pairs = [(user, item) for user in range(1, 41) for item in range(1, 13)]
    fresh = [(u, i, 1 + (u + i) % 5) for u, i in pairs if not (3 * u + 5 * i) % 4]
    learnt = [(1, 2, 5), (2, 1, 5)]
    assert len(known) + len(fresh) == len(pairs)
    ratings = table("r.csv", "user,item,rating", [*fresh, *learnt, (99, 1, 3)])
    out = tmp_path / "a.html"
    assert run("report", model, "--ratings", ratings, "--no-train", "-o", out).exit_code == 0
    page = told(out)
    assert f"{len(fresh) + 1} ratings that were brought" in page
    assert "2 others were left out" in page
    out.unlink()
    assert run("report", model, "--ratings", ratings, "-o", out).exit_code == 0
    assert f"on {len(fresh)} held-out ratings" in told(out)  # no other size knows user 99


def test_ratings_that_were_all_learnt_are_no_judges(run, model, files):
    done = run("report", model, "--ratings", files / "ratings.csv", "--no-train")
    assert done.exit_code == 0
    page = told(model.with_suffix(".html"))
    assert "The model was learnt from all ratings that were brought." in page


def test_facts_give_axes_their_meaning_and_items_their_titles(run, files, table, tmp_path):
    path, out = tmp_path / "m.entable", tmp_path / "m.html"
    learnt = run("fit", files / "ratings.csv", "-o", path, "--draws", 9, "--factors", 3, "--quiet")
    assert learnt.exit_code == 0, learnt.output
    rows = [(i, f"Named {i}", "even" if i % 2 else "odd") for i in range(1, 13)]
    facts = table("facts.csv", "item,title,parity", [*rows, (77, "Nobody", "odd")])
    done = run("report", path, "--facts", facts, "--no-train")
    assert done.exit_code == 0, done.output
    assert "1 of 13 rows belong to no item" in done.stderr
    assert "Named 7" in told(out)
    assert "parity" in told(out)


def test_a_model_without_history_says_that_nothing_was_trained(run, model):
    entable.load(model).save(model, history=False)
    done = run("report", model)
    assert done.exit_code == 0
    assert "Nothing was trained: this model was saved without its history" in done.stderr
    assert "Nothing was trained: this model was saved without its history" in told(
        model.with_suffix(".html")
    )


def test_a_page_is_replaced_only_if_asked(run, model, refused):
    page = model.with_suffix(".html")
    page.write_text("mine")
    refused(run("report", model, "--no-train"), "--force")
    assert page.read_text() == "mine"
    assert run("report", model, "--no-train", "--force", "--quiet").stderr == ""
    assert page.read_text("utf-8")[:4] != "mine"


def test_what_cannot_work_is_refused_before_any_work(run, model, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(entable, "load", lambda path: pytest.fail("the model was read"))
    refused(run("report", model, "-o", tmp_path / "a.pdf"), "a.pdf", ".html")
    refused(run("report", model, "-o", tmp_path / "no" / "a.html"), "is no folder")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    refused(run("report", model), "jinja2 is not installed", "entable[plot]")


def test_interrupted_training_leaves_nothing_behind(run, model, monkeypatch):
    def stopped(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "again", stopped)
    done = run("report", model)
    assert done.exit_code == 130
    assert [path.name for path in model.parent.iterdir()] == ["films.entable"]
