"Rows shown to people."

import numpy as np
import torch
from torch import nn

from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.reading import Shown


def learner(x, y, model, loss=None, **rest):
    batches = Batches.from_arrays(x, y, size=4, valid=0.5, shuffle=False, **rest)
    return Learner(model, batches, loss or nn.MSELoss())


def test_a_table_of_inputs_targets_and_predictions():
    x = np.arange(24.0, dtype="f4").reshape(12, 2)
    learn = learner(x, x[:, :1] * 2, nn.Linear(2, 1))
    shown = learn.show_batch(3)
    assert isinstance(shown, Shown)
    assert shown.table.columns == ["x[0]", "x[1]", "target[0]"]
    assert len(shown.table) == 3
    found = learn.show_results(99)
    np.testing.assert_allclose(found.table["predicted[0]"], learn.predict()[:, 0], rtol=1e-5)
    assert found.table["x[0]"].to_list() == [x[i, 0] for i in learn.valid.at]
    assert "predicted" in str(found)


def test_what_is_wide_is_told_by_its_shape_and_inputs_are_numbered():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(1))

        def forward(self, picture, i):
            return picture.mean((1, 2)) * self.w + i

    batches = Batches.from_arrays(np.ones((6, 28, 28), "f4"), np.arange(6), np.ones(6, "f4"))
    shown = Learner(Model(), batches, nn.MSELoss()).show_batch(2).table
    assert shown.columns == ["x1", "x2", "target"]
    assert shown["x1"].to_list() == ["28x28", "28x28"]


def test_batches_show_in_their_own_way():
    def show(batch, pred, n):
        return len(batch[0]), None if pred is None else pred.shape, n

    x = np.ones((12, 2), "f4")
    learn = learner(x, x[:, :1], nn.Linear(2, 1), show=show)
    assert learn.show_batch(3) == (3, None, 3)
    assert learn.show_results(2) == (2, (2, 1), 2)


def test_short_numbers_are_shown_and_predicted():
    x = torch.ones(8, 2, dtype=torch.bfloat16)
    batches = Batches.from_arrays(x, x[:, :1])
    learn = Learner(nn.Linear(2, 1).bfloat16(), batches, nn.MSELoss())
    assert learn.predict(x).dtype == np.float32
    assert learn.show_batch(1).table["x[0]"].to_list() == [1.0]
