"`entable data`: public data sets from their own publishers."

from typing import Annotated

import typer

import entable
from entable.cli import options, say
from entable.cli.progress import bar


def data(
    name: Annotated[str, typer.Argument(metavar="NAME", help="ml-100k, ml-1m, ml-25m, ...")],
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Download a public data set and say where it is.

    It comes from its own publisher, is checked where a checksum is published, and is kept.
    """
    with bar(f"Downloading {name}", quiet) as report:
        folder = entable.fetch(name, progress=report)
    say.document({"name": name, "path": str(folder)}) if json else typer.echo(folder)


def add_to(app: typer.Typer) -> None:
    "Register this file's command."
    app.command()(data)
