"Two trainings are told apart by what matters to them, and by nothing else."

import json
import math
import re
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from entable.train import losses, optim, plan
from entable.train.batches import Batches
from entable.train.best import EarlyStop
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.peek import Peek
from entable.train.schedule import Schedule, cosine, line
from entable.train.writers import CsvLog

X = np.random.default_rng(0).standard_normal((40, 3)).astype("f4")
Y = X.sum(1, keepdims=True)


class Tell(Callback):
    looks = True

    def before_fit(self, run):
        self.told = json.loads(json.dumps(plan.told(run)))
        run.stop = "told"


def told(model=None, batches=None, loss=None, callbacks=(), **rest):
    batches = batches or Batches.from_arrays(X, Y, size=8)
    tell = Tell()
    model = model or nn.Linear(3, 1)
    Learner(model, batches, loss or nn.MSELoss(), **rest).fit(2, callbacks=[*callbacks, tell])
    return tell.told


def change(then, now):
    return list(plan.differences(told(**then), told(**now)))


class Shift(nn.Module):
    def __init__(self, by, function):
        super().__init__()
        self.by, self.function, self.inner = by, function, nn.Linear(3, 1)

    def extra_repr(self):
        return f"{self.by}, {self.function}"

    def forward(self, x):
        return self.inner(x) + self.by


def test_the_same_training_is_the_same_though_weights_and_places_in_memory_are_not():
    for made in (
        dict,
        lambda: {"model": Shift(1.0, lambda x: x)},
        lambda: {"callbacks": [Schedule(lr=cosine(1, 0)), EarlyStop("train_loss")]},
        lambda: {"batches": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), 8)},
        lambda: {"loss": partial(nn.functional.huber_loss, delta=0.5)},
        lambda: {"batches": Batches.from_arrays(X, Y, size=8, valid=0.2), "clip": 1.0},
    ):
        assert change(made(), made()) == []


CHANGES = {
    "a number in a layer": (
        {"model": Shift(1.0, None)}, {"model": Shift(2.0, None)}, "layers .*1.0, None.* then",
    ),
    "a loss": ({}, {"loss": nn.L1Loss()}, "loss MSELoss then, L1Loss now"),
    "a setting of a loss": (
        {"loss": nn.HuberLoss(delta=1.0)}, {"loss": nn.HuberLoss(delta=2.0)}, "delta 1 then, 2",
    ),
    "a setting of a function": (
        {"loss": partial(nn.functional.huber_loss, delta=1.0)},
        {"loss": partial(nn.functional.huber_loss, delta=2.0)},
        "loss delta 1 then, 2 now",
    ),
    "what a loss is around": (
        {"loss": losses.Loss(nn.MSELoss())}, {"loss": losses.Loss(nn.HuberLoss())}, "loss.* now",
    ),
    "weights of classes": (
        {"loss": nn.BCEWithLogitsLoss(pos_weight=torch.ones(1))},
        {"loss": nn.BCEWithLogitsLoss(pos_weight=torch.ones(1) * 2)},
        "loss pos_weight",
    ),
    "a setting of an optimizer": (
        {"opt": optim.sgd}, {"opt": partial(optim.sgd, momentum=0.8)}, "momentum 0.9 then, 0.8 now",
    ),
    "clipping": ({"clip": 1.0}, {"clip": 2.0}, "optimizer norm 1 then, 2 now"),
    "accumulation": ({"accumulate": 2}, {"accumulate": 3}, "optimizer batches 2 then, 3 now"),
    "precision": ({}, {"precision": "bf16"}, "precision None then, bf16 now"),
    "the seed": ({}, {"seed": 3}, "seed 0 then, 3 now"),
    "a setting of a callback": (
        {"callbacks": [EarlyStop("train_loss", 3)]}, {"callbacks": [EarlyStop("train_loss", 4)]},
        "callback EarlyStop patience 3 then, 4 now",
    ),
    "a curve": (
        {"callbacks": [Schedule(lr=cosine(1, 0))]}, {"callbacks": [Schedule(lr=line(1, 0))]},
        "callback Schedule lr 1, 0.5, 0 .* then, 1, 0.5, 0 .* now",
    ),
    "where a curve begins": (
        {"callbacks": [Schedule(lr=line(1, 0))]},
        {"callbacks": [Schedule(lr=line(1, 0), start=0.5)]},
        "callback Schedule start 0 then, 0.5 now",
    ),
    "a second callback of a kind": (
        {"callbacks": [Schedule(lr=line(1, 0))]},
        {"callbacks": [Schedule(lr=line(1, 0)), Schedule(weight_decay=line(1, 0))]},
        "callback Schedule 2 missing then, Schedule now",
    ),
    "held-out rows": (
        {"batches": Batches.from_arrays(X, Y, size=8, valid=(X, Y))},
        {"batches": Batches.from_arrays(X, Y, size=8, valid=(X, Y + 1))},
        "held out array 1 float32",
    ),
    "which rows": (
        {"batches": Batches((X, Y), 8, at=np.arange(30))},
        {"batches": Batches((X, Y), 8, at=np.arange(1, 31))},
        "train rows at int64",
    ),
    "weights of rows": (
        {"batches": Batches.from_arrays(X, Y, size=8, weights=np.ones(40))},
        {"batches": Batches.from_arrays(X, Y, size=8, weights=np.arange(40))},
        "train array 2 float32",
    ),
    "rows of a loader": (
        {"batches": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), 8)},
        {"batches": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y + 1)), 8)},
        "train array 1 float32",
    ),
    "size of a loader's batches": (
        {"batches": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), 8)},
        {"batches": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), 7)},
        "train size 8 then, 7 now",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_matters_is_told(what):
    then, now, pattern = CHANGES[what]
    found = change(then, now)
    assert found
    assert re.search(pattern, "; ".join(found)), found


