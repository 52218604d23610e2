"Small steps take one thread and give the others back, whatever happens."

import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.threads import Threads, one_for_small_steps


class Count(Callback):
    "How many threads there are in a step."

    def before_step(self, run):
        self.seen = torch.get_num_threads()


class Fall(Callback):
    def after_step(self, run):
        raise BadInput("fallen")


def learner():
    batches = Batches([torch.rand(8, 2), torch.rand(8, 1)], 4)
    return Learner(nn.Linear(2, 1), batches, nn.MSELoss())


def test_threads_are_taken_and_given_back():
    torch.set_num_threads(2)
    count = Count()
    learner().fit(1, callbacks=[Threads(1), count])
    assert (count.seen, torch.get_num_threads()) == (1, 2)
    with pytest.raises(BadInput, match="fallen"):
        learner().fit(1, callbacks=[Threads(1), Fall()])
    assert torch.get_num_threads() == 2


def test_large_steps_keep_their_threads():
    net = nn.Sequential(nn.Linear(200, 1000), nn.Linear(1000, 500))
    assert [type(one) for one in one_for_small_steps(net, 16)] == [Threads]
    assert one_for_small_steps(net, 1024) == []
