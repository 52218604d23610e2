"`entable fit`: ratings in, a model file out."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import entable
from entable.cli import look, options, say, target
from entable.cli.neural import check, learn_by_torch
from entable.cli.progress import bar
from entable.cli.read import read
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.recommender import Recommender
    from entable.recommender.judged import Evaluation


def fit(
    ratings: options.RatingsPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MODEL", help="the model file")],
    solver: Annotated[
        str, typer.Option(metavar="NAME", help="bayes (most accurate), als, or sgd (fastest)")
    ] = "bayes",
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="in place of a solver: dot, history, net, towers"),
    ] = None,
    factors: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="numbers per user and item")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="same seed, same model")] = 0,
    valid: Annotated[
        float | None, typer.Option(metavar="SHARE", help="hold this share out and judge by it")
    ] = None,
    user: options.User = None,
    item: options.Item = None,
    rating: options.Rating = None,
    time: options.Time = None,
    names: options.Names = None,
    user_facts: Annotated[
        str | None, typer.Option(metavar="FILE", help="facts about users, kept in the model")
    ] = None,
    item_facts: Annotated[
        str | None, typer.Option(metavar="FILE", help="facts about items, kept in the model")
    ] = None,
    scale: Annotated[
        str | None, typer.Option("--range", metavar="LO,HI", help="the scale of the ratings")
    ] = None,
    draws: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="draws of the bayes solver")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.0, metavar="TIME", help="stop after about so many seconds")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="passes of a torch model")
    ] = None,
    lr: Annotated[
        float | None, typer.Option(metavar="RATE", help="highest learning rate of a torch model")
    ] = None,
    wd: Annotated[
        float | None, typer.Option(min=0.0, metavar="DECAY", help="weight decay of a torch model")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="ratings of a step of a torch model")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="how many; the result is the same")
    ] = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Learn a model from ratings and write it to a file.

    Ctrl-C while it learns ends with the model so far.
    """
    target.check(out, force)
    if valid is not None and not 0 < valid < 1:
        raise BadInput(f"--valid {valid} is no share; say, for example, .1 for a tenth")
    neural = {"epochs": epochs, "lr": lr, "wd": wd, "size": batch}
    own = {"factors": factors, "threads": threads}
    own |= _settings(model, solver, neural, {"draws": draws, "seconds": seconds})
    data = read(
        ratings, quiet, user=user, item=item, rating=rating, time=time, names=names,
        user_facts=user_facts, item_facts=item_facts, range=_range(scale),
        unrated=model == "towers",
    )  # fmt: skip
    if data.r.min() == data.r.max():
        raise BadInput(f"every rating is {data.r[0]:g}, so there is nothing to learn")
    train, test = _hold_out(data, valid, seed)
    if model is None:
        made = learn(train, test, quiet, solver, seed, **own)
    else:
        made = learn_by_torch(train, test, quiet, model, seed, **own)
    made.save(out)
    judged = made.evaluate(test) if test is not None else None
    answer = _answer(made, train, out, judged)
    say.document(answer) if json else _tell(answer, quiet)


def _settings(
    model: str | None, solver: str, neural: dict[str, Any], compiled: dict[str, Any]
) -> dict[str, Any]:
    "What was asked for; BadInput for what the other way of learning would take."
    ours, theirs = (compiled, neural) if model is None else (neural, compiled)
    if strange := [name for name, value in theirs.items() if value is not None]:
        option = "batch" if strange[0] == "size" else strange[0]
        way = "a torch model (--model dot, history, net or towers)" if model is None else "a solver"
        raise BadInput(f"--{option} is for {way}; leave it out here")
    if model is not None and solver != "bayes":
        raise BadInput(f"--solver {solver} and --model {model} came; one of them was wanted")
    if model is not None:
        check(model, neural["lr"])
    return {name: value for name, value in ours.items() if value is not None}


def learn(
    train: "Ratings",
    test: "Ratings | None",
    quiet: bool,
    solver: str,
    seed: int,
    **settings: Any,
) -> "Recommender":
    "Say what the work will be, do it under a bar, and say if it was cut short."
    from entable.factorize import foresee

    say.note(f"{foresee(train, solver, **settings)}", quiet)
    with bar("Learning", quiet, first="compiling, if it is the first time") as report:
        model = entable.factorize(train, solver, seed=seed, valid=test, progress=report, **settings)
    if model.metrics.get("stopped") == "interrupted":
        say.note("interrupted: this is the best model so far")
    return model


def _range(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        lo, hi = map(float, text.split(","))
    except ValueError:
        raise BadInput(f"--range {text!r} is no pair of numbers; say, for example, 1,5") from None
    return lo, hi


def _hold_out(
    data: "Ratings", share: float | None, seed: int
) -> tuple["Ratings", "Ratings | None"]:
    if share is None:
        return data, None
    return data.split(share, seed=seed)


def _answer(
    model: "Recommender", train: "Ratings", out: Path, judged: "Evaluation | None"
) -> dict[str, Any]:
    return {
        "model": str(out),
        "bytes": out.stat().st_size,
        "ratings": len(train),
        "users": len(train.users),
        "items": len(train.items),
        "range": train.scale,
        "settings": model.settings,
        "metrics": model.metrics,
        "valid": None if judged is None else look.scores(judged),
    }


def _tell(answer: dict[str, Any], quiet: bool) -> None:
    if quiet:
        return
    from entable.cli.tables import facts

    settings, metrics = answer["settings"], answer["metrics"]
    lo, hi = answer["range"]
    counts = f"{answer['ratings']:,} by {answer['users']:,} users on {answer['items']:,} items"
    facts(
        [
            ("model", f"{answer['model']} ({say.size(answer['bytes'])})"),
            ("ratings", f"{counts}, {lo:g} to {hi:g}"),
            ("solver", f"{_way(settings)}, {settings['factors']} factors"),
            ("learnt in", say.seconds(metrics["seconds"])),
            *look.told(answer["valid"]),
        ]
    )


def _way(settings: dict[str, Any]) -> str:
    return " ".join(str(settings[key]) for key in ("solver", "model") if key in settings)


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    app.command()(fit)
