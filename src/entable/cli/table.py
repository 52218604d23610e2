"`entable table`: models of tables, made, read and used as features for others."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import files, options, pictures, rows, say, tablefit, target
from entable.cli.kinds import table_model

if TYPE_CHECKING:
    import polars as pl

    from entable._answer import Answer

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
    _check(out, force)
    model = table_model(path, "encode")
    found = rows.encoded(model, data, keep, not vectors_only, quiet)
    _frame(found, path, out, "features", json)


def vectors(
    path: options.Model,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="of which category")],
    out: options.Out = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Write the vectors of a category's levels: a table to join by name."
    _check(out, force)
    model = table_model(path, "vectors")
    found = pictures.category(model, category).to_frame()
    _frame(found, path, out, "vectors", json)


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
    pictures.check(out, force)
    model = table_model(path, "importance")
    source = rows.read(data, model.table.gaps)
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
    pictures.check(out, force)
    model = table_model(path, "partial")
    source = rows.read(data, model.table.gaps)
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
    pictures.check(out, force)
    model = table_model(path, "worst")
    _answer(model.worst(rows.read(data, model.table.gaps), n), path, out, json)


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


def _check(out: Path | None, force: bool) -> None:
    if out is not None:
        files.check_format(out)
        target.check(out, force)


def _frame(found: "pl.DataFrame", model: Path, out: Path | None, what: str, json: bool) -> None:
    "A frame as a file, as JSON, or as a table to read."
    if out is not None:
        files.write(found, out)
    if json:
        told = {"rows": len(found), "out": str(out)} if out else {what: found.to_dicts()}
        say.document({"model": str(model), **told})
    elif out is not None:
        say.note(f"{len(found):,} rows written to {out}")
    else:
        from entable.cli.tables import table

        head = [f">{name}" if found[name].dtype.is_numeric() else name for name in found.columns]
        table(head, found.iter_rows())


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
