"Batches of pictures: gathered in an order that seed and epoch decide, changed, scaled, and shown."

import numpy as np
import pytest
import torch

from entable.data.images import Images
from entable.models.augment import Mixup, crop, erase, then, warp
from entable.recipes.pictures import Normal, PictureBatches
from entable.testing import check_batches

X = np.random.default_rng(0).integers(0, 256, (20, 6, 8, 3), np.uint8)
Y = np.arange(20) % 3


@pytest.fixture
def images():
    return Images.arrays(X, [("cat", "dog", "eel")[k] for k in Y])


def batches(images, **how):
    return PictureBatches(images, Normal.of(images), **({"size": 6} | how))


def test_they_are_batches_like_any_other(images):
    check_batches(batches(images))


def test_pixels_come_as_tensors_around_0_with_a_spread_of_1(images):
    ((x, y),) = batches(images, size=20, shuffle=False).epoch(0)
    assert x.shape == (20, 3, 6, 8)
    assert x.dtype == torch.float32
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert x.mean((0, 2, 3)).abs().max() < 1e-5
    assert (x.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-4
    assert y.tolist() == Y.tolist()
    normal = Normal.of(images)
    back = (255 * normal.seen(x)).round().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(back, X)


def test_mean_and_spread_are_those_of_the_pictures(images):
    mean, std = Normal.of(images)
    assert np.allclose(mean, X.mean((0, 1, 2)) / 255, atol=1e-6)
    assert np.allclose(std, X.std((0, 1, 2)) / 255, atol=1e-6)
    black = Images.arrays(np.zeros((3, 4, 4), np.uint8))
    assert Normal.of(black).scaled(torch.zeros(1, 1, 4, 4)).isfinite().all()


def test_every_picture_comes_once_with_its_own_target(images):
    source = batches(images, augment=None)
    found = [(x, y) for x, y in source.epoch(3)]
    assert [len(y) for _, y in found] == [6, 6, 6, 2]
    pixels = source.normal.seen(torch.cat([x for x, _ in found])).permute(0, 2, 3, 1).numpy()
    at = [int(np.abs(X - 255.0 * one).sum((1, 2, 3)).argmin()) for one in pixels]
    assert sorted(at) == list(range(20))
    assert torch.cat([y for _, y in found]).tolist() == Y[at].tolist()


def test_an_epoch_can_be_taken_up_at_any_step(images):
    source = batches(images, augment=then(warp(10, 0.1), erase(0.5)), mix=Mixup(0.3, 3))
    whole = list(source.epoch(5))
    for start in range(len(source)):
        for (x, y), (a, b) in zip(source.epoch(5, start), whole[start:], strict=True):
            assert torch.equal(x, a)
            assert torch.equal(y, b)
    assert not torch.equal(next(source.epoch(6))[0], whole[0][0])


def test_in_order_nothing_is_changed(images):
    plain = batches(images, augment=crop(), mix=Mixup(0.3, 3)).in_order()
    x, y = next(plain.epoch(0))
    assert torch.equal(x, next(batches(images, shuffle=False).epoch(0))[0])
    assert y.tolist() == Y[:6].tolist()


def test_pictures_without_targets_are_batches_of_inputs_alone():
    images = Images.arrays(X)
    assert [len(batch) for batch in batches(images).epoch(0)] == [1] * 4


def test_a_batch_shows_its_pictures_and_what_they_are(images):
    source = batches(images, shuffle=False)
    shown = source.show(next(source.epoch(0)), None, 4)
    assert shown.table["target"].to_list() == ["cat", "dog", "eel", "cat"]
    assert shown.pixels.shape == (4, 6, 8, 3)
    assert np.array_equal(np.rint(shown.pixels * 255), X[:4])
    assert len(shown.plot().child_axes) == 4


def test_and_what_a_model_says_of_them(images):
    source = batches(images, shuffle=False)
    guess = np.array(["cat", "eel", "eel"], dtype=object)
    shown = source.show(next(source.epoch(0)), guess, 3)
    assert shown.table["predicted"].to_list() == ["cat", "eel", "eel"]
    titles = [panel.get_title() for panel in shown.plot().child_axes]
    assert titles == ["cat", "eel\nnot dog", "eel"]


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (np.array([[1, 0], [1, 1], [0, 0]] * 2), ["0", "0, 1", "none"]),
        (np.array([0.5, 1.25, 2] * 2), ["0.5", "1.25", "2"]),
        (np.array([[0.5, 1], [1.25, 3], [7, 9]] * 2), ["0.5, 1", "1.25, 3", "7, 9"]),
    ],
)
def test_labels_and_numbers_are_shown_as_well(y, told):
    source = batches(Images.arrays(X[:6], y), shuffle=False)
    shown = source.show(next(source.epoch(0)), None, 3)
    assert shown.table["target"].to_list() == told


def test_mixed_classes_are_shown_as_shares(images):
    source = batches(images)
    x, _ = next(source.epoch(0))
    shown = source.show((x[:1], torch.tensor([[0.75, 0.0, 0.25]])), None, 1)
    assert shown.table["target"].to_list() == ["cat 75%, eel 25%"]
