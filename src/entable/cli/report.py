"`entable report`: one page that says what a model has learnt and how far to trust it."

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

import entable
from entable.cli import options, say, target
from entable.cli.ids import as_in_model
from entable.cli.progress import Report, bar
from entable.cli.read import read, with_facts
from entable.errors import BadInput, EntableError

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.embeddings import Embeddings
    from entable.export.report import Evidence
    from entable.recommender import Recommender

Progress = Callable[[int, int, str], None]
PAGES = (".html", ".htm")
_HELD, _LADDER, _TWIN, _PAGE = 1.0, 2.0, 1.0, 1.5  # about how long each takes


def report(
    path: options.Model,
    ratings: Annotated[
        str | None,
        typer.Option("--ratings", metavar="FILE", help="ratings to judge by, learnt ones left out"),
    ] = None,
    facts: Annotated[
        str | None, typer.Option("--facts", metavar="FILE", help="a table of facts about items")
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

    To judge it, models of its settings are trained: on nine tenths of its ratings with fewer, as
    many and more factors, and once with another seed.
    """
    file, started = (
        _checked(path.with_suffix(".html") if out is None else out, force),
        perf_counter(),
    )
    model = entable.load(path)
    model = replace(model, items=_titled(with_facts(model.items, facts, quiet)))
    test = None
    if ratings is not None:
        columns = {"user": user, "item": item, "rating": rating, "time": time}
        test = as_in_model(read(ratings, quiet, **columns), model)
    with bar("Reporting", quiet, first="learning, to judge the model") as progress:
        page = _page(model, path, test, not no_train, seed, quiet, progress)
    _write(page, file)
    _say(file, path, perf_counter() - started, quiet, json)


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
    path: Path,
    test: "Ratings | None",
    train: bool,
    seed: int,
    quiet: bool,
    progress: Report | None,
) -> str:
    from entable.export.report import report as page

    total = _HELD + _LADDER + _TWIN + _PAGE if train else _PAGE
    evidence = _brought(model, test)
    if train:
        try:
            evidence = _trained(model, evidence, seed, lambda *part: _part(progress, total, *part))
        except EntableError as error:
            why = f"Nothing was trained to judge the model by: {error}"
            say.note(why, quiet)
            evidence = replace(evidence, notes=(*evidence.notes, f"{why}."))
    return page(model, path.stem, evidence, _part(progress, total, total - _PAGE, _PAGE))


def _brought(model: "Recommender", test: "Ratings | None") -> "Evidence":
    "What can be judged by the ratings that came."
    from entable.export.report import Evidence

    if test is None:
        return Evidence()
    learnt = 0
    if model.history is not None:
        u, i = _positions(model, test)
        known = model.history.holds(u, i, len(model.items))
        learnt, test = int(known.sum()), test.take(~known)
    if not len(test):
        return Evidence(notes=("The model was learnt from all ratings that were brought.",))
    note = f"Judged by {len(test):,} ratings that were brought"
    left = (
        f"; {learnt:,} others were left out, for the model was learnt from them" if learnt else ""
    )
    unsure = "" if model.history is not None else ", learnt from or not: the model has no history"
    return Evidence(test, model, notes=(f"{note}{unsure}{left}.",))


def _positions(model: "Recommender", test: "Ratings"):  # type: ignore[no-untyped-def]
    u = model.users.positions(test.users.names, strict=False)[test.u]
    return u, model.items.positions(test.items.names, strict=False)[test.i]


def _trained(
    model: "Recommender", brought: "Evidence", seed: int, part: Callable[..., Progress | None]
) -> "Evidence":
    "The same with errors by number of factors and a twin, and held-out ratings if none were there."
    from entable.recipes import study

    found = brought
    if found.test is None or found.judged is None:
        judged, test = study.held_out(model, seed=seed, progress=part(0.0, _HELD))
        note = f"Judged on {len(test):,} of its ratings by a model learnt from the others."
        found = replace(found, test=test, judged=judged, notes=(*found.notes, note))
        held = judged, test
    else:
        held = model, _as_own(model, found.test)
    ladder = study.ladder(model, held=held, progress=part(_HELD, _LADDER))
    twin = study.twin(model, progress=part(_HELD + _LADDER, _TWIN))
    return replace(found, ladder=ladder, twin=twin)


def _as_own(model: "Recommender", test: "Ratings") -> "Ratings":
    "Ratings of known users and items by their positions in the model."
    import numpy as np

    u, i = _positions(model, test)
    known = (u >= 0) & (i >= 0)
    own = replace(
        test.take(known), users=model.users.vocab, items=model.items.vocab, user_labels=None,
        item_labels=None, user_facts=None, item_facts=None,
    )  # fmt: skip
    return replace(own, u=u[known].astype(np.int32), i=i[known].astype(np.int32))


def _part(progress: Report | None, total: float, start: float, width: float) -> Progress | None:
    "Progress of one step as a part of the whole."
    if progress is None:
        return None

    def report(done: int, of: int, text: str) -> None:
        progress(start + width * done / max(of, 1), total, text)

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
