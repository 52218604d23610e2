"""Pictures small enough to stand in a page."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._extras import need
from entable.export.report.blocks import Thumb, Thumbs
from entable.interpret.gallery import Gallery

__all__ = ["source", "thumbs"]

_SIDE = 160  # pixels, at most
_COARSE = 48  # pictures up to this size are shown pixel by pixel


def thumbs(found: Gallery, most: int = 24, **more: Any) -> Thumbs:
    "A gallery as a block of a page."
    wrong = np.zeros(len(found), bool) if found.wrong is None else found.wrong
    each = zip(found.pictures[:most], found.captions, wrong.tolist(), strict=False)
    small = [Thumb(source(one), text.split("\n"), bad) for one, text, bad in each]
    coarse = max(found.pictures.shape[1:3]) <= _COARSE
    return Thumbs(found.title, small, coarse, notes=found.notes, **more)


def source(picture: NDArray[np.uint8]) -> str:
    """A picture (H, W, C) as a data URI: PNG where it is small, else JPEG.

    Raises MissingExtra without Pillow.
    """
    image = need("PIL.Image").fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    image.thumbnail((_SIDE, _SIDE))
    kind = "png" if max(image.size) <= _COARSE else "jpeg"
    file = BytesIO()
    image.save(file, kind, **({"optimize": True} if kind == "png" else {"quality": 82}))
    return f"data:image/{kind};base64,{b64encode(file.getvalue()).decode('ascii')}"