def test_who_only_looks_does_not_matter(tmp_path):
    assert change({}, {"callbacks": [Peek(), CsvLog(tmp_path)]}) == []


def test_one_byte_of_much_data_matters(tmp_path):
    wide = np.memmap(tmp_path / "wide", "u1", "w+", shape=(50_000, 3))
    then = plan._contents(wide)
    wide[17, 1] = 1
    assert plan._contents(wide) != then
    assert plan._contents(torch.zeros(0, 4)) == plan._contents(torch.zeros(0, 4))
    assert plan._contents(torch.tensor(1.0)) != plan._contents(torch.tensor(2.0))
    assert plan._contents(np.zeros(4, "f4")) != plan._contents(np.zeros(4, "i4"))


def test_more_than_is_read_is_looked_at_in_pieces(monkeypatch):
    monkeypatch.setattr(plan, "_WHOLE", 1 << 12)
    monkeypatch.setattr(plan, "_PIECES", 1 << 4)
    array = np.zeros((1 << 14, 2), "f4")
    read = sum(piece.nbytes for piece in plan._pieces(array))
    assert read == 1 << 12
    then = plan._contents(array)
    array[-1] = 1  # both ends are looked at
    assert plan._contents(array) != then


def test_a_place_names_versions_type_of_cpu_and_threads():
    place = plan.place(torch.device("cpu"))
    assert {"entable", "Python", "torch", "NumPy", "CPU", "threads", "device"} == set(place)
    assert place["threads"] == torch.get_num_threads()
    assert torch.backends.cpu.get_cpu_capability() in place["CPU"]


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(PLAIN, lambda t: st.lists(t) | st.dictionaries(st.text(), t), max_leaves=9)


@given(TREES, TREES)
def test_differences_are_empty_if_and_only_if_there_are_none(a, b):
    assert list(plan.differences(a, a)) == []
    if a != b and not _missing(a, b):
        assert list(plan.differences(a, b))


def _missing(a, b):
    "None and what is not there are one and the same."
    if isinstance(a, dict) and isinstance(b, dict):
        return any(_missing(a.get(k), b.get(k)) or k not in a or k not in b for k in {*a, *b})
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return any(_missing(x, y) for x, y in zip(a, b, strict=True))
    return False


def test_differences_are_short_words():
    [told] = plan.differences({"a": {"b": "x" * 500}}, {"a": {"b": math.pi}})
    assert told == f"a b {'x' * 59}… then, 3.14159 now"
    assert list(plan.differences({"a": 1}, {})) == ["a 1 then, missing now"]
    assert list(plan.differences([1, 2], [1])) == ["[1, 2] then, [1] now"]
