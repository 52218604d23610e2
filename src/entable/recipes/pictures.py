"""Pictures in batches: pixels on their way to a net, changed at random, in the net's own scale."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from entable._answer import Answer
from entable._plots import canvas, short
from entable.data.images import Images
from entable.models.augment import Change, Mixup
from entable.train.batches import Batches, Epochs, mixed

__all__ = ["Normal", "PictureBatches", "ShownPictures"]

_LOOKED = 2000  # pictures whose pixels settle mean and spread


class Normal(NamedTuple):
    "Mean and spread of the channels, in shares of 255: float32 (C,) each."

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def of(cls, images: Images) -> "Normal":
        "Of the pictures themselves, or of 2,000 of them evenly taken."
        rows = np.unique(np.linspace(0, len(images) - 1, min(len(images), _LOOKED)).astype(int))
        pixels = images.pixels(rows)
        mean, std = pixels.mean((0, 1, 2)), pixels.std((0, 1, 2))
        std = np.maximum(std, 1)  # of pictures that are all alike
        return cls(*(np.asarray(part / 255, np.float32) for part in (mean, std)))

    def scaled(self, x: Tensor) -> Tensor:
        "Pictures (B, C, H, W) from 0 to 1 -> around 0, with a spread of 1."
        mean, std = (torch.from_numpy(part).to(x)[:, None, None] for part in self)
        return (x - mean) / std

    def seen(self, x: Tensor) -> Tensor:
        "The way back."
        mean, std = (torch.from_numpy(part).to(x)[:, None, None] for part in self)
        return (x * std + mean).clamp(0, 1)


def tensor(pixels: NDArray[np.uint8]) -> Tensor:
    "Bytes (B, H, W, C) -> float32 (B, C, H, W) from 0 to 1, held channels last."
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255)


class PictureBatches(Epochs):
    """Batches (pictures (B, C, H, W), target) of Images: gathered, changed, scaled.

    What is changed is drawn by seed, epoch and step, so an epoch can be taken up at any step.
    augment: a change (`models.augment`), made only where rows are shuffled. mix: `Mixup`.
    """

    inputs = 1

    def __init__(
        self,
        images: Images,
        normal: Normal,
        size: int = 64,
        seed: int = 0,
        shuffle: bool = True,
        valid: "PictureBatches | None" = None,
        augment: Change | None = None,
        mix: Mixup | None = None,
    ) -> None:
        self.images, self.normal, self.seed, self.valid = images, normal, int(seed), valid
        self.augment, self.mix = augment, mix
        labels = [] if images.labels is None else [images.labels]
        self.batches = Batches((np.arange(len(images)), *labels), size, seed, shuffle)
        self.size, self.rows = self.batches.size, self.batches.rows
        self.shuffle = shuffle
        self.told = None if images.vocab is None else images.vocab.names
        flags = images.target is not None and images.target.kind == "labels"
        self.classes = None if flags else self.told

    def __len__(self) -> int:
        return len(self.batches)

    def __repr__(self) -> str:
        return f"PictureBatches({self.images!r}, {len(self):,} of {self.size})"

    def in_order(self) -> Self:
        "The same pictures as they came: neither shuffled nor changed."
        other = super().in_order()
        other.batches, other.augment, other.mix = self.batches.in_order(), None, None
        return other

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, ...]]:
        "The batches of an epoch, from step `start` on."
        seed = mixed(self.seed + 1, epoch)
        for step, (rows, *y) in enumerate(self.batches.epoch(epoch, start), start):
            draws = torch.Generator().manual_seed(mixed(seed, step))
            x = tensor(self.images.pixels(rows.numpy()))
            x = x if self.augment is None else self.augment(x, draws)
            x = self.normal.scaled(x)
            yield (x, *y) if self.mix is None else self.mix(x, y[0], draws)

    def show(self, batch: Any, pred: Any, n: int) -> "ShownPictures":
        "The first pictures of a batch as people see them, with target and prediction."
        x, *y = batch
        pixels = self.normal.seen(x[:n].float().cpu()).permute(0, 2, 3, 1).numpy()
        told = [None] * len(pixels) if not y else [self._said(one) for one in y[0][:n]]
        guess = None if pred is None else [self._said(one) for one in pred[:n]]
        return ShownPictures(pixels, told, guess)

    def _said(self, value: Any) -> str:
        "A target or an answer in words."
        array = np.asarray(value)
        if self.told is None or array.dtype.kind in "OUS":
            return ", ".join(
                f"{v:.3g}" if array.dtype.kind == "f" else str(v) for v in np.atleast_1d(array)
            )
        if array.ndim == 0:
            return str(self.told[int(array)])
        found = [(self.told[k], float(array[k])) for k in np.flatnonzero(array > 0.005)]
        whole = all(share == 1 for _, share in found)
        return ", ".join(str(c) if whole else f"{c} {share:.0%}" for c, share in found) or "none"


class ShownPictures(Answer):
    "Pictures with what is known of them and, if asked, what a model says: `.table`, `.plot()`."

    def __init__(self, pixels: NDArray[Any], target: list[Any], pred: list[Any] | None) -> None:
        self.title = "A batch" if pred is None else "Targets and predictions"
        self.pixels, self.target, self.pred = pixels, target, pred

    @property
    def table(self) -> pl.DataFrame:
        "A row for each picture: target and predicted, if there are such."
        columns: dict[str, Any] = {"picture": range(len(self.pixels)), "target": self.target}
        return pl.DataFrame(columns if self.pred is None else columns | {"predicted": self.pred})

    def plot(self, ax: Any = None) -> Any:
        "The pictures in rows, what is known of each above it; Matplotlib's Axes."
        n = len(self.pixels)
        across = max(1, min(n, 2 * math.ceil(math.sqrt(n / 2))))
        down = math.ceil(n / across)
        ax = canvas(ax, 1.5 * across, 1.8 * down, self.title)
        ax.axis("off")
        for k, picture in enumerate(self.pixels):
            place = (k % across / across, 1 - (k // across + 1) / down, 0.92 / across, 0.8 / down)
            panel = ax.inset_axes(place)
            gray = picture.shape[2] == 1
            panel.imshow(picture[..., 0] if gray else picture, cmap="gray", vmin=0, vmax=1)
            panel.axis("off")
            wrong = self.pred is not None and self.pred[k] != self.target[k]
            said = "" if self.target[k] is None else str(self.target[k])
            said = f"{self.pred[k]}\nnot {said}" if wrong and self.pred is not None else said
            panel.set_title(short(said, 40) if "\n" not in said else said, fontsize=8)
        return ax
