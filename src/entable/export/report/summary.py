"""The first sections: what the model was learnt from, how it learnt, and its errors."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from entable._plots import ACCENT, INK, MUTED, PALE, WARM, canvas
from entable.export.report.blocks import Block, Lines, Section, Table, Tile, Tiles, told
from entable.export.report.sheet import Sheet

__all__ = ["data", "errors", "learning"]

_BARS = 40  # more different ratings than this are drawn as a histogram


def data(sheet: Sheet, short: list[str]) -> Section:
    "What the model holds; `short` is what the whole page comes to, in sentences."
    blocks: list[Block] = [Lines("In short", short)] if short else []
    blocks.append(Tiles([*_tiles(sheet)]))
    if sheet.model.history is not None and len(sheet.model.history):
        blocks += told(lambda: [sheet.figures.picture(lambda ax: _values(ax, sheet))])
    blocks += told(lambda: [sheet.figures.picture(lambda ax: _counts(ax, sheet))])
    lead = "What the model was learnt from, and what it says in a few sentences."
    return Section("data", "Data", "The data", lead, blocks)


def _tiles(sheet: Sheet) -> Iterator[Tile]:
    model, scorer = sheet.model, sheet.model.scorer
    users, items, n = len(model.users), len(model.items), int(model.items.counts.sum())
    share = n / max(users * items, 1)
    yield Tile("ratings", f"{n:,}", f"{100 * share:.2f} % of all pairs")
    for name, rows in (("users", model.users), ("items", model.items)):
        median = f"median {np.median(rows.counts):,.0f} ratings each" if len(rows) else ""
        yield Tile(name, f"{len(rows):,}", median)
    scale = f"{scorer.lo:g} to {scorer.hi:g}" if np.isfinite(scorer.hi - scorer.lo) else "no range"
    mean = float(scorer.centre(np.array([scorer.mean]))[0])
    yield Tile("scale", scale, f"mean {mean:.2f}")
    solver = str(model.settings.get("solver", "unknown"))
    factors = model.settings.get("factors", scorer.k)
    yield Tile("solver", solver, f"{factors} factors, seed {model.settings.get('seed', '?')}")
    if (took := model.metrics.get("seconds")) is not None:
        yield Tile("learnt in", f"{took:.1f} s", _passes(model.trace))
    for name, rows in (("item facts", model.items), ("user facts", model.users)):
        if rows.facts is not None and rows.facts.width:
            yield Tile(name, f"{rows.facts.width}", ", ".join(rows.facts.columns[:3]))


def _passes(trace: pl.DataFrame | None) -> str:
    return "" if trace is None or not len(trace) else f"{len(trace):,} passes"


def _values(ax: Any, sheet: Sheet) -> None:
    assert sheet.model.history is not None
    r = sheet.model.history.ratings.astype(np.float64)
    values, counts = np.unique(r, return_counts=True)
    ax = canvas(ax, title="How often each rating was given")
    if len(values) <= _BARS:
        gap = np.diff(values).min() if len(values) > 1 else 1.0
        ax.bar(values, counts, 0.8 * gap, color=ACCENT)
        if len(values) <= 11:
            ax.set_xticks(values, [f"{value:g}" for value in values])
    else:
        ax.hist(r, _BARS, color=ACCENT)
    ax.set_xlabel("rating")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _counts(ax: Any, sheet: Sheet) -> None:
    ax = canvas(ax, title="Who has how many ratings")
    sides = (("items", sheet.model.items, ACCENT), ("users", sheet.model.users, WARM))
    for name, rows, color in sides:
        counts = np.sort(rows.counts[rows.counts > 0])[::-1]
        if len(counts):
            ax.plot(counts, np.arange(1, len(counts) + 1), color=color, lw=1.8, label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else "")
    ax.minorticks_off()
    ax.set_xlabel("ratings, this many or more")
    ax.set_ylabel("users or items")
    ax.legend(frameon=False, fontsize=9)


def learning(sheet: Sheet) -> Section:
    "How the fit went, pass by pass."
    trace = sheet.model.trace
    if trace is None or len(trace) < 2:
        text = "The model says nothing of how it was learnt."
        return Section("learning", "Learning", "Learning", text, [])
    blocks = told(lambda: [sheet.figures.picture(lambda ax: _trace(ax, trace))])
    last = {name: value for name, value in trace.tail(1).to_dicts()[0].items() if value is not None}
    stopped = sheet.model.metrics.get("stopped")
    why = {"draws": "all draws were made", "interrupted": "it was interrupted"}
    tiles = [Tile(_KNOWN.get(k, k), f"{v:.4f}".removesuffix(".0000")) for k, v in last.items()]
    tiles += [Tile("ended because", why.get(stopped, str(stopped)))] if stopped else []
    lead = "The curve should have gone flat: where it still falls, more passes would help."
    return Section("learning", "Learning", "Learning", lead, [*blocks, Tiles(tiles, half=True)])


_KNOWN = {
    "pass": "passes",
    "noise": "noise of a rating",
    "rmse_train": "RMSE on what is learnt from",
    "rmse_valid": "RMSE on held-out ratings",
}


def _trace(ax: Any, trace: pl.DataFrame) -> None:
    ax = canvas(ax, title="Pass by pass")
    x, *others = trace.columns
    drawn = [name for name in others if trace[name].dtype.is_numeric() and trace[name].count()]
    for name, color in zip(drawn, (ACCENT, WARM, MUTED, INK), strict=False):
        ax.plot(trace[x], trace[name], color=color, lw=1.6, label=_KNOWN.get(name, name))
    ax.set_xlabel(x)
    ax.legend(frameon=False, fontsize=9)


def errors(sheet: Sheet) -> Section:
    "The errors on held-out ratings beside trivial baselines, and whether other sizes would do."
    blocks = told(lambda: _beside_baselines(sheet))
    ladder = sheet.evidence.ladder
    if ladder is not None:
        blocks += told(
            lambda: [
                sheet.figures.picture(ladder.plot),
                Table.of(ladder.title, ladder.table, digits=4, half=True),
            ]
        )
    lead = "On ratings that were held out. A model earns its keep by what it is better than."
    if sheet.evidence.notes:
        blocks.append(Lines("", sheet.evidence.notes))
    return Section("errors", "Errors", "Error beside baselines", lead, blocks)


def _beside_baselines(sheet: Sheet) -> list[Block]:
    judged = sheet.evaluation
    frame = judged.table.sort("rmse")
    notes = [
        f"{judged.n:,} ratings; {100 * judged.coverage80:.1f} % lie inside their 80 % intervals."
    ]
    if judged.learnt:
        notes.append(f"{judged.learnt:,} of them were learnt from, which flatters the model.")
    if not judged.baselines:
        notes.append("Without its history the model cannot be set beside baselines.")
    title = f"Errors on {judged.n:,} held-out ratings"
    table = Table.of(title, frame, digits=4, half=True, notes=tuple(notes))
    return [sheet.figures.picture(lambda ax: _bars(ax, frame), 0.6 + 0.34 * len(frame)), table]


def _bars(ax: Any, frame: pl.DataFrame) -> None:
    ax = canvas(ax, title="RMSE, shorter is better")
    names, rmse = frame["predictor"].to_list()[::-1], frame["rmse"].to_numpy()[::-1]
    colors = [ACCENT if name == "model" else PALE for name in names]
    ax.barh(range(len(names)), rmse, 0.62, color=colors)
    for at, value in enumerate(rmse):
        ax.text(value, at, f" {value:.4f}", va="center", color=INK, fontsize=9)
    ax.set_yticks(range(len(names)), names)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.margins(x=0.16)
