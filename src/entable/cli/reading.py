"`entable axes`, `nearest`, `map` and `compare`: reading what a model has learnt."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import entable
from entable.cli import ids, options, say, target
from entable.cli.kinds import RATINGS, TABLE, kind_of, of_table, only, ratings_model
from entable.cli.pictures import PICTURES, category, draw
from entable.cli.read import with_facts
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable._answer import Answer
    from entable.embeddings import Embeddings
    from entable.interpret.maps import Map

Users = Annotated[bool, typer.Option("--users", help="of users, not of items")]
MinCount = Annotated[
    int | None,
    typer.Option("--min-count", min=0, metavar="N", help="only rows with so many ratings"),
]
Facts = Annotated[
    str | None, typer.Option("--facts", metavar="FILE", help="a table of facts about the rows")
]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="of what is drawn by chance")]


def axes(
    path: options.Model,
    k: Annotated[int, typer.Option("-k", min=1, metavar="K", help="how many")] = 3,
    users: Users = False,
    of: options.Of = None,
    min_count: MinCount = None,
    facts: Facts = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Name the main axes of taste.

    The names at both ends of each, and the facts that go with it.
    """
    rows = with_facts(_side(path, users, of), facts, quiet)
    _give(rows.pca(k, min_count), path, "axes", json)


def nearest(
    path: options.Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="an item, by id or title")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="A", help="with --to: NAME goes as A to B")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="B", help="see --from")] = None,
    metric: Annotated[
        str, typer.Option(metavar="NAME", help="cosine, euclidean, or dot with the bias in")
    ] = "cosine",
    farthest: Annotated[bool, typer.Option("--farthest", help="those least like it")] = False,
    users: Users = False,
    of: options.Of = None,
    n: options.Count = 10,
    min_count: MinCount = 0,
    json: options.Json = False,
) -> None:
    """Name what is nearest to one name, or farthest from it.

    With --from A --to B: what is to NAME as B is to A.
    """
    if (start is None) != (end is None):
        raise BadInput("--from and --to go together: what is to NAME as B is to A")
    if start is not None and (farthest or metric != "cosine"):
        raise BadInput("--from and --to look by cosine for what is nearest; leave the rest away")
    rows = _side(path, users, of)
    given = [ids.known(rows, text) for text in (start, end, name) if text is not None]
    ask: Any = rows.farthest if farthest else rows.nearest
    least = min_count or 0
    if start is not None:
        answer = rows.analogy(given[0], given[1], given[2], n, least)
    else:
        answer = ask(given[0], n, metric, least)
    _give(answer, path, "nearest", json)


def map_(
    path: options.Model,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help=".png, .svg, .pdf, or .html to hover"),
    ] = None,
    method: Annotated[str, typer.Option(metavar="NAME", help="pca or tsne")] = "pca",
    color: Annotated[
        str, typer.Option(metavar="WHAT", help="bias, count, mean, cluster, or a fact's name")
    ] = "bias",
    facts: Facts = None,
    users: Users = False,
    of: options.Of = None,
    min_count: MinCount = None,
    labels: Annotated[
        int, typer.Option(min=0, metavar="N", help="names shown in a picture at most")
    ] = 30,
    seed: Seed = 0,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    "Draw items or users as points of a plane, in a picture or on a page one can hover."
    file = _checked(out, force)
    rows = with_facts(_side(path, users, of), facts, quiet)
    found = _mapped(rows, method, min_count, color, seed)
    if file.suffix.lower() == ".html":
        found.page(file)
    else:
        _draw(found, file, labels)
    for text in found.notes:
        say.note(text, quiet)
    if json:
        say.document({"model": str(path), "out": str(file), "points": len(found.xy)})
    else:
        say.note(f"{found.title}: {file} ({say.size(file.stat().st_size)})", quiet)


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="a model file")],
    b: Annotated[Path, typer.Argument(metavar="B", help="another, of the same items or users")],
    json: options.Json = False,
) -> None:
    """Say what differs between two models of the same items or users.

    What moved most, and how far predictions are apart.
    """
    found = ratings_model(a, "compare").compare(ratings_model(b, "compare"))
    parts = {"predictions": found, "items": found.items, "users": found.users}
    there = {name: part for name, part in parts.items() if part is not None}
    if json:
        told = {name: _plain(part) for name, part in there.items()}
        about = {"rms": found.rms, "correlation": found.correlation}
        say.document({"model": str(a), "other": str(b), **about, **told})
        return
    for at, part in enumerate(there.values()):
        typer.echo() if at else None
        _show(part)


def _side(path: Path, users: bool, of: str | None) -> "Embeddings":
    "The rows to read: items, users, the levels of a category, characters or classes."
    model = entable.load(path)
    if kind_of(model) not in (RATINGS, TABLE):
        only(f"a model of {kind_of(model)}", "ratings or a table", users=users, of=of)
        named: Embeddings = model.embeddings
        return named
    if of_table(model):
        only("a model of a table", "ratings", users=users)
        return category(model, of)
    only("a model of ratings", "a table", of=of)
    found: Embeddings = model.users if users else model.items
    return found


def _checked(out: Path | None, force: bool) -> Path:
    if out is None:
        raise BadInput("say where the map goes: -o map.png, or -o map.html to hover")
    if out.suffix.lower() not in (*PICTURES, ".html"):
        raise BadInput(f"{out} ends in none of {', '.join(PICTURES)} and .html")
    target.check(out, force)
    return out


def _mapped(rows: "Embeddings", method: Any, min_count: int | None, color: str, seed: int) -> "Map":
    known = rows.facts is not None and color in rows.facts.columns
    if color == "cluster" and not known:
        return rows.clusters(min_count=min_count, seed=seed).map(method, seed)
    return rows.map(method, min_count, color, seed)


def _draw(found: "Map", path: Path, labels: int) -> None:
    "A picture in the format that its name ends in, the same bytes each time."
    draw(found, path, (8.6, 6.2), labels=labels)


def _show(answer: "Answer") -> None:
    from entable.cli.tables import show

    show(answer)  # it knows how Rich prints it


def _plain(answer: "Answer") -> dict[str, Any]:
    return {"title": answer.title, "rows": answer.table.to_dicts(), "notes": answer.notes}


def _give(answer: "Answer", model: Path, what: str, json: bool) -> None:
    "An answer as JSON, or as a table to read."
    if json:
        found = {what: answer.table.to_dicts(), "notes": answer.notes}
        say.document({"model": str(model), "title": answer.title, **found})
    else:
        _show(answer)


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    app.command()(axes)
    app.command()(nearest)
    app.command("map")(map_)
    app.command()(compare)
