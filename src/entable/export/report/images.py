"""One page about a model of pictures: its mistakes, its classes, and what its filters see."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable._extras import need
from entable._plots import ACCENT, canvas, short
from entable.data.images import Images
from entable.data.words import counted
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.export.report.blocks import (
    Block,
    Column,
    Folded,
    Lines,
    Section,
    Table,
    Tile,
    Tiles,
    told,
)
from entable.export.report.imagesheet import ImageSheet
from entable.export.report.judged import Progress, beside, gain, learning, sections, sentences
from entable.export.report.page import render
from entable.export.report.thumbs import thumbs
from entable.imagemodel import ImageModel, reading

__all__ = ["image_report"]

_WORST, _ASKED, _NEAR = 24, 3, 7  # pictures shown
_POINTS = 1500  # pictures on the map
_FILTERS, _PATCHES, _SEARCHED = 6, 8, 600
_LONG = 15  # classes up to which their table is open
_BARS = 40  # classes whose counts are drawn


def image_report(
    model: ImageModel,
    title: str = "A model of pictures",
    images: Images | None = None,
    progress: Progress | None = None,
) -> str:
    """A page about a model of pictures, as HTML: one file, no network, light and dark.

    images: with what is known of them, and not learnt from; without them only what the model says
    of itself is shown. progress(done, total, what) is called before each section. Raises
    MissingExtra without Matplotlib, Jinja or Pillow.
    """
    for package in ("jinja2", "matplotlib", "PIL"):
        need(package)  # before the work
    sheet = ImageSheet(model, images)
    if images is not None:
        reading.known(model.target, model.images(images))  # what is wrong is said at once
    steps = [errors, confusion, learning, worst, classes, alike, filters]
    found = [data(sheet), *sections(sheet, steps, progress)]
    return render(title, _lead(model), found, sheet.figures.css, version("entable"))


def _lead(model: ImageModel) -> str:
    target, many = model.target, len(model.class_names)
    what = f"one of {many:,} classes" if target.classes is not None else f"{many:,} {target.kind}"
    what = "a number" if target.kind == "number" else what
    return f"{target.name} ({what}), learnt from {counted(model.learnt, 'picture')}"


def data(sheet: ImageSheet) -> Section:
    "What was learnt from, and what the whole page comes to."
    blocks: list[Block] = []
    if short_ := [*sentences(sheet, lambda sheet: gain(sheet.judged, "picture"), _mistake)]:
        blocks.append(Lines("In short", short_))
    blocks.append(Tiles([*_tiles(sheet.model)]))
    counts = sheet.model.target.counts
    if 1 < len(counts) <= _BARS:
        high = 0.7 + 0.24 * len(counts)
        blocks += told(lambda: [sheet.figures.picture(partial(_counts, sheet.model), high)])
    lead = "What the model was learnt from, and what it says in a few sentences."
    return Section("data", "Data", "The data", lead, blocks)


def _mistake(sheet: ImageSheet) -> str:
    found = sheet.confusion.table
    if not len(found):
        raise BadInput("there are no mistakes")
    truth, said, count, share = found.row(0)
    return f"The most frequent mistake: {count:,} of {truth} ({share:.0%}) are taken for {said}"


def _tiles(model: ImageModel) -> Iterator[Tile]:
    height, width, channels = model.scorer.shape
    yield Tile("pictures", f"{model.learnt:,}")
    yield Tile("predicts", model.target.name, f"{model.target.kind}, {len(model.class_names):,}")
    yield Tile("size", f"{height} × {width}", "in colour" if channels == 3 else "gray")
    features = f"{model.scorer.weight.shape[1]:,} features"
    yield Tile("convolutions", f"{len(model.scorer.convolutions)}", features)
    if (epochs := model.settings.get("epochs")) is not None:
        yield Tile("epochs", f"{epochs}", str(model.settings.get("model", "")))
    if (took := model.metrics.get("seconds")) is not None:
        yield Tile("learnt in", f"{took:.1f} s")


def _counts(model: ImageModel, ax: Any) -> None:
    counts = model.target.counts
    ax = canvas(ax, title="Pictures of each class")
    y = np.arange(len(counts))
    ax.barh(y, counts, 0.7, color=ACCENT)
    ax.set_yticks(y, [short(name, 24) for name in model.class_names])
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter("{x:,.0f}")


def errors(sheet: ImageSheet) -> Section:
    "Metrics beside an answer that is always the same."
    blocks = told(lambda: _errors(sheet))
    lead = "On pictures that were brought. A model earns its keep by what it is better than."
    return Section("errors", "Errors", "Error beside a baseline", lead, blocks)


def _errors(sheet: ImageSheet) -> Iterator[Block]:
    judged = sheet.judged
    yield sheet.figures.picture(judged.plot, 1.0 + 0.9 * len(judged.scores))
    yield beside(judged, "picture")


def confusion(sheet: ImageSheet) -> Section:
    "Which classes are taken for which."
    blocks = told(lambda: _confusion(sheet))
    lead = "Each row is a true class, each column what the model said; a shade is a share of a row."
    return Section("confusion", "Confusion", "What is taken for what", lead, blocks)


def _confusion(sheet: ImageSheet) -> Iterator[Block]:
    found = sheet.confusion
    side = float(np.clip(0.36 * len(found.names) + 1, 3.2, 7.5))
    yield sheet.figures.picture(found.plot, side, side + 0.5, tall=True, notes=found.notes)
    mistakes, each_ = (one.rename({"count": "pictures"}) for one in (found.table, found.classes))
    yield Table.of("The most frequent mistakes", mistakes, 8, digits=2, half=True)
    each = Table.of("Each class", each_, len(each_), digits=2, half=True)
    yield each if len(found.classes) <= _LONG else Folded(each, half=True)


def worst(sheet: ImageSheet) -> Section:
    "The pictures that are most wrong."
    blocks = told(
        lambda: [thumbs(reading.worst(sheet.model, sheet.seen, sheet.raw, _WORST), _WORST)]
    )
    lead = "The largest losses first: look for what they have in common, and for wrong labels."
    return Section("worst", "Worst", "The pictures that are most wrong", lead, blocks)


def classes(sheet: ImageSheet) -> Section:
    "Class vectors: who lies near whom."
    blocks = told(lambda: _classes(sheet))
    lead = (
        "A class is a vector among the features: what a picture must have to be one of it. Classes "
        "whose vectors point the same way are hard to tell apart."
    )
    return Section("classes", "Classes", "The map of classes", lead, blocks)


def _classes(sheet: ImageSheet) -> Iterator[Block]:
    rows = sheet.model.embeddings
    if len(rows) < 3:
        raise BadInput(f"{counted(len(rows), 'vector')} cannot be mapped; 3 at least can")
    found = rows.map(min_count=0, color="count")
    yield sheet.figures.picture(lambda ax: found.plot(ax, labels=40), 3.8)
    names = [Column("class"), Column("most like"), Column("cosine", "number")]
    cells = []
    for name in rows.names[:_BARS].tolist():
        near = rows.nearest(name, 1).table.row(0, named=True)
        label = near[rows.vocab.kind]
        cells.append(
            (str(name), str(label), f"{near['similarity']:.2f}".replace("-", "\N{MINUS SIGN}"))
        )
    yield Table("The nearest class of each", names, cells, half=True)


def alike(sheet: ImageSheet) -> Section:
    "The map of pictures, and the nearest ones of some."
    blocks = told(lambda: _alike(sheet))
    lead = (
        "What the last layer takes of a picture is a vector; pictures with vectors near each other "
        "are alike to the model, whatever it calls them."
    )
    return Section("alike", "Alike", "Pictures that are alike", lead, blocks)


def _alike(sheet: ImageSheet) -> Iterator[Block]:
    rows, seen = sheet.vectors, sheet.seen
    if rows.facts is not None and len(rows) > 2:
        few = _evenly(len(rows), _POINTS)
        some = Embeddings.of(rows.vocab.take(few), rows.vectors[few], kind=rows.vocab.kind)
        some = replace(some, facts=rows.facts[few.tolist()])
        found = some.map(color=rows.facts.columns[0])
        yield sheet.figures.picture(lambda ax: found.plot(ax, labels=0), 3.8, half=False)
    for at in _evenly(len(rows), _ASKED + 2)[1:-1].tolist():
        asked = str(rows.names[at])
        yield thumbs(reading.similar(sheet.model, asked, seen, _NEAR, rows))


def filters(sheet: ImageSheet) -> Section:
    "What some filters answer to."
    blocks = told(lambda: _patches(sheet))
    lead = (
        "The patches of pictures that move a filter most, for filters of the deepest layer that "
        "sees no more than half of a picture."
    )
    return Section("filters", "Filters", "What filters answer to", lead, blocks)


def _patches(sheet: ImageSheet) -> Iterator[Block]:
    seen = sheet.seen.take(_evenly(len(sheet.seen), _SEARCHED))
    for found in sheet.model.patches(seen, n=_PATCHES)[:_FILTERS]:
        yield thumbs(found, half=True)


def _evenly(n: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
