"""Writing a model file so that at any moment the old one or the new one is there."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from entable.errors import BadInput
from entable.modelfile.layout import CODES, Slot, build

__all__ = ["write"]


def write(
    path: str | os.PathLike[str],
    kind: str,
    manifest: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    force: bool = True,
) -> Path:
    """Write a model file so that at any moment the old one or the new one is there.

    `manifest` must be JSON-able and finite; arrays are float64, float32, int64, int32 or uint8.
    With `force=False` an existing file is left alone. Returns the path written.
    Raises BadInput where the file cannot be written; nothing is left behind then.
    """
    target = _target(path, force)
    kept = {name: _plain(name, array) for name, array in arrays.items()}
    kept = dict(sorted(kept.items(), key=lambda pair: (-pair[1].itemsize, pair[0])))
    slots = {name: _slot(array) for name, array in kept.items()}
    try:
        header = build(kind, manifest, slots)
    except ValueError as error:
        raise BadInput(
            f"the model's description does not fit its file ({error}): "
            "leave out columns of facts or shorten its settings"
        ) from None
    with _replacing(target) as file:
        file.write(header)
        for array in kept.values():
            file.write(_bytes(array).data)
    return target


def _target(path: str | os.PathLike[str], force: bool) -> Path:
    "The file to replace; links are followed, and only a plain file is ever replaced."
    try:
        target = Path(os.path.realpath(os.fspath(path)))
        exists = os.path.lexists(target)
        plain = target.is_file()
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    if exists and not plain:
        raise BadInput(f"{path} is no plain file, so no model is written over it: name another")
    if exists and not force:
        raise BadInput(f"{path} exists already: pass force=True (--force) to write over it")
    return target


def _plain(name: str, array: np.ndarray) -> np.ndarray:
    "Contiguous and little-endian, of a type that the file takes."
    little = array.dtype.newbyteorder("<")
    if little not in CODES:
        raise TypeError(f"array {name!r} has type {array.dtype}; the file takes {list(CODES)}")
    return np.ascontiguousarray(array, little).reshape(array.shape)


def _bytes(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1).view(np.uint8)


def _slot(array: np.ndarray) -> Slot:
    return Slot(CODES[array.dtype], array.shape, hashlib.sha256(_bytes(array).data).hexdigest())


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    "A temporary file beside `target` that takes its place when all of it is on the disk."
    temporary = target.with_name(f".{target.name[:64]}.{secrets.token_hex(6)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system has such a thing
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(path: str | os.PathLike[str], error: Exception) -> BadInput:
    why = getattr(error, "strerror", None) or str(error)
    return BadInput(f"{path} could not be written ({why}): choose another place for the model")
