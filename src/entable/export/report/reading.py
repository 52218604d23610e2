"""The sections that read the vectors: biases, axes, the map and the clusters."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

from entable._extras import need
from entable.data.words import plural
from entable.embeddings import Embeddings
from entable.errors import EntableError
from entable.export.report.blocks import Block, Lacking, MapView, Section, Table, told
from entable.export.report.packing import Group, pack, script_text
from entable.export.report.sheet import Sheet
from entable.export.report.texts import cut
from entable.interpret.clusters import Clusters

__all__ = ["axes", "biases", "clusters", "map_of"]

_BEST, _PEOPLE = 10, 5


def biases(sheet: Sheet) -> Section:
    "Best and worst items and users by bias, and where plain means mislead."
    blocks = told(lambda: _ranked(sheet, sheet.items, _BEST))
    blocks += told(lambda: _ranked(sheet, sheet.model.users, _PEOPLE))
    lead = (
        "What is left of an item once the generosity and the tastes of those who rated it are "
        "taken out; of a user, once the items are."
    )
    return Section("biases", "Biases", "Who is good, who is generous", lead, blocks)


def _ranked(sheet: Sheet, rows: Embeddings, n: int) -> Iterator[Block]:
    found, kind = rows.bias_ranking(n), rows.vocab.kind
    best, worst = ("Best", "Worst") if kind == "item" else ("Most generous", "Strictest")
    yield sheet.figures.picture(found.plot, 1.3 + 0.5 * n, tall=True)
    for name, frame in ((best, found.best), (worst, found.worst)):
        yield Table.of(f"{name} {plural(kind)}", frame.drop("gap", strict=False), n, half=True)
    if len(found.disagree):
        title = f"{kind.capitalize()}s whose plain mean and bias disagree most"
        frame = found.disagree.drop("low", "high", strict=False)
        yield Table.of(title, frame, n, notes=found.notes)


def axes(sheet: Sheet) -> Section:
    "What the main axes tell apart."
    blocks = told(lambda: _axes(sheet))
    lead = "The directions in which items differ most, with what stands at both ends of each."
    return Section("axes", "Axes", "Axes of taste", lead, blocks)


def _axes(sheet: Sheet) -> Iterator[Block]:
    found = sheet.axes
    yield Table.of(found.title, found.shown, notes=found.notes)
    for pair in ((1, 2), (3, 4)):
        if len(found) >= pair[1]:
            picture = sheet.figures.picture(partial(found.plot, axes=pair), 4.4)
            yield replace(picture, title=f"Axes {pair[0]} and {pair[1]}")


def map_of(sheet: Sheet) -> Section:
    "The map that can be hovered, searched and clicked."
    blocks = told(lambda: [_map(sheet)])
    lead = "Every item by its place on two axes. Point, search, click for its neighbours."
    return Section("map-section", "Map", "Map", lead, blocks)


def _map(sheet: Sheet) -> Block:
    found = sheet.axes
    if len(found) < 2:
        return Lacking("A map needs two axes, and these items have one.")
    packed = pack(sheet.items, found.scores, [*_ends(sheet)], sheet.least, _groups(sheet))
    return MapView(sheet.items.vocab.kind, need("markupsafe").Markup(script_text(packed)))


def _ends(sheet: Sheet) -> Iterator[dict[str, Any]]:
    "What stands at the ends of each axis."
    found = sheet.axes
    for row in found.table.iter_rows(named=True):
        low, high = ([cut(name, 28) for name in row[end][:2]] for end in ("low", "high"))
        name, axis = found.named(row["axis"]), f"axis {row['axis']}"
        title = axis if name == axis else f"{axis}: {name}"
        yield {"title": title, "low": low, "high": high}


def _groups(sheet: Sheet) -> list[Group]:
    try:
        found = sheet.clusters
    except EntableError:
        return []  # the section of the clusters says why
    return [Group("cluster", found.names, found.of - 1)]


def clusters(sheet: Sheet) -> Section:
    "Groups of items and what each is typical of."
    blocks = told(lambda: [_clusters(sheet.clusters)])
    lead = "Items in groups by k-means. Colour the map by cluster to see where they lie."
    return Section("clusters", "Clusters", "Clusters", lead, blocks)


def _clusters(found: Clusters) -> Block:
    frame = found.table
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    names = frame.with_columns(pl.col(lists).list.head(3).list.join("; "))
    return Table.of(found.title, names, len(found), notes=found.notes)
