"Metrics of tables against scikit-learn's, counted pairs and numbers by hand."

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as peer

from entable.data.table import Table
from entable.errors import BadInput
from entable.evaluate.tables import always, auc, f1, log_loss, mape, rmspe, scores, usual


def target(values, **more):
    "The target of a table that has nothing else but a column of zeros and ones."
    columns = values if isinstance(values, dict) else {"y": values}
    n = len(next(iter(columns.values())))
    frame = pl.DataFrame({"x": [k % 2 for k in range(n)]} | columns)
    return Table.fit(frame, list(columns), categories=["x"], **more).target


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=25))
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    truth, score = (np.array(column) for column in zip(*rows, strict=True))
    pairs = [
        (a > b) + 0.5 * (a == b) for a in score[truth].tolist() for b in score[~truth].tolist()
    ]
    found = auc(truth, score.astype(float))
    assert found == pytest.approx(np.mean(pairs)) if pairs else np.isnan(found)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=25))
def test_f1_is_that_of_scikit_learn_where_it_has_one(rows):
    truth, said = (np.array(column) for column in zip(*rows, strict=True))
    if truth.any() or said.any():
        assert f1(truth, said) == pytest.approx(peer.f1_score(truth, said, zero_division=0))
    else:
        assert np.isnan(f1(truth, said))


def test_two_classes_are_judged_as_scikit_learn_judges_them():
    rng = np.random.default_rng(0)
    aim = target(["no", "yes"] * 50)
    truth, raw = rng.integers(0, 2, 300).astype("f4"), rng.normal(size=300) * 3
    chance, said = 1 / (1 + np.exp(-raw)), (raw > 0).astype(int)
    assert scores(aim, truth, raw) == pytest.approx(
        {
            "accuracy": peer.accuracy_score(truth, said),
            "auc": peer.roc_auc_score(truth, chance),
            "log_loss": peer.log_loss(truth, chance),
            "f1": peer.f1_score(truth, said),
        }
    )


def test_several_classes_are_judged_as_scikit_learn_judges_them():
    rng = np.random.default_rng(1)
    aim = target(["a", "b", "c"] * 9)
    truth, raw = rng.integers(0, 3, 200), rng.normal(size=(200, 3))
    chances = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
    assert scores(aim, truth, raw) == pytest.approx(
        {
            "accuracy": peer.accuracy_score(truth, raw.argmax(1)),
            "auc": peer.roc_auc_score(truth, chances, multi_class="ovr", average="macro"),
            "log_loss": peer.log_loss(truth, chances),
            "f1": peer.f1_score(truth, raw.argmax(1), average="macro"),
        }
    )


def test_labels_are_judged_one_by_one_and_averaged():
    rng = np.random.default_rng(2)
    aim = target({"hot": [0, 1, 1, 0], "wet": [1, 0, 1, 1]})
    truth, raw = rng.integers(0, 2, (99, 2)).astype("f4"), rng.normal(size=(99, 2))
    found = scores(aim, truth, raw)
    assert found["accuracy"] == pytest.approx(((raw > 0) == (truth > 0.5)).mean())
    assert found["auc"] == pytest.approx(peer.roc_auc_score(truth, raw, average="macro"))
    assert found["f1"] == pytest.approx(peer.f1_score(truth, raw > 0, average="macro"))


def test_numbers_are_judged_in_their_own_units_where_a_logarithm_was_learnt():
    sold = np.array([100.0, 200.0, 400.0, 800.0])
    aim = target(sold.tolist(), log=True)
    truth = aim.encode(pl.DataFrame({"y": sold}))
    found = scores(aim, truth, truth + np.log(1.1))  # a tenth too much everywhere
    tenth = 0.1 * sold
    wanted = {"rmse": np.sqrt((tenth**2).mean()), "mae": tenth.mean(), "rmspe": 0.1, "mape": 0.1}
    assert found == pytest.approx(wanted, rel=1e-5)


