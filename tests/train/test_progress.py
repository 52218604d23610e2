"The live line is there for people at terminals, and for nobody else."

import io

import pytest
import torch
from rich.console import Console
from torch import nn

from entable.train import progress
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.metrics import mae
from entable.train.progress import Progress


def learner(*callbacks, metrics=(mae,), valid=0.2):
    torch.manual_seed(0)
    x = torch.randn(60, 3)
    batches = Batches.from_arrays(x, x.sum(1, keepdim=True), size=8, valid=valid)
    return Learner(nn.Linear(3, 1), batches, nn.MSELoss(), metrics=metrics, callbacks=callbacks)


def shown(terminal=True, quiet=False, epochs=2, **rest):
    "What a console got, and the Learner."
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, color_system=None)
    learn = learner(Progress(quiet, console), **rest)
    learn.fit(epochs)
    return out.getvalue(), learn


@pytest.mark.parametrize(("terminal", "quiet"), [(False, False), (True, True), (False, True)])
def test_nothing_is_written_where_nobody_looks_or_wants_to(terminal, quiet):
    assert shown(terminal, quiet)[0] == ""


def test_no_terminal_is_found_in_a_test(capsys):
    learner(Progress()).fit(1)
    assert capsys.readouterr() == ("", "")


def test_epoch_place_smoothed_loss_and_rate_are_shown(monkeypatch):
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    text, learn = shown()
    assert "epoch 1 of 2" in text
    assert "epoch 2 of 2" in text
    for smoothed, rate in zip(learn.recorder.smoothed, learn.recorder.rates, strict=True):
        assert f"loss {smoothed:.4f}  lr {rate:.2e}" in text


def test_not_more_often_than_ten_times_a_second(monkeypatch):
    now = [0.0]

    def clock():
        now[0] += 0.03
        return now[0]

    monkeypatch.setattr(progress.time, "monotonic", clock)
    text, learn = shown(epochs=10, valid=None)
    assert 10 < text.count("loss ") < len(learn.recorder.losses)


def test_each_epoch_leaves_a_line_of_its_metrics():
    text, learn = shown(epochs=3)
    lines = [line.split("\x1b[2K")[-1].split() for line in text.splitlines()]
    heads = [line for line in lines if line[:1] == ["epoch"] and "mae" in line]
    assert heads == [["epoch", "train_loss", "valid_loss", "mae"]]
    for row in learn.recorder.table.iter_rows(named=True):
        values = [f"{row[name]:.4f}" for name in ("train_loss", "valid_loss", "mae")]
        assert [str(row["epoch"]), *values] in lines


def test_names_that_are_markup_are_text():
    def odd(pred, y):
        return torch.zeros(())

    text, _ = shown(metrics={"[red]\x1b[31m": odd})
    assert "[red]" in text
    assert "\x1b[31m" not in text


@pytest.mark.parametrize("epochs", [1, 2])
def test_the_line_is_taken_away_whatever_ends_the_fit(epochs):
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError("broken")

    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    learn = learner(Progress(console=console))
    learn.model.add_module("broken", Broken())
    learn.model.forward = learn.model.broken.forward
    for _ in range(epochs):
        with pytest.raises(RuntimeError, match="broken"):
            learn.fit(1)
    assert out.getvalue().rstrip().endswith("\x1b[2K")  # the cursor is back and the line is gone
    assert out.getvalue().count("\x1b[?25h") == epochs
