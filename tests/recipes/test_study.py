"Studies train models like the one that is studied."

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from entable.data.sample import sample_ratings
from entable.errors import BadInput
from entable.factorize import factorize
from entable.recipes import study
from entable.recommender import Recommender


@pytest.fixture(scope="module")
def ratings():
    return sample_ratings(6000, 150, 100)


@pytest.fixture(scope="module")
def model(ratings):
    return factorize(ratings, solver="als", factors=4, passes=5, seed=3)


def stored(model, path):
    model.save(path)
    return path.read_bytes()


def without_history(model):
    return replace(model, history=None)


def test_the_ratings_of_a_model_are_those_it_was_learnt_from(ratings, model):
    found = study.ratings_of(model)
    assert (found.users, found.items, found.scale) == (ratings.users, ratings.items, ratings.scale)
    columns = ["user", "item", "rating"]
    before, after = (
        pl.DataFrame(each.frame()).select(columns).sort(columns) for each in (ratings, found)
    )
    assert after.equals(before)
    assert found.item_labels.tolist() == ratings.item_labels.tolist()
    assert found.item_facts.equals(ratings.item_facts)
    assert found.user_facts.equals(ratings.user_facts)
    assert found.time is None


def test_a_model_without_range_has_that_of_its_ratings(model):
    free = replace(model, scorer=replace(model.scorer, lo=-np.inf, hi=np.inf))
    r = model.history.ratings
    assert study.ratings_of(free).scale == (r.min(), r.max())


@pytest.mark.parametrize("solver", ["als", "sgd", "bayes"])
def test_again_is_the_same_model_but_for_the_order_of_ratings(ratings, solver):
    settings = {"draws": 4, "burn": 2} if solver == "bayes" else {"passes": 3}
    model = factorize(ratings, solver=solver, factors=3, **settings)
    made = study.again(model)
    assert made.settings == model.settings
    users, items = model.users.names[:50], model.items.names[:50]
    np.testing.assert_allclose(made.predict(users, items), model.predict(users, items), atol=0.2)
    assert isinstance(made, Recommender)


def test_again_is_byte_by_byte_what_factorize_makes_of_these_ratings(model, tmp_path):
    made = study.again(model)
    want = factorize(study.ratings_of(model), solver="als", factors=4, passes=5, seed=3)
    for each in (made, want):
        each.metrics.pop("seconds")
    assert stored(made, tmp_path / "a") == stored(want, tmp_path / "b")


def test_changes_go_to_factorize(model):
    made = study.again(model, factors=2, passes=2)
    assert made.settings == {"solver": "als", "factors": 2, "seed": 3, "passes": 2}
    other = study.again(model, solver="sgd", passes=2)
    assert other.settings["solver"] == "sgd"
    assert other.settings["seed"] == 3
    assert other.scorer.k == 48
    with pytest.raises(BadInput, match="has no setting 'colour'"):
        study.again(model, colour=1)


def test_a_twin_differs_by_its_seed_alone(model):
    made = study.twin(model)
    assert made.settings == model.settings | {"seed": 4}
    assert study.twin(model, seed=9).settings["seed"] == 9
    assert made.history.ratings.tolist() == model.history.ratings.tolist()
    assert not np.array_equal(made.users.vectors, model.users.vectors)


def test_what_is_held_out_is_not_learnt(model):
    own, test = study.held_out(model, share=0.2, seed=5)
    assert (len(test), len(own.history)) == (1200, 4800)
    assert own.evaluate(test).learnt == 0
    assert own.settings == model.settings
    assert own.residuals(test).rmse == pytest.approx(own.evaluate(test).rmse)
    _, again = study.held_out(model, share=0.2, seed=5)
    assert again.r.tolist() == test.r.tolist()


