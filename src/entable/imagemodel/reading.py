"""An ImageModel judged and read on pictures."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.images import Images
from entable.data.table.target import Target
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.evaluate.tables import Metric, always, scores
from entable.interpret.confusion import Confusion, confuse
from entable.interpret.gallery import Gallery
from entable.interpret.near import neighbours
from entable.interpret.pictures import beside, top_losses, top_patches
from entable.scorers.reach import reach
from entable.tablemodel.reading import Judged

if TYPE_CHECKING:
    from entable.imagemodel.model import ImageModel

__all__ = ["confusion", "judge", "known", "patches", "similar", "with_known", "worst"]

_FILTERS = 8
_TOGETHER = 64  # pictures whose maps are held at a time


def known(target: Target, seen: Images) -> NDArray[Any]:
    """What is known of pictures, as the target encodes it.

    Raises BadInput where nothing is known, or a class that was not learnt.
    """
    if seen.target is None or seen.labels is None:
        raise BadInput(
            f"the pictures came without their {target.name}: Images.folder and Images.csv read it "
            "with them"
        )
    columns = _columns(seen.target, seen.labels)
    if len(columns) == len(target.names) == 1:
        (values,) = columns.values()
        columns = {target.names[0]: values}
    if more := sorted(set(columns) - set(target.names)):
        raise BadInput(f"the pictures have the label {more[0]!r}, which was not learnt")
    return target.encode(pl.DataFrame(columns))


def _columns(own: Target, labels: NDArray[Any]) -> dict[str, pl.Series]:
    if own.classes is not None:
        names = own.classes.names[labels.astype(np.int64)]
        return {own.names[0]: pl.Series(names.tolist())}
    values = labels if own.kind == "labels" else own.decode(labels)
    each = values.reshape(len(values), -1).T
    return {name: pl.Series(v) for name, v in zip(own.names, each, strict=True)}


def judge(
    model: "ImageModel",
    seen: Images,
    raw: NDArray[np.float64],
    metrics: Sequence[Metric] | Metric | None = None,
) -> Judged:
    "See ImageModel.evaluate; raw: what the model gives for the pictures."
    truth, target = known(model.target, seen), model.target
    baseline = scores(target, truth, always(target, len(seen)), metrics)
    return Judged(len(seen), scores(target, truth, raw, metrics), baseline, units="pictures")


def confusion(model: "ImageModel", seen: Images, raw: NDArray[np.float64]) -> Confusion:
    "See ImageModel.confusion."
    if model.target.kind not in ("binary", "classes"):
        raise BadInput(
            f"{model.target.name} ({model.target.kind}) is no matter of one class among several, "
            "so none is taken for another; evaluate and top_losses judge it"
        )
    truth = known(model.target, seen)
    said = raw.argmax(1) if raw.ndim == 2 else (raw > 0).astype(np.int64)
    return confuse(truth, said, model.class_names)


def worst(model: "ImageModel", seen: Images, raw: NDArray[np.float64], n: int) -> Gallery:
    "See ImageModel.top_losses."
    truth = known(model.target, seen)
    return top_losses(model.target, seen.names, truth, raw, seen.pixels, n)


def similar(
    model: "ImageModel", picture: Any, pictures: Any, n: int, vectors: Embeddings | None
) -> Gallery:
    "See ImageModel.similar."
    seen = model.images(pictures)
    found = model.encode(seen) if vectors is None else vectors
    if len(found) != len(seen):
        raise BadInput(f"{len(found):,} vectors came for {len(seen):,} pictures; one for each")
    classes = _classes(seen)
    if isinstance(picture, str) and picture in found:
        at = found.position(picture)
        near = neighbours(found, at, n)
        return beside(near, picture, seen.pixels([at])[0], seen.pixels, classes)
    asked = model.images(picture)
    if len(asked) != 1:
        raise BadInput(f"{len(asked):,} pictures came to be compared; one was wanted")
    pixels = asked.pixels()
    whole = _with_one(found, model.scorer.features(pixels))
    near = neighbours(whole, len(found), n)
    return beside(near, _called(picture), pixels[0], seen.pixels, classes)


def _called(picture: Any) -> str:
    "A picture's name for people."
    return str(picture) if isinstance(picture, (str, os.PathLike)) else "the picture"


def _with_one(rows: Embeddings, vector: NDArray[np.float32]) -> Embeddings:
    "The rows and one more, which has no name of theirs."
    names = [*rows.vocab.texts, "the picture"]
    while names[-1] in names[:-1]:
        names[-1] += " asked for"
    return Embeddings.of(names, np.concatenate([rows.vectors, vector]), kind="picture")


def _classes(seen: Images) -> NDArray[Any] | None:
    if seen.target is None or seen.target.classes is None or seen.labels is None:
        return None
    return seen.target.classes.names[seen.labels.astype(np.int64)]


def with_known(rows: Embeddings, seen: Images) -> Embeddings:
    "Rows with what is known of their pictures as facts."
    if seen.target is None or seen.labels is None:
        return rows
    facts = pl.DataFrame(_columns(seen.target, seen.labels))
    if seen.target.classes is not None and seen.target.classes.dtype != "str":
        (name,) = facts.columns  # a class that is a number is no amount: "class 7"
        facts = facts.select(pl.format(f"{name} {{}}", pl.col(name).cast(pl.String)).alias(name))
    return replace(rows, facts=facts)


def patches(
    model: "ImageModel",
    pictures: Any,
    layer: str | None,
    filters: int | Sequence[int] | None,
    n: int,
) -> list[Gallery]:
    "See ImageModel.patches."
    layers = model.scorer.convolutions
    if not layers:
        raise BadInput("the net has no convolutions, so no filters")
    layer = _telling(model, layers) if layer is None else layer
    seen = model.images(pictures)
    values, places = _answers(model, seen, layer)
    which = _filters(filters, values.shape[1], layer)
    window = reach(model.scorer.parts, layer, model.scorer.shape)
    return [
        top_patches(
            f"filter {f} of {layer}", seen.names, values[:, f], places[:, f], window, seen.pixels, n
        )
        for f in which
    ]


def _telling(model: "ImageModel", layers: Iterable[str]) -> str:
    "The deepest layer that still sees no more than half of a picture's height, or the first."
    first, *rest = layers
    net = model.scorer
    small = [one for one in rest if 2 * reach(net.parts, one, net.shape).size[0] <= net.shape[0]]
    return [first, *small][-1]


def _answers(
    model: "ImageModel", seen: Images, layer: str
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    "The largest answer of each filter to each picture (n, O), and where on the map (n, O, 2)."
    values, places = [], []
    for a in range(0, max(len(seen), 1), _TOGETHER):
        maps = model.scorer.maps(seen.pixels(slice(a, a + _TOGETHER)), layer)
        m, _, w, filters = maps.shape
        flat = maps.reshape(m, -1, filters)
        best = flat.argmax(1)
        values.append(np.take_along_axis(flat, best[:, None], 1)[:, 0])
        places.append(np.stack(np.divmod(best, w), -1))
    return np.concatenate(values), np.concatenate(places)


def _filters(filters: int | Sequence[int] | None, many: int, layer: str) -> list[int]:
    if filters is None:
        return [*range(min(_FILTERS, many))]
    which = [filters] if isinstance(filters, int) else [*filters]
    for f in which:
        if not 0 <= f < many:
            raise BadInput(f"filter {f} came; {layer} has filters 0 to {many - 1}")
    return which
