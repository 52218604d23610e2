"""What pages about models that were judged on rows or pictures share."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import polars as pl

from entable._plots import ACCENT, MUTED, WARM, canvas
from entable.data.words import counted
from entable.errors import EntableError
from entable.evaluate.tables import HIGHER, brief
from entable.export.report.blocks import Column, Section, Table, Tile, Tiles, told
from entable.export.report.figures import Figures
from entable.tablemodel.reading import Judged

__all__ = ["Progress", "beside", "gain", "learning", "sections", "sentences"]

Progress = Callable[[int, int, str], None]
Sheet = TypeVar("Sheet")


class Learnt(Protocol):
    "A page in the making about a model that may say how it was learnt."

    @property
    def model(self) -> Any: ...

    @property
    def figures(self) -> Figures: ...


def sections(
    sheet: Sheet, steps: Sequence[Callable[[Sheet], Section]], progress: Progress | None
) -> list[Section]:
    "Sections one after another; progress(done, total, what) is called before each."
    made = []
    for done, section in enumerate(steps):
        if progress is not None:
            progress(done, len(steps), section.__name__)
        made.append(section(sheet))
    return made


def sentences(sheet: Sheet, *said: Callable[[Sheet], str]) -> Iterator[str]:
    "What can be said in short; a section says why where it cannot."
    for sentence in said:
        try:
            yield f"{sentence(sheet)}."
        except EntableError:
            continue


def gain(judged: Judged, what: str) -> str:
    "The first metric beside an answer that is always the same."
    name = next(iter(judged.scores))
    better = "higher" if name in HIGHER else "lower"
    return (
        f"{name} is {brief(judged.scores[name])} on {counted(judged.n, what)}, "
        f"{brief(judged.baseline[name])} for an answer that is always the same ({better} is better)"
    )


def beside(judged: Judged, what: str) -> Table:
    "All metrics beside an answer that is always the same."
    names = [Column("metric"), Column("model", "number"), Column("always the same", "number")]
    rows = [(k, brief(v), brief(judged.baseline[k])) for k, v in judged.scores.items()]
    return Table(f"{counted(judged.n, what)} held out", names, rows, half=True, notes=judged.notes)


def learning(sheet: Learnt) -> Section:
    "How the training went, epoch by epoch."
    trace = sheet.model.trace
    if trace is None or len(trace) < 2:
        text = "The model says nothing of how it was learnt, or one epoch was all."
        return Section("learning", "Learning", "Learning", text, [])
    blocks = told(lambda: [sheet.figures.picture(partial(_trace, trace))])
    last = trace.tail(1).to_dicts()[0]
    names = [name for name in trace.columns if name not in ("step", "seconds")]
    tiles = [Tile(name, brief(last[name])) for name in names if last[name] is not None]
    lead = "Where the held-out loss still falls at the end, more epochs would help."
    return Section("learning", "Learning", "Learning", lead, [*blocks, Tiles(tiles, half=True)])


def _trace(trace: pl.DataFrame, ax: Any) -> None:
    "Draw losses by epoch."
    ax = canvas(ax, title="Loss by epoch")
    lines = {"train_loss": ("what is learnt from", ACCENT), "valid_loss": ("held out", WARM)}
    for name, (label, color) in lines.items():
        if name in trace.columns and trace[name].count():
            ax.plot(trace["epoch"], trace[name], "o-", color=color, ms=3.5, lw=1.6, label=label)
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False, fontsize=9)
    ax.tick_params(colors=MUTED)
