"""Images: pictures, what is known of each, and their pixels in one size."""

import copy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.images import checks, known
from entable.data.images.arrays import read_idx, read_npz, stacked
from entable.data.images.checks import Broken, Size
from entable.data.images.decode import Header
from entable.data.images.held import Arrays, Files, headers
from entable.data.images.lists import Listed, class_folders, files_in, listed
from entable.data.split import random_share
from entable.data.table.source import source_of
from entable.data.table.target import Target
from entable.data.vocab import Vocab
from entable.errors import BadInput

__all__ = ["Images"]

Path_ = str | os.PathLike[str]
_CACHE = 1 << 30  # bytes of decoded pictures


class Images:
    """Pictures and what is known of each, pixels as uint8 (n, H, W, C) in one size.

    Made by `folder`, `csv`, `arrays`, `idx`, `npz` or, without anything known, `of`. names: of the
    pictures. target: what is to be learnt (classes, several labels, a number or several), or None.
    labels: what models see of it, int64 classes (n,) from 0 on, or float32. sizes: int32 (n, 2),
    height and width of the pictures as they came. broken: a frame of the pictures left out.

    size: height and width of the pixels, or one number for both; needed where pictures differ.
    channels: 1 (gray) or 3; 1 if all pictures are gray. fit: "crop" keeps the middle of a picture
    of another shape, "squish" all of it, "pad" puts black beside it. broken: "refuse" those that
    cannot be read, with an error that names them, or "skip" them. cache: bytes of decoded pictures
    to keep. check: decode every picture at once to find the broken ones; without it they are an
    error when they are met.
    """

    names: NDArray[Any]
    target: Target | None
    labels: NDArray[Any] | None
    sizes: NDArray[np.int32]
    broken: pl.DataFrame

    def __init__(self, held: Arrays | Files, names: Any, sizes: Any, target: Target | None) -> None:
        self.held, self.names, self.sizes, self.target = held, names, sizes, target
        self.at = np.arange(len(names))
        self.labels = None
        self.broken = pl.DataFrame(schema={"picture": pl.String, "why": pl.String})

    @classmethod
    def folder(cls, path: Path_, broken: Broken = "refuse", **how: Any) -> "Images":
        "The pictures of a folder that has a folder for each class; how: see Images."
        return cls._read(class_folders(path, broken == "skip"), "classes", broken, **how)

    @classmethod
    def csv(
        cls,
        table: Any,
        picture: str | None = None,
        target: str | Sequence[str] | None = None,
        root: Path_ | None = None,
        sep: str | None = None,
        kind: str | None = None,
        broken: Broken = "refuse",
        **how: Any,
    ) -> "Images":
        """The pictures of a list: a table (path or frame) with a column of paths.

        picture: that column, the first if not given. target: the column or columns to learn, the
        only other one if not given. root: the folder that paths are relative to, the table's own if
        not given. sep: what parts several labels in a cell. kind: "classes", "labels", "number" or
        "numbers", if the column alone does not tell. how: see Images.
        """
        found = listed(table, picture, target, root, sep)
        return cls._read(found, kind or known.kind(found, sep), broken, **how)

    @classmethod
    def of(cls, pictures: Any, broken: Broken = "refuse", **how: Any) -> "Images":
        """Pictures of which nothing more is known.

        A path, a folder, a list of paths, of Pillow's pictures or of arrays, or one array.
        """
        if isinstance(pictures, Images):
            return pictures
        if isinstance(pictures, (str, os.PathLike)):
            root = Path(pictures)
            paths = files_in(root) if root.is_dir() else [root]
            names = [p.relative_to(root).as_posix() if root.is_dir() else str(p) for p in paths]
            return cls._read(Listed(paths, names, {}), None, broken, **how)
        if hasattr(pictures, "shape") or not isinstance(pictures, Sequence):
            if hasattr(pictures, "getexif"):
                return cls.of([pictures], broken, **how)
            return cls.arrays(pictures, **{k: v for k, v in how.items() if k != "check"})
        several: list[Any] = list(pictures)
        names = [
            str(one) if isinstance(one, (str, os.PathLike)) else str(k)
            for k, one in enumerate(several)
        ]
        return cls._read(Listed(several, names, {}), None, broken, **how)

    @classmethod
    def arrays(
        cls,
        x: Any,
        y: Any = None,
        names: Sequence[Any] | None = None,
        kind: str | None = None,
        size: Size = None,
        channels: int | None = None,
        fit: str = "crop",
        cache: int = _CACHE,
    ) -> "Images":
        """Pictures that are arrays: x (n, H, W) or (n, H, W, C), y what is known of each.

        x: bytes, floats from 0 to 1, bools or 16 bits. y: classes (numbers or names), (n, k) labels
        of 0 and 1, floats. kind: as in `csv`. Raises BadInput for other shapes and values.
        """
        array = stacked(x)
        told = np.asarray(range(len(array)) if names is None else names, dtype=object)
        wanted = checks.size(size) or (array.shape[1], array.shape[2])
        sizes = np.tile(np.array(array.shape[1:3], np.int32), (len(array), 1))
        held: Arrays | Files = Arrays(array)
        if wanted != array.shape[1:3] or channels not in (None, array.shape[3]):
            plain = [one[..., 0] if array.shape[3] == 1 else one for one in array]
            many = channels or array.shape[3]
            held = Files(
                plain, list(map(str, told)), wanted, checks.channels(many), checks.fit(fit), cache
            )
        made = cls(held, told, sizes, None)
        return made if y is None else made._with(known.columns(y, len(array)), kind)

    @classmethod
    def idx(cls, path: Path_, part: str = "train", **how: Any) -> "Images":
        """The idx files of MNIST and sets like it: a folder, or the file of pictures.

        part: "train" or "test". A pickled MNIST is refused. how: see `arrays`.
        """
        x, y = read_idx(path, part)
        return cls.arrays(x, y, kind="classes", **how)

    @classmethod
    def npz(cls, path: Path_, x: str = "x", y: str | None = "y", **how: Any) -> "Images":
        "Pictures x and what is known of them, y, in an npz archive; how: see `arrays`."
        pixels, known = read_npz(path, x, y)
        return cls.arrays(pixels, known, **how)

    @classmethod
    def _read(
        cls,
        found: Listed,
        kind: str | None,
        broken: Broken,
        size: Size = None,
        channels: int | None = None,
        fit: str = "crop",
        cache: int = _CACHE,
        check: bool = True,
    ) -> "Images":
        "Look at every header, settle size and channels, decode once to find what is broken."
        if not found.paths:
            raise BadInput("there are no pictures; one at least is needed")
        seen = headers(found.paths)
        bad = {k: one for k, one in enumerate(seen) if isinstance(one, str)}
        good = [one for one in seen if isinstance(one, Header)]
        shape = checks.size(size)
        if shape is None or not good or not check:
            checks.refuse(bad, found.names, broken, len(good))
        shape = shape or checks.common(good, found.names, seen)
        many = checks.channels(channels or (1 if all(one.gray for one in good) else 3))
        held = Files(found.paths, found.names, shape, many, checks.fit(fit), cache)
        if check:
            bad |= dict(held.check(np.array([k for k in range(len(seen)) if k not in bad])))
        checks.refuse(bad, found.names, broken, len(seen) - len(bad))
        sizes = np.array([one[:2] if isinstance(one, Header) else (0, 0) for one in seen], np.int32)
        kept = np.array([k for k in range(len(seen)) if k not in bad])
        made = cls(held, np.array(found.names, dtype=object), sizes, None).take(kept)
        left = [(found.names[k], bad[k]) for k in sorted(bad)]
        made.broken = pl.DataFrame(left, made.broken.schema, orient="row")
        columns = {name: pl.Series(values).gather(kept) for name, values in found.known.items()}
        return made._with(columns, kind) if columns else made

    def _with(self, columns: dict[str, Any], kind: str | None) -> "Images":
        "The same pictures with what is to be learnt."
        source = source_of(columns)
        kind = kind or known.usual(source)
        if kind == "classes":
            values = source.series(source.names[0])
            if not values.null_count() and values.n_unique() == 1:
                raise BadInput(
                    f"all {len(self):,} pictures are of one class, {values[0]!r}: there is nothing "
                    "to tell apart. Images.of takes pictures without classes"
                )
        self.target = Target.fit(source, source.names, kind)
        self.labels = self.target.encode(source)
        return self

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        told = "" if self.target is None else f", {self.target.kind}"
        if self.vocab is not None:
            told = f", {len(self.vocab):,} {'classes' if told == ', classes' else 'labels'}"
        height, width = self.size
        return f"Images({len(self):,} of {height} x {width} x {self.channels}{told})"

    @property
    def size(self) -> tuple[int, int]:
        "Height and width of the pixels."
        return self.held.size

    @property
    def channels(self) -> int:
        "1 for gray, 3 for red, green and blue."
        return self.held.channels

    @property
    def fit(self) -> str:
        "How pictures of another shape are fitted."
        return getattr(self.held, "fit", "crop")

    @property
    def vocab(self) -> Vocab | None:
        "The names of classes or labels, in the order of a model's outputs; None for numbers."
        if self.target is None or self.target.kind in ("number", "numbers"):
            return None
        return self.target.classes or Vocab.of(list(self.target.names), "label")

    @property
    def counts(self) -> pl.DataFrame:
        "How many pictures each class or label has here; BadInput where there are none."
        if self.vocab is None or self.labels is None:
            raise BadInput("these pictures have neither classes nor labels to count")
        if self.labels.ndim == 2:
            counts = self.labels.sum(0).astype(np.int64)
        else:
            counts = np.bincount(self.labels.astype(np.int64), minlength=len(self.vocab))
        return pl.DataFrame({"class": self.vocab.texts, "count": counts})

    def pixels(self, rows: Any = None) -> NDArray[np.uint8]:
        "Pixels of some pictures (positions or a slice), or of all: uint8 (m, H, W, C)."
        at = self.at if rows is None else np.atleast_1d(self.at[rows])
        return self.held.pixels(at)

    def take(self, rows: Any) -> "Images":
        "Some of the pictures, by positions, a mask or a slice; they share what is decoded."
        other = copy.copy(self)
        other.at, other.names = self.at[rows], self.names[rows]
        other.sizes = self.sizes[rows]
        other.labels = None if self.labels is None else self.labels[rows]
        return other

    def split(self, share: float = 0.2, seed: int = 0) -> tuple["Images", "Images"]:
        "Two parts, the second a random share; BadInput where one of them would be empty."
        held = random_share(len(self), share, seed)
        return self.take(~held), self.take(held)
