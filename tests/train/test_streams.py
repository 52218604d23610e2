"Windows over a long array: batches join up, epochs begin at other places, trainings go on."

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.models.rnn import AWD, LanguageModel
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.losses import sequence_cross_entropy
from entable.train.streams import Streams

STEPS = np.arange(1000)


@pytest.mark.parametrize("epoch", [0, 1, 5])
def test_each_row_goes_on_where_it_ended(epoch):
    batches = list(Streams(STEPS, size=4, length=16).epoch(epoch))
    for (x, _, y), (following, _, _) in pairwise(batches):
        assert (y == x + 1).all()
        assert (following[:, 0] == y[:, -1]).all()
    rows = torch.cat([x for x, _, _ in batches], 1)
    assert (rows.diff() == 1).all()
    assert len(torch.unique(rows)) == rows.numel()


def test_only_the_first_batch_begins():
    begins = [begins for _, begins, _ in Streams(STEPS, 4, 16)]
    assert begins[0].all()
    assert not torch.stack(begins[1:]).any()


def test_epochs_begin_at_other_places_unless_in_order():
    stream = Streams(STEPS, 4, 16)
    firsts = {int(next(stream.epoch(e))[0][0, 0]) for e in range(20)}
    assert 5 < len(firsts) <= 16
    assert {int(next(stream.in_order().epoch(e))[0][0, 0]) for e in range(20)} == {0}


@pytest.mark.parametrize("n", [17, 18, 40, 999, 1000])
@pytest.mark.parametrize("size", [1, 3, 64])
def test_any_length_fits(n, size):
    stream = Streams(np.arange(n), size, 16)
    for epoch in range(5):
        batches = list(stream.epoch(epoch))
        assert len(batches) == len(stream)
        (width,) = {x.shape[1] for x, _, _ in batches}  # one length for all
        assert width <= 16
    in_order = Streams(np.arange(n), size, 16, shuffle=False)
    seen = sum(x.numel() for x, _, _ in in_order)
    assert n - 1 - seen < in_order.size * len(in_order) + in_order.size


def test_an_epoch_is_the_same_each_time_and_from_any_step():
    stream = Streams(STEPS, 4, 16)  # every epoch cuts other windows, and the same ones again
    once, rest = list(stream.epoch(3)), list(stream.epoch(3, 5))
    for batch, again in zip(once[5:], rest, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(batch, again, strict=True))


def test_a_memory_map_stays_on_disk(tmp_path):
    np.arange(500, dtype="<i4").tofile(tmp_path / "codes")
    stream = Streams(np.memmap(tmp_path / "codes", "<i4", "r"), 4, 8)
    assert isinstance(stream.arrays[0], np.memmap)
    x, _, _ = stream.one()
    assert x.dtype == torch.int64
    assert "500 steps" in repr(stream)


def test_an_array_shorter_than_a_window_is_refused():
    with pytest.raises(BadInput, match="16 steps came, fewer than one window of 16"):
        Streams(np.arange(16), 4, 16)
    with pytest.raises(BadInput, match="length=0"):
        Streams(STEPS, 4, 0)


# a training that carries state goes on where it was


class PowerCut(Exception):
    pass


class Cut(Callback):
    looks = True

    def __init__(self, done):
        self.done = done

    def after_step(self, run):
        if run.done == self.done:
            raise PowerCut


def learner():
    torch.manual_seed(0)
    codes = np.random.default_rng(0).integers(2, 9, 1200)
    model = LanguageModel(9, cell="lstm", width=4, hidden=8, layers=2, drops=AWD)
    valid = Streams(codes[:300], 2, 16, shuffle=False)
    return Learner(model, Streams(codes, 8, 16, valid=valid), sequence_cross_entropy, seed=1)


def test_a_training_cut_off_in_the_middle_ends_in_the_same_bytes(tmp_path):
    from entable.train.checkpoint import Checkpoint

    whole = learner()
    whole.fit_one_cycle(3, 0.01)
    steps = len(whole.batches)
    saving = {"steps": 4, "resume": True}
    with pytest.raises(PowerCut):
        learner().fit_one_cycle(
            3, 0.01, callbacks=[Checkpoint(tmp_path / "c", **saving), Cut(steps + 7)]
        )
    again = learner()
    again.fit_one_cycle(3, 0.01, callbacks=[Checkpoint(tmp_path / "c", **saving)])
    for p, q in zip(again.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(p, q)
    assert again.recorder.losses == whole.recorder.losses


def test_validation_and_the_sweep_change_nothing_that_is_learnt():
    plain, looked = learner(), learner()
    plain.valid = None
    plain.fit(2, 0.01)
    looked.lr_find(steps=5)
    looked.fit(2, 0.01)
    assert plain.recorder.losses == looked.recorder.losses


def test_held_out_loss_is_that_of_the_rows_read_from_end_to_end():
    learn = learner()
    found = learn.validate()["valid_loss"]
    batches = list(learn.valid)
    x, y = (torch.cat([batch[k] for batch in batches], 1) for k in (0, 2))
    with torch.no_grad():
        whole = nn.functional.cross_entropy(learn.model.eval()(x).flatten(0, 1), y.flatten())
    assert found == pytest.approx(float(whole), abs=2e-4)


def test_the_loss_of_a_sequence_is_the_mean_over_its_steps():
    pred, y = torch.randn(3, 5, 4), torch.randint(4, (3, 5))
    each = [nn.functional.cross_entropy(pred[:, t], y[:, t]) for t in range(5)]
    assert sequence_cross_entropy(pred, y) == pytest.approx(float(torch.stack(each).mean()))
    assert sequence_cross_entropy.activation(pred).sum(-1).allclose(torch.ones(3, 5))
    assert sequence_cross_entropy.decode(pred).shape == (3, 5)