def test_a_ladder_measures_half_the_same_and_double(model):
    found = study.ladder(model, seed=1)
    assert found.table["factors"].to_list() == [2, 4, 8]
    assert (found.present, found.n) == (4, 600)
    own, test = study.held_out(model, seed=1)
    rmse = dict(zip(found.table["factors"], found.table["rmse"], strict=True))
    assert rmse[4] == pytest.approx(own.evaluate(test).rmse)
    small = study.again(model, study.ratings_of(own), factors=2)
    assert rmse[2] == pytest.approx(small.evaluate(test).rmse)


def test_a_ladder_goes_on_from_what_was_held_out(model):
    held = study.held_out(model, seed=1)
    found = study.ladder(model, factors=[1, 4, 4, 6], held=held)
    assert found.table["factors"].to_list() == [1, 4, 6]
    alone = study.ladder(model, factors=[1, 6], seed=1)
    assert found.table.equals(alone.table)


def test_rungs_are_fitted_with_the_same_settings(model, monkeypatch):
    seen, real = [], study.factorize

    def spy(*data, **settings):
        seen.append(settings)
        return real(*data, **settings)

    monkeypatch.setattr(study, "factorize", spy)
    study.ladder(model, passes=2)
    assert [each["factors"] for each in seen] == [4, 2, 8]
    assert {each["passes"] for each in seen} == {2}
    seen.clear()
    study.ladder(model, held=study.held_out(model, passes=3))
    assert {each["passes"] for each in seen} == {3}


def test_planted_tastes_need_more_than_one_factor():
    "The sample has five; one factor is too few, and the ladder says so."
    ratings = sample_ratings(40_000, 500, 200)
    model = factorize(ratings, solver="als", factors=1, passes=8)
    found = study.ladder(model, factors=[6])
    assert (found.verdict, found.best) == ("more would help", 6)


def test_progress_goes_up_to_the_end_once(model):
    seen = []
    study.ladder(model, progress=lambda *told: seen.append(told))
    done = [each[0] / each[1] for each in seen]
    assert done == sorted(done)
    assert done[-1] == 1
    assert {text.partition(" ")[0] for *_, text in seen} == {"2", "4", "8"}
    seen.clear()
    study.twin(model, progress=lambda *told: seen.append(told))
    assert seen[-1][0] == seen[-1][1]


def test_an_interrupted_training_ends_the_study(model, monkeypatch):
    def broken_off(*_, **__):
        return replace(model, metrics={"stopped": "interrupted"})

    monkeypatch.setattr(study, "factorize", broken_off)
    with pytest.raises(KeyboardInterrupt):
        study.ladder(model)


@pytest.mark.parametrize("ask", [study.ratings_of, study.twin, study.held_out, study.ladder])
def test_a_model_without_history_cannot_be_studied(model, ask):
    with pytest.raises(BadInput, match=r"without its history.*fit it from its ratings"):
        ask(without_history(model))
    made = study.again(without_history(model), study.ratings_of(model))
    assert made.settings == model.settings


def test_a_model_of_unknown_origin_cannot_be_made_again(model):
    strange = replace(model, settings={"solver": "magic"})
    with pytest.raises(BadInput, match="solver 'magic', which factorize does not have; say which"):
        study.again(strange)
    assert study.again(strange, solver="sgd", passes=1).settings["solver"] == "sgd"
    with pytest.raises(BadInput, match="do not say how many factors"):
        study.ladder(strange)


@pytest.mark.parametrize("factors", [[4], [0], ["8"], []])
def test_a_ladder_needs_other_numbers(model, factors):
    with pytest.raises(BadInput, match="wanted"):
        study.ladder(model, factors=factors)


def test_a_twin_tells_chance_from_taste():
    "Where hardly anything holds the vectors back, another seed finds other neighbours."
    ratings = sample_ratings(40_000, 500, 300)
    verdicts = []
    for settings in ({"reg": 1e-4, "factors": 24}, {"factors": 5}):
        model = factorize(ratings, solver="als", passes=15, **settings)
        table = model.health(study.twin(model)).table
        of = (table["of"] == "items") & (table["figure"] == "stable neighbours")
        verdicts += table.filter(of)["verdict"].to_list()
    assert verdicts == ["look", "fine"]
