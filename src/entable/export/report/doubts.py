"""The sections that question the model: where it is wrong, its health, and its reasons."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from entable._answer import cell
from entable.export.report.blocks import Block, Folded, Lines, Quote, Section, Table, told
from entable.export.report.sheet import Sheet
from entable.interpret.health import Checkup
from entable.interpret.residuals import By

__all__ = ["checkup", "health", "reasons", "residuals"]

_SAMPLES = 3
_DAMPED = "mean: of the residuals; damped: as if there were five more ratings without any error."
_ACTIVE = (20, 200)  # ratings of somebody whose reasons can be told


def residuals(sheet: Sheet) -> Section:
    "For whom, on what and where predictions are wrong, and whether intervals hold."
    blocks = told(lambda: _residuals(sheet))
    lead = (
        "Ratings less predictions on what was held out: above 0 the model was too strict, below 0 "
        "too kind."
    )
    return Section("residuals", "Where wrong", "Where it is most wrong", lead, blocks)


def _residuals(sheet: Sheet) -> Iterator[Block]:
    found = sheet.residuals
    sides: list[By] = ["prediction", "calibration", "count", "user count"]
    if found.time is not None:
        sides.append("time")
    for by in sides:
        yield sheet.figures.picture(partial(found.plot, by=by), 3.1)
    yield Table.of("Items that it underrates or overrates", found.items, 8, half=True)
    yield Table.of(
        "Users whom it underrates or overrates", found.users, 8, half=True, notes=(_DAMPED,)
    )
    yield Folded(Table.of("The single ratings that it missed most", found.ratings, 12))


def checkup(sheet: Sheet) -> Checkup:
    "The health of the model, with the twin and the ladder where there are some."
    return sheet.model.health(sheet.evidence.twin, sheet.evidence.ladder)


def health(sheet: Sheet, found: Checkup | None) -> Section:
    "Figures of what is well and what is not."
    blocks = told(lambda: _health(sheet, found or checkup(sheet)))
    lead = "Each figure says what it means and when to worry; what needs a look comes first."
    return Section("health", "Health", "Health", lead, blocks)


def _health(sheet: Sheet, found: Checkup) -> Iterator[Block]:
    look = found.table.filter(pl.col("verdict") != "fine")
    fine = found.table.filter(pl.col("verdict") == "fine")
    if len(look):
        yield _figures(found.title, look)
        yield Folded(_figures(f"{len(fine)} figures that are fine", fine))
    else:
        yield _figures(found.title, fine)
    if found.notes:
        yield Lines("", found.notes)
    yield sheet.figures.picture(found.plot, 3.2)
    yield sheet.figures.picture(partial(found.items.plot, what="hubs"), 3.2)


def _figures(title: str, frame: pl.DataFrame) -> Table:
    values = [cell(value) for value in frame["value"]]  # each figure has its own unit
    return Table.of(
        title, frame.with_columns(value=pl.Series(values, dtype=pl.String)), 99, long=400
    )


def reasons(sheet: Sheet) -> Section:
    "Why some users get the scores they get."
    blocks: list[Block] = []
    for user in _somebody(sheet):
        blocks += [each for each in told(partial(_reason, sheet, user)) if each not in blocks]
    lead = "For a few users the item they are recommended first, and why, in parts that add up."
    return Section("reasons", "Reasons", "Reasons", lead, blocks)


def _somebody(sheet: Sheet) -> list[Any]:
    "Users with neither few nor very many ratings, from all over the list."
    users = sheet.model.users
    low, high = _ACTIVE
    middling = np.flatnonzero((users.counts >= low) & (users.counts <= high))
    if len(middling) < _SAMPLES:
        middling = np.sort(np.argsort(-users.counts, kind="stable")[:_SAMPLES])
    at = middling[np.linspace(0, len(middling) - 1, min(_SAMPLES, len(middling))).astype(int)]
    return [users.names[each] for each in dict.fromkeys(at.tolist())]


def _reason(sheet: Sheet, user: Any) -> Iterator[Block]:
    model = sheet.model
    best = model.recommend(user, 1, seen=model.history is None)
    if not len(best):
        yield Quote(f"User {user}", "There is nothing to recommend: they have rated every item.")
        return
    why = model.explain(user, best["item"][0])
    past = len(why.table)
    yield Quote(f"User {user}" + (f", who gave {past:,} ratings" if past else ""), why.sentence)
    rows = 11 if not past else 20
    notes = () if past else why.notes
    yield sheet.figures.picture(why.plot, 0.9 + 0.23 * rows, 5.4, notes=notes)
    if past:
        title = "Past ratings that weigh most"
        yield Table.of(title, why.table, 8, half=True, notes=why.notes)
