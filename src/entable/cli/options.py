"Arguments that several commands share, each described once."

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="a model file, *.entable")]
RatingsPath = Annotated[
    str, typer.Argument(metavar="RATINGS", help="ratings: CSV, TSV, ::, JSON lines, Parquet, ...")
]
User = Annotated[str | None, typer.Option("--user", metavar="COLUMN", help="column of the users")]
Item = Annotated[str | None, typer.Option("--item", metavar="COLUMN", help="column of the items")]
Rating = Annotated[
    str | None, typer.Option("--rating", metavar="COLUMN", help="column of the ratings")
]
Time = Annotated[
    str | None,
    typer.Option("--time", metavar="COLUMN", help="column of the times; none: without times"),
]
Names = Annotated[
    str | None,
    typer.Option("--names", metavar="FILE", help="a table that gives items their titles"),
]
Of = Annotated[
    str | None, typer.Option("--of", metavar="NAME", help="of this category of a table's model")
]
Count = Annotated[int, typer.Option("-n", min=1, metavar="N", help="how many")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="write here instead: .csv or .parquet"),
]
Force = Annotated[bool, typer.Option("--force", help="replace a file that exists")]
Quiet = Annotated[bool, typer.Option("--quiet", help="say nothing beside the answer")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document, for programs")]
