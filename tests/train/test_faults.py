"What goes wrong says what came, what was wanted, and the way out; good weights are kept."

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as fn
from torch.utils.data import DataLoader, TensorDataset

from entable.errors import BadInput, EntableError
from entable.train import optim
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.faults import check_shapes, shapes
from entable.train.learner import Learner
from entable.train.losses import log_target, within
from entable.train.run import Diverged


def learner(model=None, x=None, y=None, loss=None, size=8, **rest):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 3)).astype("f4") if x is None else x
    y = x.sum(1, keepdims=True) if y is None else y
    batches = Batches.from_arrays(x, y, size=size, shuffle=False)
    return Learner(model or nn.Linear(3, 1), batches, loss or nn.MSELoss(), **rest)


class Keep(Callback):
    "Weights after each step."

    def __init__(self):
        self.kept = []

    def after_step(self, run):
        self.kept.append([p.detach().clone() for p in run.model.parameters()])


def test_a_loss_that_is_no_number_keeps_the_last_good_step():
    x = np.random.default_rng(0).standard_normal((40, 3)).astype("f4")
    x[25] = np.nan
    keep = Keep()
    learn = learner(x=x, y=np.ones((40, 1), "f4"), lr=0.01)
    with pytest.raises(Diverged) as caught:
        learn.fit(2, callbacks=[keep])
    told = str(caught.value)
    assert "the loss is nan in epoch 1, step 4, at learning rate 0.01, on a batch of" in told
    assert "(8x3, 8x1) (3 of the inputs are not finite)" in told
    assert "weights are those after the last good step" in told
    assert len(keep.kept) == 3
    for p, kept in zip(learn.model.parameters(), keep.kept[-1], strict=True):
        assert torch.equal(p, kept)
        assert p.grad is None


def test_targets_that_are_no_numbers_are_named():
    y = np.ones((40, 1), "f4")
    y[3] = np.inf
    with pytest.raises(Diverged, match=r"the loss is inf.*1 of the targets are not finite"):
        learner(y=y).fit(1)


def test_a_rate_that_is_far_too_high_ends_at_four_times_the_best():
    keep = Keep()
    learn = learner(opt=optim.sgd, lr=3.0, size=40)
    with pytest.raises(Diverged, match=r"above 4 times its best.*epoch \d+, step 1.*rate 3") as got:
        learn.fit(50, callbacks=[keep])
    assert float(re.search(r"loss is ([\d.e+]+)", str(got.value))[1]) < 1e12
    for p, kept in zip(learn.model.parameters(), keep.kept[-1], strict=True):
        assert torch.equal(p, kept)
    assert all(torch.isfinite(p).all() for p in learn.model.parameters())


def test_the_guard_can_be_told_to_let_it_be():
    learn = learner(opt=optim.sgd, lr=3.0, size=40, guard=float("inf"))
    with pytest.raises(Diverged, match=r"the loss is (inf|nan)"):
        learn.fit(200)
    assert len(learn.recorder.losses) > 20


def test_probabilities_for_logarithms_are_refused():
    x, y = torch.randn(40, 3), torch.randint(0, 2, (40,))
    model = nn.Sequential(nn.Linear(3, 2), nn.Softmax(1))
    for loss in (nn.NLLLoss(), fn.nll_loss):
        with pytest.raises(BadInput, match="wants log-probabilities, at most 0, and") as caught:
            learner(model, x, y, loss).fit(1)
        place = "in epoch 1, step 1, at learning rate 0.001, on a batch of (8x3, 8): "
        assert str(caught.value).startswith(place)
    learner(nn.Sequential(nn.Linear(3, 2), nn.LogSoftmax(1)), x, y, nn.NLLLoss()).fit(1)


def test_a_likelihood_that_becomes_negative_is_refused():
    x, y = torch.zeros(40, 3), torch.zeros(40, 1)
    y[20:] = 7.0  # no yes and no no
    x[20:] = 50.0
    model = nn.Linear(3, 1)
    nn.init.ones_(model.weight)
    learn = learner(model, x, y, nn.BCEWithLogitsLoss())
    with pytest.raises(Diverged, match=r"the loss is -.*step 3.*BCEWithLogitsLoss is never below"):
        learn.fit(1)


def test_losses_that_may_be_negative_are_only_held_to_be_finite():
    def loss(pred, y):
        return (pred - 100).mean()

    learn = learner(loss=loss, lr=1.0)
    learn.fit(20)
    assert learn.recorder.losses[-1] < -100


@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), fn.l1_loss, nn.BCEWithLogitsLoss(), within(0, 5), log_target()]
)
def test_shapes_that_would_be_stretched_are_refused(loss):
    with pytest.raises(BadInput, match="shape 8x1 and targets of shape 8 came") as caught:
        learner(y=np.ones(40, "f4"), loss=loss).fit(1)
    assert "compares number with number" in str(caught.value)


@pytest.mark.parametrize(
    ("pred", "y", "told"),
    [
        ((8, 3), torch.zeros(8), "targets are torch.float32 here"),
        ((8, 3), torch.zeros(8, 1, dtype=torch.int64), "3 and targets of shape 8x1 came"),
        ((8,), torch.zeros(8, dtype=torch.int64), r"an output for each class, \(rows, classes\)"),
        ((8, 3), torch.full((8,), 3), "classes from 3 to 3 came and the model has 3 outputs"),
        ((8, 3), torch.full((8,), -1), "classes from -1 to -1 came"),
    ],
)
def test_targets_that_are_no_classes_are_refused(pred, y, told):
    for loss in (nn.CrossEntropyLoss(), fn.cross_entropy):
        with pytest.raises(BadInput, match=told):
            check_shapes(loss, torch.zeros(pred), y)


