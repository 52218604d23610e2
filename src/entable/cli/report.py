"`entable report`: one page that says what a model has learnt and how far to trust it."

from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from entable.cli import image, options, rows, say, target
from entable.cli.ids import as_in_model
from entable.cli.kinds import PICTURES, RATINGS, TABLE, kind_of, loaded, of_table, only
from entable.cli.progress import Report, bar
from entable.cli.read import read, with_facts
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.embeddings import Embeddings
    from entable.recipes.study import Progress
    from entable.recommender import Recommender
    from entable.tablemodel import TableModel

PAGES = (".html", ".htm")
_LEARNING = 0.75  # share of the time that it takes


def report(
    path: options.Model,
    ratings: Annotated[
        str | None,
        typer.Option("--ratings", metavar="FILE", help="ratings to judge by, learnt ones left out"),
    ] = None,
    facts: Annotated[
        str | None, typer.Option("--facts", metavar="FILE", help="a table of facts about items")
    ] = None,
    held: Annotated[
        str | None,
        typer.Option("--rows", metavar="FILE", help="of a table: rows to judge by, not learnt"),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", metavar="PATH", help="of pictures: those to judge by"),
    ] = None,
    no_train: Annotated[
        bool, typer.Option("--no-train", help="quicker: no held-out ratings, no other sizes")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="the page; else MODEL with .html"),
    ] = None,
    user: options.User = None,
    item: options.Item = None,
    rating: options.Rating = None,
    time: options.Time = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="of what is held out")] = 0,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Write a page about a model that opens in any browser.

    To judge one of ratings, models of its settings are trained: on nine tenths of its ratings with
    fewer, as many and more factors, and once with another seed. One of a table is judged by --rows,
    one of pictures by --pictures.
    """
    started = perf_counter()
    file = _checked(path.with_suffix(".html") if out is None else out, force)
    model = loaded(path, "report", RATINGS, TABLE, PICTURES)
    if kind_of(model) != RATINGS:
        only("report", "ratings", ratings=ratings, facts=facts, no_train=no_train, user=user,
             item=item, rating=rating, time=time)  # fmt: skip
    if kind_of(model) == PICTURES:
        only("report", "a table", rows=held)
        image.page(model, path, file, pictures, "refuse", quiet, json)
        return
    only("report", "pictures", pictures=pictures)
    if of_table(model):
        _table_page(model, path.stem, held, file, quiet)
        _say(file, path, perf_counter() - started, quiet, json)
        return
    only("report", "a table", rows=held)
    model = replace(model, items=_titled(with_facts(model.items, facts, quiet)))
    test = None
    if ratings is not None:
        columns = {"user": user, "item": item, "rating": rating, "time": time}
        test = as_in_model(read(ratings, quiet, **columns), model)
    with bar("Reporting", quiet, first="learning, to judge the model") as progress:
        page, notes = _page(model, path.stem, test, not no_train, seed, progress)
    _write(page, file)
    for text in notes:
        say.note(text, quiet)
    _say(file, path, perf_counter() - started, quiet, json)


def _table_page(model: "TableModel", title: str, held: str | None, file: Path, quiet: bool) -> None:
    from entable.export.report.tables import table_report

    brought = None if held is None else rows.read(held, model.table.gaps).frame()
    if brought is not None:
        model.table.apply(brought, target=True)  # what is wrong with the rows is said at once
    with bar("Reporting", quiet) as progress:
        page = table_report(model, title, brought, _part(progress, 0.0, 1.0))
    _write(page, file)


def _checked(file: Path, force: bool) -> Path:
    "A page that can be written, with all that it takes to make one at hand."
    from entable._extras import need

    if file.suffix.lower() not in PAGES:
        raise BadInput(f"{file} ends in neither {' nor '.join(PAGES)}; a report is a page")
    target.check(file, force)
    for package in ("jinja2", "matplotlib"):
        need(package)
    return file


def _titled(rows: "Embeddings") -> "Embeddings":
    "The rows by the titles in their facts, where they have none of their own."
    from entable.data.usual import TITLES, plain

    if rows.labels is not None or rows.facts is None:
        return rows
    titles = [name for name in rows.facts.columns if plain(name) in TITLES]
    if not titles:
        return rows
    import numpy as np
    import polars as pl

    texts = rows.facts[titles[0]].cast(pl.String).to_list()
    return replace(rows, labels=np.array([*texts, None], dtype=object)[:-1])


def _page(
    model: "Recommender",
    title: str,
    ratings: "Ratings | None",
    train: bool,
    seed: int,
    progress: Report | None,
) -> tuple[str, tuple[str, ...]]:
    "The page, and what is to be said of what judges the model."
    from entable.export.report import report as page
    from entable.recipes.evidence import gather

    ready = Thread(target=_import_what_draws, daemon=True)
    ready.start()
    learnt = _LEARNING if train else 0.0
    evidence = gather(model, ratings, train, seed, _part(progress, 0.0, learnt))
    ready.join()
    return page(model, title, evidence, _part(progress, learnt, 1.0)), evidence.notes


def _import_what_draws() -> None:
    "It takes seconds, which pass while compiled code learns."
    for module in ("matplotlib.figure", "matplotlib.backends.backend_svg", "sklearn.cluster"):
        with suppress(ImportError):  # what is missing is said where it is needed
            import_module(module)


def _part(progress: Report | None, start: float, end: float) -> "Progress | None":
    "Progress of one step as a part of the whole."
    if progress is None:
        return None

    def report(done: int, total: int, text: str) -> None:
        progress(start + (end - start) * done / max(total, 1), 1.0, text)

    return report


def _write(page: str, file: Path) -> None:
    from entable.export.report import write

    write(page, file)


def _say(file: Path, path: Path, seconds: float, quiet: bool, json: bool) -> None:
    size = file.stat().st_size
    if json:
        say.document({"model": str(path), "report": str(file), "bytes": size, "seconds": seconds})
    else:
        say.note(f"{file} ({say.size(size)}), made in {say.seconds(seconds)}", quiet)


def add_to(app: typer.Typer) -> None:
    "Register this file's command."
    app.command()(report)
