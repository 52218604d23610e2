"What is killed and taken up again ends as what never was; what does not belong is refused."

import multiprocessing
import os
import random
import resource
import runpy
import signal
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from entable import modelfile
from entable.errors import BadInput, BadModelFile
from entable.train import optim, plan, sparse
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.checkpoint import Checkpoint, ElsewhereWarning
from entable.train.learner import Learner
from entable.train.peek import Peek
from entable.train.schedule import Schedule, line
from entable.train.writers import CsvLog

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


@pytest.mark.slow
def test_processes_that_share_nothing_agree(uninterrupted, tmp_path):
    call = (
        "import runpy, sys; file, folder, at, moment = sys.argv[1:]; "
        "runpy.run_path(file, {'ARGUMENTS': (folder, int(at), moment)}, 'killed')"
    )
    for seed, at, moment, code in ((1, 31, "with gradients", -signal.SIGKILL), (2, -1, "never", 0)):
        command = [sys.executable, "-c", call, str(SCRIPT), str(tmp_path), str(at), moment]
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        assert subprocess.run(command, env=environment, timeout=120).returncode == code
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

    looks = True

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
    again = learner(tmp_path)
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
    looks = True

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
    again = learner()
    again.fit_one_cycle(3, 0.02, resume=folder)
    assert same(weights(again), weights(whole))
    assert again.recorder.losses == whole.recorder.losses


class Pressed(Cut):
    "Presses Ctrl-C once, or a second time, in the middle of a step."

    def __init__(self, at, times=1):
        self.at, self.times = at, times

    def after_loss(self, run):
        if run.done == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)

    def after_step(self, run):
        pass


@pytest.mark.parametrize("ways", [Cut, Pressed])
def test_what_was_interrupted_goes_on_where_it_stopped(tmp_path, ways):
    whole = learner()
    whole.fit_one_cycle(2)
    for at in (5, 8, 11):
        stopped = learner(tmp_path, callbacks=[ways(at - (ways is Pressed))])
        stopped.fit_one_cycle(2)
        assert stopped.callbacks[-1].paths[-1].name == f"0000-{at:09}.checkpoint"
    again = learner(tmp_path)
    again.fit_one_cycle(2)
    assert same(weights(again), weights(whole))
    assert again.recorder.losses == whole.recorder.losses


def test_who_cannot_wait_for_the_step_goes_on_from_the_last_checkpoint(tmp_path):
    whole = learner()
    whole.fit_one_cycle(2)
    with pytest.raises(KeyboardInterrupt):
        learner(tmp_path, callbacks=[Pressed(10, times=2)]).fit_one_cycle(2)
    again, seen = learner(tmp_path), []
    again.fit_one_cycle(2, callbacks=[Seen(seen)])
    assert seen[0] == 10
    assert same(weights(again), weights(whole))


def test_a_fit_that_goes_on_takes_back_the_fits_after_it(tmp_path):
    whole = learner()
    for epochs in (2, 1):
        whole.fit(epochs)
    stopped = learner(tmp_path)
    stopped.fit(2, callbacks=[Cut(5)])
    stopped.fit(1)
    assert [path.name[:4] for path in stopped.callbacks[-1].paths] == ["0000", "0001", "0001"]
    again = learner(tmp_path)
    for epochs in (2, 1):
        again.fit(epochs)
    assert same(weights(again), weights(whole))
    assert [path.name[:4] for path in again.callbacks[-1].paths] == ["0000", "0002", "0002"]


MAKERS = {
    "sgd": optim.sgd, "nesterov": partial(optim.sgd, nesterov=True), "rmsprop": optim.rmsprop,
    "l2": partial(optim.adam, decoupled=False), "lamb": optim.lamb,
    "lookahead": optim.lookahead(optim.sgd), "torch": torch.optim.NAdam,
}  # fmt: skip


def interrupted_and_taken_up(tmp_path, made, at):
    "Only the interruption saves, so it must not change anything."
    whole = made()
    whole.fit_one_cycle(2, 0.01)
    for step in (at, -1):
        again, saved = made(), Checkpoint(tmp_path, epochs=9, resume=True)
        again.fit_one_cycle(2, 0.01, callbacks=[Cut(step), saved])
    assert again.trained == 2
    assert again.recorder.losses == whole.recorder.losses
    assert same(weights(again), weights(whole))


@pytest.mark.parametrize("at", [3, 12])
@pytest.mark.parametrize("opt", MAKERS)
def test_every_optimizer_goes_on(tmp_path, opt, at):
    interrupted_and_taken_up(tmp_path, lambda: learner(opt=MAKERS[opt], accumulate=3, clip=0.5), at)


@pytest.mark.parametrize("at", [3, 12])
@pytest.mark.parametrize("opt", [sparse.adam, sparse.sgd])
def test_wide_tables_go_on_with_decay_that_they_have_not_caught_up_with(tmp_path, opt, at):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 500, (60, 1)), rng.standard_normal((60, 6)).astype("f4")

    def made():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            table = nn.Sequential(nn.Embedding(500, 6, sparse=True), nn.Flatten(), nn.Linear(6, 6))
        batches = Batches.from_arrays(x, y, size=8)
        return Learner(table, batches, nn.MSELoss(), opt=opt(table), wd=0.3)

    interrupted_and_taken_up(tmp_path, made, at)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("at", [3, 12])
