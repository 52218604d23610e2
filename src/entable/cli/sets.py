"`entable data`: public data sets from their own publishers."

from pathlib import Path
from typing import Annotated

import typer

import entable
from entable.cli import options, say
from entable.cli.progress import bar


def data(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="the set; left out: which there are")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="keep it here, not in the user's cache")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(metavar="URL", help="fetch it from here, not from its publisher")
    ] = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Download a public data set and say where it is.

    It comes from its own publisher, is checked where a checksum is published, and is kept.
    """
    if name is None:
        _list(json)
        return
    from entable.data.fetch import tables

    with bar(f"Downloading {name}", quiet) as report:
        folder = entable.fetch(name, cache=cache, base_url=mirror, progress=report)
    files = {what: str(path) for what, path in tables(folder).items()}
    if json:
        say.document({"name": name, "path": str(folder), "files": files})
        return
    typer.echo(folder)
    if "ratings" in files:
        names = f" --names {files['names']}" if "names" in files else ""
        say.note(f"Now: entable fit {files['ratings']}{names} -o {name}.entable", quiet)


def _list(json: bool) -> None:
    "Say which sets there are."
    from entable.data.fetch import SETS

    if json:
        say.document({"sets": SETS})
        return
    from entable.cli.tables import facts

    facts(SETS.items())


def add_to(app: typer.Typer) -> None:
    "Register this file's command."
    app.command()(data)
