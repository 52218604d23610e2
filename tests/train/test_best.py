"The best epoch: patience, direction, and weights that come back."

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train.batches import Batches
from entable.train.best import EarlyStop, KeepBest
from entable.train.callbacks import Callback
from entable.train.learner import Learner


def heard(callback, values, model=None):
    "What happens over epochs of these values."
    run = SimpleNamespace(stop=None, metrics={}, epoch=0, model=model or nn.Linear(1, 1))
    callback.before_fit(run)
    for run.epoch, value in enumerate(values):
        run.metrics = {"m": value}
        nn.init.constant_(run.model.weight, value)
        callback.after_epoch(run)
        if run.stop:
            break
    callback.after_fit(run)
    return run


@pytest.mark.parametrize(
    ("rest", "values", "epochs", "best"),
    [
        ({}, [3, 2, 2, 2, 1], 4, 2),
        ({}, [3, 2, 2.5, 1, 2, 1, 1], 6, 4),
        ({"high": True}, [1, 2, 1, 1.5, 3], 4, 2),
        ({"least": 0.5}, [3, 2.8, 2.6, 2.4], 3, 1),
        ({"patience": 1}, [3, 4, 1], 2, 1),
    ],
)
def test_it_ends_when_patience_does(rest, values, epochs, best):
    stop = EarlyStop("m", **{"patience": 2} | rest)
    run = heard(stop, values)
    assert run.epoch + 1 == epochs
    assert run.stop == f"m has not been better for {stop.patience} epoch{'s' * (stop.patience > 1)}"
    assert (stop.epoch, stop.best) == (best, values[best - 1])


def test_values_that_are_no_numbers_are_never_best():
    stop = EarlyStop("m", patience=3)
    heard(stop, [math.nan, 2.0, math.nan])
    assert (stop.epoch, stop.best) == (2, 2.0)


@pytest.mark.parametrize(("high", "want"), [(False, 1.0), (True, 3.0)])
def test_the_best_weights_come_back(high, want):
    run = heard(KeepBest("m", high=high), [2.0, 1.0, 3.0, 2.0])
    assert run.model.weight.item() == want


def test_each_fit_begins_anew():
    keep = KeepBest("m")
    heard(keep, [1.0])
    assert heard(keep, [5.0, 6.0]).model.weight.item() == 5.0


def test_a_metric_that_is_not_there_is_refused():
    x = np.ones((6, 2), np.float32)
    learn = Learner(nn.Linear(2, 1), Batches.from_arrays(x, x[:, :1]), nn.MSELoss())
    with pytest.raises(BadInput, match="no 'valid_loss' to judge epochs by; there are train_loss"):
        learn.fit(1, callbacks=[EarlyStop()])
    with pytest.raises(BadInput, match="patience=0"):
        EarlyStop(patience=0)
    with pytest.raises(BadInput, match="least"):
        EarlyStop(least=-1.0)


def test_in_a_fit_that_gets_worse():
    class Spoil(Callback):
        def before_epoch(self, run):
            if run.epoch:
                nn.init.constant_(run.model.bias, 10.0 + run.epoch)

    x = np.random.default_rng(0).standard_normal((40, 2)).astype("f4")
    batches = Batches.from_arrays(x, x[:, :1], valid=0.25)
    learn = Learner(nn.Linear(2, 1), batches, nn.MSELoss(), guard=math.inf)
    keep, stop = KeepBest(), EarlyStop(patience=2)
    learn.fit(9, callbacks=[Spoil(), keep, stop])
    assert learn.trained == 3
    assert keep.epoch == stop.epoch == 1
    assert learn.validate()["valid_loss"] == pytest.approx(keep.best)


def test_they_go_on_from_a_state():
    for one in (KeepBest("m"), EarlyStop("m")):
        heard(one, [2.0, 1.0, 3.0])
        two = type(one)("m")
        two.load_state_dict(one.state_dict())
        assert vars(two).keys() == vars(one).keys()
        assert (two.best, two.epoch, two.waited) == (1.0, 2, 1)
    assert torch.is_tensor(KeepBest("m").weights.get("x", torch.zeros(1)))
