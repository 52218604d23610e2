"""Pictures: Images in, a Learner that becomes an ImageModel out."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from entable.data.images import Images
from entable.errors import BadInput
from entable.imagemodel import ImageModel
from entable.models import conv, resnet
from entable.models.augment import Change, Mixup
from entable.recipes.pictures import Normal, PictureBatches, tensor
from entable.recipes.pretrained import load_body, weights_file
from entable.recipes.targets import usual_loss, usual_metrics
from entable.recipes.visionserved import image_model
from entable.train.batches import mixed
from entable.train.learner import Learner

__all__ = ["PUBLIC", "VisionLearner", "conv_net", "image_model", "vision_learner"]

Model = nn.Module | Callable[..., nn.Module]
Given = str | os.PathLike[str] | Images
PUBLIC = Normal(  # how the makers of the common public weights scaled their pictures
    np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
)
_LOOKED = 256  # pictures looked at together


class VisionLearner(Learner):
    "A Learner of pictures, which knows their names, classes and scale."

    images: Images
    held_out: Images | None
    normal: Normal

    def image_model(self) -> ImageModel:
        """What was learnt, with how pictures come into it: predict, encode, save, without torch.

        Raises BadInput for a model that cannot be computed without torch.
        """
        return image_model(self)

    def tensors(self, pictures: Any) -> Tensor:
        "Pictures as the model sees them: float32 (n, C, H, W). pictures: what `Images.of` takes."
        return self.normal.scaled(tensor(self.like(pictures).pixels()))

    def like(self, pictures: Any) -> Images:
        "Pictures (whatever `Images.of` takes) in the size and channels that the model learnt from."
        own = self.images
        if isinstance(pictures, Images):
            if (pictures.size, pictures.channels) != (own.size, own.channels):
                raise BadInput(f"{pictures!r} came; the model learnt from {own!r}")
            return pictures
        return Images.of(pictures, size=own.size, channels=own.channels, fit=own.fit)

    def predict(self, *given: Any, raw: bool = False, decode: bool = False) -> NDArray[Any]:
        """What the model says: see Learner.predict; Images and their paths are taken, too."""
        one = given[0] if len(given) == 1 else None
        if isinstance(one, (Images, str, os.PathLike, list)):
            given = (PictureBatches(self.like(one), self.normal, _LOOKED, shuffle=False),)
        return super().predict(*given, raw=raw, decode=decode)

    def tta(self, pictures: Any = None, n: int = 4, own: float = 0.25) -> NDArray[Any]:
        """What the model says of pictures and of n changed versions of each, weighted.

        pictures: the held-out ones if not given. own: the weight of the picture as it is.
        Changes are those of training. Raises BadInput where there are none.
        """
        if self.batches.augment is None:
            raise BadInput("this model learnt from pictures as they are; there is no change to try")
        held = self.held_out if pictures is None else self.like(pictures)
        if held is None:
            raise BadInput("there are no held-out pictures; give some")
        plain = self.predict(held)
        versions = [self._changed(held, k) for k in range(n)]
        found: NDArray[Any] = own * plain + (1 - own) * np.mean(versions, 0)
        return found

    def _changed(self, pictures: Images, k: int) -> NDArray[Any]:
        "What the model says of one changed version of each picture."
        x = self.batches.augment
        source = _Changed(pictures, self.normal, x, mixed(self.seed, k))
        return super().predict(source)


class _Changed(PictureBatches):
    "Pictures as they came in order, each changed."

    def __init__(self, images: Images, normal: Normal, augment: Change, seed: int) -> None:
        super().__init__(images, normal, _LOOKED, seed, False, augment=augment)

    def in_order(self) -> Self:
        "They are."
        return self


def conv_net(channels: int, outputs: int, **rest: Any) -> nn.Module:
    "The small convnet of `models.conv`, which is what `vision_learner` makes if not told."
    return conv.ConvNet(channels, outputs, **rest)


def vision_learner(
    images: Given,
    valid: float | Images | None = None,
    model: Model = conv_net,
    pretrained: str | os.PathLike[str] | None = None,
    *,
    augment: Change | None = None,
    mix: float | None = None,
    head: Callable[[int], nn.Module] | None = None,
    loss: Callable[..., Any] | None = None,
    normal: Normal | None = None,
    size: int = 64,
    wd: float = 0.05,
    lr: float = 3e-3,
    metrics: Any = None,
    seed: int = 0,
    **rest: Any,
) -> VisionLearner:
    """A Learner of pictures: `vision_learner(Images.folder(path), .2).fit_one_cycle(5)`.

    images: Images with classes, labels or numbers, or a folder with a folder for each class. valid:
    the same held out, or a share at random. model: a module of (B, C, H, W), or what makes one of
    (channels, outputs, head=), such as `conv_net` or `models.resnet.resnet18`. pretrained: weights
    of a body of the same layers (`recipes.pretrained.weights_file`); only the head learns then
    until `unfreeze`, as `fine_tune` does. augment: a change of pictures (`models.augment`). mix:
    the alpha of mixup. head: makes the head of the number of features; with concatenated pooling
    if not given. normal: mean and spread of channels, of the pictures themselves if not given, and
    `PUBLIC` for colour and weights in a safetensors file of others. size: pictures of a batch.
    rest: see Learner. Raises BadInput for one class, one picture, and held-out pictures of another
    kind.
    """
    pictures = images if isinstance(images, Images) else Images.folder(images)
    train, held = _parted(pictures, valid, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = model if isinstance(model, nn.Module) else _made(model, train, head, pretrained)
    public = False
    if pretrained is not None:
        public = load_body(net, weights_file(pretrained), [_head_of(net)])
    if normal is None:
        normal = PUBLIC if public and train.channels == 3 else Normal.of(train)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    outside = None if held is None else PictureBatches(held, normal, 4 * size, shuffle=False)
    mixup = None if mix is None else Mixup(mix, _classes(train))
    batches = PictureBatches(train, normal, size, seed, True, outside, augment, mixup)
    if isinstance(net, resnet.ResNet):
        rest.setdefault("groups", resnet.groups)
    target = train.target
    assert target is not None
    learner = VisionLearner(
        net,
        batches,
        usual_loss(target) if loss is None else loss,
        metrics=usual_metrics(target) if metrics is None else metrics,
        wd=wd,
        lr=lr,
        seed=seed,
        **rest,
    )
    learner.images, learner.held_out, learner.normal = train, held, normal
    if pretrained is not None:
        learner.freeze()
    return learner


def _parted(
    images: Images, valid: float | Images | None, seed: int
) -> tuple[Images, Images | None]:
    "The pictures to learn from and those held out, checked."
    if images.target is None or images.labels is None:
        raise BadInput(
            "nothing is known of these pictures, so there is nothing to learn: Images.folder, "
            "Images.csv and Images.arrays(x, y) read classes, labels or numbers along with them"
        )
    if len(images) < 2:
        raise BadInput("one picture came; two at least are needed to learn from")
    train, held = images, valid
    if isinstance(valid, (int, float)):
        train, held = images.split(float(valid), seed)
    if held is not None:
        assert isinstance(held, Images)
        _agree(train, held)
    if images.target.kind == "classes" and len(np.unique(np.asarray(train.labels))) < 2:
        raise BadInput(
            f"the {len(train):,} pictures to learn from are of one class; there is nothing to tell "
            "apart"
        )
    return train, held


def _agree(train: Images, held: Images) -> None:
    if held.labels is None or held.target is None:
        raise BadInput("nothing is known of the held-out pictures, so they cannot judge")
    assert train.target is not None
    same = held.target.kind == train.target.kind and held.vocab == train.vocab
    if not same or held.target.names != train.target.names:
        raise BadInput(
            f"the held-out pictures have other targets ({held!r}) than those to learn from "
            f"({train!r}); split them from the same Images, by .split()"
        )
    if (held.size, held.channels) != (train.size, train.channels):
        raise BadInput(f"the held-out pictures are {held!r}, those to learn from {train!r}")


def _made(
    model: Callable[..., nn.Module],
    images: Images,
    head: Callable[[int], nn.Module] | None,
    pretrained: Any,
) -> nn.Module:
    "A net with a head for the targets."
    target = images.target
    assert target is not None
    outputs = target.outputs
    head = head or getattr(model, "keywords", {}).get("head")  # a partial's own
    if head is None:
        deep: dict[str, Any] = {"hidden": 512, "dropout": 0.5} if pretrained is not None else {}
        head = partial(conv.concat_head, outputs=outputs, **deep)
    if target.kind not in ("number", "numbers", "binary"):
        return model(images.channels, outputs, head=head)
    numbers = target.kind != "binary"
    centre = target.center if numbers else np.zeros(outputs)
    scale = target.scale if numbers else np.ones(outputs)
    ends = conv.Outputs(centre.tolist(), scale.tolist(), target.kind != "numbers")
    plain: Callable[[int], nn.Module] = head

    def scaled(features: int) -> nn.Module:
        return nn.Sequential(plain(features), ends)

    return model(images.channels, outputs, head=scaled)


def _head_of(net: nn.Module) -> nn.Module:
    for name in ("fc", "head"):
        if isinstance(found := getattr(net, name, None), nn.Module):
            return found
    raise BadInput(f"{type(net).__name__} has no part `fc` or `head`, so its body is not known")


def _classes(images: Images) -> int | None:
    return None if images.vocab is None else len(images.vocab)
