"Pictures are changed as was asked for, each in its own way, and the same for the same seed."

import math

import pytest
import torch
from scipy import stats

from entable.errors import BadInput
from entable.models.augment import Mixup, colour, crop, erase, photographs, then, warp


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(n=16, channels=3, size=(12, 10)):
    return torch.rand(n, channels, *size, generator=seeded(9))


EVERY = {
    "warp": warp(10, 0.1, 0.1, 0.1, 0.5),
    "crop": crop(),
    "colour": colour(),
    "erase": erase(0.5),
    "photographs": photographs(),
}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_change_keeps_shape_and_range_and_depends_on_its_seed_alone(name, channels):
    x = pictures(channels=channels)
    change, before = EVERY[name], x.clone()
    found = change(x, seeded(1))
    assert torch.equal(x, before)
    assert found.shape == x.shape
    assert found.dtype == x.dtype
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-6
    assert torch.equal(found, change(x, seeded(1)))
    assert not torch.equal(found, change(x, seeded(2)))
    assert not torch.equal(found, x)


def test_each_picture_is_changed_in_its_own_way():
    x = pictures(1).expand(8, -1, -1, -1)
    for change in EVERY.values():
        found = change(x, seeded(1))
        assert len({tuple(one.flatten().tolist()) for one in found}) > 1


@pytest.mark.parametrize("still", [warp(), crop(1, 1, 0), colour(0, 0, 0), erase(0)])
def test_nothing_asked_for_changes_nothing(still):
    x = pictures()
    assert torch.allclose(still(x, seeded()), x, atol=1e-5)


def test_a_mirror_turns_left_into_right():
    x = pictures()
    assert torch.allclose(warp(flip=1)(x, seeded()), x.flip(3), atol=1e-5)
    assert torch.allclose(crop(1, 1, flip=1)(x, seeded()), x.flip(3), atol=1e-5)
    found = warp(flip=0.5)(pictures(400), seeded())
    mirrored = (found - pictures(400).flip(3)).abs().amax((1, 2, 3)) < 1e-4
    assert 0.4 < float(mirrored.float().mean()) < 0.6


def test_a_shift_moves_by_no_more_than_was_asked_for():
    x = torch.zeros(200, 1, 21, 21)
    x[:, :, 10, 10] = 1
    found = warp(shift=0.2, outside="zeros")(x, seeded())
    at = torch.arange(21.0)
    for axis in (2, 3):
        place = (found.sum((1, 5 - axis)) * at).sum(1) / found.sum((1, 2, 3))
        assert (place - 10).abs().max() <= 4.2 + 1e-3
        assert (place - 10).abs().max() > 3.5


def test_a_turn_keeps_the_middle_and_its_distance_where_sides_differ():
    x = torch.zeros(100, 1, 31, 61)
    x[:, :, 15, 40] = 1  # ten pixels right of the middle
    found = warp(turn=45, outside="zeros")(x, seeded())
    mass = found.sum((1, 2, 3))
    down = (found.sum((1, 3)) * torch.arange(31.0)).sum(1) / mass - 15
    right = (found.sum((1, 2)) * torch.arange(61.0)).sum(1) / mass - 30
    assert torch.allclose((down**2 + right**2).sqrt(), torch.full((100,), 10.0), atol=0.5)
    angle = torch.atan2(down, right).abs().max()
    assert math.radians(38) < angle < math.radians(47)


def test_what_is_outside_is_black_only_if_asked_for():
    white = torch.ones(50, 1, 16, 16)
    assert warp(shift=0.3)(white, seeded()).min() > 0.99
    assert warp(shift=0.3, outside="zeros")(white, seeded()).min() == 0


def test_a_crop_shows_a_part_between_low_and_all():
    ramp = torch.linspace(0, 1, 32).expand(300, 1, 32, 32)
    found = crop(0.25, 1, 0)(ramp, seeded())
    seen = (found[:, 0, 0, -1] - found[:, 0, 0, 0]) / (ramp[0, 0, 0, -1] - ramp[0, 0, 0, 0])
    assert 0.45 < seen.min() < 0.6
    assert 0.9 < seen.max() <= 1.001
    assert found.min() >= 0
    assert found.max() <= 1


def test_colour_changes_brightness_for_all_pixels_alike():
    found = colour(0.3, 0, 0)(torch.full((200, 3, 4, 4), 0.5), seeded())
    assert found.amax((1, 2, 3)).sub(found.amin((1, 2, 3))).max() < 1e-6
    assert 0.35 <= found.min() < 0.37
    assert 0.63 < found.max() <= 0.65


def test_saturation_leaves_gray_pictures_alone():
    gray = pictures(4, 1).expand(-1, 3, -1, -1)
    assert torch.allclose(colour(0, 0, 0.9)(gray, seeded()), gray, atol=1e-6)


def test_erasing_hits_a_share_of_the_pictures_and_a_part_of_each():
    x = torch.full((500, 1, 20, 20), 2.0)
    found = erase(0.3, 0.1, 0.2)(x, seeded())
    gone = (found != 2).float().mean((1, 2, 3))
    assert 0.24 < float((gone > 0).float().mean()) < 0.36
    assert gone[gone > 0].min() > 0.06
    assert gone.max() < 0.26


def test_changes_follow_one_another():
    x = pictures()
    both = then(warp(flip=1), warp(flip=1))
    assert torch.allclose(both(x, seeded()), x, atol=1e-5)


def test_mixup_lays_two_pictures_and_their_targets_over_each_other():
    y = torch.arange(300.0)
    x = y.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    pixels, mixed = Mixup(0.4)(x, y, seeded())
    assert torch.allclose(pixels, mixed.view(-1, 1, 1, 1).expand(-1, 1, 2, 2), atol=1e-4)
    assert float((mixed != y).float().mean()) > 0.2


def test_mixed_classes_are_shares_that_sum_to_one():
    y = torch.arange(300) % 3
    _, shares = Mixup(0.4, 3)(torch.zeros(300, 1, 2, 2), y, seeded())
    assert torch.allclose(shares.sum(1), torch.ones(300), atol=1e-6)
    assert shares.gather(1, y[:, None]).min() >= 0.5 - 1e-6  # most of each is the picture itself


def test_its_shares_are_those_of_a_beta_distribution():
    for alpha in (0.2, 1.0):
        x = torch.stack([torch.zeros(4000), torch.ones(4000)], 1)
        _, shares = Mixup(alpha, 2)(x, torch.arange(4000) % 2, seeded())
        share = shares.amax(1).double().numpy()
        expected = stats.beta(alpha, alpha).expect(lambda s: max(s, 1 - s))
        pure = 0.5 * (1 + expected)  # half the time the other is of the same class
        assert abs(share.mean() - pure) < 0.02


def test_mixup_of_numbers_is_their_mean():
    x, y = torch.zeros(64, 1, 2, 2), torch.arange(64.0)
    _, found = Mixup(1.0)(x, y, seeded())
    assert abs(float(found.mean() - y.mean())) < 3
    assert not torch.equal(found, y)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: warp(outside="white"),
        lambda: warp(flip=2),
        lambda: warp(turn=-1),
        lambda: crop(0),
        lambda: crop(0.5, 0.5),
        lambda: colour(1),
        lambda: erase(2),
        lambda: erase(0.5, 0.3, 0.2),
        lambda: Mixup(0),
        lambda: Mixup(1.0)(torch.zeros(2, 1, 2, 2), torch.zeros(2, dtype=torch.int64), seeded()),
    ],
)
def test_what_cannot_be_done_is_said(wrong):
    with pytest.raises(BadInput):
        wrong()