def test_a_loader_of_torch_goes_on_in_its_order(tmp_path, own, at):
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.standard_normal((60, 4)).astype("f4"))

    def made():
        generator = torch.Generator().manual_seed(5) if own else None
        data = TensorDataset(rows, rows.sum(1, keepdim=True))
        torch.manual_seed(0)
        loader = DataLoader(data, 8, shuffle=True, generator=generator)
        return Learner(nn.Linear(4, 1), loader, nn.MSELoss(), valid=loader)

    interrupted_and_taken_up(tmp_path, made, at)


def test_what_comes_last_is_saved_as_it_became(tmp_path):
    class Mean(Callback):
        last = True

        def before_fit(self, run):
            self.mean = 0.0

        def after_step(self, run):
            self.mean = 0.9 * self.mean + run.value

        def state_dict(self):
            return {"mean": self.mean}

        def load_state_dict(self, state):
            self.mean = state["mean"]

    whole = learner(callbacks=[mean := Mean()])
    whole.fit(2)
    with pytest.raises(Broken):
        learner(tmp_path, callbacks=[Cut(9, Broken()), Mean()]).fit(2)
    learner(tmp_path, callbacks=[again := Mean()]).fit(2)
    assert again.mean == mean.mean


def test_who_only_looks_may_come_and_go(tmp_path):
    callbacks = [Cut(9, Broken()), Peek(every=2), CsvLog(tmp_path / "log")]
    with pytest.raises(Broken):
        learner(tmp_path, callbacks=callbacks).fit(2)
    again = learner(
        tmp_path, callbacks=[log := CsvLog(tmp_path / "log"), CsvLog(tmp_path / "more")]
    )
    again.fit(2, callbacks=[peek := Peek(every=2)])
    assert peek.activations.table["step"].unique().to_list() == [1, 3, 5, 7, 9, 11, 13, 15]
    lines = (log.folder / "steps.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["step", *map(str, range(1, 17))]
    assert (tmp_path / "more" / "steps.csv").read_text().splitlines()[1].startswith("7,")


def test_a_state_that_cannot_come_back_is_refused(tmp_path):
    class Half(Callback):
        def load_state_dict(self, state):
            pass

    with pytest.raises(BadInput, match="Half has load_state_dict and no state_dict"):
        learner(tmp_path, callbacks=[Half()]).fit(1)


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
        learn.groups = [[learn.model]]
        return learn

    with pytest.raises(Broken):
        made(7).fit(1)
    again = made(-1)
    again.fit(1)
    assert int(again.model.count) == 8
    assert again.model.apart.tolist() == [4, 4]
    assert again.model.extra == {"calls": 6, (1, 2): [None, float("inf")]}


# what does not belong ----------------------------------------------------------------------------


def begun(folder, **rest):
    with pytest.raises(Broken):
        learner(folder, callbacks=[Cut(4, Broken())], **rest).fit_one_cycle(2, 0.01)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hidden": 9}, r"another model: weight 0.weight float32 \(8, 4\) then, .*\(9, 4\) now"),
        (
            {"shift": 1.0},
            r"data: train array 1 float32 \(60, 1\) \w+ then, float32 \(60, 1\) \w+ now",
        ),
        ({"size": 6}, "another data: train size 8 then, 6 now"),
        ({"seed": 3}, "another data: train seed 0 then, 3 now"),
        ({"opt": optim.sgd}, "another plan: optimizer Adam then, Decay now"),
        ({"wd": 0.5}, r"another plan: weights group 0 weight_decay 0.01 then, 0.5 now"),
        ({"accumulate": 2}, "another plan: optimizer Adam then, Accumulate now"),
        (
            {"callbacks": [Schedule(weight_decay=line(0, 1))]},
            "plan: callback Schedule lr .* then, missing now",
        ),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_with_what_differs(tmp_path, change, told):
    begun(tmp_path)
    with pytest.raises(BadInput, match=told):
        learner(tmp_path, **change).fit_one_cycle(2, 0.01)


def test_another_plan_of_rates_and_epochs_is_refused(tmp_path):
    begun(tmp_path)
    learn = learner(tmp_path)
    with pytest.raises(BadInput, match="plan: epochs 2 then, 3 now"):
        learn.fit_one_cycle(3, 0.01)
    with pytest.raises(BadInput, match=r"plan: weights group 0 lr 0\.01 then, 0\.02 now"):
        learn.fit_one_cycle(2, 0.02)
    with pytest.raises(BadInput, match=r"plan: callback Schedule lr 0\.04, .* then, 0\.04, .* now"):
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
    learn = learner(tmp_path)
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
    learn = learner(tmp_path)
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
    again = learner(tmp_path)
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

        def load_state_dict(self, state):
            raise AssertionError

    with pytest.raises(BadInput, match=r"numbers, text, lists.*a builtin_function_or_method"):
        learner(tmp_path, callbacks=[Stateful()]).fit(1)


def test_another_place_is_warned_of(tmp_path, monkeypatch):
    begun(tmp_path)
    was = plan.place
    monkeypatch.setattr(plan, "place", lambda device: was(device) | {"threads": 77})
    learn = learner(tmp_path)
    with pytest.warns(ElsewhereWarning, match=r"threads \d+ then, 77 now"):
        learn.fit_one_cycle(2, 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.undo()
        learner(tmp_path / "other").fit(1)
