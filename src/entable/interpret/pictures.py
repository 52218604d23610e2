"""What a model makes of pictures, by pictures: mistakes, who is like whom, what filters see."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import cell
from entable.data.checks import at_least_one
from entable.data.table.target import Target
from entable.errors import BadInput
from entable.interpret.gallery import Gallery
from entable.interpret.near import Neighbours, top
from entable.interpret.worst import answers, losses

__all__ = ["Window", "beside", "cut_out", "top_losses", "top_patches"]

Pixels = NDArray[np.uint8]
Look = Callable[[NDArray[np.int64]], Pixels]  # positions (m,) -> the pictures uint8 (m, H, W, C)
_LABELS = 2  # wrong labels told below a picture


def top_losses(
    target: Target, names: NDArray[Any], truth: NDArray[Any], raw: NDArray[Any], look: Look, n: int
) -> Gallery:
    """The n pictures with the largest loss, of m whose target is known.

    names (m,); truth, raw: as the target encodes them and as a model gives them; look: the pixels
    of some. Raises BadInput for none.
    """
    if not len(truth):
        raise BadInput("no pictures came; some, with their classes, are needed to judge by")
    loss, *_ = losses(target, truth, raw)
    at = np.argsort(-loss, kind="stable")[: at_least_one(n)].astype(np.int64)
    told = pl.DataFrame({"picture": names[at].tolist()} | answers(target, truth[at], raw[at]))
    total = float(loss.sum())
    share = f", {loss[at].sum() / total:.0%} of the whole loss" if total else ""
    title = f"The {len(at)} pictures of {len(loss):,} that are most wrong{share}"
    captions, wrong = _captions(target, told, raw[at])
    return Gallery(title, told.with_columns(loss=loss[at]), look(at), captions, wrong)


def _captions(
    target: Target, told: pl.DataFrame, raw: NDArray[Any]
) -> tuple[list[str], NDArray[np.bool_] | None]:
    "What is said below each picture, and which answers are wrong."
    if target.kind in ("binary", "classes"):
        rows = told.select("truth", "predicted", "chance of truth").iter_rows()
        texts = [f"said {said}\nis {truth} ({chance:.0%})" for truth, said, chance in rows]
        return texts, (told["truth"] != told["predicted"]).to_numpy()
    if target.kind == "labels":
        texts = [_labels(target.names, row) for row in told.iter_rows(named=True)]
        return texts, np.array([bool(text) for text in texts])
    if target.kind == "number":
        rows = told.select("truth", "predicted").iter_rows()
        return [f"said {cell(said)}\nis {cell(truth)}" for truth, said in rows], None
    return [_far(target, row) for row in told.iter_rows(named=True)], None


def _labels(names: Sequence[str], row: dict[str, Any]) -> str:
    pairs = [(name, row[f"true {name}"], row[f"predicted {name}"]) for name in names]
    wrong = [f"{'not' if said else 'is'} {name}" for name, truth, said in pairs if truth != said]
    more = [f"and {len(wrong) - _LABELS} more"] if len(wrong) > _LABELS else []
    return "\n".join([*wrong[:_LABELS], *more])


def _far(target: Target, row: dict[str, Any]) -> str:
    "The number that is farthest from the truth."
    away = [
        abs(row[f"predicted {name}"] - row[f"true {name}"]) / scale
        for name, scale in zip(target.names, target.scale, strict=True)
    ]
    name = target.names[int(np.argmax(away))]
    return f"{name}: said {cell(row[f'predicted {name}'])}\nis {cell(row[f'true {name}'])}"


def beside(
    found: Neighbours,
    name: str,
    asked: Pixels,
    look: Look,
    classes: NDArray[Any] | None = None,
) -> Gallery:
    """A picture (H, W, C) of this name and, after it, its nearest ones.

    look: pixels by position; classes (m,): of all pictures that can be neighbours, if known.
    """
    at = found.positions.tolist()
    names = [str(text) for text in found.titled.label(found.positions)]
    told: dict[str, Any] = {"picture": [name, *names], "similarity": [None, *found.measured]}
    first = [one.rpartition("/")[2] for one in names]
    if classes is not None:
        first = [str(classes[p]) for p in at]
        told["class"] = [None, *(classes[p] for p in at)]
    captions = [f"{one}\n{value:.2f}" for one, value in zip(first, found.measured, strict=True)]
    pictures = np.concatenate([asked[None], look(found.positions)])
    title = f"Pictures most like {name}"
    return Gallery(title, pl.DataFrame(told), pictures, ["asked for", *captions], notes=found.notes)


class Window(NamedTuple):
    """What a place of a map sees of a picture: rows and columns of each.

    size: pixels; step: from place to place; start: of the first place, below 0 where it is padded.
    """

    size: tuple[int, int]
    step: tuple[int, int]
    start: tuple[int, int]


def top_patches(
    what: str,
    names: NDArray[Any],
    values: NDArray[np.floating],
    places: NDArray[np.integer],
    window: Window,
    look: Look,
    n: int,
) -> Gallery:
    """The n patches of pictures to which a filter answers most, one of each picture.

    what: the filter in words; values (m,): its largest answer to each picture, at places (m, 2) of
    the map.
    """
    at = top(np.asarray(values, np.float64), at_least_one(n))
    corners = places[at] * np.array(window.step) + np.array(window.start)
    patches = cut_out(look(at), corners, window.size)
    middle = corners + np.array(window.size) // 2
    told = {"picture": names[at].tolist(), "row": middle[:, 0], "column": middle[:, 1]}
    frame = pl.DataFrame(told | {"answer": values[at].astype(np.float64)})
    captions = [f"{value:.2f}" for value in frame["answer"]]
    return Gallery(f"What {what} answers to", frame, patches, captions)


def cut_out(pictures: Pixels, corners: NDArray[np.integer], size: tuple[int, int]) -> Pixels:
    """Patches of pictures (n, H, W, C) from corners (n, 2) on, uint8 (n, h, w, C).

    No larger than the pictures; what would lie beyond an edge is moved inside.
    """
    whole = np.array(pictures.shape[1:3])
    h, w = np.minimum(size, whole).tolist()
    first = np.clip(corners, 0, whole - (h, w))
    patches = [one[r : r + h, c : c + w] for one, (r, c) in zip(pictures, first, strict=True)]
    return np.stack(patches) if patches else pictures[:, :h, :w]