def test_shares_of_nothing_are_left_out_as_on_the_leader_board():
    truth, said = np.array([0.0, 10.0, 20.0]), np.array([5.0, 11.0, 16.0])
    assert rmspe(truth, said) == pytest.approx(np.sqrt((0.1**2 + 0.2**2) / 2))
    assert mape(truth, said) == pytest.approx(0.15)
    assert np.isnan(mape(np.zeros(2), np.ones(2)))


def test_several_numbers_count_alike_each_in_its_units():
    aim = target({"a": [1.5, 2.0, 3.0], "b": [100.0, 250.0, 300.0]})
    truth = np.array([[1.0, 100.0], [2.0, 200.0]])
    assert scores(aim, truth, truth + [1, 100], "mae") == {"mae": pytest.approx(50.5)}


def test_the_sure_and_wrong_cost_much_and_never_endlessly():
    assert log_loss(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(-np.log(2**-52))


def test_a_function_gets_what_people_read():
    seen = []

    def strict(truth, predicted):
        seen.append((truth.tolist(), predicted.tolist()))
        return 0.25

    aim = target(["no", "yes", "no"])
    assert scores(aim, np.array([0, 1]), np.array([2.0, 3.0]), [strict, "accuracy"]) == {
        "strict": 0.25,
        "accuracy": 0.5,
    }
    assert seen == [(["no", "yes"], ["yes", "yes"])]


def test_what_goes_with_a_target():
    assert usual(target(["no", "yes"])) == ("accuracy", "auc", "log_loss", "f1")
    assert usual(target([1.5, 2.5])) == ("rmse", "mae", "rmspe", "mape")
    assert usual(target([-1.5, 2.5])) == ("rmse", "mae")


@pytest.mark.parametrize(
    ("metric", "words"), [("rmse", "none of 'y' (binary)"), ("ROC", "none known; wanted accuracy")]
)
def test_a_metric_that_does_not_go_is_refused_with_those_that_do(metric, words):
    with pytest.raises(BadInput, match="the metric") as caught:
        scores(target(["no", "yes"]), np.zeros(1), np.zeros(1), metric)
    assert words in str(caught.value)


def test_the_answer_that_is_always_the_same_knows_the_target_alone():
    frequent = target(["no", "yes", "no", "no"])
    chance = frequent.probabilities(always(frequent, 3))
    np.testing.assert_allclose(chance, 0.25)
    several = target(["a", "b", "b", "c"])
    np.testing.assert_allclose(several.probabilities(always(several, 1)), [[0.25, 0.5, 0.25]])
    np.testing.assert_allclose(always(target([1.0, 2.5, 4.0]), 2), 2.5)
    rain = target({"hot": [0, 1, 1, 0], "wet": [1, 1, 1, 1]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chances = rain.probabilities(always(rain, 2))
    np.testing.assert_allclose(chances, [[0.5, 1.0]] * 2, atol=1e-5)


WHOLE = st.lists(st.integers(0, 3), min_size=8, max_size=8).filter(any)


@given(WHOLE, st.integers(0, 99))
def test_a_weight_of_three_is_a_row_that_comes_three_times(weights, seed):
    rng, w = np.random.default_rng(seed), np.array(weights)
    numbers, classes = target(rng.uniform(1, 9, 8)), target(["a", "b", "c"] * 3)
    labels = target({"hot": [0, 1, 1, 0], "wet": [1, 0, 1, 1]})
    asked = [
        (numbers, rng.uniform(1, 9, 8), rng.normal(size=8)),
        (target(["no", "yes"] * 4), rng.integers(0, 2, 8).astype("f4"), rng.normal(size=8)),
        (classes, rng.integers(0, 3, 8), rng.normal(size=(8, 3))),
        (labels, rng.integers(0, 2, (8, 2)).astype("f4"), rng.normal(size=(8, 2))),
    ]
    for aim, truth, raw in asked:
        found = scores(aim, truth, raw, weights=w.astype(float))
        often = scores(aim, np.repeat(truth, w, 0), np.repeat(raw, w, 0))
        assert found == pytest.approx(often, nan_ok=True)


def test_where_no_row_counts_nothing_is_known():
    found = scores(target([1.0, 2.0]), np.ones(2), np.ones(2), weights=np.zeros(2))
    assert np.isnan([*found.values()]).all()
