"An evaluation says what predict and the metrics say."

import numpy as np
import pytest

from entable.data.ratings import Ratings
from entable.errors import BadInput
from entable.evaluate.metrics import rmse


@pytest.fixture
def held_out():
    return Ratings.of(["u1", "u1", "nobody", "u3"], [100, 104, 101, 555], [5, 3, 1, 4])


def test_errors_are_those_of_the_predictions(model, held_out):
    found = model.evaluate(held_out)
    score = model.predict(["u1", "u1", "nobody", "u3"], [100, 104, 101, 555])
    assert found.rmse == pytest.approx(rmse(np.array([5, 3, 1, 4]), score))
    assert found.mae == pytest.approx(np.abs(np.array([5, 3, 1, 4]) - score).mean())
    assert (found.n, found.unknown_users, found.unknown_items) == (4, 1, 1)
    told = model.predict(["u1", "u1", "nobody", "u3"], [100, 104, 101, 555], details=True)
    inside = (told["low"].to_numpy() <= held_out.r) & (held_out.r <= told["high"].to_numpy())
    assert found.coverage80 == inside.mean()


def test_baselines_come_from_the_history_and_go_with_it(made, held_out):
    found = made().evaluate(held_out)
    mean = made().history.ratings.mean()
    assert found.baselines["mean"]["rmse"] == pytest.approx(rmse(held_out.r, np.full(4, mean)))
    assert "user + item means" in str(found)
    assert made(history=False).evaluate(held_out).baselines == {}


def test_an_evaluation_shows_itself(model, held_out):
    found = model.evaluate(held_out)
    assert found.table.columns == ["predictor", "rmse", "mae"]
    assert found.table["predictor"].to_list() == ["model", "mean", "user + item means"]
    assert f"RMSE {found.rmse:.4f}" in str(found)
    assert found.__rich__() == str(found)


def test_no_ratings_are_no_judgement(model, held_out):
    with pytest.raises(BadInput, match="no ratings to judge"):
        model.evaluate(held_out.take(np.zeros(4, bool)))


def test_ratings_that_were_learnt_from_are_counted_and_said(made):
    model = made()
    u, i, r = model.history.triples()
    learnt = Ratings.of(model.users.names[u].tolist(), model.items.names[i].tolist(), r)
    found = model.evaluate(learnt)
    assert found.learnt == len(r)
    assert f"{len(r):,} of them were learnt from" in str(found)
    fresh = model.evaluate(Ratings.of(["nobody", str(model.users.names[0])], [100, 555], [3, 4]))
    assert fresh.learnt == 0
    assert "learnt from" not in str(fresh)
    assert made(history=False).evaluate(learnt).learnt == 0
