"Each section shows what the model says, or says what it lacks."

import re
import sys
from dataclasses import replace

import pytest

import entable
from entable import BadInput
from entable.export.report import Evidence, report, write

from .test_page import Reader

SECTIONS = "Data Learning Errors Biases Axes Map Clusters Health Reasons".split()


@pytest.fixture(scope="module")
def bare(model):
    "The page without evidence, and what was told while it was made."
    told = []
    page = report(model, progress=lambda *step: told.append(step))
    return page, told


def part(page, name):
    "The text of one section."
    found = re.search(rf'<section id="{name}".*?</section>', page, re.S)
    return Reader(found[0]).text


def test_all_sections_are_there_with_numbers_of_the_model(page, model, evidence):
    text = Reader(page).text
    for name in SECTIONS:
        assert name in text
    judged = evidence.judged.evaluate(evidence.test)
    assert f"{judged.rmse:.4f}" in part(page, "errors")
    assert all(name in part(page, "errors") for name in judged.baselines)
    assert f"{int(model.items.counts.sum()):,}" in part(page, "data")
    assert evidence.ladder.title in part(page, "data")
    health = model.health(evidence.twin, evidence.ladder)
    assert health.title in part(page, "health")
    assert page.count('class="lacking"') == 1  # what is said where scripts are off


def test_biases_axes_and_reasons_are_those_of_the_model(page, model):
    best = model.users.bias_ranking(5).best["user"]
    assert all(name in part(page, "biases") for name in best)
    assert model.items.pca(5).title in part(page, "axes")
    users = re.findall(r"User (u\d+)", part(page, "reasons"))
    assert len(users) == 3
    first = model.recommend(users[0], 1)["item"][0]
    assert " ".join(model.explain(users[0], first).sentence.split())[:20] in part(page, "reasons")


def test_the_same_model_gives_the_same_page(model, bare):
    assert report(model) == bare[0]


def test_progress_is_told_before_each_section(bare):
    _, told = bare
    assert [done for done, _, _ in told] == [*range(len(told))]
    assert {total for _, total, _ in told} == {len(told)}


def test_without_evidence_errors_say_how_to_get_them(bare):
    found, _ = bare
    for name in ("errors", "residuals"):
        assert "no ratings were held out to judge by" in part(found, name).lower()
    assert "--no-train" in part(found, "errors")
    assert "Best items" in part(found, "biases")


def test_a_model_without_history_is_told_of_without_it(model):
    found = report(replace(model, history=None))
    assert "How often each rating was given" not in found
    assert "no history" in part(found, "reasons")


def test_a_model_of_biases_alone_has_no_axes(model):
    def bare(rows):
        return replace(rows, vectors=rows.vectors[:, :0], unseen=rows.unseen[:0])

    scorer = model.scorer
    priors = {
        f"{side}_prior": replace(prior, mean=prior.mean[-1:], cov=prior.cov[-1:, -1:])
        for side in ("user", "item")
        for prior in [getattr(scorer, f"{side}_prior")]
    }
    none = replace(
        model, users=bare(model.users), items=bare(model.items), scorer=replace(scorer, **priors)
    )
    found = report(none)
    for name in ("axes", "map-section", "clusters"):
        assert 'class="lacking"' in re.search(rf'<section id="{name}".*?</section>', found, re.S)[0]
    assert "so it has no axes" in part(found, "axes")
    assert "Best items" in part(found, "biases")


@pytest.mark.parametrize("items", [2, 3])
def test_the_smallest_models_have_a_page(items):
    rows = [(f"u{u}", f"i{i}", float(1 + (u * i) % 5)) for u in range(6) for i in range(items)]
    tiny = entable.factorize(entable.Ratings.of(*zip(*rows, strict=True)), "sgd", factors=2)
    assert "</html>" in report(tiny)


def test_without_scikit_learn_the_clusters_say_so(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    found = report(model)
    assert "pip install 'entable[sklearn]'" in part(found, "clusters")
    assert 'id="canvas"' in found


def test_a_twin_of_other_names_is_refused_in_its_section(model):
    rows = [(f"other {u}", f"film {i}", 1.0 + (u * i) % 5) for u in range(6) for i in range(4)]
    twin = entable.factorize(entable.Ratings.of(*zip(*rows, strict=True)), "sgd", factors=2)
    found = report(model, evidence=Evidence(twin=twin))
    assert 'class="lacking"' in re.search(r'<section id="health".*?</section>', found, re.S)[0]
    assert "Best items" in part(found, "biases")


def test_a_page_is_written_whole_or_not_at_all(tmp_path):
    path = write("<p>ü</p>\n", tmp_path / "a.html")
    assert path.read_bytes() == "<p>ü</p>\n".encode()
    with pytest.raises(BadInput, match="exists"):
        write("new", path, force=False)
    with pytest.raises(BadInput, match="could not be written"):
        write("new", tmp_path / "no" / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]
