"A short stack is a short traceback: two of our frames from `fit` to `forward`."

import traceback
from pathlib import Path

import torch
from torch import nn

import entable
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.metrics import rmse

HOUSE = str(Path(entable.__file__).parent)


class Looks(nn.Module):
    "A line that notes which of our functions called it."

    def __init__(self):
        super().__init__()
        self.line, self.seen = nn.Linear(3, 1), []

    def forward(self, x):
        stack = traceback.extract_stack()
        self.seen.append([frame.name for frame in stack if frame.filename.startswith(HOUSE)])
        return self.line(x)


class Everything(Callback):
    def before_step(self, run):
        pass

    def after_step(self, run):
        pass


def learner(**rest):
    batches = Batches.from_arrays(torch.randn(20, 3), torch.randn(20, 1), size=10)
    return Learner(Looks(), batches, nn.MSELoss(), **rest)


def test_two_frames_from_fit_to_forward():
    learn = learner()
    learn.fit(1)
    assert learn.model.seen == [["fit", "_train"]] * 2


def test_clipping_accumulation_precision_and_listeners_add_none():
    learn = learner(
        clip=1.0, accumulate=2, precision="bf16", callbacks=[Everything()], metrics=[rmse]
    )
    learn.fit(1)
    assert learn.model.seen == [["fit", "_train"]] * 2


def test_a_plan_adds_its_own_two():
    learn = learner()
    learn.fit_one_cycle(1)
    assert learn.model.seen[0] == ["fit_one_cycle", "_planned", "fit", "_train"]
