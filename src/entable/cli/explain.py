"`entable explain`: why a score is what it is."

from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import ids, options, say
from entable.cli.kinds import ratings_model
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.interpret.explain import Explanation

_AXES = 5  # shown, those that add most


def explain(
    path: options.Model,
    user: Annotated[str | None, typer.Option(metavar="ID", help="a user")] = None,
    item: Annotated[str | None, typer.Option(metavar="ID", help="an item, by id or title")] = None,
    n: options.Count = 10,
    json: options.Json = False,
) -> None:
    """Say why a user gets this score for an item.

    Its parts, the axes of taste, and what each past rating adds.
    """
    if user is None or item is None:
        raise BadInput("say which score: --user ID and --item ID")
    model = ratings_model(path, "explain")
    found = model.explain(ids.known(model.users, user), ids.known(model.items, item))
    if json:
        say.document({"model": str(path), **_reasons(found, n)})
    else:
        _tell(found, n)


def _reasons(found: "Explanation", n: int) -> dict[str, Any]:
    return {
        "user": found.user,
        "item": found.item,
        "label": found.label,
        "score": found.score,
        "raw": found.raw,
        "parts": found.parts,
        "axes": found.axes.to_dicts(),
        "prior": found.prior,
        "remainder": found.remainder,
        "past": found.table.head(n).to_dicts(),
        "past_ratings": len(found.table),
        "sentence": found.sentence,
        "notes": found.notes,
    }


def _tell(found: "Explanation", n: int) -> None:
    from entable.cli.tables import lines, table

    lines(found.sentence, style="bold")
    typer.echo()
    parts = [(name, f"{value:+.2f}" if at else f"{value:.2f}")
             for at, (name, value) in enumerate(found.parts.items())]  # fmt: skip
    table(["part", ">adds"], [*parts, ("score", f"{found.score:.2f}")])
    _axes(found)
    _past(found, n)
    for text in found.notes:
        lines(text, style="dim")


def _axes(found: "Explanation") -> None:
    "The axes that add most to taste, with the item's own end of each."
    from entable.cli.tables import lines, table

    if not len(found.axes):
        return
    by_size = found.axes["product"].abs().arg_sort(descending=True)[:_AXES]
    most = found.axes[by_size]
    typer.echo()
    lines(f"Taste, by the {len(most)} of {len(found.axes)} axes that add most", style="bold")
    table(
        ["axis", "low end", "high end", ">user", ">item", ">adds"],
        [
            (f"{row['axis']}", row["low"], row["high"], f"{row['user']:+.2f}",
             f"{row['item']:+.2f}", f"{row['product']:+.2f}")
            for row in most.iter_rows(named=True)
        ],
    )  # fmt: skip


def _past(found: "Explanation", n: int) -> None:
    "What the user rated before, the ratings that weigh most first."
    from entable.cli.tables import lines, table

    if not len(found.table):
        return
    typer.echo()
    shown = found.table.head(n)
    lines(f"The {len(shown)} of {len(found.table):,} past ratings that weigh most", style="bold")
    name = "label" if "label" in shown.columns else "item"
    table(
        ["item", ">rating", ">adds", ">score without it"],
        [
            (row[name] if row[name] is not None else row["item"], f"{row['rating']:g}",
             f"{row['share']:+.2f}", f"{row['without']:.2f}")
            for row in shown.iter_rows(named=True)
        ],
    )  # fmt: skip


def add_to(app: typer.Typer) -> None:
    "Register this file's command."
    app.command()(explain)
