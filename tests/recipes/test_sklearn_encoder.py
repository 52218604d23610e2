"An encoder whose vectors have not seen the target of their row, and what it says of itself."

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline

from entable.errors import BadInput
from entable.recipes.sklearn import EntityEmbeddingEncoder
from entable.recipes.sklearn.columns import dealt

SMALL = {"layers": (16,), "dropout": 0.0, "dropout_in": 0.0, "widths": 3}
QUICK = {"net": SMALL, "steps": 60, "folds": 2, "epochs": 1, "refit_epochs": 1}


def made(n=600, levels=20, noise=0.2, seed=0):
    rng = np.random.default_rng(seed)
    town, kind = rng.integers(0, levels, n), rng.integers(0, 3, n)
    y = rng.normal(size=levels)[town] * (kind - 1.0) + noise * rng.normal(size=n)
    size = np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n))
    names = {"town": [f"t{i}" for i in town], "kind": [f"k{i}" for i in kind], "size": size}
    return pl.DataFrame(names), y


def test_a_pipeline_learns_from_vectors():
    frame, y = made(2000, 10)
    encoder = EntityEmbeddingEncoder(net=SMALL)
    pipeline = make_pipeline(encoder, HistGradientBoostingRegressor())
    pipeline.fit(frame[:1600], y[:1600])
    assert pipeline.score(frame[1600:], y[1600:]) > 0.75


def test_columns_are_vectors_then_numbers_then_gaps():
    frame, y = made()
    encoder = EntityEmbeddingEncoder(**QUICK).set_output(transform="polars")
    found = encoder.fit_transform(frame, y)
    vectors = [f"{name}_{k}" for name in ("town", "kind") for k in (1, 2, 3)]
    assert found.columns == [*vectors, "size", "size_missing"]
    assert found["size_missing"].to_list() == frame["size"].is_nan().cast(int).to_list()
    assert found.to_numpy().dtype == np.float32
    later = encoder.transform(frame)
    assert later.columns == found.columns
    assert later["size"].to_list() == found["size"].to_list()
    few = EntityEmbeddingEncoder(numbers=False, **QUICK).fit(frame, y)
    assert few.get_feature_names_out().tolist() == vectors
    assert few.transform(frame).shape == (600, 6)


def test_rows_to_come_get_the_vectors_of_the_levels_and_unseen_ones_too():
    frame, y = made()
    encoder = EntityEmbeddingEncoder(**QUICK).fit(frame, y)
    towns = encoder.embeddings_["town"]
    odd = pl.DataFrame({"town": ["t3", "nowhere", None], "kind": ["k0"] * 3, "size": [0.0] * 3})
    found = encoder.transform(odd)
    np.testing.assert_array_equal(found[0, :3], towns.vectors[towns.positions(["t3"])[0]])
    np.testing.assert_array_equal(found[1, :3], towns.unseen)
    assert np.isfinite(found).all()


def test_noise_cannot_be_learnt_by_heart():
    "Levels of four rows and a target of noise: in-sample vectors know it, cross-fitted do not."
    rng = np.random.default_rng(2)
    frame = pl.DataFrame({"name": [f"n{i}" for i in rng.permutation(np.arange(800) % 200)]})
    y = rng.normal(size=800)
    wild = {"net": {"dropout": 0.0, "dropout_in": 0.0, "unseen": 0.0}, "wd": 0.0, "lr": 1e-2}
    encoder = EntityEmbeddingEncoder(folds=4, steps=200, refit_wd=0.0, **wild)
    fair, heart = encoder.fit_transform(frame, y), encoder.transform(frame)
    known = [Ridge(1e-3).fit(z, y).score(z, y) for z in (heart, fair)]
    assert known[0] > 0.15
    assert known[1] < 0.08


