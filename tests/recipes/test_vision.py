"A Learner of pictures finds what was planted in them, and says what it cannot learn from."

import re
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from entable import Callback
from entable.data.images import Images
from entable.errors import BadInput
from entable.models import conv, resnet
from entable.models.augment import crop, warp
from entable.recipes.pictures import Normal
from entable.recipes.vision import PUBLIC, conv_net, vision_learner

NAMES = ("lying", "standing")
tiny_net = partial(conv_net, widths=(8, 8))
tiny_resnet = partial(resnet.ResNet, resnet.BasicBlock, (1, 1, 1, 1), widths=(4, 4, 8, 8))


def bars(n=120, seed=0, channels=3):
    "Pictures of a bar that lies or stands, anywhere, in noise: (pixels, which)."
    dice = np.random.default_rng(seed)
    x = dice.integers(0, 120, (n, 12, 12, channels), np.uint8)
    y = dice.integers(0, 2, n)
    for k, (row, column) in enumerate(dice.integers(0, 10, (n, 2))):
        at = (
            (slice(row, row + 2), slice(None))
            if y[k] == 0
            else (slice(None), slice(column, column + 2))
        )
        x[(k, *at)] = 230
    return x, y


@pytest.fixture(scope="module")
def images():
    x, y = bars()
    return Images.arrays(x, [NAMES[k] for k in y])


@pytest.fixture
def folder(tmp_path):
    x, y = bars(16)
    for k, (pixels, kind) in enumerate(zip(x, y, strict=True)):
        (tmp_path / NAMES[kind]).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / NAMES[kind] / f"{k}.png")
    return tmp_path


@pytest.mark.parametrize(
    ("model", "epochs"), [(tiny_net, 4), (partial(tiny_resnet, widths=(8, 8, 8, 8), small=True), 8)]
)
def test_what_was_planted_is_found(images, model, epochs):
    learn = vision_learner(images, 0.25, model, size=16, lr=1e-2)
    learn.fit_one_cycle(epochs)
    assert learn.recorder.table["accuracy"][-1] > 0.9
    x, y = bars(40, seed=1)
    said = learn.predict(Images.arrays(x), decode=True)
    assert np.mean(said == [NAMES[k] for k in y]) > 0.9


def test_a_folder_will_do(folder):
    learn = vision_learner(folder, 0.25, tiny_net)
    learn.fit(1)
    assert (len(learn.images), len(learn.held_out)) == (12, 4)
    assert learn.predict(folder).shape == (16, 2)
    assert learn.predict([folder / "lying" / name.split("/")[1] for name in learn.images.names
                          if name.startswith("lying")][:2]).shape == (2, 2)  # fmt: skip


