"What is asked of a Learner before it learns is asked of `Trained`; nothing moves weights."

import pytest
import torch
from torch import nn

from entable import Batches, Learner
from entable.train.trained import Trained


@pytest.fixture
def learn():
    x = torch.arange(12.0).reshape(6, 2)
    return Learner(nn.Linear(2, 1), Batches((x, x.sum(1, keepdim=True)), 3), nn.MSELoss())


def test_reading_leaves_weights_and_random_states(learn, tmp_path):
    assert isinstance(learn, Trained)
    before = {name: value.clone() for name, value in learn.model.state_dict().items()}
    state = torch.get_rng_state()
    x = torch.ones(2, 2)
    learn.validate(learn.batches)
    learn.predict(x)
    learn.activations("", x)
    learn.show_batch(2)
    learn.summary()
    learn.load(learn.save(tmp_path / "weights"))
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in learn.model.state_dict().items():
        assert torch.equal(value, before[name])
