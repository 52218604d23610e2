"What is killed and taken up again ends as what never was; what does not belong is refused."

import multiprocessing
import os
import random
import resource
import runpy
import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from entable import modelfile
from entable.errors import BadInput, BadModelFile
from entable.train import optim, plan
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.checkpoint import Checkpoint, ElsewhereWarning
from entable.train.learner import Learner
from entable.train.schedule import Schedule, line

SCRIPT = Path(__file__).with_name("killed.py")
MOMENTS = [
    "before the step", "after the loss", "with gradients", "after the step", "before validation",
    "after the epoch", "while writing",
]  # fmt: skip


@pytest.fixture(scope="module")
def processes():
    "Processes of their own, forked from one that has torch loaded and nothing else done."
    context = multiprocessing.get_context("forkserver")
    modules = ["torch", "torch._dynamo", "entable.train.learner"]  # the second takes seconds
    context.set_forkserver_preload(modules)
    return context


def run(processes, folder, at=-1, moment="never"):
    "The exit code of a process that trains."
    arguments = {"ARGUMENTS": (str(folder), at, moment)}
    process = processes.Process(target=runpy.run_path, args=(str(SCRIPT), arguments, "killed"))
    process.start()
    process.join(120)
    return process.exitcode


@pytest.fixture(scope="module")
def uninterrupted(processes, tmp_path_factory):
    "What the training comes to when nothing happens."
    folder = tmp_path_factory.mktemp("whole")
    assert run(processes, folder) == 0
    return (folder / "end").read_text()


def kill_points():
    "Twenty, spread over all moments: (how many are done, at which moment)."
    draw = random.Random(5)
    for number in range(20):
        moment = MOMENTS[number % len(MOMENTS)]
        at = {"before validation": 13, "after the epoch": 13}.get(moment, 1)
        at *= draw.randint(1, 3) if at == 13 else draw.randint(1, 50)
        yield (draw.randint(2, 24) if moment == "while writing" else at), moment


@pytest.mark.parametrize(("at", "moment"), list(kill_points()))
def test_killed_at_any_moment_it_ends_in_the_same_bytes(
    processes, uninterrupted, tmp_path, at, moment
):
    assert run(processes, tmp_path, at, moment) == -signal.SIGKILL
    assert not (tmp_path / "end").exists()
    assert run(processes, tmp_path) == 0
    assert (tmp_path / "end").read_text() == uninterrupted
    assert not list(tmp_path.glob(".*.part"))


def test_killed_again_and_again_and_then_run_once_more(processes, uninterrupted, tmp_path):
    for at, moment in ((6, "with gradients"), (20, "after the loss"), (21, "while writing")):
        assert run(processes, tmp_path, at, moment) in (-signal.SIGKILL, 0)
    assert run(processes, tmp_path) == 0
    assert run(processes, tmp_path) == 0  # of what is finished nothing is repeated
    assert (tmp_path / "end").read_text() == uninterrupted


# in this process ---------------------------------------------------------------------------------


def learner(folder=None, seed=0, hidden=8, size=8, lr=1e-2, opt=optim.adam, shift=0.0, **rest):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 4)).astype("f4")
    y = (x.sum(1, keepdims=True) + shift).astype("f4")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, 1))
    saved = [] if folder is None else [Checkpoint(folder, steps=3, resume=True)]
    batches = Batches.from_arrays(x, y, size=size, seed=seed)
    callbacks = [*rest.pop("callbacks", ()), *saved]
    return Learner(net, batches, nn.MSELoss(), lr=lr, opt=opt, callbacks=callbacks, **rest)


def weights(learn):
    return [p.detach().clone() for p in learn.model.parameters()]


def same(a, b):
    return all(torch.equal(p, q) for p, q in zip(a, b, strict=True))


class Cut(Callback):
    "Raises, or asks to stop, after so many steps."

    def __init__(self, at, error=None):
        self.at, self.error = at, error

    def after_step(self, run):
        if run.done == self.at:
            if self.error:
                raise self.error
            run.stop = "enough"


class Broken(Exception):
    pass


@pytest.mark.parametrize("fit", ["fit_sgdr", "fit_flat_cos", "fine_tune"])
@pytest.mark.parametrize("at", [2, 8, 11])
def test_every_way_to_fit_goes_on(tmp_path, fit, at):
    whole = learner()
    getattr(whole, fit)(2)
    cut = learner(tmp_path, callbacks=[Cut(at, Broken())])
    with pytest.raises(Broken):
        getattr(cut, fit)(2)
    again = learner(tmp_path, callbacks=[Cut(-1)])
    getattr(again, fit)(2)
    assert same(weights(again), weights(whole))
    assert again.recorder.losses == whole.recorder.losses
    assert again.trained == whole.trained


