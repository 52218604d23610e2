"A model's residuals are those of its predictions."

import numpy as np
import pytest

from entable.data.ratings import Ratings
from entable.errors import BadInput

WHO, WHAT = ["u1", "u1", "nobody", "u3", "u0"], [100, 104, 101, 555, 108]


@pytest.fixture
def held_out():
    return Ratings.of(WHO, WHAT, [5, 3, 1, 4, 2], time=[10, 20, 30, 40, 50])


def test_they_are_truth_less_prediction(model, held_out):
    found = model.residuals(held_out)
    told = model.predict(WHO, WHAT, details=True)
    assert found.table["user"].to_list() == WHO
    assert found.table["item"].to_list() == WHAT
    np.testing.assert_allclose(found.table["score"], told["score"])
    np.testing.assert_allclose(found.table["std"], told["std"])
    np.testing.assert_allclose(found.table["residual"], held_out.r - told["score"].to_numpy())
    assert found.rmse == pytest.approx(model.evaluate(held_out).rmse)


def test_intervals_hold_as_the_evaluation_says(made):
    model = made(users=30, items=40, ratings=600, scale=1)
    rng = np.random.default_rng(0)
    who, what = rng.integers(0, 30, 500), rng.integers(0, 40, 500)
    data = Ratings.of([f"u{j}" for j in who], 100 + what, rng.integers(1, 6, 500))
    calibration = model.residuals(data).calibration
    at80 = dict(zip(calibration["level"].round(2), calibration["covered"], strict=True))[0.8]
    assert at80 == pytest.approx(model.evaluate(data).coverage80)


def test_counts_are_those_that_the_model_learnt_from(model, held_out):
    found = model.residuals(held_out)
    want = [*model.users.counts[[1, 1]], 0, *model.users.counts[[3, 0]]]
    assert found.user.counts[found.user.at].tolist() == want
    known = model.items.counts
    assert found.item.counts[found.item.at].tolist() == [known[0], known[4], known[1], 0, known[8]]


def test_titles_are_the_model_s_where_the_ratings_have_none(model, held_out):
    labels = model.residuals(held_out).table["label"].to_list()
    assert labels == [None, "Title 4", "Title 3", None, "Title 8"]
    own = held_out._with_tables({101: "Its own"}, None, None)
    assert model.residuals(own).table["label"].to_list() == [None, None, "Its own", None, None]


def test_what_flatters_and_what_is_strange_is_noted(model, held_out):
    notes = model.residuals(held_out).notes
    assert any("2 have a user or item that the model does not know" in note for note in notes)
    u, i, r = model.history.triples()
    learnt = Ratings.of(model.users.names[u].tolist(), model.items.names[i].tolist(), r)
    assert f"{len(r):,} of these ratings were learnt from" in model.residuals(learnt).notes[0]
    assert learnt.time is None
    assert model.residuals(learnt).by_time is None


def test_no_ratings_have_no_residuals(model, held_out):
    with pytest.raises(BadInput, match="no ratings to judge"):
        model.residuals(held_out.take(np.zeros(5, bool)))
