"""One picture file into numbers: whatever its kind, its colours, its depth and its orientation."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entable._extras import need
from entable.errors import BadInput

__all__ = ["FITS", "Header", "Unreadable", "decode", "header"]

FITS = ("crop", "squish", "pad")
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")  # those whose readers are sound
_MOST = 1 << 27  # pixels; more is a mistake or an attack
_GRAY = ("1", "L", "LA", "La", "I")
_ORIENTATION = 0x0112  # of EXIF
_TURNS = ("", "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270",
          "TRANSVERSE", "ROTATE_90")  # fmt: skip
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


class Unreadable(Exception):
    "Why a file cannot be read as a picture."


class Header(NamedTuple):
    "What a picture says of itself before it is decoded: pixels as it is held upright."

    height: int
    width: int
    gray: bool


def header(source: Any) -> Header:
    "The size of a picture and whether it is gray; Unreadable where it is no picture."
    with _opened(source) as picture:
        height, width = picture.height, picture.width
        if _turn(picture) >= 4:
            height, width = width, height
        gray = picture.mode in _GRAY or picture.mode.startswith("I;16")
        return Header(height, width, gray)


def decode(source: Any, size: tuple[int, int], channels: int, fit: str) -> NDArray[np.uint8]:
    """The pixels of a picture, upright, fitted to (height, width): uint8 (H, W, C).

    Transparent parts become white, 16 bits become 8. fit: "crop" keeps the middle, "squish" every
    part, "pad" puts black beside it. Raises Unreadable.
    """
    with _opened(source) as picture:
        if picture.format == "JPEG":  # decoded no larger than it needs to be
            picture.draft(picture.mode, (2 * size[1], 2 * size[0]))
        turn = _turn(picture)
        picture = _plain(picture, channels)
        if turn:
            picture = picture.transpose(need("PIL.Image").Transpose[_TURNS[turn]])
        return np.asarray(_fitted(picture, size, fit)).reshape(*size, channels)


@contextmanager
def _opened(source: Any) -> Iterator[Any]:
    "An opened picture; all that its decoder may raise is one Unreadable."
    image = need("PIL.Image")
    try:
        if isinstance(source, np.ndarray):
            picture = image.fromarray(source)
        elif isinstance(source, image.Image):
            picture = source.copy()
        else:
            picture = image.open(source, formats=_FORMATS)
        with picture:
            if picture.width * picture.height > _MOST:
                raise Unreadable(f"it has {picture.width:,} x {picture.height:,} pixels, too many")
            yield picture
    except (Unreadable, BadInput):
        raise
    except Exception as error:  # decoders raise what they like
        raise Unreadable(_why(source, error)) from None


def _why(source: Any, error: Exception) -> str:
    "What is wrong with a file, from what it is and from what its decoder said."
    if isinstance(error, need("PIL.Image").DecompressionBombError):
        return "it has too many pixels"
    if not isinstance(source, (str, os.PathLike)):
        return f"it cannot be decoded ({_first(error)})"
    if not os.path.exists(source):
        return "there is no such file"
    if not os.path.isfile(source):
        return "it is no file"
    with suppress(OSError), open(source, "rb") as file:
        start = file.read(512)
        if not start:
            return "it is empty (0 bytes)"
        if start.startswith(_PICKLES):
            return "it is a pickle, which is never opened because it could run code"
        if isinstance(error, need("PIL").UnidentifiedImageError):
            what = "it looks like text" if _text(start) else "its first bytes are those of no kind"
            return f"it is no picture, whatever its name says: {what}"
    if isinstance(error, MemoryError):
        return "it does not fit into memory"
    return f"it is damaged ({_first(error)})"


def _text(start: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\n\r\f" for byte in start)


def _first(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


def _turn(picture: Any) -> int:
    "How a camera was held, 0 for upright; damaged EXIF says nothing."
    with suppress(Exception):
        told = picture.getexif().get(_ORIENTATION, 1)
        return int(told) - 1 if told in range(1, 9) else 0
    return 0


def _plain(picture: Any, channels: int) -> Any:
    "Eight bits, no transparency, gray or red, green and blue."
    mode = picture.mode
    if mode == "F":
        raise Unreadable("its pixels are floating-point numbers without a known scale")
    if mode == "I" or mode.startswith("I;16"):
        picture = need("PIL.Image").fromarray(_eight(np.asarray(picture)))
    elif mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = need("PIL.Image").new("RGBA", picture.size, (255, 255, 255, 255))
        picture = need("PIL.Image").alpha_composite(white, picture)
    elif mode not in ("1", "L", "RGB"):
        picture = picture.convert("RGB")  # CMYK, YCbCr, LAB, HSV, palettes
    return picture.convert("L" if channels == 1 else "RGB")


def _eight(values: NDArray[Any]) -> NDArray[np.uint8]:
    if values.size and (values.min() < 0 or values.max() > 65535):
        raise Unreadable("its pixels are 32-bit numbers beyond 65,535, without a known scale")
    return (values >> 8).astype(np.uint8)


def _fitted(picture: Any, size: tuple[int, int], fit: str) -> Any:
    "A picture of (height, width)."
    wanted = (size[1], size[0])
    if picture.size == wanted:
        return picture
    how = need("PIL.Image").Resampling.BICUBIC
    if fit == "squish":
        return picture.resize(wanted, how)
    place = need("PIL.ImageOps")
    return (place.fit if fit == "crop" else place.pad)(picture, wanted, how)
