"Every row once an epoch, orders that seed and epoch decide, epochs taken up at any step."

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from entable.errors import BadInput
from entable.train import batches as module
from entable.train.batches import Batches, Loader, as_source, first


def numbered(n, size, **rest):
    return Batches.from_arrays(np.arange(n), np.arange(n) * 10, size=size, **rest)


def rows(batches):
    return [x.tolist() for x, *_ in batches]


def flat(batches):
    return [row for batch in rows(batches) for row in batch]


@given(st.integers(1, 70), st.integers(1, 20), st.integers(0, 3), st.booleans())
def test_an_epoch_has_every_row_once_beside_its_target(n, size, epoch, shuffle):
    made = numbered(n, size, shuffle=shuffle)
    found = list(made.epoch(epoch))
    x, y = (torch.cat(part) for part in zip(*found, strict=True))
    assert sorted(x.tolist()) == list(range(n))
    assert torch.equal(y, x * 10)
    assert len(found) == len(made)
    if not shuffle:
        assert x.tolist() == list(range(n))
    if n > 1 < size:
        assert min(map(len, rows(found))) > 1  # nobody is left alone


@settings(max_examples=50)
@given(st.integers(1, 90), st.integers(1, 9), st.integers(0, 20), st.sampled_from([1, 7, 10**5]))
def test_an_epoch_can_be_taken_up_at_any_step(n, size, start, gathered):
    whole = rows(numbered(n, size).epoch(3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_GATHERED", gathered)
        assert rows(numbered(n, size).epoch(3)) == whole
        assert rows(numbered(n, size).epoch(3, start)) == whole[start:]


def test_orders_depend_on_seed_and_epoch_only():
    made = numbered(50, 8, seed=1)
    torch.manual_seed(0)
    one = rows(made.epoch(0))
    torch.manual_seed(5)
    assert rows(made.epoch(0)) == one == rows(made) == rows(numbered(50, 8, seed=1).epoch(0))
    assert rows(made.epoch(1)) != one != rows(numbered(50, 8, seed=2).epoch(0))
    assert made.one()[0].tolist() == one[0]
    assert rows(made.in_order())[0] == list(range(8))
    assert made.shuffle


def test_drawing_an_order_moves_no_random_state():
    before = torch.get_rng_state()
    list(numbered(50, 8).epoch(0))
    assert torch.equal(before, torch.get_rng_state())


def test_a_share_is_held_out_without_copies():
    x = torch.arange(40)
    made = Batches.from_arrays(x, x * 10, size=8, valid=0.25)
    assert made.arrays[0].data_ptr() == made.valid.arrays[0].data_ptr() == x.data_ptr()
    train, held = (flat(part.in_order()) for part in (made, made.valid))
    assert len(held) == 10
    assert train == sorted(train)
    assert held == sorted(held)
    assert sorted(train + held) == list(range(40))
    assert rows(made.valid) == rows(made.valid.in_order())
    assert made.valid.size == 32
    again = numbered(40, 8, valid=0.25, seed=1)
    assert flat(again.valid) != held


def test_held_out_arrays_and_batches_are_taken_too():
    held = numbered(5, 2)
    assert numbered(9, 2, valid=held).valid is held
    given = Batches.from_arrays([1.0, 2.0], [0, 1], valid=([3.0], [1]))
    assert rows(given.valid) == [[3.0]]


def test_memory_maps_stay_on_disk_and_give_the_same_batches(tmp_path):
    x = np.random.default_rng(0).standard_normal((500, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    there = Batches.from_arrays(mapped, np.arange(500), size=64, valid=0.2)
    here = Batches.from_arrays(x, np.arange(500), size=64, valid=0.2)
    assert there.arrays[0] is mapped
    for made, want in ((there, here), (there.valid, here.valid)):
        for a, b in zip(made.epoch(2), want.epoch(2), strict=True):
            assert all(torch.equal(p, q) for p, q in zip(a, b, strict=True))


def test_weights_come_with_the_target_at_a_mean_of_one():
    made = numbered(10, 4, weights=np.arange(10) + 1.0)
    x, (y, w) = (torch.cat(part) if i == 0 else part for i, part in enumerate(halves(made)))
    assert torch.equal(y, x * 10)
    torch.testing.assert_close(w, (x + 1) / 5.5)
    assert made.inputs == 1
    assert numbered(10, 4, weights=np.ones(10), valid=0.5).valid.weighted


def halves(made):
    found = list(made)
    pairs = [pair for _, pair in found]
    return [x for x, _ in found], tuple(torch.cat(part) for part in zip(*pairs, strict=True))


@pytest.mark.parametrize(
    ("arrays", "rest", "told"),
    [
        ([[], []], {}, "no rows"),
        ([], {}, "no rows"),
        ([[1, 2], [1]], {}, "of one length were wanted, with 2, 1 rows"),
        ([[1, 2], [1, 2]], {"size": 0}, "size=0 came"),
        ([[1, 2], [1, 2]], {"valid": 1.5}, "valid=1.5 of 2 rows"),
        ([[1], [1]], {"valid": 0.5}, "of at least 2"),
        ([[1, 2], [1, 2]], {"weights": [1.0]}, "of one length"),
        ([[1, 2], [1, 2]], {"weights": [0.0, 0.0]}, "all of them are 0"),
        ([[1, 2], [1, 2]], {"weights": [1.0, -1.0]}, "weights"),
        ([[1, 2], [1, 2]], {"weights": [1.0, np.nan]}, "weights"),
    ],
)
def test_what_makes_no_batches_is_refused(arrays, rest, told):
    with pytest.raises(BadInput, match=told):
        Batches.from_arrays(*map(np.array, arrays), **rest)


def test_what_it_is_can_be_read():
    assert repr(numbered(1001, 10)) == "Batches(1,001 rows, 100 of 10)"


def test_arrays_that_may_not_be_written_are_copied():
    x = np.arange(4.0)
    x.flags.writeable = False
    assert Batches.from_arrays(x, x, size=2).rows == 4  # torch would warn


def loader(n=20, size=6, **rest):
    return DataLoader(TensorDataset(torch.arange(n), torch.arange(n) * 10), size, **rest)


def test_a_loader_draws_by_seed_and_epoch():
    made = as_source(loader(shuffle=True))
    before = torch.get_rng_state()
    one = rows(made.epoch(0))
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(7)
    assert rows(made.epoch(0)) == one
    assert rows(made.epoch(0, 2)) == one[2:]
    assert rows(made.epoch(1)) != one
    assert rows(Loader(loader(shuffle=True), seed=3).epoch(0)) != one
    assert sorted(flat(made.epoch(0))) == list(range(20))
    assert len(made) == 4


def test_a_loader_can_be_read_in_order():
    straight = loader()
    assert as_source(straight).in_order().loader is straight
    for mixed in (loader(shuffle=True), loader(shuffle=True, drop_last=True)):
        assert flat(as_source(mixed).in_order().epoch(0)) == list(range(20))


def test_loaders_that_cannot_be_planned_are_refused():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter([torch.zeros(2)])

    with pytest.raises(BadInput, match="does not know how many batches"):
        as_source(DataLoader(Stream(), 2))
    with pytest.raises(BadInput, match="no batches"):
        as_source(loader(3, 6, drop_last=True))
    with pytest.raises(BadInput, match="a dict came"):
        as_source({})


def test_the_first_batch_of_nothing_is_refused():
    class Empty:
        def epoch(self, epoch, start=0):
            return iter(())

    with pytest.raises(BadInput, match="there are no batches"):
        first(Empty())
    assert first(numbered(4, 2, shuffle=False))[0].tolist() == [0, 1]
