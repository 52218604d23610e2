"Estimators as scikit-learn wants them, and what is our own: frames, weights, chances, no torch."

import pickle
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator

import entable
from entable.errors import BadInput
from entable.recipes.sklearn import (
    EmbeddingClassifier,
    EmbeddingRegressor,
    EntityEmbeddingEncoder,
)

SMALL = {"layers": (16,), "dropout": 0.0, "dropout_in": 0.0}
QUICK = {"net": SMALL, "steps": 100}
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a row of weight 2 comes once in a shuffled batch, the same row given twice comes twice: "
        "nets that learn from batches end elsewhere, as those of scikit-learn do"
    ),
    **dict.fromkeys(
        ("check_methods_subset_invariance", "check_methods_sample_order_invariance"),
        "nets count in single precision, and BLAS adds in another order for fewer rows: answers "
        "may differ by 2e-7 of the target's scale, where 1e-7 and 1e-9 are allowed",
    ),
}


@pytest.fixture(scope="module")
def towns():
    "Prices by town and size: what there is to learn is known."
    rng = np.random.default_rng(0)
    town, size = rng.integers(0, 12, 400), rng.normal(size=400)
    worth = rng.normal(size=12)
    frame = pl.DataFrame({"town": [f"t{i}" for i in town], "size": size})
    return frame, worth[town] + 0.5 * size + 0.1 * rng.normal(size=400)


@pytest.fixture(scope="module")
def fitted(towns):
    return EmbeddingRegressor(**QUICK).fit(*towns)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "estimator",
    [EmbeddingRegressor, EmbeddingClassifier, EntityEmbeddingEncoder],
    ids=lambda made: made.__name__,
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_finds_nothing_but_what_is_said(estimator):
    "With few steps, which is ten times as fast; with the usual settings the same is found."
    found = check_estimator(
        estimator(net=SMALL, steps=20), expected_failed_checks=EXPECTED, on_skip=None, on_fail=None
    )
    bad = {one["check_name"]: str(one["exception"]) for one in found if one["status"] == "failed"}
    assert not bad
    assert len(found) > 40


def test_frames_of_any_library_and_arrays_give_the_same(fitted, towns):
    frame, price = towns
    assert fitted.score(frame, price) > 0.9
    said = fitted.predict(frame)
    assert said.dtype == np.float64
    np.testing.assert_array_equal(fitted.predict(frame.to_pandas()), said)
    np.testing.assert_array_equal(fitted.predict(frame.to_arrow()), said)
    objects = frame.to_pandas().to_numpy(object)
    again = EmbeddingRegressor(**QUICK).fit(objects, price)
    np.testing.assert_allclose(again.predict(objects), said, rtol=1e-5)
    assert not hasattr(again, "feature_names_in_")
    assert again.n_features_in_ == 2


def test_columns_must_be_those_of_training(fitted, towns):
    frame = towns[0]
    assert fitted.feature_names_in_.tolist() == ["town", "size"]
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame.rename({"size": "height"}))
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame.select("size", "town"))
    with pytest.warns(UserWarning, match="valid feature names"):
        assert (fitted.predict(frame.to_numpy()) == fitted.predict(frame)).all()
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame.select("town"))


def test_unseen_and_missing_values_are_answered(fitted):
    odd = pl.DataFrame({"town": ["nowhere", None, "t1"], "size": [0.0, None, None]})
    assert np.isfinite(fitted.predict(odd)).all()
    assert np.isfinite(fitted.transform(odd)).all()


def test_what_the_table_is_to_know_is_passed_on(towns):
    frame, price = towns
    fitted = EmbeddingRegressor(table={"log": True, "ignore": ["size"]}, **QUICK)
    fitted.fit(frame, np.exp(price))
    assert fitted.model_.target.log
    assert [c.name for c in fitted.model_.table.categories] == ["town"]
    assert (fitted.predict(frame) > 0).all()


def test_features_are_named_and_set_in_the_frame_that_was_asked_for(fitted, towns):
    frame = towns[0]
    fitted = deepcopy(fitted)  # it is told what its output is
    names = fitted.get_feature_names_out().tolist()
    assert names[0] == "town_1"
    assert names[-1] == "size"
    plain = fitted.transform(frame)
    for kind, made in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
        out = fitted.set_output(transform=kind).transform(frame)
        assert isinstance(out, made)
        assert list(out.columns) == names
        np.testing.assert_array_equal(out.to_numpy(), plain)
    encoded = fitted.model_.encode(frame)
    assert encoded.columns == names
    np.testing.assert_array_equal(encoded.to_numpy(), plain)
    assert fitted.embeddings_["town"].vectors.shape == (12, names.index("size"))


@pytest.mark.parametrize(
    "names",
    [["low", "high"], [False, True], [3, 7], [0.0, 1.0], ["a", "b", "c"], [0, 1, 2]],
    ids=str,
)
def test_classes_keep_their_names(towns, names):
    frame, price = towns
    edges = np.quantile(price, np.arange(1, len(names)) / len(names))
    kinds = np.array(names)[np.digitize(price, edges)]
    fitted = EmbeddingClassifier(**QUICK).fit(frame, kinds)
    assert fitted.classes_.tolist() == sorted(names)
    chances = fitted.predict_proba(frame)
    assert chances.shape == (400, len(names))
    np.testing.assert_allclose(chances.sum(1), 1)
    assert fitted.score(frame, kinds) > 0.7
    np.testing.assert_array_equal(fitted.model_.predict(frame), fitted.predict(frame))


def test_several_numbers_are_predicted_side_by_side(towns):
    frame, price = towns
    fitted = EmbeddingRegressor(**QUICK).fit(frame, np.c_[price, -100 * price])
    said = fitted.predict(frame)
    assert said.shape == (400, 2)
    assert fitted.score(frame, np.c_[price, -100 * price]) > 0.8


