"`entable predict`, `entable recommend` and `entable similar`: a model at work."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import files, give, ids, options, rows, say
from entable.cli.kinds import RATINGS, TABLE, loaded, of_table, only, ratings_model
from entable.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from entable.recommender import Recommender


def predict(
    path: options.Model,
    pairs: Annotated[
        Path | None,
        typer.Argument(metavar="ROWS", help="pairs of users and items, or rows of a table"),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="ID", help="a user")] = None,
    item: Annotated[str | None, typer.Option(metavar="ID", help="an item, by id or title")] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="A,B", help="columns of a table's rows put in front")
    ] = None,
    out: options.Out = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Say what users would give items, for one pair or many, or what a table's model predicts.

    The model knows which: pairs of users and items, or rows with the columns of its table.
    """
    if (pairs is None) != (user is not None and item is not None):
        raise BadInput(
            "say which pairs: --user and --item, or a file with columns user and item (for a "
            "model of a table: a file of rows)"
        )
    give.check(out, force)
    model = loaded(path, "predict", RATINGS, TABLE)
    if of_table(model):
        only("predict", "ratings", user=user, item=item)
        assert pairs is not None
        give.frame(rows.predicted(model, pairs, keep, quiet), "predictions", path, out, json)
        return
    only("predict", "a table", keep=keep)
    if pairs is None:
        users, items = [ids.known(model.users, str(user))], [ids.known(model.items, str(item))]
    else:
        columns = files.columns(pairs, ("user", "item"))
        users = ids.parsed(model.users.vocab, columns[0].to_list())
        items = ids.parsed(model.items.vocab, columns[1].to_list())
    found = _titled(model, model.predict(users, items, details=True))
    _say_unknown(found, quiet)
    give.frame(found, "predictions", path, out, json)


def recommend(
    path: options.Model,
    user: Annotated[str | None, typer.Option(metavar="ID", help="a user")] = None,
    users: Annotated[
        Path | None, typer.Option(metavar="FILE", help="users: a column user, or one on each line")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="every user of the model")] = False,
    ratings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="a new user's ratings: columns item, rating")
    ] = None,
    n: options.Count = 10,
    seen: Annotated[bool, typer.Option("--seen", help="items already rated, too")] = False,
    out: options.Out = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    "Say what users would like best of what they have not rated."
    if sum([user is not None, users is not None, everyone, ratings is not None]) != 1:
        raise BadInput("say for whom: one of --user, --users FILE, --all or --ratings FILE")
    if everyone and out is None and not json:
        raise BadInput("--all is a lot to read: name a file with -o, or ask for --json")
    give.check(out, force)
    model = ratings_model(path, "recommend")
    if ratings is not None:
        found = model.fold_in(_own(model, ratings)).recommend(n, seen=seen)
    else:
        who = _who(model, user, users)
        found = model.recommend(who, n, seen=seen, details=True)
        _say_unknown(found, quiet)
    give.frame(found, "recommendations", path, out, json)


def similar(
    path: options.Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="an item, by id or title")],
    users: Annotated[bool, typer.Option("--users", help="NAME is a user")] = False,
    n: options.Count = 10,
    json: options.Json = False,
) -> None:
    "Name the items most like one, or the users most like one."
    model = ratings_model(path, "similar")
    if users:
        found = model.similar_users(ids.known(model.users, name), n)
    else:
        found = model.similar(ids.known(model.items, name), n)
    give.frame(found, "similar", path, None, json)


def _titled(model: "Recommender", found: "pl.DataFrame") -> "pl.DataFrame":
    "The same frame with the titles of its items, if the model knows titles."
    labels = model.items.labels
    if labels is None:
        return found
    at = model.items.positions(found["item"], strict=False)
    titles = [labels[position] if position >= 0 else None for position in at]
    import polars as pl

    return found.insert_column(2, pl.Series("label", titles, dtype=pl.String))


def _who(model: "Recommender", user: str | None, users: Path | None) -> Any:
    if user is not None:
        return [ids.known(model.users, user)]
    if users is None:
        return model.users.names
    (column,) = files.columns(users, ("user",))
    return ids.parsed(model.users.vocab, column.to_list())


def _own(model: "Recommender", path: Path) -> dict[Any, float]:
    "A new user's ratings by the names of the model's items."
    items, ratings = files.columns(path, ("item", "rating"))
    return {
        ids.known(model.items, str(item)): _number(rating, row, path)
        for row, (item, rating) in enumerate(zip(items, ratings, strict=True), 1)
    }


def _number(value: Any, row: int, path: Path) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadInput(f"{path}, row {row:,}: the rating {value!r} is no number") from None


def _say_unknown(found: "pl.DataFrame", quiet: bool) -> None:
    for side in ("user", "item"):
        if f"known_{side}" in found.columns:
            unknown = found.filter(~found[f"known_{side}"])[side].unique(maintain_order=True)
            if len(unknown):
                many = f"{len(unknown):,} {side}s are" if len(unknown) > 1 else f"one {side} is"
                say.note(
                    f"{many} not in the model, first {unknown[0]!r}: scored by the mean taste; "
                    f"known_{side} says which",
                    quiet,
                )


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    app.command()(predict)
    app.command()(recommend)
    app.command()(similar)
