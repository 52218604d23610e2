"""The sections about single columns: what the model makes of them, and maps of their levels."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from entable.embeddings import Embeddings
from entable.errors import EntableError
from entable.export.report.blocks import Block, Section, told
from entable.export.report.tablesheet import TableSheet
from entable.tablemodel import TableModel

__all__ = ["columns", "maps"]

_COLUMNS, _MAPS = 6, 6
_FEW, _LEVELS = 3, 60  # levels: not worth a map; too many to stand beside each other
_PARTS = ("weekday", "month", "week", "day", "year")  # of a date, those told first


def columns(sheet: TableSheet) -> Section:
    "What the model makes of the columns that matter most."
    blocks = told(lambda: _columns(sheet))
    lead = "All rows are given the same value of a column; the mean of what the model then says."
    return Section("columns", "Columns", "What it makes of each column", lead, blocks)


def _columns(sheet: TableSheet) -> Iterator[Block]:
    names = [*_first(sheet)]
    for name in names:
        found = sheet.model.partial(sheet.known, name)
        tall = 1.2 + 0.2 * len(found.table)
        high = 3.2 if found.axes[0].ordered else max(tall, 2.4)
        yield sheet.figures.picture(found.plot, high, notes=found.notes[:-2])
    pairs = [name for name in names if _short_enough(sheet.model, name)][:2]
    if len(pairs) == 2:
        pair = sheet.model.partial(sheet.known, pairs, most=200)
        yield sheet.figures.picture(pair.plot, 3.6, half=True, notes=pair.notes)


def _short_enough(model: TableModel, name: str) -> bool:
    "A column whose values can stand beside each other, not one of names."
    table = model.table
    if any(number.name == name for number in table.numbers):
        return True
    return any(c.source == name and len(c.vocab) <= _LEVELS for c in table.categories)


def _first(sheet: TableSheet) -> Iterator[str]:
    "The columns that matter most; of a date one part."
    dates = {date.name: date for date in sheet.model.table.dates}
    learnt = {c.source for c in sheet.model.table.categories}
    learnt |= {number.name for number in sheet.model.table.numbers}
    for name in sheet.importance.table["column"].head(_COLUMNS):
        if name not in dates:
            yield name
            continue
        parts = [part for part in dates[name].columns if part in learnt]
        yield min(parts, key=_usual)


def _usual(part: str) -> int:
    "The place of a part of a date among those that tell most."
    return next((at for at, name in enumerate(_PARTS) if part.endswith(f" {name}")), len(_PARTS))


def maps(sheet: TableSheet) -> Section:
    "The levels of categories where their vectors lie."
    blocks: list[Block] = []
    for name in _mapped(sheet):
        blocks += told(partial(_map, sheet, name))
    lead = (
        "Levels that stand near each other mean much the same to the model. "
        "The axes are those along which they differ most."
    )
    text = lead if blocks else f"There is no category of more than {_FEW} levels to draw."
    return Section("maps", "Maps", "Maps of the categories", text, blocks)


def _mapped(sheet: TableSheet) -> list[str]:
    "Categories of more than a few levels, those that matter most first."
    table = sheet.model.table
    dates = {part: date.name for date in table.dates for part in date.columns}
    names = [
        c.name
        for c in table.categories
        if not c.also and len(c.vocab) > _FEW and (c.name not in dates or _usual(c.name) < 3)
    ]
    try:
        order = sheet.importance.table["column"].to_list()
    except EntableError:
        order = []
    place = {name: at for at, name in enumerate(order)}
    names.sort(key=lambda name: (place.get(dates.get(name, name), 0), _usual(name)))
    return names[:_MAPS]


def _map(sheet: TableSheet, name: str) -> Iterator[Block]:
    rows: Embeddings = sheet.model.embeddings[name]
    found = rows.map()
    if len(found.xy) <= _FEW:
        return
    category = next(c for c in sheet.model.table.categories if c.name == name)
    line = (
        rows.vocab.names[found.positions].tolist() if category.ordered and len(rows) <= 12 else None
    )
    drawn = sheet.figures.picture(lambda ax: found.plot(ax, labels=20, path=line), 3.8)
    few = len(rows) - len(found.xy)
    rare = f"; {few:,} seen too rarely are left out" if few else ""
    yield replace(drawn, title=f"{name}: {len(found.xy):,} levels{rare}")
