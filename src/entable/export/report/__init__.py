"""One page that says what a model has learnt and how far to trust it."""

import os
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from entable._extras import need
from entable.data.replacing import replacing
from entable.errors import BadInput, EntableError
from entable.export.report import doubts, reading, summary
from entable.export.report.blocks import Section
from entable.export.report.page import render
from entable.export.report.sheet import Evidence, Sheet
from entable.interpret.health import Checkup
from entable.recommender import Recommender

__all__ = ["Evidence", "report", "write"]

Progress = Callable[[int, int, str], None]


def report(
    model: Recommender,
    title: str = "A model of ratings",
    evidence: Evidence | None = None,
    progress: Progress | None = None,
) -> str:
    """A page about a model, as HTML: one file, no network, light and dark, on paper too.

    evidence: what it is judged by; without any, errors are not shown. Sections for which something
    is lacking say what. progress(done, total, what) is called before each section. Raises
    MissingExtra without Matplotlib or Jinja.
    """
    for package in ("jinja2", "matplotlib"):
        need(package)  # before the work
    sheet = Sheet(model, evidence or Evidence())
    found = _checkup(sheet)
    made = {}
    steps = [
        ("learning", summary.learning),
        ("errors", summary.errors),
        ("residuals", doubts.residuals),
        ("biases", reading.biases),
        ("axes", reading.axes),
        ("map", reading.map_of),
        ("clusters", reading.clusters),
        ("health", lambda sheet: doubts.health(sheet, found)),
        ("reasons", doubts.reasons),
    ]
    for done, (name, section) in enumerate(steps):
        if progress is not None:
            progress(done, len(steps), name)
        made[name] = section(sheet)
    first = summary.data(sheet, [*_short(sheet, found)])
    sections: list[Section] = [first, *made.values()]
    return render(title, _lead(model), sections, sheet.figures.css, version("entable"))


def write(page: str, path: str | os.PathLike[str], force: bool = True) -> Path:
    """Write a page to a file, all of it or nothing.

    Raises BadInput where it exists and force is False, or the disk does not take it.
    """
    path = Path(path)
    if path.exists() and not force:
        raise BadInput(f"{path} exists; name another file, or let it be replaced by force")
    try:
        with replacing(path) as draft:
            draft.write_text(page, "utf-8", newline="\n")
    except OSError as error:
        raise BadInput(f"{path} could not be written: {error.strerror}") from None
    return path


def _lead(model: Recommender) -> str:
    n = int(model.items.counts.sum())
    return (
        f"{len(model.items):,} items and {len(model.users):,} users, vectors of "
        f"{model.scorer.k} numbers learnt from {n:,} ratings"
    )


def _checkup(sheet: Sheet) -> Checkup | None:
    try:
        return doubts.checkup(sheet)
    except EntableError:
        return None  # its section says why


def _short(sheet: Sheet, found: Checkup | None) -> Iterator[str]:
    "What the page comes to, in a few sentences."
    for sentence in (_gain, _held, _first_axis):
        try:
            yield sentence(sheet) + "."
        except EntableError:
            continue
    if sheet.evidence.ladder is not None:
        yield sheet.evidence.ladder.title + "."
    if found is not None:
        yield found.title + "."


def _gain(sheet: Sheet) -> str:
    judged = sheet.evaluation
    if not judged.baselines:
        raise BadInput("there are no baselines")
    name, best = min(judged.baselines.items(), key=lambda pair: pair[1]["rmse"])
    gain = 1 - judged.rmse / best["rmse"]
    than = f"than the best baseline ({name}, {best['rmse']:.4f})"
    which = f"{100 * gain:.1f} % smaller" if gain >= 0 else f"{-100 * gain:.1f} % larger"
    return f"RMSE {judged.rmse:.4f} on held-out ratings is {which} {than}"


def _held(sheet: Sheet) -> str:
    share = 100 * sheet.evaluation.coverage80
    return f"{share:.1f} % of the held-out ratings lie inside their 80 % intervals"


def _first_axis(sheet: Sheet) -> str:
    found = sheet.axes
    widest = int(found.shares.argmax())
    row = found.table.row(widest, named=True)
    facts = f" ({', '.join(row['facts'])})" if row["facts"] else ""
    told = f"{100 * row['share']:.0f} % of the variance of the {found.titled.kinds}"
    return f"{told} lies between {row['low'][0]} and {row['high'][0]}{facts}"
