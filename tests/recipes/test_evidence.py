"What a model is judged by: never what it was learnt from, if that can be told."

from dataclasses import replace

import numpy as np
import pytest

import entable
from entable.recipes import evidence, study
from entable.recipes.evidence import gather


@pytest.fixture(scope="module")
def data():
    return entable.sample_ratings(3000, 120, 60)


@pytest.fixture(scope="module")
def model(data):
    return entable.factorize(data.take(np.arange(2400)), draws=12, factors=4)


def test_a_tenth_of_its_own_ratings_judges_a_model_learnt_from_the_others(model):
    found = gather(model)
    assert len(found.test) == 240
    u, i = found.test.u, found.test.i
    assert model.history.holds(u, i, len(model.items)).all()
    assert not found.judged.history.holds(u, i, len(model.items)).any()
    assert found.ladder.present == 4
    assert found.ladder.table["factors"].to_list() == [2, 4, 8]
    assert found.ladder.n == 240
    assert found.twin.settings["seed"] == model.settings["seed"] + 1
    assert "240 of its ratings" in " ".join(found.notes)


def test_of_ratings_that_are_brought_those_that_were_learnt_are_left_out(model, data):
    found = gather(model, data, train=False)
    assert found.judged is model
    assert found.ladder is None
    assert found.twin is None
    assert len(found.test) == 600
    assert found.test.r.tolist() == data.r[2400:].tolist()
    assert "2,400 others were left out" in found.notes[0]
    assert gather(model, data.take(np.arange(2400)), train=False).test is None


def test_brought_ratings_judge_other_sizes_too_by_name(model, data):
    rows = data.take(np.arange(2400, 3000)).frame()
    names, items = rows["user"].to_list(), rows["item"].to_list()
    brought = entable.Ratings.of(["stranger", *names], [items[0], *items], [3.0, *rows["rating"]])
    found = gather(model, brought)
    assert found.judged is model
    assert len(found.test) == 601
    assert found.ladder.n == 600  # who is unknown to all says nothing of sizes
    own = next(row for row in found.ladder.table.to_dicts() if row["factors"] == 4)
    known = brought.take(np.arange(1, 601))
    assert own["rmse"] == pytest.approx(model.evaluate(known).rmse, abs=1e-9)


def test_without_history_nothing_is_trained_and_a_note_says_why(model, data):
    bare = replace(model, history=None)
    found = gather(bare)
    assert found.test is None
    assert "without its history" in found.notes[-1]
    found = gather(bare, data)
    assert len(found.test) == len(data)
    assert "learnt from or not" in found.notes[0]
    assert found.twin is None


def test_large_models_are_compared_by_fewer_draws_and_judged_by_all(model, monkeypatch):
    monkeypatch.setattr(evidence, "_LARGE", 1000)
    monkeypatch.setattr(evidence, "_DRAWS", 6)
    asked = []
    again = study.again

    def noted(model, *args, **changes):
        made = again(model, *args, **changes)
        asked.append(made.metrics["draws"])
        return made

    monkeypatch.setattr(study, "again", noted)
    found = gather(model)
    assert asked == [12, 12, 6, 6, 6]
    assert found.judged.metrics["draws"] == 12
    assert "6 draws" in found.notes[-1]


def test_strangers_alone_are_no_ladder(model):
    brought = entable.Ratings.of(["x", "y"], ["p", "q"], [1.0, 2.0])
    found = gather(model, brought)
    assert found.ladder is None
    assert "Too few ratings of known users and items" in found.notes[-1]


def test_progress_goes_from_nothing_to_all(model):
    told = []
    gather(model, progress=lambda done, total, text: told.append(done / total))
    assert told == sorted(told)
    assert told[-1] == 1


def test_an_interruption_is_not_swallowed(model, monkeypatch):
    def stopped(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "again", stopped)
    with pytest.raises(KeyboardInterrupt):
        gather(model)
