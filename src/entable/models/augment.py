"""Pictures changed at random while a net learns, whole batches at a time, as tensors.

A change is a function of pictures (B, C, H, W), 0 to 1, and of a generator of random numbers; it
gives pictures of the same shape. What is drawn is drawn for each picture.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as fn

from entable.errors import BadInput

__all__ = ["Change", "Mixup", "colour", "crop", "erase", "photographs", "then", "warp"]

Change = Callable[[Tensor, torch.Generator], Tensor]
_GRAY = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


def then(*changes: Change) -> Change:
    "One change after the other."

    def change(x: Tensor, draws: torch.Generator) -> Tensor:
        for one in changes:
            x = one(x, draws)
        return x

    return change


def warp(
    turn: float = 0.0,
    shift: float = 0.0,
    zoom: float = 0.0,
    stretch: float = 0.0,
    flip: float = 0.0,
    outside: str = "reflection",
) -> Change:
    """Turn by up to `turn` degrees, shift by up to a share of height and width, zoom and stretch.

    zoom, stretch: .1 makes things up to 10 % larger or smaller, or wider or narrower. flip: the
    share of pictures that are mirrored, left for right. outside: what is seen beyond the edge,
    "reflection", "border" or "zeros" (black).
    """
    if outside not in ("reflection", "border", "zeros"):
        raise BadInput(f"outside={outside!r} came; 'reflection', 'border' or 'zeros' was wanted")
    if not (0 <= flip <= 1 and min(turn, shift, zoom, stretch) >= 0):
        raise BadInput("turn, shift, zoom and stretch from 0 on and flip from 0 to 1 were wanted")

    def change(x: Tensor, draws: torch.Generator) -> Tensor:
        n, height, width = len(x), x.shape[2], x.shape[3]
        angle = _spread(n, draws) * math.radians(turn)
        size = torch.exp(_spread(n, draws) * math.log1p(zoom))
        wide = torch.exp(_spread(n, draws) * math.log1p(stretch))
        mirror = 1 - 2 * (torch.rand(n, generator=draws) < flip).float()
        cos, sin = torch.cos(angle), torch.sin(angle)
        tall = height / width
        right, down = (2 * shift * _spread(n, draws) for _ in range(2))
        rows = [size * wide * cos * mirror, -size * sin * tall, right,
                size * sin / tall * mirror, size * cos / wide, down]  # fmt: skip
        return _looked(x, torch.stack(rows, 1).view(n, 2, 3), outside)

    return change


def crop(low: float = 0.35, ratio: float = 4 / 3, flip: float = 0.5) -> Change:
    """A part of the picture, stretched to all of it: from `low` to 1 of its area (Szegedy et al.).

    ratio: how much wider than high, or higher than wide, the part may be. flip: see `warp`.
    """
    if not (0 < low <= 1 and ratio >= 1 and 0 <= flip <= 1):
        raise BadInput(f"crop({low}, {ratio}, {flip}) came; 0 < low <= 1, 1 <= ratio was wanted")

    def change(x: Tensor, draws: torch.Generator) -> Tensor:
        n = len(x)
        area = low + (1 - low) * torch.rand(n, generator=draws)
        shape = torch.exp(_spread(n, draws) * math.log(ratio) / 2)
        wide = (area.sqrt() * shape).clamp(max=1)
        high = (area.sqrt() / shape).clamp(max=1)
        mirror = 1 - 2 * (torch.rand(n, generator=draws) < flip).float()
        none = torch.zeros(n)
        rows = [wide * mirror, none, (1 - wide) * _spread(n, draws),
                none, high, (1 - high) * _spread(n, draws)]  # fmt: skip
        return _looked(x, torch.stack(rows, 1).view(n, 2, 3), "border")

    return change


def colour(brightness: float = 0.2, contrast: float = 0.2, saturation: float = 0.2) -> Change:
    "Brighter or darker, more or less contrast and, of coloured pictures, colour: by up to shares."
    if not all(0 <= share < 1 for share in (brightness, contrast, saturation)):
        raise BadInput("brightness, contrast and saturation from 0 to below 1 were wanted")

    def change(x: Tensor, draws: torch.Generator) -> Tensor:
        n = len(x)
        more, steep, vivid = (
            (1 + _spread(n, draws) * share)[:, None, None, None].to(x)
            for share in (brightness, contrast, saturation)
        )
        if x.shape[1] == 3:
            gray = (x * x.new_tensor(_GRAY)[:, None, None]).sum(1, keepdim=True)
            x = gray + (x - gray) * vivid
        mean = x.mean((1, 2, 3), keepdim=True)
        return ((mean + (x - mean) * steep) * more).clamp(0, 1)

    return change


def erase(share: float = 0.25, low: float = 0.02, high: float = 0.2) -> Change:
    """In a share of the pictures a rectangle is filled with noise (Zhong et al. 2020).

    low, high: the smallest and largest part of the area that it takes.
    """
    if not (0 <= share <= 1 and 0 < low <= high < 1):
        raise BadInput("erase wants a share from 0 to 1 and 0 < low <= high < 1")

    def change(x: Tensor, draws: torch.Generator) -> Tensor:
        n, height, width = len(x), x.shape[2], x.shape[3]
        side = (low + (high - low) * torch.rand(n, generator=draws)).sqrt()
        shape = torch.exp(_spread(n, draws) * math.log(2))
        hit = torch.rand(n, generator=draws) < share
        inside = _between(height, (side * shape).clamp(max=1), draws)[:, :, None]
        inside = inside & _between(width, (side / shape).clamp(max=1), draws)[:, None]
        noise = torch.rand(x.shape, generator=draws).to(x)
        return torch.where((inside & hit[:, None, None])[:, None].to(x.device), noise, x)

    return change


def photographs() -> Change:
    "What photographs bear: a part of them, mirrored or not, in a little other light."
    return then(crop(0.5), colour())


class Mixup:
    """Two pictures and their targets laid over each other (Zhang et al. 2018).

    The share of one is drawn for each pair from Beta(alpha, alpha). Classes become shares of
    classes.
    """

    def __init__(self, alpha: float = 0.2, classes: int | None = None) -> None:
        if not alpha > 0:
            raise BadInput(f"alpha={alpha} came; mixup wants a number above 0")
        self.alpha, self.classes = float(alpha), classes

    def __call__(self, x: Tensor, y: Tensor, draws: torch.Generator) -> tuple[Tensor, Tensor]:
        "(B, C, H, W) and targets -> the same, mixed; classes (B,) -> shares (B, classes)."
        n = len(x)
        if not y.is_floating_point():
            if self.classes is None:
                raise BadInput("mixup of classes has to know how many there are: Mixup(classes=)")
            y = fn.one_hot(y, self.classes).to(x.dtype)
        power = 1 / self.alpha  # Johnk's way to draw from a beta distribution, in logarithms
        a, b = (torch.rand(64, n, generator=draws).clamp(min=1e-30).log() * power for _ in "ab")
        fits = torch.logaddexp(a, b) <= 0
        first = fits.float().argmax(0, keepdim=True)
        share = torch.sigmoid(a.gather(0, first) - b.gather(0, first))[0]
        share = torch.where(fits.any(0), share, 0.5)
        share = torch.maximum(share, 1 - share)  # of the picture itself
        other = torch.randperm(n, generator=draws)
        return _mixed(x, other, share), _mixed(y, other, share)


def _mixed(x: Tensor, other: Tensor, share: Tensor) -> Tensor:
    share = share.view(-1, *[1] * (x.ndim - 1)).to(x)
    return x * share + x[other.to(x.device)] * (1 - share)


def _spread(n: int, draws: torch.Generator) -> Tensor:
    "n numbers from -1 to 1."
    return 2 * torch.rand(n, generator=draws) - 1


def _between(n: int, length: Tensor, draws: torch.Generator) -> Tensor:
    "Which of n places lie in a piece of this share of them, somewhere: (B, n)."
    pixels = (length * n).round().clamp(min=1)
    begin = (torch.rand(len(length), generator=draws) * (n - pixels + 1)).floor()
    at = torch.arange(n)
    return (at >= begin[:, None]) & (at < (begin + pixels)[:, None])


def _looked(x: Tensor, places: Tensor, outside: str) -> Tensor:
    "The picture as seen through affine maps (B, 2, 3) of the square from -1 to 1."
    grid = fn.affine_grid(places.to(x), list(x.shape), align_corners=False)
    return fn.grid_sample(x, grid, "bilinear", outside, align_corners=False)