def test_the_same_seed_gives_the_same_weights(images):
    def weights(seed):
        learn = vision_learner(images, 0.25, tiny_net, seed=seed, augment=warp(5), mix=0.2)
        learn.fit(1)
        return torch.cat([p.flatten() for p in learn.model.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


class Enough(Callback):
    "Stops in the middle of the second epoch."

    looks = True

    def after_step(self, run):
        if run.done == 9:
            run.stop = "enough"


def test_training_goes_on_where_it_was_stopped(images, tmp_path):
    def learner():
        return vision_learner(images, 0.25, tiny_net, augment=crop(), mix=0.2, size=16)

    whole, part = learner(), learner()
    whole.fit(2)
    part.fit(2, resume=tmp_path, callbacks=[Enough()])
    assert part.stopped == "enough"
    again = learner()
    again.fit(2, resume=tmp_path)
    for p, q in zip(whole.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(p, q)


def test_several_labels_are_learnt_as_flags(images):
    x, y = bars()
    learn = vision_learner(Images.arrays(x, np.stack([y, 1 - y], 1)), 0.25, tiny_net, size=16)
    assert learn.model.head[-1].out_features == 2
    learn.fit_one_cycle(4, 1e-2)
    assert learn.recorder.table["accuracy"][-1] > 0.9
    assert learn.predict(decode=True).dtype == bool


@pytest.mark.parametrize("several", [False, True])
def test_numbers_are_learnt_in_their_own_units(several):
    dice = np.random.default_rng(0)
    light = dice.uniform(0, 1, 160)
    x = np.rint(255 * light[:, None, None] * np.ones((8, 8))).astype(np.uint8)
    y = 1000 * light + 5000
    y = np.stack([y, -y], 1) if several else y
    learn = vision_learner(Images.arrays(x, y), 0.25, tiny_net, size=16)
    learn.fit_one_cycle(8, 1e-2)
    found = learn.predict()
    assert found.shape == learn.held_out.labels.shape
    assert np.abs(found - learn.held_out.labels).mean() < 150
    assert learn.recorder.table["rmse"][-1] < 200


def test_a_model_of_ones_own_will_do(images):
    own = nn.Sequential(nn.Flatten(), nn.Linear(12 * 12 * 3, 2))
    learn = vision_learner(images, 0.25, own)
    learn.fit(1)
    assert len(learn.groups) == 1


def test_the_head_is_sized_by_the_targets_and_may_be_given(images):
    head = vision_learner(images, 0.25, tiny_resnet).model.fc
    assert isinstance(head[0], conv.ConcatPool)
    assert head[-1].out_features == 2
    flat = vision_learner(
        images, 0.25, tiny_resnet,
        head=lambda k: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(k, 2)),
    )  # fmt: skip
    assert flat.model.fc[-1].in_features == 8
    own = partial(tiny_resnet, head=lambda k: conv.concat_head(k, 2, hidden=5))
    assert vision_learner(images, 0.25, own).model.fc[-1].in_features == 5


# weights of others


@pytest.fixture
def saved(images, tmp_path):
    learn = vision_learner(images, 0.25, tiny_resnet, size=16)
    learn.fit_one_cycle(2, 1e-2)
    return learn.save(tmp_path / "bars.entable")


def test_three_groups_are_frozen_trained_and_unfrozen(images, saved):
    learn = vision_learner(images, 0.25, tiny_resnet, pretrained=saved, size=16)
    model = learn.model
    assert [g[-1] for g in learn.groups] == [model.layer2, model.layer4, model.fc]
    assert not any(p.requires_grad for p in model.conv1.parameters())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    learn.fit(1)  # the head alone
    moved = {
        name for name, value in model.state_dict().items() if not torch.equal(value, before[name])
    }
    assert moved
    assert all(name.startswith("fc.") for name in moved)  # statistics of frozen norms, too
    learn.unfreeze()
    learn.fit(1, slice(1e-5, 1e-2))
    rates = {group["layers"]: group["lr"] for group in learn.opt.param_groups}
    assert rates == pytest.approx({0: 1e-5, 1: 10**-3.5, 2: 1e-2})
    assert not torch.equal(model.conv1.weight, before["conv1.weight"])


def test_fine_tune_trains_the_head_and_then_all(images, saved):
    learn = vision_learner(images, 0.25, tiny_resnet, pretrained=saved, size=16)
    learn.fine_tune(2, 1e-2)
    assert learn.trained == 3
    assert all(p.requires_grad for p in learn.model.parameters())
    assert learn.recorder.table["step"].to_list() == [6, 12, 18]


def test_public_weights_see_colours_in_their_makers_scale(images, saved, tmp_path):
    public = tmp_path / "public.safetensors"
    save_file(tiny_resnet().state_dict(), public)
    learn = vision_learner(images, 0.25, tiny_resnet, pretrained=public)
    assert learn.normal is PUBLIC
    own = Normal.of(images)
    assert vision_learner(images, 0.25, tiny_resnet, pretrained=public, normal=own).normal is own
    assert vision_learner(images, 0.25, tiny_resnet, pretrained=saved).normal is not PUBLIC
    gray = Images.arrays(*bars(channels=1))
    assert vision_learner(gray, 0.25, tiny_resnet, pretrained=public).normal.mean.shape == (1,)


def test_weights_of_another_architecture_list_what_is_missing_and_extra(images, saved):
    other = partial(resnet.ResNet, resnet.BasicBlock, (1, 1, 1, 2), widths=(4, 4, 8, 8))
    with pytest.raises(BadInput, match=r"10 missing \(layer4.1.conv1.weight"):
        vision_learner(images, 0.25, other, pretrained=saved)
    with pytest.raises(BadInput, match=r"missing \(body.0.0.weight.* extra \(bn1.bias"):
        vision_learner(images, 0.25, tiny_net, pretrained=saved)
    headless = nn.Sequential(nn.Flatten(), nn.Linear(12 * 12 * 3, 2))
    with pytest.raises(BadInput, match="no part `fc` or `head`"):
        vision_learner(images, 0.25, headless, pretrained=saved)


# looking


def test_answers_of_changed_pictures_are_weighed_with_those_of_the_picture(images):
    learn = vision_learner(images, 0.25, tiny_net, augment=warp(shift=0.2), size=16)
    learn.fit_one_cycle(2, 1e-2)
    plain, found = learn.predict(learn.held_out), learn.tta()
    assert found.shape == plain.shape
    assert np.allclose(found.sum(1), 1, atol=1e-5)
    assert not np.allclose(found, plain)
    assert np.array_equal(found, learn.tta())
    assert np.allclose(learn.tta(own=1.0), plain)
    assert learn.tta(bars(5)[0], n=1).shape == (5, 2)
    with pytest.raises(BadInput, match="no change to try"):
        vision_learner(images, 0.25, tiny_net).tta()
    with pytest.raises(BadInput, match="no held-out pictures"):
        vision_learner(images, None, tiny_net, augment=crop()).tta()


def test_batches_and_results_show_pictures(images):
    learn = vision_learner(images, 0.25, tiny_net)
    assert set(learn.show_batch(5).table["target"]) <= set(NAMES)
    shown = learn.show_results(6)
    assert shown.table.columns == ["picture", "target", "predicted"]
    assert set(shown.table["predicted"]) <= set(NAMES)
    assert len(shown.plot().child_axes) == 6


def test_pictures_are_tensors_as_the_model_sees_them(images):
    learn = vision_learner(images, 0.25, tiny_net)
    x = learn.tensors(learn.images.take(slice(3)))
    assert x.shape == (3, 3, 12, 12)
    path_like = Image.fromarray(bars(1)[0][0]).resize((30, 20))
    assert learn.tensors(path_like).shape == (1, 3, 12, 12)
    with pytest.raises(BadInput, match="the model learnt from"):
        learn.tensors(Images.arrays(np.zeros((2, 5, 5, 3), np.uint8)))


def test_it_computes_in_mixed_precision(images):
    learn = vision_learner(images, 0.25, tiny_net, precision="bf16", size=16)
    learn.fit_one_cycle(4, 1e-2)
    assert learn.recorder.table["accuracy"][-1] > 0.85


# what cannot be learnt from


def test_one_class_and_one_picture(images):
    one = images.take(images.labels == 1)
    with pytest.raises(BadInput, match="are of one class; there is nothing to tell apart"):
        vision_learner(one, None, tiny_net)
    with pytest.raises(BadInput, match="one picture came; two at least"):
        vision_learner(images.take([0]), None, tiny_net)


def test_two_pictures_are_enough(images):
    two = images.take([int(np.argmax(images.labels == k)) for k in (0, 1)])
    learn = vision_learner(two, None, tiny_net)
    learn.fit(1)
    assert learn.predict(two).shape == (2, 2)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (lambda x, y: Images.arrays(x), "nothing is known of the held-out pictures"),
        (lambda x, y: Images.arrays(x, y), "have other targets"),
        (lambda x, y: Images.arrays(x, y + 0.5), "have other targets"),
        (lambda x, y: Images.arrays(x[:, :6], [NAMES[k] for k in y]), "the held-out pictures are"),
    ],
)
def test_held_out_pictures_of_another_kind(images, held, told):
    x, y = bars(10)
    with pytest.raises(BadInput, match=told):
        vision_learner(images, held(x, y), tiny_net)


def test_pictures_of_which_nothing_is_known():
    with pytest.raises(BadInput, match=re.escape("Images.arrays(x, y)")):
        vision_learner(Images.arrays(bars(4)[0]), None, tiny_net)


def test_a_share_that_leaves_nothing(images):
    with pytest.raises(BadInput, match="between 0 and 1"):
        vision_learner(images, 1.5, tiny_net)
