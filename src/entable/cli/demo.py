"`entable demo`: from ratings to recommendations with reasons, on made-up or on real ratings."

import shlex
import sys
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated, Any

import typer

import entable
from entable.cli import options, say, target
from entable.cli.fit import learn
from entable.cli.read import read

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.recommender import Recommender
    from entable.recommender.judged import Evaluation
    from entable.recommender.reasons import Explanation

HELD_OUT = 0.1
FEW = 5  # best and worst items shown
ENOUGH = 50  # ratings that an item needs for its place in the ranking to mean something


def demo(
    ratings: Annotated[
        str | None,
        typer.Option("--ratings", metavar="FILE", help="your ratings; else made-up ones"),
    ] = None,
    names: options.Names = None,
    solver: Annotated[str, typer.Option(metavar="NAME", help="bayes, als or sgd")] = "bayes",
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="same seed, same model")] = 0,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="MODEL", help="the model file")
    ] = Path("demo/demo.entable"),
) -> None:
    """Show the whole way from ratings to recommendations.

    Learns, judges by held-out ratings, ranks items, recommends with reasons, writes a model file.
    """
    if out.parent == Path("demo"):
        out.parent.mkdir(exist_ok=True)
    target.check(out, force=True)
    train, test = _data(ratings, names, seed).split(HELD_OUT, seed=seed)
    model = learn(train, test, False, solver, seed)
    _judge(model, model.evaluate(test))
    _rank(model)
    for user in _somebody(model):
        _recommend(model, user)
    model.save(out)
    _farewell(model, out)


def _data(path: str | None, names: str | None, seed: int) -> "Ratings":
    from entable.cli.tables import lines

    if path is None:
        data = entable.sample_ratings(seed=seed)
    else:
        data = read(path, quiet=True, names=names)
    first, *rest = data.summary().splitlines()
    lines(first, style="bold")
    lines(*map(str.strip, rest), indent=2)
    return data


def _judge(model: "Recommender", judged: "Evaluation") -> None:
    from entable.cli.tables import table

    took, solver = say.seconds(model.metrics["seconds"]), model.settings["solver"]
    _head(f"Learnt in {took} by {solver}. Error on {judged.n:,} ratings held out at random")
    errors = {**judged.baselines, "Entable": {"rmse": judged.rmse, "mae": judged.mae}}
    rows = [(name, f"{e['rmse']:.4f}", f"{e['mae']:.4f}") for name, e in errors.items()]
    table(["predictor", ">RMSE", ">MAE"], rows)
    typer.echo(f"{100 * judged.coverage80:.1f} % of them lie inside their 80 % intervals.")


def _rank(model: "Recommender") -> None:
    from entable.cli.tables import table

    items = model.items
    least = min(ENOUGH, int(items.counts.max()))
    order = [at for at in items.bias.argsort(kind="stable") if items.counts[at] >= least]
    columns = ["item", ">bias", ">mean rating", ">ratings"]
    for title, best in (("Best", order[::-1][:FEW]), ("Worst", order[:FEW])):
        _head(f"{title} items by bias, the stars beyond their raters' habits ({least}+ ratings)")
        table(columns, [_about(model, at) for at in best])


def _head(text: str) -> None:
    from entable.cli.tables import lines

    typer.echo()
    lines(text, style="bold")


def _about(model: "Recommender", at: int) -> tuple[object, ...]:
    items = model.items
    mean = "" if items.means is None else f"{items.means[at]:.2f}"
    return items.label([at])[0], f"{items.bias[at]:+.2f}", mean, f"{items.counts[at]:,}"


def _somebody(model: "Recommender", people: int = 2) -> list[Any]:
    "The first users who have rated neither little nor very much."
    counts = model.users.counts
    middling = [at for at in range(len(counts)) if 20 <= counts[at] <= 200]
    chosen = middling[:people] or counts.argsort()[::-1][:people]
    return [model.users.names[at] for at in chosen]


def _recommend(model: "Recommender", user: Any, n: int = 3) -> None:
    from entable.cli.tables import lines

    _head(f"For user {user}, who rated {_rated(model, user)}")
    for row in model.recommend(user, n=n, details=True).iter_rows(named=True):
        why = model.explain(user, row["item"])
        between = f"(80 %: {row['low']:.1f} to {row['high']:.1f})"
        lines(f"{row['rank']}. {why.label}: {why.score:.2f} {between}", indent=2)
        lines(*_reasons(why), indent=5, style="dim")


def _rated(model: "Recommender", user: Any) -> str:
    "The two that a user liked best, and how many more they rated."
    if model.history is None:
        return "nothing that the model tells"
    items, ratings = model.history.of_user(model.users.position(user))
    best = (-ratings).argsort(kind="stable")[:2]
    told = [f"{model.items.label([items[at]])[0]} {ratings[at]:g}" for at in best]
    return f"{', '.join(told)} and {len(items) - len(best):,} more"


def _reasons(why: "Explanation") -> list[str]:
    "The parts of a score, and the past ratings that speak most for it."
    mean, *parts = why.parts.items()
    told = [f"{value:+.2f} {name}" for name, value in parts if abs(value) >= 0.005]
    speaking = [row for row in why.table.iter_rows(named=True) if row["share"] > 0][:2]
    past = [f"{row.get('label') or row['item']} {row['rating']:g}" for row in speaking]
    found = [f"{mean[1]:.2f} {mean[0]} {' '.join(told)}"]
    return [*found, f"because they rated {' and '.join(past)}"] if past else found


def _farewell(model: "Recommender", out: Path) -> None:
    program = "entable" if which("entable") else sys.argv[0]
    user, item = model.users.names[0], model.items.label([int(model.items.counts.argmax())])[0]
    typer.echo(
        f"\nThe model is in {out} ({say.size(out.stat().st_size)}). Now try\n"
        f"  {program} recommend {out} --user {shlex.quote(str(user))}\n"
        f"  {program} similar {out} {shlex.quote(item)}\n"
        f"  {program} info {out}"
    )


def add_to(app: typer.Typer) -> None:
    "Register this file's command."
    app.command()(demo)