def test_folds_may_be_given():
    frame, y = made(90)
    first = EntityEmbeddingEncoder(**QUICK | {"folds": KFold(3)}).fit_transform(frame, y)
    assert first.shape == (90, 8)
    with pytest.raises(BadInput, match=r"a row in two parts|rows in no part"):
        EntityEmbeddingEncoder(**QUICK | {"folds": ShuffleSplit(3)}).fit_transform(frame, y)
    with pytest.raises(BadInput, match=r"folds=1 came; a number from 2 on"):
        EntityEmbeddingEncoder(**QUICK | {"folds": 1}).fit_transform(frame, y)
    with pytest.raises(ValueError, match="groups"):
        EntityEmbeddingEncoder(**QUICK | {"folds": GroupKFold(3)}).fit_transform(frame, y)


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_folds_are_dealt_evenly_over_the_target(folds):
    y = np.random.default_rng(0).integers(0, 3, 301)
    fold = dealt(y, folds, 0)
    assert set(fold) == set(range(folds))
    for part in range(3):
        counts = np.bincount(fold[y == part], minlength=folds)
        assert counts.max() - counts.min() <= 2
    np.testing.assert_array_equal(fold, dealt(y, folds, 0))
    assert (fold != dealt(y, folds, 1)).any()


def test_a_table_without_categories_gives_its_numbers():
    x = np.random.default_rng(0).normal(size=(60, 2))
    encoder = EntityEmbeddingEncoder(**QUICK)
    found = encoder.fit_transform(x, x[:, 0])
    assert found.shape == (60, 2)
    np.testing.assert_array_equal(found, encoder.transform(x))
    assert encoder.embeddings_ == {}


def test_classes_and_logarithms_are_targets_too():
    frame, y = made()
    kinds = np.array(["low", "mid", "high"])[np.digitize(y, [-0.5, 0.5])]
    assert EntityEmbeddingEncoder(**QUICK).fit(frame, kinds).model_.target.kind == "classes"
    assert EntityEmbeddingEncoder(**QUICK).fit(frame, y > 0).model_.target.kind == "binary"
    logs = EntityEmbeddingEncoder(table={"log": True}, **QUICK).fit(frame, np.exp(y))
    assert logs.model_.target.log


def test_it_says_whether_it_helped():
    frame, y = made(600)
    encoder = EntityEmbeddingEncoder(**QUICK)
    found = encoder.report(frame, y, Ridge(1e-3), cv=2)
    assert not hasattr(encoder, "table_")
    table = found.table
    assert set(table["encoding"]) == {
        *("entity embeddings", "the same, not cross-fitted"),
        *("target encoding", "one-hot", "ordinal"),
    }
    ours = table.filter(pl.col("encoding") == "entity embeddings")
    assert ours["gain out of fold"].to_list() == [0.0]
    assert found.measure == "R2"
    helped = "helped" if found.helped else "did not help"
    assert str(found).startswith(f"Entity embeddings {helped}: R2 ")


def test_it_says_so_when_it_did_not_help():
    rng = np.random.default_rng(5)
    frame = pl.DataFrame({"a": [f"a{i}" for i in rng.integers(0, 5, 300)]})
    found = EntityEmbeddingEncoder(**QUICK).report(frame, rng.random(300) > 0.5, cv=2)
    assert found.measure == "AUC"
    assert not found.helped
    assert found.title.startswith("Entity embeddings did not help: AUC ")
    assert any(note.startswith("use ") and "it is simpler" in note for note in found.notes)
    pytest.importorskip("matplotlib")
    ax = found.plot()
    assert len(ax.get_yticklabels()) == 5


def test_what_cannot_be_compared_is_refused():
    frame, y = made(90)
    encoder = EntityEmbeddingEncoder(**QUICK)
    with pytest.raises(BadInput, match="one target of 60 rows was wanted"):
        encoder.report(frame[:50], y[:50])
    with pytest.raises(BadInput, match="no categories"):
        encoder.report(frame.select("size"), y)
    with pytest.raises(BadInput, match="folds=1"):
        encoder.report(frame, y, cv=1)