def test_rows_count_by_their_weight(towns):
    frame, price = towns
    both = pl.concat([frame, frame])
    y = np.r_[price, price + 10]
    for heavy in (0, 1):
        weights = np.repeat([1.0 - heavy, heavy], len(frame))
        fitted = EmbeddingRegressor(**QUICK).fit(both, y, sample_weight=weights)
        assert abs(np.mean(fitted.predict(frame) - price) - 10 * heavy) < 0.5


def test_chances_come_true_as_often_as_they_say():
    "Noise that a net learns by heart: without calibration it is too sure."
    rng = np.random.default_rng(1)
    names = rng.integers(0, 150, 3000)
    worth = rng.normal(size=150)
    y = rng.random(3000) < 1 / (1 + np.exp(-worth[names]))
    frame = pl.DataFrame({"name": [f"n{i}" for i in names]})
    train, test = slice(0, 1500), slice(1500, None)
    how = {"net": SMALL | {"widths": 16}, "epochs": 30, "lr": 0.01, "wd": 0.0}
    lost = {}
    for share in (0.0, 0.2):
        fitted = EmbeddingClassifier(validation_fraction=share, **how).fit(frame[train], y[train])
        lost[share] = log_loss(y[test], fitted.predict_proba(frame[test]))
        warm = fitted.model_.metrics.get("temperature")
        assert warm is None if share == 0 else warm > 1.1
    assert lost[0.2] < lost[0.0]


def test_it_ends_early_and_keeps_the_best(towns):
    frame, price = towns
    how = {"net": SMALL, "epochs": 60, "steps": 1, "lr": 0.05}
    noise = np.random.default_rng(3).normal(size=len(price))
    fitted = EmbeddingRegressor(early_stopping=True, patience=2, **how).fit(frame, noise)
    assert fitted.epochs_ < 60
    assert EmbeddingRegressor(**how).fit(frame, price).epochs_ == 60


def test_tiny_data_get_a_minimum_of_steps(towns):
    frame, price = towns
    few = EmbeddingRegressor(net=SMALL, steps=200).fit(frame[:40], price[:40])
    assert few.epochs_ == 200 // 3 + 1  # batches of 16


def test_the_same_seed_gives_the_same_and_settings_can_be_searched(fitted, towns):
    frame, price = towns
    said = fitted.predict(frame)
    np.testing.assert_array_equal(clone(fitted).fit(frame, price).predict(frame), said)
    other = EmbeddingRegressor(**QUICK, random_state=1).fit(frame, price)
    assert (other.predict(frame) != said).any()
    search = GridSearchCV(EmbeddingRegressor(**QUICK), {"lr": [1e-5, 1e-2]}, cv=2)
    assert search.fit(frame.to_pandas(), price).best_params_ == {"lr": 1e-2}


def test_several_networks_answer_with_their_mean(towns):
    frame, price = towns
    fitted = EmbeddingRegressor(networks=2, **QUICK).fit(frame, price)
    assert len(fitted.model_.scorer.nets) == 2
    assert fitted.score(frame, price) > 0.9


def test_what_cannot_be_learnt_from_is_refused(towns):
    frame, price = towns
    with pytest.raises(BadInput, match="one class came, 'a'; two at least"):
        EmbeddingClassifier().fit(frame, ["a"] * 400)
    with pytest.raises(ValueError, match="inconsistent"):
        EmbeddingRegressor().fit(frame, price[:-1])
    with pytest.raises(BadInput, match="1 sample"):
        EmbeddingRegressor().fit(frame[:1], price[:1])
    with pytest.raises(ValueError, match="NaN"):
        EmbeddingRegressor().fit(frame, np.where(price > 0, price, np.nan))
    with pytest.raises(ValueError, match="requires y"):
        EmbeddingRegressor().fit(frame, None)


WITHOUT_TORCH = """
import pickle, sys

class NoTorch:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("no torch here", name="torch")

sys.meta_path.insert(0, NoTorch())
encoder, price, kind, frame = pickle.load(open(sys.argv[1], "rb"))
for found in (encoder.transform(frame), price.predict(frame), kind.predict_proba(frame)):
    print(repr(found.tolist()))
price.embeddings_["town"].nearest("t1")
try:
    price.fit(frame, [1.0, 2.0, 3.0])
except ModuleNotFoundError as error:
    print(error)
assert "torch" not in sys.modules
"""


def test_what_was_fitted_needs_no_torch(towns, tmp_path):
    frame, price = towns
    three = frame[:3]
    made = (
        EntityEmbeddingEncoder(folds=2, **QUICK).fit(frame, price),
        EmbeddingRegressor(**QUICK).fit(frame, price),
        EmbeddingClassifier(**QUICK).fit(frame, price > 0),
    )
    path = tmp_path / "made.pickle"
    path.write_bytes(pickle.dumps((*made, three)))
    run = [sys.executable, "-c", WITHOUT_TORCH, str(path)]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    verbs = (made[0].transform, made[1].predict, made[2].predict_proba)
    for line, verb in zip(lines, verbs, strict=False):
        assert line == repr(verb(three).tolist())
    assert lines[3] == "torch is not installed: pip install 'entable[neural]'"


def test_the_model_is_saved_as_any_other(towns, tmp_path):
    frame, price = towns
    fitted = EmbeddingRegressor(**QUICK).fit(frame, pd.Series(price, name="price"))
    assert fitted.model_.target.name == "price"
    loaded = entable.load(fitted.model_.save(tmp_path / "towns.entable"))
    np.testing.assert_array_equal(loaded.predict(frame), fitted.predict(frame))
