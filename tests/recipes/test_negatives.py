"Items beside the one that was rated: none that the user knows, the same each time."

import numpy as np
import torch

from entable.data.ratings import Ratings
from entable.recipes.negatives import Negatives
from entable.train.batches import Batches


def made(users=8, items=12, share=0.5, size=10, n=5, seed=0):
    rng = np.random.default_rng(1)
    u, i = np.nonzero(rng.random((users, items)) < share)
    ratings = Ratings.of(u, i, np.ones(len(u)))
    batches = Batches((ratings.u, ratings.i, ratings.r), size, seed)
    return ratings, Negatives(batches, [ratings], n, seed)


def test_the_rated_item_comes_first_and_the_others_are_not_rated():
    ratings, source = made()
    known = set(zip(ratings.u.tolist(), ratings.i.tolist(), strict=True))
    plain = source.batches.epoch(0)
    for (u, items, r), (u0, i0, r0) in zip(source.epoch(0), plain, strict=True):
        assert items.shape == (len(u), 6)
        assert torch.equal(items[:, 0], i0)
        assert torch.equal(u, u0)
        assert torch.equal(r, r0)
        for user, row in zip(u.tolist(), items[:, 1:].tolist(), strict=True):
            assert not {(user, item) for item in row} & known


def test_they_are_a_function_of_seed_epoch_and_step():
    source = made()[1]
    first, again = list(source.epoch(3)), list(source.epoch(3, start=2))
    for a, b in zip(first[2:], again, strict=True):
        assert torch.equal(a[1], b[1])
    other = list(source.epoch(4))
    assert not all(torch.equal(a[1], b[1]) for a, b in zip(first, other, strict=True))
    assert len(source) == len(first)


def test_every_item_is_drawn_about_as_often():
    ratings, source = made(users=8, items=50, share=0.2, size=100, n=2000)
    u, items, _ = next(source.epoch(0))
    counts = torch.bincount(items[u == 0][:, 1:].flatten(), minlength=len(ratings.items)).numpy()
    free = np.setdiff1d(np.arange(len(ratings.items)), ratings.i[ratings.u == 0])
    assert not np.delete(counts, free).any()
    assert np.abs(counts[free] / counts[free].mean() - 1).max() < 0.3


def test_a_user_who_has_rated_all_still_gets_a_batch():
    u, i = np.divmod(np.arange(6), 3)
    ratings = Ratings.of(u, i, np.ones(6))
    source = Negatives(Batches((ratings.u, ratings.i, ratings.r), 6), [ratings], 2)
    assert next(source.epoch(0))[1].shape == (6, 3)


def test_in_order_they_come_as_they_were_given():
    ratings, source = made()
    u = torch.cat([batch[0] for batch in source.in_order().epoch(0)])
    assert torch.equal(u, torch.from_numpy(ratings.u))
