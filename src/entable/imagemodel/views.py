"""How pictures come into a model: read to its size, and looked at in several ways."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from entable.data.images import Images
from entable.errors import BadInput

__all__ = ["Broken", "looked", "views"]

Pixels = NDArray[np.uint8]
Broken = Literal["refuse", "skip"]


def looked(
    pictures: Any, shape: tuple[int, int, int], fit: str, broken: Broken = "refuse"
) -> Images:
    """Pictures of any kind in the size and colours that a net wants.

    Raises BadInput for Images that were read in another size, and names broken pictures.
    """
    h, w, channels = shape
    if not isinstance(pictures, Images):
        if _is_one(pictures):
            pictures = pictures[None]
        return Images.of(pictures, broken, size=(h, w), channels=channels, fit=fit)
    if (*pictures.size, pictures.channels) != shape:
        height, width = pictures.size
        raise BadInput(
            f"the pictures were read as {height} x {width} x {pictures.channels}, the model was "
            f"learnt from {h} x {w} x {channels}: read them with size=({h}, {w}), "
            f"channels={channels}, or give their paths"
        )
    return pictures


def _is_one(pictures: Any) -> bool:
    "Is it the array of one picture, (H, W) or (H, W, 3)?"
    shape: tuple[int, ...] = getattr(pictures, "shape", ())
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)


def views(pictures: Pixels, mirrored: bool) -> Iterator[Pixels]:
    """Pictures (n, H, W, C) as they are, moved a little to each side, and all that in a mirror.

    mirrored: whether a mirror image is one of the same thing.
    """
    h, w = pictures.shape[1:3]
    by = max(1, round(min(h, w) / 32))
    wide = np.pad(pictures, ((0, 0), (by, by), (by, by), (0, 0)), mode="edge")
    for down, right in ((0, 0), (by, 0), (-by, 0), (0, by), (0, -by)):
        moved = wide[:, by + down : by + down + h, by + right : by + right + w]
        yield moved
        if mirrored:
            yield moved[:, :, ::-1]
