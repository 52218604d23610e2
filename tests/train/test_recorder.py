"What is recorded is what happened."

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from entable.train import optim
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.metrics import mae, rmse
from entable.train.recorder import Recorder, Smooth


class Kept(Callback):
    "Every step's loss, rate and momentum, written down by itself."

    def __init__(self):
        self.rows = []

    def after_step(self, run):
        group = run.opt.param_groups[-1]
        self.rows.append((run.value, group["lr"], group["betas"][0]))


def learner(valid=0.2, metrics=(rmse, mae), opt=optim.adam):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 3)).astype("f4")
    batches = Batches.from_arrays(x, x.sum(1, keepdims=True), size=16, valid=valid)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    return Learner(net, batches, nn.MSELoss(), metrics=metrics, opt=opt)


@pytest.fixture(scope="module")
def trained():
    learn, kept = learner(), Kept()
    learn.fit_one_cycle(3, 0.01, callbacks=[kept])
    return learn, kept


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 0.999))
def test_the_smoothed_loss_is_a_weighted_mean(values, beta):
    smooth = Smooth(beta)
    for value in values:
        found = smooth.add(value)
    weights = [beta ** (len(values) - 1 - n) for n in range(len(values))]
    wanted = math.fsum(w * v for w, v in zip(weights, values, strict=True)) / math.fsum(weights)
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_the_first_smoothed_loss_is_the_loss():
    assert Smooth().add(3.0) == pytest.approx(3.0)


def test_every_step_is_there(trained):
    learn, kept = trained
    steps = learn.recorder.steps
    assert steps.columns == ["step", "epoch", "loss", "smooth", "lr", "momentum"]
    assert steps["step"].to_list() == list(range(1, 16))
    assert steps["epoch"].to_list() == [1] * 5 + [2] * 5 + [3] * 5
    assert list(steps.select("loss", "lr", "momentum").iter_rows()) == kept.rows
    smooth = Smooth()
    assert steps["smooth"].to_list() == [smooth.add(row[0]) for row in kept.rows]


def test_every_epoch_is_there(trained):
    learn, _ = trained
    table = learn.recorder.table
    columns = ["epoch", "step", "train_loss", "valid_loss", "rmse", "mae", "seconds"]
    assert table.columns == columns
    assert table["step"].to_list() == [5, 10, 15]
    assert table["rmse"].to_list() == pytest.approx([v**0.5 for v in table["valid_loss"]])
    assert (table["seconds"] > 0).all()
    assert "seconds" in str(learn.recorder)
    assert "step" not in learn.recorder.shown.columns
    losses, rows = learn.recorder.losses, [16] * 5
    mean = sum(n * loss for n, loss in zip(rows, losses[:5], strict=True)) / sum(rows)
    assert table["train_loss"][0] == pytest.approx(mean)


def test_it_goes_on_from_fit_to_fit():
    learn = learner()
    assert learn.fit(1) is learn.recorder
    learn.fit(2)
    assert learn.recorder.table["epoch"].to_list() == [1, 2, 3]
    assert learn.recorder.steps["epoch"].to_list() == [1] * 5 + [2] * 5 + [3] * 5


def test_what_there_is_not_is_null():
    learn = learner(valid=None, metrics=(), opt=torch.optim.Adagrad)
    learn.fit(1)
    assert learn.recorder.steps["momentum"].null_count() == len(learn.recorder.losses)
    assert learn.recorder.table.columns == ["epoch", "step", "train_loss", "seconds"]


def test_nothing_recorded_is_an_empty_table():
    assert Recorder().steps.height == 0
    assert Recorder().table.height == 0
    assert "Training" in str(Recorder())
    assert Recorder().plot_loss() is not None


def test_its_state_is_all_of_it(trained):
    learn, _ = trained
    other = Recorder()
    other.load_state_dict(learn.recorder.state_dict())
    assert other.steps.equals(learn.recorder.steps)
    assert other.table.equals(learn.recorder.table)
    assert other.smooth.add(1.0) == pytest.approx(learn.recorder.smooth.add(1.0))
    other.losses.append(0.0)  # not shared
    assert len(other.losses) == len(learn.recorder.losses) + 1


def test_losses_are_drawn_with_those_of_held_out_rows(trained):
    learn, _ = trained
    ax = learn.recorder.plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "batch", "smoothed", "held out",
    ]  # fmt: skip
    batch, smoothed, held = ax.get_lines()
    assert batch.get_ydata().tolist() == learn.recorder.losses.tolist()
    assert smoothed.get_xdata().tolist() == list(range(1, 16))
    assert list(held.get_xdata()) == [5, 10, 15]
    later = learn.recorder.plot_loss(skip=7)
    assert later.get_lines()[0].get_xdata().tolist() == list(range(8, 16))
    assert list(later.get_lines()[2].get_xdata()) == [10, 15]


def test_rates_and_metrics_are_drawn(trained):
    learn, _ = trained
    ax = learn.recorder.plot_lr()
    assert ax.get_lines()[0].get_ydata().tolist() == learn.recorder.rates.tolist()
    [momentum] = [other for other in ax.figure.axes if other is not ax]
    assert momentum.get_ylabel() == "momentum"
    ax = learn.recorder.plot_metrics()
    assert [panel.get_ylabel() for panel in ax.child_axes] == ["rmse", "mae"]
    plain = learner(valid=None, metrics=(), opt=torch.optim.Adagrad)
    plain.fit(2)
    assert plain.recorder.plot_lr().get_title(loc="left") == "Learning rate"
    assert plain.recorder.plot_metrics().get_ylabel() == "train_loss"
