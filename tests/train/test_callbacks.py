"Hooks come in order, only where they are used; a misspelt one fails where it is written."

import numpy as np
import pytest
from torch import nn

from entable.train.batches import Batches
from entable.train.callbacks import HOOKS, Bound, Callback
from entable.train.learner import Learner


def every(heard):
    "A callback that notes all of its hooks."
    verbs = {hook: lambda self, run, hook=hook: heard.append(hook) for hook in HOOKS}
    return type("Every", (Callback,), verbs)()


def learner(n=6, **rest):
    x = np.ones((n, 2), np.float32)
    return Learner(nn.Linear(2, 1), Batches.from_arrays(x, x[:, :1], size=3), nn.MSELoss(), **rest)


STEP = ["before_step", "after_loss", "after_backward", "after_step"]


def test_hooks_come_in_their_order():
    heard = []
    learner(callbacks=[every(heard)]).fit(2)
    epoch = ["before_epoch", *STEP, *STEP, "after_train", "after_epoch"]
    assert heard == ["before_fit", *epoch, *epoch, "after_fit"]
    assert set(heard) == set(HOOKS)


def test_an_epoch_broken_off_ends_its_training_and_has_no_end():
    heard = []

    class Stop(Callback):
        def after_step(self, run):
            run.stop = "enough"

    learner(callbacks=[every(heard), Stop()]).fit(2)
    assert heard == ["before_fit", "before_epoch", *STEP, "after_train", "after_fit"]


def test_the_last_step_of_an_epoch_may_stop_and_the_epoch_is_whole():
    class Stop(Callback):
        def after_step(self, run):
            if run.done == 2:
                run.stop = "enough"

    learn = learner(callbacks=[Stop()])
    learn.fit(5)
    assert len(learn.recorder.epochs) == 1
    assert learn.trained == 1


def test_the_end_comes_whatever_ended_it():
    heard = []

    class Fails(Callback):
        def before_step(self, run):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        learner(callbacks=[every(heard), Fails()]).fit(1)
    assert heard == ["before_fit", "before_epoch", "before_step", "after_fit"]


def test_only_methods_that_are_there_are_called():
    class One(Callback):
        def after_step(self, run):
            pass

    class Heir(One):
        pass

    bound = Bound([Callback(), One(), Heir()])
    assert [len(getattr(bound, hook)) for hook in HOOKS] == [2 * (h == "after_step") for h in HOOKS]


def test_those_that_come_last_come_last():
    heard = []

    class Note(Callback):
        def __init__(self, name):
            self.name = name

        def before_fit(self, run):
            heard.append(self.name)

    class End(Note):
        last = True

    learner(callbacks=[End("z"), Note("a")]).fit(1, callbacks=[Note("b")])
    assert heard == ["a", "b", "z"]


def test_a_misspelt_hook_is_an_error_where_it_is_written():
    with pytest.raises(TypeError, match=r"Wrong\.after_batch is no hook; hooks are before_fit, "):
        type("Wrong", (Callback,), {"after_batch": lambda self, run: None})


def test_listeners_see_where_training_is():
    seen = []

    class Note(Callback):
        def after_step(self, run):
            seen.append((run.epoch, run.step, run.done, run.total, run.progress, run.rows))

    learner(7, callbacks=[Note()]).fit(2)  # 3 + 4: the last row is not left alone
    assert seen == [(0, 1, 1, 4, 0.25, 3), (0, 2, 2, 4, 0.5, 7), (1, 1, 3, 4, 0.75, 3),
                    (1, 2, 4, 4, 1.0, 7)]  # fmt: skip
