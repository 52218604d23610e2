"""One page about a model of a table: its columns, its errors, and what it makes of each column."""

from collections.abc import Iterator
from importlib.metadata import version

import polars as pl

from entable._extras import need
from entable.data.words import counted
from entable.export.report.blocks import (
    Block,
    Column,
    Lines,
    Section,
    Table,
    Tile,
    Tiles,
    told,
)
from entable.export.report.judged import Progress, beside, gain, learning, sections, sentences
from entable.export.report.page import render
from entable.export.report.tablecolumns import columns, maps
from entable.export.report.tablesheet import TableSheet
from entable.interpret.importance import Importance
from entable.tablemodel import TableModel

__all__ = ["table_report"]


_WORST = 12  # rows


def table_report(
    model: TableModel,
    title: str = "A model of a table",
    rows: pl.DataFrame | None = None,
    progress: Progress | None = None,
) -> str:
    """A page about a model of a table, as HTML: one file, no network, light and dark.

    rows: with their target, and not learnt from; without them errors and what is read from them
    are not shown. progress(done, total, what) is called before each section. Raises MissingExtra
    without Matplotlib or Jinja.
    """
    for package in ("jinja2", "matplotlib"):
        need(package)  # before the work
    sheet = TableSheet(model, rows)
    steps = [errors, learning, importance, columns, maps, worst]
    found = [data(sheet), *sections(sheet, steps, progress)]
    return render(title, _lead(model), found, sheet.figures.css, version("entable"))


def _lead(model: TableModel) -> str:
    many = counted(len(model.table.columns), "column")
    return f"{model.target.name} from {many}, learnt from {counted(model.table.size, 'row')}"


def data(sheet: TableSheet) -> Section:
    "What the table holds, and what the whole page comes to."
    blocks: list[Block] = []
    said = (lambda sheet: gain(sheet.judged, "row"), lambda sheet: sheet.importance.title)
    if short := [*sentences(sheet, *said)]:
        blocks.append(Lines("In short", short))
    blocks.append(Tiles([*_tiles(sheet.model)]))
    found = sheet.model.table.profile()
    blocks += told(lambda: [sheet.figures.picture(found.plot, 0.5 + 0.3 * len(found.strips), 5.4)])
    if found.notes:
        blocks.append(Lines("How the columns were read", found.notes, half=True))
    lead = "The columns that the model was learnt from, and what it says in a few sentences."
    return Section("data", "Data", "The data", lead, blocks)


def _tiles(model: TableModel) -> Iterator[Tile]:
    table, settings = model.table, model.settings
    yield Tile("rows", f"{table.size:,}")
    own = [category for category in table.categories if not category.also]
    also = len(table.categories) - len(own)
    yield Tile("categories", f"{len(own)}", f"{sum(len(c.vocab) for c in own):,} levels")
    taken = f"{also} of them categories, too" if also else ""
    yield Tile("numbers", f"{len(table.numbers)}", taken)
    kind = model.target.kind + (", by its logarithm" if model.target.log else "")
    yield Tile("predicts", model.target.name, kind)
    yield Tile("scorer", str(model.scorer), f"{settings.get('epochs', '?')} epochs")
    if (took := model.metrics.get("seconds")) is not None:
        yield Tile("learnt in", f"{took:.1f} s")


def errors(sheet: TableSheet) -> Section:
    "Metrics beside an answer that is always the same, and how far answers are from the truth."
    blocks = told(lambda: _errors(sheet))
    lead = "On rows that were brought. A model earns its keep by what it is better than."
    return Section("errors", "Errors", "Error beside a baseline", lead, blocks)


def _errors(sheet: TableSheet) -> Iterator[Block]:
    judged = sheet.judged
    yield sheet.figures.picture(judged.plot, 1.0 + 0.9 * len(judged.scores), tall=True)
    yield beside(judged, "row")
    yield sheet.figures.picture(sheet.model.worst(sheet.known).plot, 3.4)


def importance(sheet: TableSheet) -> Section:
    "What the model leans on."
    blocks = told(lambda: _importance(sheet))
    lead = "A column is shuffled among the rows: what the model then loses is what it leaned on."
    return Section("importance", "Importance", "What it leans on", lead, blocks)


def _importance(sheet: TableSheet) -> Iterator[Block]:
    found = sheet.importance
    yield sheet.figures.picture(found.plot, 1.0 + 0.24 * min(len(found.names), 25))
    names = [Column("column"), Column("worse by", "number"), Column("std. error", "number")]
    rows = [(name, *(f"{v:,.{_digits(found)}f}" for v in both)) for name, *both in
            found.table.head(25).iter_rows()]  # fmt: skip
    yield Table(found.title, names, rows, half=True, notes=found.notes)


def _digits(found: Importance) -> int:
    return 1 if found.table["worse"][0] >= 100 else 4


def worst(sheet: TableSheet) -> Section:
    "The rows that are most wrong."
    blocks = told(lambda: [_worst(sheet)])
    lead = "The largest losses first: look for what they have in common, and for wrong labels."
    return Section("worst", "Worst rows", "The rows that are most wrong", lead, blocks)


def _worst(sheet: TableSheet) -> Block:
    found = sheet.model.worst(sheet.known, _WORST)
    return Table.of(found.title, found.table, _WORST)