def test_what_torch_rightly_takes_is_taken():
    loss = nn.CrossEntropyLoss()
    check_shapes(loss, torch.zeros(8, 3), torch.zeros(8, dtype=torch.int64))
    check_shapes(loss, torch.zeros(8, 3), torch.full((8, 3), 1 / 3))
    check_shapes(loss, torch.zeros(8, 3, 5), torch.zeros(8, 5, dtype=torch.int64))
    check_shapes(loss, torch.zeros(8, 3), torch.tensor([-100, 0, 1, 2, 0, 0, 0, 0]))
    check_shapes(nn.MSELoss(), torch.zeros(8), (torch.zeros(8), torch.ones(8)))
    check_shapes(nn.MSELoss(), (1, 2), torch.zeros(8))
    check_shapes(lambda pred, y: 0, torch.zeros(8, 1), torch.zeros(8))


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (lambda pred, y: (pred - y) ** 2, "a tensor of shape 8x1; a tensor of one number"),
        (lambda pred, y: 1.0, r"the loss gave 1\.0; a tensor of one number was wanted"),
        (lambda pred, y: (pred - y).mean().item(), "take its mean over the batch"),
        (lambda pred, y: ((pred - y) ** 2).mean().detach(), "was cut off"),
        (lambda pred, y: None, "the loss gave None"),
    ],
)
def test_a_loss_that_is_no_scalar_is_refused(loss, told):
    with pytest.raises(BadInput, match=told):
        learner(loss=loss).fit(1)


def test_frozen_weights_that_the_loss_depends_on_are_named():
    model = nn.Sequential(nn.Linear(3, 1), nn.Linear(1, 1))
    learn = learner(model, groups=lambda m: [[m[0]], [m[1]]])
    model[1].requires_grad_(False)
    learn.loss = lambda pred, y: (model[1].weight ** 2).sum()
    with pytest.raises(BadInput, match="is frozen, or was cut off"):
        learn.fit(1)


def test_batches_without_rows_are_refused():
    class Fewer:
        def __len__(self):
            return 3

        def epoch(self, epoch, start=0):
            return iter(())

    with pytest.raises(BadInput, match="epoch 1 had no batches where 3 were promised"):
        Learner(nn.Linear(3, 1), Fewer(), nn.MSELoss()).fit(1)
    with pytest.raises(BadInput, match="the held-out batches have no rows"):
        learner().validate(Fewer())

    class Hollow(Fewer):
        def epoch(self, epoch, start=0):
            return iter([(torch.zeros(0, 3), torch.zeros(0, 1))])

    with pytest.raises(BadInput, match="an empty batch came in epoch 1, step 1"):
        Learner(nn.Linear(3, 1), Hollow(), nn.MSELoss()).fit(1)


def test_batches_that_are_no_pairs_are_refused():
    for dataset in (TensorDataset(torch.zeros(4, 3)), torch.zeros(4, 3)):
        with pytest.raises(BadInput, match="inputs and, last, a target were wanted"):
            Learner(nn.Linear(3, 1), DataLoader(dataset, 2), nn.MSELoss()).fit(1)


def test_batch_norm_and_a_batch_of_one():
    def model():
        return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))

    x, y = torch.randn(9, 3), torch.randn(9, 1)
    Learner(model(), Batches.from_arrays(x, y, size=4), nn.MSELoss()).fit(1)  # 4 + 5
    with pytest.raises(BadInput, match=r"a batch of one row came in epoch 1, step 3.*drop_last"):
        Learner(model(), DataLoader(TensorDataset(x, y), 4), nn.MSELoss()).fit(1)
    with pytest.raises(BadInput, match="make batches larger"):
        learner(model(), x[:1], y[:1]).fit(1)
    learner(nn.Linear(3, 1), x[:1], y[:1]).fit(1)


def test_other_errors_come_as_they_are_with_a_note():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        learner(nn.Linear(4, 1)).fit(1)
    assert caught.value.__notes__ == [
        "in epoch 1, step 1, on a batch of (8x3, 8x1); predictions of NoneType"
    ]
    assert not isinstance(caught.value, EntableError)


def test_the_next_fit_after_a_failed_one_works():
    learn, x = learner(), np.random.default_rng(0).standard_normal((40, 3)).astype("f4")
    x[:] = np.nan
    good = learn.batches
    learn.batches = Batches.from_arrays(x, x[:, :1])
    with pytest.raises(Diverged):
        learn.fit(1)
    learn.batches = good
    learn.fit(3)
    assert all(torch.isfinite(p).all() for p in learn.model.parameters())


def test_gradients_that_are_no_numbers_are_placed_and_do_not_stay():
    def loss(pred, y):
        return torch.sqrt((pred - pred.detach()).abs()).mean() + 1  # its slope at 0 is infinite

    keep = Keep()
    learn = learner(loss=loss, clip=1.0)
    before = [p.detach().clone() for p in learn.model.parameters()]
    with pytest.raises(Diverged, match=r"epoch 1, step 1, at learning rate 0\.001, on.*gradients"):
        learn.fit(1, callbacks=[keep])
    assert not keep.kept
    assert all(map(torch.equal, before, learn.model.parameters()))
    learn.loss = nn.MSELoss()
    learn.fit(1)
    assert all(torch.isfinite(p).all() for p in learn.model.parameters())


def test_shapes_for_people():
    assert shapes((torch.zeros(2, 3), [torch.zeros(()), "a"])) == "(2x3, (one number, str))"
