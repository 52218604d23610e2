"""ImageModel: pictures in, answers out, by the names of classes and pictures."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.images import Images
from entable.data.images.decode import FITS
from entable.data.table.target import Target
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.evaluate.tables import Metric
from entable.imagemodel import reading, stored
from entable.imagemodel.views import Broken, looked, views
from entable.interpret.confusion import Confusion
from entable.interpret.gallery import Gallery
from entable.scorers.conv import ConvNet
from entable.tablemodel.reading import Judged

__all__ = ["ImageModel"]

Progress = Callable[[int, int], None]  # pictures done, of how many
_TOGETHER = 256  # pictures decoded at a time


@dataclass(frozen=True, eq=False, repr=False)
class ImageModel:
    """A net that was trained on pictures, what it predicts, and how pictures come into it.

    fit: how pictures of another shape are fitted to the net's, see Images. mirrored: whether a
    mirror image shows the same thing. learnt: pictures in training. settings: what it was trained
    with; metrics: what came of it; trace: a row for each epoch. Raises BadInput where target and
    net do not fit.

    Pictures are paths, a folder, arrays, Pillow's, or Images in the size of the net (which know
    their classes, so that the model can be judged by them). What cannot be read is an error that
    names it, or left out where broken="skip".
    """

    target: Target
    scorer: ConvNet
    fit: str = "crop"
    mirrored: bool = False
    learnt: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    trace: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        if self.scorer.outputs != self.target.outputs:
            raise BadInput(
                f"the net has {self.scorer.outputs} outputs; {self.target.name} "
                f"({self.target.kind}) wants {self.target.outputs}"
            )
        if self.fit not in FITS or type(self.mirrored) is not bool:
            raise BadInput(f"fit={self.fit!r} came; one of {', '.join(FITS)} was wanted")
        if type(self.learnt) is not int or self.learnt < 0:
            raise BadInput("how many pictures were learnt from is a whole number from 0 on")
        if self.scorer.shape[2] not in (1, 3):
            raise BadInput(f"a net of pictures has 1 or 3 channels, not {self.scorer.shape[2]}")

    def __repr__(self) -> str:
        h, w, c = self.scorer.shape
        told = f"{self.target.name} ({self.target.kind})"
        return f"ImageModel of {told}: {self.scorer} over {h} x {w} x {c}"

    def images(self, pictures: Any, broken: Broken = "refuse") -> Images:
        "Pictures as the model sees them."
        return looked(pictures, self.scorer.shape, self.fit, broken)

    def raw(
        self,
        pictures: Any,
        tta: bool = False,
        broken: Broken = "refuse",
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Outputs (n,) or (n, T) before they are decoded.

        tta: the mean over each picture moved a little and, where mirrored, its mirror images.
        """
        found = [np.empty((0, self.scorer.outputs))]
        for pixels in _parts(self.images(pictures, broken), progress):
            seen = views(pixels, self.mirrored) if tta else [pixels]
            found.append(np.mean([self.scorer(one) for one in seen], axis=0))
        return self._shaped(np.concatenate(found))

    def raw_of(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        "The same, of features (n, F) as `encode` gives them."
        return self._shaped(self.scorer.said(features))

    def _shaped(self, out: NDArray[np.float64]) -> NDArray[np.float64]:
        return out[:, 0] if self.target.kind in ("number", "binary") else out

    def predict(
        self,
        pictures: Any,
        details: bool = False,
        tta: bool = False,
        broken: Broken = "refuse",
        progress: Progress | None = None,
    ) -> Any:
        """What the model says of pictures: the likeliest class (n,), labels (n, T), or numbers.

        details: a frame instead, with the pictures' names and the chance of each class. tta: see
        `raw`. Raises BadInput for pictures that cannot be read, by name.
        """
        if broken == "skip" and not details:
            raise BadInput(
                'broken="skip" leaves pictures out: ask for details=True, which names those there'
            )
        seen = self.images(pictures, broken)
        raw = self.raw(seen, tta, progress=progress)
        return self._details(seen, raw) if details else self.target.decode(raw)

    def _details(self, seen: Images, raw: NDArray[np.float64]) -> pl.DataFrame:
        answers = self.target.decode(raw)
        columns: dict[str, Any] = {"picture": [str(name) for name in seen.names]}
        if answers.ndim == 1:
            columns["predicted"] = pl.Series(answers.tolist())
        else:
            named = zip(self.target.names, answers.T, strict=True)
            columns |= {f"predicted {name}": pl.Series(values) for name, values in named}
        if self.target.kind not in ("number", "numbers"):
            chances = self.probabilities_of(raw)
            columns |= {f"chance of {c}": chances[:, k] for k, c in enumerate(self.class_names)}
        return pl.DataFrame(columns)

    @property
    def class_names(self) -> list[Any]:
        "The classes of the target, or the names of its labels or numbers, in order of outputs."
        if self.target.classes is None:
            return list(self.target.names)
        names: list[Any] = self.target.classes.names.tolist()
        return names

    def probabilities(
        self, pictures: Any, tta: bool = False, broken: Broken = "refuse"
    ) -> NDArray[np.float64]:
        """Of each class (n, K), in the order of `class_names`; of each label (n, T).

        Raises BadInput where the target is a number.
        """
        return self.probabilities_of(self.raw(pictures, tta, broken))

    def probabilities_of(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        "The same, of outputs as `raw` gives them."
        found = self.target.probabilities(raw)
        return np.stack([1 - found, found], 1) if found.ndim == 1 else found

    def encode(
        self,
        pictures: Any,
        names: Any = None,
        broken: Broken = "refuse",
        progress: Progress | None = None,
    ) -> Embeddings:
        """The features of pictures, found by name: what the last layer takes (n, F).

        names: of the pictures; their paths if not given. What is known of the pictures stands in
        the facts. Raises BadInput for names that come twice.
        """
        seen = self.images(pictures, broken)
        found = [np.empty((0, self.scorer.weight.shape[1]), np.float32)]
        found += [self.scorer.features(pixels) for pixels in _parts(seen, progress)]
        given = [str(name) for name in seen.names] if names is None else names
        made = Embeddings.of(given, np.concatenate(found), kind="picture")
        return reading.with_known(made, seen)

    @cached_property
    def embeddings(self) -> Embeddings:
        """The class vectors (T, F), by name, among the features of pictures.

        A picture's score for a class is the inner product with its vector, and the class's bias.
        What all classes share, which tells none apart, is taken out.
        """
        vocab = self.target.classes
        if vocab is None or self.target.kind == "binary":
            vocab = Vocab.of([*self.target.names], "label")
        vectors, bias = self.scorer.weight, self.scorer.bias
        if self.target.kind == "classes":
            vectors, bias = vectors - vectors.mean(0), bias - bias.mean()
        counts = self.target.counts
        counts = counts if len(counts) == len(vocab) else np.full(len(vocab), self.learnt)
        gone = np.zeros(vectors.shape[1], np.float32)
        return Embeddings(vocab, vectors, bias, counts, gone, units="pictures")

    def evaluate(self, pictures: Any, metrics: Sequence[Metric] | Metric | None = None) -> Judged:
        """How good the model is on Images that know their classes; see TableModel.evaluate.

        Raises BadInput for a class that was not learnt.
        """
        seen = self.images(pictures)
        return reading.judge(self, seen, self.raw(seen), metrics)

    def confusion(self, pictures: Any) -> Confusion:
        "Which classes are taken for which, on Images that know theirs."
        seen = self.images(pictures)
        return reading.confusion(self, seen, self.raw(seen))

    def top_losses(self, pictures: Any, n: int = 12) -> Gallery:
        "The n pictures with the largest loss, of Images that know their classes."
        seen = self.images(pictures)
        return reading.worst(self, seen, self.raw(seen), n)

    def similar(
        self, picture: Any, pictures: Any, n: int = 8, vectors: Embeddings | None = None
    ) -> Gallery:
        """A picture and the n nearest to it by their features, shown.

        picture: the name of one of the pictures, or any other. vectors: what `encode` made of
        the pictures, if it is at hand.
        """
        return reading.similar(self, picture, pictures, n, vectors)

    def patches(
        self,
        pictures: Any,
        layer: str | None = None,
        filters: int | Sequence[int] | None = None,
        n: int = 8,
    ) -> list[Gallery]:
        """What filters of a convolution answer to: the n patches that move each one most.

        layer: its name (`scorer.convolutions` has all), the deepest that sees half of a picture at
        most if not given; filters: which, the first eight if not given.
        """
        return reading.patches(self, pictures, layer, filters, n)

    @property
    def info(self) -> dict[str, Any]:
        "What the model is, in plain figures."
        height, width, channels = self.scorer.shape
        return {
            "kind": stored.KIND,
            "target": self.target.name,
            "predicts": self.target.kind,
            "classes": [str(name) for name in self.class_names],
            "pictures": self.learnt,
            "size": [height, width, channels],
            "fit": self.fit,
            "features": int(self.scorer.weight.shape[1]),
            "scorer": str(self.scorer),
            "settings": self.settings,
            "metrics": self.metrics,
        }

    def save(self, path: str | os.PathLike[str], force: bool = True) -> Path:
        """Write the model file, preprocessing and net in one.

        Raises BadInput where the file cannot be written, or exists and force is False.
        """
        return stored.save(self, path, force)


def _parts(seen: Images, progress: Progress | None) -> Iterator[NDArray[np.uint8]]:
    "Pixels of some pictures at a time."
    for a in range(0, len(seen), _TOGETHER):
        yield seen.pixels(slice(a, a + _TOGETHER))
        if progress is not None:
            progress(min(a + _TOGETHER, len(seen)), len(seen))
