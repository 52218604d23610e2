"Logs say what the Recorder does, whatever interrupts a training."

import csv
import struct

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.checkpoint import Checkpoint
from entable.train.learner import Learner
from entable.train.metrics import mae
from entable.train.writers import CsvLog, TensorBoardLog


def learner(*callbacks, metrics=(mae,), opt=torch.optim.Adagrad):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 3)).astype("f4")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Linear(3, 1)
    batches = Batches.from_arrays(x, x.sum(1, keepdims=True), size=8, valid=0.2)
    return Learner(net, batches, nn.MSELoss(), metrics=metrics, callbacks=callbacks, opt=opt)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def events(folder):
    "(step, {name: value}) of every event of every file, and (step, None) where it went on."
    found = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        data = path.read_bytes()
        while data:
            [length] = struct.unpack("<Q", data[:8])
            found.append(event(dict(fields(data[12 : 12 + length]))))
            data = data[16 + length :]
    return found


def event(told):
    if 3 in told:
        return (told[3].decode(), None)
    each = [dict(fields(value)) for number, value in fields(told.get(5, b"")) if number == 1]
    values = {value[1].decode(): struct.unpack("<f", value[2])[0] for value in each}
    return (told[2], None if 7 in told else values)


def fields(data):
    "Numbers and contents of the fields of a protocol buffer."
    while data:
        key, data = varint(data)
        kind = key & 7
        if kind == 0:
            value, data = varint(data)
        else:
            size, data = (8, data) if kind == 1 else (4, data) if kind == 5 else varint(data)
            value, data = data[:size], data[size:]
        yield key >> 3, value


def varint(data):
    n = next(k for k, byte in enumerate(data) if byte < 128) + 1
    return sum((byte & 127) << 7 * k for k, byte in enumerate(data[:n])), data[n:]


class Broken(Exception):
    pass


class Cut(Callback):
    looks = True

    def __init__(self, at):
        self.at = at

    def after_step(self, run):
        if run.done == self.at:
            raise Broken


def test_csv_files_say_what_the_recorder_does(tmp_path):
    learn = learner(CsvLog(tmp_path / "deep" / "log"))
    learn.fit(2)
    learn.fit(1)
    head, *steps = rows(tmp_path / "deep" / "log" / "steps.csv")
    kept = learn.recorder.steps
    assert head == ["step", "loss", "smooth", "lr", "momentum"]
    assert [float(row[1]) for row in steps] == kept["loss"].to_list()
    assert [float(row[2]) for row in steps] == kept["smooth"].to_list()
    assert {row[4] for row in steps} == {""}  # Adagrad has none
    head, *epochs = rows(tmp_path / "deep" / "log" / "epochs.csv")
    assert head == learn.recorder.table.columns
    assert [[float(value) for value in row] for row in epochs] == [
        list(row) for row in learn.recorder.table.iter_rows()
    ]


def test_every_so_many_steps(tmp_path):
    learner(CsvLog(tmp_path, every=4), TensorBoardLog(tmp_path, every=5)).fit(2)
    assert [row[0] for row in rows(tmp_path / "steps.csv")] == ["step", "4", "8", "12"]
    assert [step for step, told in events(tmp_path) if told and "step/loss" in told] == [5, 10]
    for log in (CsvLog, TensorBoardLog):
        with pytest.raises(BadInput, match="every"):
            log(tmp_path, every=0)


def test_a_new_training_replaces_an_old_log(tmp_path):
    learner(CsvLog(tmp_path)).fit(3)
    learner(CsvLog(tmp_path)).fit(1)
    assert len(rows(tmp_path / "steps.csv")) == 7
    assert len(rows(tmp_path / "epochs.csv")) == 2


def test_other_metrics_need_another_log(tmp_path):
    learn = learner(CsvLog(tmp_path))
    learn.fit(1)
    learn.metrics = {}
    with pytest.raises(BadInput, match=r"columns epoch, .*mae, seconds; epoch, .* came"):
        learn.fit(1)


def test_events_say_what_the_recorder_does(tmp_path):
    learn = learner(TensorBoardLog(tmp_path), opt=torch.optim.SGD)
    learn.fit(2)
    (version, _), *told = events(tmp_path)
    assert version == "brain.Event:2"
    steps = [(step, values) for step, values in told if "step/loss" in values]
    kept = learn.recorder.steps
    assert [step for step, _ in steps] == kept["step"].to_list()
    for name in ("loss", "smooth", "lr", "momentum"):
        found = [values[f"step/{name}"] for _, values in steps]
        assert found == pytest.approx(kept[name].to_list())
    epochs = [(step, values) for step, values in told if "epoch/mae" in values]
    assert [step for step, _ in epochs] == learn.recorder.table["step"].to_list()
    assert [values["epoch/mae"] for _, values in epochs] == pytest.approx(
        learn.recorder.table["mae"].to_list()
    )
    assert set(epochs[0][1]) == {"epoch/train_loss", "epoch/valid_loss", "epoch/mae"}


def test_numbers_that_are_none_are_no_events(tmp_path):
    learner(TensorBoardLog(tmp_path)).fit(1)
    assert all("step/momentum" not in (told or {}) for _, told in events(tmp_path))


def test_each_fit_has_its_events_in_the_order_of_files(tmp_path):
    learn = learner(TensorBoardLog(tmp_path))
    for _ in range(3):
        learn.fit(1)
    assert len(list(tmp_path.iterdir())) == 3
    steps = [step for step, told in events(tmp_path) if told and "step/loss" in told]
    assert steps == list(range(1, 19))


def test_a_resumed_training_takes_back_what_came_after_the_checkpoint(tmp_path):
    whole = learner()
    whole.fit(2)
    for at in (9, -1):
        logs = (CsvLog(tmp_path), TensorBoardLog(tmp_path))
        learn = learner(*logs, Cut(at), Checkpoint(tmp_path / "saved", steps=4, resume=True))
        try:
            learn.fit(2)
        except Broken:
            assert len(rows(tmp_path / "steps.csv")) == 10
    losses = [float(row[1]) for row in rows(tmp_path / "steps.csv")[1:]]
    assert losses == whole.recorder.losses.tolist()
    told = events(tmp_path)
    again = told.index((9, None))
    assert [step for step, _ in told[1 : again - 1]] == [1, 2, 3, 4, 5, 6, 6, 7, 8, 9]
    assert [step for step, _ in told[again + 1 :]] == [9, 10, 11, 12, 12]


@pytest.mark.parametrize("log", [CsvLog, TensorBoardLog])
def test_a_folder_that_cannot_be_is_said(tmp_path, log):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"cannot be written \(Not a directory\).*another folder"):
        learner(log(tmp_path / "file" / "log")).fit(1)


def test_a_full_disk_is_said(tmp_path):
    (tmp_path / "steps.csv").symlink_to("/dev/full")
    with pytest.raises(BadInput, match=r"steps.csv cannot be written \(No space left on device\)"):
        learner(CsvLog(tmp_path)).fit(1)


def test_what_was_logged_before_an_error_is_there(tmp_path):
    with pytest.raises(Broken):
        learner(CsvLog(tmp_path), TensorBoardLog(tmp_path), Cut(3)).fit(1)
    assert [row[0] for row in rows(tmp_path / "steps.csv")] == ["step", "1", "2", "3"]
    assert [step for step, _ in events(tmp_path)[1:]] == [1, 2, 3]
