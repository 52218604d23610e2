"A stored model answers as before; a crafted file gives an error or the same model, never more."

import tracemalloc
from datetime import date

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from entable import load, modelfile
from entable.recommender.stored import pack, plain


def everything(model):
    "All that can be asked of a model, as one comparable value."
    users, items = [*model.users.names.tolist(), "nobody", None], [*model.items.names.tolist(), -5]
    who, what = users * len(items), [name for name in items for _ in users]
    frames = [
        model.predict(who, what, details=True),
        model.recommend(users, n=50, seen=True),
        model.similar(items[0], n=50),
        model.similar_users(users[0], n=50),
        model.fold_in({items[0]: 5, items[-2]: 1}).predict(items, details=True),
        model.fold_in_item({users[0]: 2}).predict(users, details=True),
        model.explain(users[0], items[0]).table,
    ]
    if model.history is not None:
        frames.append(model.recommend(users, n=50))
    frames += [f for f in (model.users.facts, model.items.facts, model.trace) if f is not None]
    told = [model.settings, model.metrics, model.fingerprint, str(model.explain("u0", items[0]))]
    rows = [(str(frame.schema), frame.rows()) for frame in frames]
    return rows, told, items[:-1], model.items.label(range(len(model.items))).tolist()


@pytest.mark.parametrize(
    "shape",
    [
        {"titles": True},
        {"titles": False, "history": False},
        {"users": 1, "items": 1, "k": 1, "ratings": 1},
        {"users": 2, "items": 3, "k": 0, "ratings": 4},
        {"users": 3, "items": 40, "k": 5, "ratings": 0, "titles": True},
    ],
    ids=str,
)
def test_every_answer_is_the_same_after_loading(made, tmp_path, shape):
    model = made(**shape)
    path = model.save(tmp_path / "m.entable")
    assert everything(load(path)) == everything(model)


def test_a_loaded_model_is_stored_as_the_same_bytes(model, tmp_path):
    path = model.save(tmp_path / "one.entable")
    again = load(path).save(tmp_path / "two.entable")
    assert again.read_bytes() == path.read_bytes()


def test_without_history_nobody_can_tell_who_rated_what(model, tmp_path):
    path = model.save(tmp_path / "m.entable", history=False)
    told = modelfile.peek(path)
    assert told.about["ratings"] is None
    assert not [name for name in told.slots if name.startswith("history")]
    loaded = load(path)
    assert loaded.history is None
    want = model.recommend("u1", seen=True)
    assert_frame_equal(loaded.recommend("u1", seen=True), want)


def test_a_model_without_a_range_keeps_having_none(made, tmp_path):
    from dataclasses import replace

    model = made()
    model = replace(model, scorer=replace(model.scorer, lo=-np.inf, hi=np.inf))
    loaded = load(model.save(tmp_path / "m.entable"))
    assert (loaded.scorer.lo, loaded.scorer.hi) == (-np.inf, np.inf)


def test_arrays_of_a_loaded_model_stay_in_the_file(model, tmp_path):
    loaded = load(model.save(tmp_path / "m.entable"))
    for array in (loaded.items.vectors, loaded.users.bias, loaded.history.ratings):
        assert not array.flags.owndata
        assert not array.flags.writeable


def test_numbers_of_numpy_become_plain_and_what_is_not_finite_becomes_null():
    told = {"a": np.float32(0.5), "b": (1, np.int64(2)), 3: float("nan"), "d": date(2020, 1, 2)}
    assert plain(told) == {"a": 0.5, "b": [1, 2], "3": None, "d": "2020-01-02"}


def test_nothing_that_is_public_is_forgotten(model):
    "Every array of the model is in the file."
    _, arrays = pack(model)
    held = sum(a.nbytes for a in (model.items.vectors, model.users.vectors, model.history.items))
    assert sum(array.nbytes for array in arrays.values()) > held
    assert {name.partition(".")[0] for name in arrays} >= {"user", "item", "scorer", "history"}


def test_a_larger_model_takes_less_than_twice_its_size(made, tmp_path):
    model = made(users=3000, items=2000, k=64, ratings=100_000, titles=True)
    path = model.save(tmp_path / "m.entable")
    tracemalloc.start()
    try:
        load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 2 * path.stat().st_size