def test_each_fit_goes_on_by_itself_and_finished_ones_are_not_repeated(tmp_path):
    whole = learner()
    for epochs in (1, 2):
        whole.fit(epochs)
    first = learner(tmp_path)
    first.fit(1)
    again, seen = learner(tmp_path), []
    again.fit(1, callbacks=[Seen(seen)])
    assert seen == []
    assert same(weights(again), weights(first))
    again.fit(2, callbacks=[Seen(seen)])
    assert len(seen) == 16
    assert same(weights(again), weights(whole))
    assert [path.name[:4] for path in again.callbacks[-1].paths] == ["0000", "0001", "0001"]


class Seen(Callback):
    def __init__(self, seen):
        self.seen = seen

    def after_step(self, run):
        self.seen.append(run.done)


def test_a_folder_can_be_told_to_fit_as_well(tmp_path):
    whole = learner()
    whole.fit_one_cycle(3, 0.02)
    folder = tmp_path / "deep" / "run"
    with pytest.raises(Broken):
        learner(callbacks=[Cut(13, Broken())]).fit_one_cycle(3, 0.02, resume=folder)
    again = learner(callbacks=[Cut(-1)])
    again.fit_one_cycle(3, 0.02, resume=folder)
    assert same(weights(again), weights(whole))
    assert again.recorder.losses == whole.recorder.losses


def test_what_was_interrupted_goes_on_where_it_stopped(tmp_path):
    whole = learner()
    whole.fit_one_cycle(2)
    for at in (5, 8, 11):
        stopped = learner(tmp_path, callbacks=[Cut(at)])
        stopped.fit_one_cycle(2)
        assert stopped.callbacks[-1].paths[-1].name == f"0000-{at:09}.checkpoint"
    again = learner(tmp_path, callbacks=[Cut(-1)])
    again.fit_one_cycle(2)
    assert same(weights(again), weights(whole))


def test_what_has_ended_early_stays_ended(tmp_path):
    class Enough(Callback):
        def after_epoch(self, run):
            run.stop = "good enough" if run.epoch == 1 else None

    first, again, seen = (
        learner(tmp_path, callbacks=[Enough()]),
        learner(tmp_path, callbacks=[Enough()]),
        [],
    )
    first.fit(5)
    again.fit(5, callbacks=[])
    assert len(again.recorder.losses) == 16
    assert same(weights(first), weights(again))
    assert seen == []


