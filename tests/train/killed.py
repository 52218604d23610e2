"A training with everything random and everything remembered; run in processes that are killed."

import hashlib
import os
import random
import signal
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from entable.train import optim
from entable.train.batches import Batches
from entable.train.best import EarlyStop, KeepBest
from entable.train.callbacks import Callback
from entable.train.checkpoint import Checkpoint
from entable.train.learner import Learner
from entable.train.writers import CsvLog

EPOCHS, STEPS = 4, 13  # 13 steps of 8 rows: accumulation ends in the middle of an epoch


class Noise(Callback):
    "Draws from Python and NumPy, which a checkpoint must bring back too."

    def before_epoch(self, run):
        random.random()
        np.random.random()  # noqa: NPY002

    def before_step(self, run):
        shift = 1e-3 * (random.random() + np.random.normal())  # noqa: NPY002
        run.batch = (run.batch[0] + shift, *run.batch[1:])


class Killer(Callback):
    "Ends the process as a power cut would, at one moment of one step, before or after it is saved."

    looks = True

    def __init__(self, at, moment):
        self.at, self.moment, self.last = at, moment, 1 if at % 2 else 3

    def look(self, run, moment):
        if run.done == self.at and moment == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_step(self, run):
        self.look(run, "before the step")

    def after_loss(self, run):
        self.look(run, "after the loss")

    def after_backward(self, run):
        self.look(run, "with gradients")

    def after_step(self, run):
        self.look(run, "after the step")

    def after_train(self, run):
        self.look(run, "before validation")

    def after_epoch(self, run):
        self.look(run, "after the epoch")


def kill_while_writing(at):
    "Die while the n-th checkpoint is half on the disk."
    sync, count = os.fsync, [0]

    def die(handle):
        count[0] += 1
        if count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(handle)

    os.fsync = die


def learner(folder, callbacks=(), log=True):
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    rng = np.random.default_rng(0)
    x = rng.standard_normal((STEPS * 8 + 20, 6)).astype("f4")
    y = np.sin(x.sum(1, keepdims=True)).astype("f4")
    model = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 1)
    )
    batches = Batches.from_arrays(x[:-20], y[:-20], size=8, valid=(x[-20:], y[-20:]))
    return Learner(
        model,
        batches,
        nn.MSELoss(),
        opt=optim.lookahead(partial(optim.adam), every=5),
        accumulate=3,
        clip=1.0,
        callbacks=[
            Noise(), EarlyStop(patience=9), KeepBest(), *([CsvLog(folder / "log")] if log else []),
            *callbacks, Checkpoint(folder, steps=4, resume=True),
        ],
    )  # fmt: skip


def ends(learn):
    "What a training came to, as one text."
    told = hashlib.sha256()
    for part in (*learn.model.state_dict().values(), *tensors(learn.opt.state_dict())):
        told.update(part.detach().numpy().tobytes())
    told.update(np.asarray(learn.recorder.losses).tobytes())
    told.update(repr([{**row, "seconds": 0} for row in learn.recorder.epochs]).encode())
    told.update(repr((random.random(), np.random.random(), learn.trained)).encode())  # noqa: NPY002
    return told.hexdigest()


def tensors(state):
    if isinstance(state, torch.Tensor):
        return [state]
    inner = state.values() if isinstance(state, dict) else state if isinstance(state, list) else ()
    return [tensor for part in inner for tensor in tensors(part)]


def main(folder, at, moment):
    torch.set_num_threads(1)  # on a busy machine two threads would wait for each other
    folder = Path(folder)
    if moment == "while writing":
        kill_while_writing(at)
    learn = learner(folder, [Killer(at, moment)])
    learn.fit_one_cycle(EPOCHS, 0.03)
    lines = (folder / "log" / "steps.csv").read_text("utf-8")
    (folder / "end").write_text(f"{ends(learn)} {hashlib.sha256(lines.encode()).hexdigest()}")


if __name__ == "killed":
    main(*globals()["ARGUMENTS"])
