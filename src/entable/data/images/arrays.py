"""Pictures that come as arrays: given ones, the idx files of MNIST, and npz archives."""

import gzip
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.near import nearest
from entable.errors import BadInput

__all__ = ["read_idx", "read_npz", "refuse_pickle", "stacked"]

Path_ = str | os.PathLike[str]
_PARTS = {"train": "train", "test": "t10k"}
_FOUR = (
    "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
    "t10k-labels-idx1-ubyte.gz"
)
_PICKLED = (".pkl", ".pickle", ".pkl.gz", ".pickle.gz", ".pkl.xz", ".pt", ".pth")
_UBYTE = 0x08  # the only type of idx that pictures have


def stacked(pictures: Any) -> NDArray[np.uint8]:
    """Pictures (n, H, W) or (n, H, W, C) as uint8 (n, H, W, C); floats from 0 to 1, bools, 16 bits.

    Raises BadInput for other shapes, types and values.
    """
    array = np.asarray(pictures)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or 0 in array.shape:
        flat = " (reshape flat rows first)" if array.ndim == 2 else ""
        raise BadInput(
            f"an array of shape {array.shape} came for pictures; (n, height, width) or "
            f"(n, height, width, channels) was wanted{flat}"
        )
    if array.shape[3] not in (1, 3):
        first = array.shape[1] in (1, 3)
        out = "put them last: x.transpose(0, 2, 3, 1)" if first else "keep 1 (gray) or 3"
        raise BadInput(f"pictures with {array.shape[3]} channels came, shape {array.shape}; {out}")
    return np.ascontiguousarray(_bytes(array))


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype == np.uint16:
        return np.asarray(array >> 8, np.uint8)
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not (low >= 0 and high <= 1):  # NaN too
            raise BadInput(
                f"pictures of floats from {low:g} to {high:g} came; 0 (black) to 1 (white) was "
                "wanted: scale them, or give bytes from 0 to 255"
            )
        return np.asarray(np.rint(array * 255), np.uint8)
    if array.dtype.kind in "iu" and array.min() >= 0 and array.max() <= 255:
        return array.astype(np.uint8)
    raise BadInput(f"pictures of {array.dtype} came; bytes from 0 to 255 or floats from 0 to 1")


def read_idx(path: Path_, part: str = "train") -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(pictures (n, H, W), labels (n,)) of a folder with the four files of MNIST, or like them.

    path: the folder, or the file of pictures itself, beside which its labels lie.
    Raises BadInput for files that are absent, damaged, pickled or of different length.
    """
    if part not in _PARTS:
        raise BadInput(f"part={part!r} came; 'train' or 'test' was wanted")
    pictures = _file(Path(path), _PARTS[part])
    labels = _beside(pictures)
    x, y = _idx(pictures, 3), _idx(labels, 1)
    if len(x) != len(y):
        raise BadInput(
            f"{pictures} holds {len(x):,} pictures and {labels.name} {len(y):,} labels; take both "
            "files of one set"
        )
    return x, y


def _file(path: Path, part: str) -> Path:
    refuse_pickle(path)
    if not path.is_dir():
        return path
    for name in (f"{part}-images-idx3-ubyte", f"{part}-images.idx3-ubyte"):
        for end in ("", ".gz"):
            if (found := path / (name + end)).is_file():
                return found
    for inside in sorted(path.iterdir()):
        refuse_pickle(inside)
    raise BadInput(f"{path} holds no {part}-images-idx3-ubyte(.gz); MNIST comes as {_FOUR}")


def _beside(pictures: Path) -> Path:
    name = pictures.name.replace("images", "labels").replace("idx3", "idx1")
    for one in (name, name.removesuffix(".gz"), name + ".gz"):
        if one != pictures.name and (found := pictures.with_name(one)).is_file():
            return found
    raise BadInput(f"the labels of {pictures} are absent: there is no {name} beside it")


def refuse_pickle(path: Path) -> None:
    "BadInput for what looks like a pickle, with the files to take instead."
    if path.is_file() and path.name.lower().endswith(_PICKLED):
        raise BadInput(
            f"{path} is a pickle, which is never opened because it could run code; take the idx "
            f"files instead: {_FOUR}"
        )


def _idx(path: Path, axes: int) -> NDArray[np.uint8]:
    "The array of an idx file: two zeros, type, axes, sizes (big-endian), bytes."
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            first = file.read(4 + 4 * axes)
            if first[:4] != bytes([0, 0, _UBYTE, axes]) or len(first) < 4 + 4 * axes:
                raise BadInput(f"{path} is no idx file of bytes with {axes} axes")
            shape = tuple(np.frombuffer(first, ">u4", offset=4).tolist())
            wanted = int(np.prod(shape, dtype=object))
            data = _exactly(file, wanted)
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}; MNIST comes as {_FOUR}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    if len(data) != wanted or not wanted:
        held = "more" if len(data) > wanted else f"{len(data):,}"
        raise BadInput(f"{path} is damaged: its header tells of {wanted:,} bytes, it holds {held}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _exactly(file: Any, wanted: int) -> bytes:
    "So many bytes, or one more where there are more; never held before they are there."
    parts, left = [], wanted + 1
    while left and (part := file.read(min(left, 1 << 24))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def read_npz(path: Path_, x: str, y: str | None) -> tuple[Any, Any]:
    """Two arrays of an npz archive by name, y None if none is wanted; nothing in it is unpickled.

    Raises BadInput where it is damaged, holds objects, or lacks a name.
    """
    place = Path(path)
    refuse_pickle(place)
    try:
        with place.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise BadInput(f"{place} holds one array; Images.arrays takes it by np.load")
            return _named(archive, x, place), None if y is None else _named(archive, y, place)
    except FileNotFoundError:
        raise BadInput(f"there is no file {place}") from None
    except BadInput:
        raise
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "pickle" in told or "Object arrays" in told:
            told = "it holds pickled objects, which are never opened because they could run code"
        raise BadInput(f"{place} cannot be read as npz: {told}") from None


def _named(archive: Any, name: str, path: Path) -> Any:
    if name not in archive.files:
        like = [archive.files[k] for k in nearest(pl.Series(archive.files), name, 3)]
        told = f"nearest: {', '.join(like)}" if like else f"it has {', '.join(archive.files[:12])}"
        raise BadInput(f"{path} holds no array {name!r}; {told}")
    return archive[name]
