"`entable table`: models of tables, made, read and used as features for others."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import give, options, pictures, rows, say, tablefit
from entable.cli.kinds import table_model

if TYPE_CHECKING:
    from entable._answer import Answer
    from entable.data.table.source import Source
    from entable.tablemodel import TableModel

group = typer.Typer(
    name="table",
    help="Learn from tables of categories, numbers and dates; read and reuse what was learnt.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Rows = Annotated[Path, typer.Argument(metavar="ROWS", help="rows: CSV, Parquet, JSON, ...")]
Keep = Annotated[
    str | None, typer.Option("--keep", metavar="A,B", help="columns of the rows put in front")
]
Draw = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="draw it: .png, .svg or .pdf"),
]
Most = Annotated[int, typer.Option("--rows", min=1, metavar="N", help="so many rows at most")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="of what is drawn by chance")]


def encode(
    path: options.Model,
    data: Rows,
    keep: Keep = None,
    vectors_only: Annotated[
        bool, typer.Option("--vectors-only", help="without the scaled numbers")
    ] = False,
    out: options.Out = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    "Write rows as features for another model: a vector for each category, numbers scaled."
    give.check(out, force)
    model = table_model(path, "encode")
    found = rows.encoded(model, data, keep, not vectors_only, quiet)
    give.frame(found, "features", path, out, json)


def vectors(
    path: options.Model,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="of which category")],
    out: options.Out = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Write the vectors of a category's levels: a table to join by name."
    give.check(out, force)
    model = table_model(path, "vectors")
    found = pictures.category(model, category).to_frame()
    give.frame(found, "vectors", path, out, json)


def importance(
    path: options.Model,
    data: Rows,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="accuracy, auc, ..., rmse, rmspe, ...")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, metavar="N", help="shuffles of each column")] = 5,
    most: Most = 2000,
    out: Draw = None,
    seed: Seed = 0,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Say what is lost when a column is shuffled, on rows whose target is known."
    model, source = _brought(path, data, out, force, "importance")
    _answer(model.importance(source, metric, repeats, most, seed), path, out, json)


def partial(
    path: options.Model,
    data: Rows,
    columns: Annotated[list[str], typer.Argument(metavar="COLUMN...", help="one, or a pair")],
    of: Annotated[
        str | None, typer.Option(metavar="CLASS", help="the class or target that is told")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="tell rows apart by this column")
    ] = None,
    most: Most = 500,
    out: Draw = None,
    seed: Seed = 0,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Say what the model answers as a column, or a pair, goes through its values."
    model, source = _brought(path, data, out, force, "partial")
    _answer(model.partial(source, columns, of, by, most=most, seed=seed), path, out, json)


def worst(
    path: options.Model,
    data: Rows,
    n: options.Count = 10,
    out: Draw = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Show the rows that the model gets most wrong, of rows whose target is known."
    model, source = _brought(path, data, out, force, "worst")
    _answer(model.worst(source, n), path, out, json)


def profile(
    data: Rows,
    aim: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="what would be predicted")
    ] = None,
    missing: Annotated[
        str | None, typer.Option(metavar="TEXTS", help="texts that mean a missing value: ?,NA")
    ] = None,
    out: Draw = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Say what the columns of a table hold, before anything is learnt."
    pictures.check(out, force)
    from entable.data.table import Table

    gaps = rows.names(missing)
    table = Table.fit(rows.read(data, gaps), rows.names(aim) or None, missing=gaps)
    _answer(table.profile(), data, out, json)


def _brought(
    path: Path, data: Path, out: Path | None, force: bool, command: str
) -> tuple["TableModel", "Source"]:
    "The model and rows beside it, once it is sure that the picture can be written."
    pictures.check(out, force)
    model = table_model(path, command)
    return model, rows.read(data, model.table.gaps)


def _answer(found: "Answer", model: Path, out: Path | None, json: bool) -> None:
    "An answer as a picture if a file is named, and as JSON or a table to read."
    if out is not None:
        pictures.draw(found, out)
    if json:
        told: dict[str, Any] = {"rows": found.table.to_dicts(), "notes": found.notes}
        say.document({"model": str(model), "title": found.title, **told})
    elif out is not None:
        say.note(f"{found.title}: {out} ({say.size(out.stat().st_size)})")
    else:
        from entable.cli.tables import show

        show(found)


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    group.command("fit")(tablefit.fit)
    for command in (encode, vectors, importance, partial, worst, profile):
        group.command()(command)
    app.add_typer(group)