def test_other_states_of_a_model_and_of_callbacks_come_back(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(4, 1)
            self.register_buffer("count", torch.zeros((), dtype=torch.int16))
            self.register_buffer("apart", torch.zeros(2), persistent=False)

        def get_extra_state(self):
            return {"calls": int(self.count), (1, 2): [None, float("inf")]}

        def set_extra_state(self, state):
            self.extra = state

        def forward(self, x):
            self.count += 1
            self.apart += 0.5
            return self.inner(x) + self.apart.sum() * 0

    def made(at):
        learn = learner(tmp_path, callbacks=[Cut(at, Broken())])
        learn.model = Odd()
        learn.layers = [[learn.model]]
        return learn

    with pytest.raises(Broken):
        made(7).fit(1)
    again = made(-1)
    again.fit(1)
    assert int(again.model.count) == 8
    assert again.model.apart.tolist() == [4, 4]
    assert again.model.extra == {"calls": 6, (1, 2): [None, float("inf")]}


# what does not belong ------------------------------------------------------------------------------


def begun(folder, **rest):
    with pytest.raises(Broken):
        learner(folder, callbacks=[Cut(4, Broken())], **rest).fit_one_cycle(2, 0.01)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hidden": 9}, r"another model: weight 0.weight float32 \(8, 4\) then, .*\(9, 4\) now"),
        ({"shift": 1.0}, r"another data: train array 1 \(60, 1\) \w+ then, \(60, 1\) \w+ now"),
        ({"size": 6}, "another data: train size 8 then, 6 now"),
        ({"seed": 3}, "another data: train seed 0 then, 3 now"),
        ({"opt": optim.sgd}, "another plan: optimizer AdamW then, Decay now"),
        ({"wd": 0.5}, r"another plan: weights group 0 weight_decay 0.01 then, 0.5 now"),
        ({"accumulate": 2}, "another plan: optimizer AdamW then, Accumulate now"),
        ({"callbacks": [Schedule(weight_decay=line(0, 1))]}, "another plan: callback"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_with_what_differs(tmp_path, change, told):
    begun(tmp_path)
    given = {"callbacks": [Cut(-1)]} | change
    with pytest.raises(BadInput, match=told):
        learner(tmp_path, **given).fit_one_cycle(2, 0.01)


def test_another_plan_of_rates_and_epochs_is_refused(tmp_path):
    begun(tmp_path)
    learn = learner(tmp_path, callbacks=[Cut(-1)])
    with pytest.raises(BadInput, match="plan: epochs 2 then, 3 now"):
        learn.fit_one_cycle(3, 0.01)
    with pytest.raises(BadInput, match="plan: weights group 0 lr 0.01 then, 0.02 now"):
        learn.fit_one_cycle(2, 0.02)
    with pytest.raises(BadInput, match="plan: callback 3 lr 0.04, "):
        learn.fit_one_cycle(2, 0.01, warm=0.5)
    learn.model[2].p = 0.3
    with pytest.raises(BadInput, match=r"model: layers .*p=0.2.* then, .*p=0.3.* now"):
        learn.fit_one_cycle(2, 0.01)
    learn.model[2].p = 0.2
    learn.model[0].requires_grad_(False)
    with pytest.raises(BadInput, match="model: frozen"):
        learn.fit_one_cycle(2, 0.01)


def test_a_folder_that_is_in_use_is_not_begun_anew(tmp_path):
    begun(tmp_path)
    learn = learner(callbacks=[Checkpoint(tmp_path)])
    with pytest.raises(BadInput, match="holds checkpoints already: resume=True"):
        learn.fit(1)


def test_the_last_ones_are_kept(tmp_path):
    learn = learner(callbacks=[kept := Checkpoint(tmp_path, steps=2, keep=3)])
    learn.fit(2)
    assert [path.name for path in kept.paths] == [f"0000-{n:09}.checkpoint" for n in (12, 14, 16)]
    learn = learner(callbacks=[kept := Checkpoint(tmp_path / "epochs", epochs=2, keep=9)])
    learn.fit(5)
    assert [int(path.stem[5:]) for path in kept.paths] == [16, 32, 40]


@pytest.mark.parametrize("settings", [{"steps": 0}, {"epochs": 0}, {"keep": 0}, {"steps": 1.5}])
def test_how_often_must_be_a_whole_number(tmp_path, settings):
    with pytest.raises(BadInput, match="a whole number from 1 on was wanted"):
        Checkpoint(tmp_path, **settings)


def test_a_damaged_checkpoint_and_other_files_are_refused(tmp_path):
    begun(tmp_path)
    path = learner(tmp_path).callbacks[-1].paths[-1]
    whole = path.read_bytes()
    learn = learner(tmp_path, callbacks=[Cut(-1)])
    path.write_bytes(whole[:-50] + bytes(50))
    with pytest.raises(BadModelFile, match="checksum"):
        learn.fit_one_cycle(2, 0.01)
    modelfile.write(path, "recommender", {}, {"a": np.zeros(1)})
    with pytest.raises(BadModelFile, match="holds a recommender, no checkpoint"):
        learn.fit_one_cycle(2, 0.01)
    for text in (b"[]", b"{}", b'{"tree":{"run":{"no":1}},"tensors":[],"bytes":[]}', b"[" * 9999):
        arrays = {"state": np.frombuffer(text, np.uint8), "numbers": np.zeros(0, np.uint8)}
        modelfile.write(path, "checkpoint", {}, arrays)
        with pytest.raises(BadModelFile, match="cannot be read as a checkpoint"):
            learn.fit_one_cycle(2, 0.01)
    path.write_bytes(whole)
    learn.fit_one_cycle(2, 0.01)


def test_a_full_disk_is_said_and_the_old_checkpoint_stays(tmp_path):
    begun(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    learn = learner(tmp_path, callbacks=[Cut(-1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(BadInput, match=r"could not be written \(File too large\)"):
            learn.fit_one_cycle(2, 0.01)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    whole = learner()
    whole.fit_one_cycle(2, 0.01)
    again = learner(tmp_path, callbacks=[Cut(-1)])
    again.fit_one_cycle(2, 0.01)
    assert same(weights(again), weights(whole))


def test_where_no_folder_can_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot hold checkpoints"):
        learner(tmp_path / "file").fit(1)


def test_a_state_that_is_code_is_refused(tmp_path):
    class Stateful(Callback):
        def state_dict(self):
            return {"what": os.system}

    with pytest.raises(BadInput, match=r"numbers, text, lists.*a builtin_function_or_method"):
        learner(tmp_path, callbacks=[Stateful()]).fit(1)


def test_another_place_is_warned_of(tmp_path, monkeypatch):
    begun(tmp_path)
    was = plan.place
    monkeypatch.setattr(plan, "place", lambda device: was(device) | {"threads": 77})
    learn = learner(tmp_path, callbacks=[Cut(-1)])
    with pytest.warns(ElsewhereWarning, match=r"threads \d+ then, 77 now"):
        learn.fit_one_cycle(2, 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.undo()
        learner(tmp_path / "other").fit(1)
