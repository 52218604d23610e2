"What a model is made of."

import numpy as np
import torch
from torch import nn

from entable.train.batches import Batches
from entable.train.learner import Learner


class Model(nn.Module):
    "Runs its layers in another order than they are written."

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(6, 2, bias=False)
        self.table = nn.Embedding(10, 6)
        self.drop = nn.Dropout(0.5)
        self.never = nn.Linear(3, 3)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, i):
        return self.last(self.drop(self.table(i))) * self.scale


def learner(model, x):
    y = np.zeros((len(x), 2), np.float32)
    return Learner(model, Batches.from_arrays(x, y, size=4), nn.MSELoss())


def test_layers_come_as_they_run_with_shapes_and_counts():
    model = Model()
    model.last.requires_grad_(False)
    found = learner(model, np.arange(8)).summary()
    rows = [tuple(row.values()) for row in found.table.iter_rows(named=True)]
    assert rows == [
        ("table", "Embedding", "4x6", 60, 60, 1),
        ("drop", "Dropout", "4x6", 0, 0, 1),
        ("last", "Linear", "4x2", 12, 0, 1),
        ("(itself)", "Model", "4x2", 1, 1, 1),
        ("never", "Linear", None, 12, 12, 1),
    ]
    assert (found.numbers, found.learning) == (85, 73)
    assert found.numbers == sum(p.numel() for p in model.parameters())
    assert found.title == "Model"
    assert found.notes[0].startswith("85 numbers, 73 of them learning")
    assert "Embedding" in str(found)


def test_shared_weights_count_once_and_groups_show():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    learn = learner(model, np.ones((8, 2), np.float32))
    learn.groups = [[model[0]], [model[1]]]
    table = learn.summary().table
    assert table["numbers"].to_list() == [6, 2]
    assert table["group"].to_list() == [1, 2]


def test_nothing_is_left_behind():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    learn = learner(model, np.ones((8, 2), np.float32))
    state, before = torch.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
    learn.summary()
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
