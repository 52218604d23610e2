"`entable table fit`: rows in, a model of a table out."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import options, rows, say, target
from entable.cli.neural import check_rate, several
from entable.cli.progress import bar
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.table import Table
    from entable.data.table.source import Source
    from entable.tablemodel import TableModel


def fit(
    train: Annotated[str, typer.Argument(metavar="TRAIN", help="rows: CSV, Parquet, JSON, ...")],
    aim: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="what to predict: A or A,B")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="MODEL", help="the model file")
    ] = None,
    valid: Annotated[
        str | None, typer.Option(metavar="HELD", help="judge by it: a share, a day, or a file")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="hold out its latest rows; none: at random")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="hold out whole groups of this column")
    ] = None,
    categories: Annotated[str | None, typer.Option(metavar="A,B", help="these are some")] = None,
    numbers: Annotated[str | None, typer.Option(metavar="A,B", help="these are some")] = None,
    dates: Annotated[str | None, typer.Option(metavar="A,B", help="these are some")] = None,
    ignore: Annotated[str | None, typer.Option(metavar="A,B", help="columns left out")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="FILE", help="rows to predict: refuse what they lack")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="how much each row counts")
    ] = None,
    missing: Annotated[
        str | None, typer.Option(metavar="TEXTS", help="texts that mean a missing value: ?,NA")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="NAME", help="number, binary, classes, labels or numbers")
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="learn the target's logarithm")] = False,
    layers: Annotated[
        str | None, typer.Option(metavar="N,N", help="widths of the hidden layers; 0: none")
    ] = None,
    nets: Annotated[int, typer.Option(min=1, metavar="N", help="so many, and their mean")] = 1,
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="passes over the rows")] = 6,
    lr: Annotated[float, typer.Option(metavar="RATE", help="highest learning rate")] = 3e-3,
    wd: Annotated[float, typer.Option(min=0.0, metavar="DECAY", help="weight decay")] = 0.02,
    batch: Annotated[int | None, typer.Option(min=2, metavar="N", help="rows of a step")] = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="A,B", help="accuracy, auc, ..., rmse, rmspe, ...")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="same seed, same model")] = 0,
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="how many")] = 1,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Learn to predict a column from the others, by torch, and write a model file.

    Kinds of columns are inferred and said. Held out by time where there is one column of dates.
    Ctrl-C while it learns ends with the model so far.
    """
    if not rows.names(aim) or out is None:
        raise BadInput("say what to predict and where to: --target COLUMN -o MODEL")
    target.check(out, force)
    widths = _widths(layers)
    check_rate(lr)
    _need_torch(threads)
    gaps = rows.names(missing)
    learnt, held = _parts(rows.read(train, gaps), valid, time, group, dates, seed, gaps)
    table = _table(
        learnt, rows.names(aim), quiet, categories=categories, numbers=numbers, dates=dates,
        ignore=ignore, like=like, weights=weights, missing=gaps, kind=kind, log=log,
    )  # fmt: skip
    asked: dict[str, Any] = {"lr": lr, "wd": wd, "size": batch}
    if metrics is not None:
        asked["metrics"] = rows.names(metrics)
    model = _learnt(table, learnt, held, widths, nets, epochs, seed, quiet, asked)
    judged = None if held is None else model.evaluate(held, rows.names(metrics) or None)
    model.save(out)
    answer = {"model": str(out), "bytes": out.stat().st_size, **model.info}
    answer["valid"] = None if judged is None else rows.scores(judged)
    if json:
        say.document(answer)
    elif not quiet:
        from entable.cli.tables import facts

        facts([*described(answer), *([] if judged is None else rows.score_lines(judged))])


def described(answer: dict[str, Any]) -> list[tuple[str, str]]:
    "What a model of a table is, in words."
    settings, metrics = answer["settings"], answer["metrics"]
    levels = ", ".join(f"{name} ({n:,})" for name, n in answer["categories"].items())
    told = [
        ("model", f"{answer['model']} ({say.size(answer['bytes'])})"),
        ("predicts", f"{answer['target']} ({answer['predicts']}), learnt from {answer['rows']:,}"
         " rows"),
        ("categories", levels or "none"),
        ("numbers", ", ".join(answer["numbers"]) or "none"),
        ("scorer", answer["scorer"]),
    ]  # fmt: skip
    if "epochs" in settings and "seconds" in metrics:
        took = say.seconds(metrics["seconds"])
        told.append(("learnt in", f"{took}, {settings['epochs']} epochs"))
    return told


def _widths(layers: str | None) -> tuple[int, ...] | None:
    if layers is None:
        return None
    try:
        found = tuple(int(part) for part in layers.split(","))
    except ValueError:
        found = (-1,)
    if found == (0,):
        return ()
    if min(found) < 1:
        raise BadInput(f"--layers {layers!r} is no list of widths; say, for example, 200,100")
    return found


def _need_torch(threads: int) -> None:
    from entable._extras import need

    need("torch").set_num_threads(threads)


def _parts(
    source: "Source",
    valid: str | None,
    time: str | None,
    group: str | None,
    dates: str | None,
    seed: int,
    gaps: list[str],
) -> "tuple[Source, Source | None]":
    "The rows to learn from and those held out."
    if valid is None:
        if time is not None or group is not None:
            raise BadInput("--time and --group say what is held out; add --valid .2, or a file")
        return source, None
    if Path(valid).is_file():
        if time is not None or group is not None:
            raise BadInput("--valid FILE holds out the rows of the file; leave --time, --group out")
        return source, rows.read(valid, gaps)
    from entable.data.heldout import held_out

    line = _time(source, time, rows.names(dates)) if group is None else False
    held = held_out(source.frame(), _held(valid), time=line, group=group, seed=seed)
    return source.take(~held), source.take(held)


def _held(valid: str) -> float | int | str:
    "A share, a number of rows, or a day."
    for kind in (int, float):
        try:
            return kind(valid)
        except ValueError:
            continue
    if not valid[:4].isdecimal():
        raise BadInput(f"--valid {valid!r} is no file, no share (.2) and no day (2015-06-19)")
    return valid


def _time(source: "Source", time: str | None, dates: list[str]) -> str | bool:
    "The column of dates whose latest rows are held out; False: at random."
    if time is not None:
        return False if time == "none" else time
    from entable.data.table.kinds import dated

    found = dates or dated(source)
    if len(found) > 1:
        raise BadInput(
            f"several columns hold dates: {', '.join(found)}; --time {found[0]} says by which to "
            "hold out, --time none does so at random"
        )
    return found[0] if found else False


def _table(source: "Source", aim: list[str], quiet: bool, **asked: Any) -> "Table":
    from entable.data.table import Table

    for name in ("categories", "numbers", "dates", "ignore"):
        asked[name] = rows.names(asked[name]) if name == "ignore" or asked[name] else None
    if asked["like"] is not None:
        asked["like"] = rows.read(asked["like"], asked["missing"])
    table = Table.fit(source, aim if len(aim) > 1 else aim[0], repeated=8, **asked)
    for text in table.notes:
        say.note(text, quiet)
    return table


def _learnt(
    table: "Table",
    train: "Source",
    held: "Source | None",
    widths: tuple[int, ...] | None,
    nets: int,
    epochs: int,
    seed: int,
    quiet: bool,
    asked: dict[str, Any],
) -> "TableModel":
    with bar("Learning", quiet, first="preparing") as report:
        from functools import partial

        from entable.recipes.tablenets import tabular_net
        from entable.recipes.tabular import table_model, tabular_learner

        maker = tabular_net if widths is None else partial(tabular_net, layers=widths)
        seen = table.apply(train, target=True)
        kept = None if held is None else table.apply(held, target=True)
        make = partial(tabular_learner, seen, valid=kept, table=table, model=maker, **asked)
        return table_model(*several(make, nets, epochs, seed, report))
