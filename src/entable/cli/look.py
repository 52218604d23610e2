"`entable info` and `entable evaluate`: what a model is, and how good."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import entable
from entable.cli import image, imagefit, imageread, options, rows, say, tablefit, text, textfit
from entable.cli.ids import as_in_model
from entable.cli.kinds import KINDS, PICTURES, RATINGS, TABLE, TEXT, kind_of, loaded, only
from entable.cli.read import read

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.recommender import Recommender
    from entable.recommender.judged import Evaluation
    from entable.tablemodel import TableModel


_DESCRIBED = {
    TABLE: tablefit.described,
    TEXT: textfit.described,
    PICTURES: imagefit.described,
}


def info(path: options.Model, json: options.Json = False) -> None:
    "Say what a model holds and how it was made."
    model = entable.load(path)
    if kind_of(model) == RATINGS:
        answer = described(model, path)
    else:
        answer = {"model": str(path), "bytes": path.stat().st_size, **model.info}
    if json:
        say.document(answer)
    elif kind_of(model) == RATINGS:
        _tell(answer)
    else:
        from entable.cli.tables import facts

        facts(_DESCRIBED[kind_of(model)](answer))


def evaluate(
    path: options.Model,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="ratings, rows with their target, text, pictures")
    ],
    user: options.User = None,
    item: options.Item = None,
    rating: options.Rating = None,
    metrics: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="of rows, pictures: accuracy, auc, ..., rmse, ..."),
    ] = None,
    broken: imageread.Broken = "refuse",
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Judge a model by ratings, rows of a table, text or pictures that it has not seen.

    The trivial baselines stand beside it. Pictures in a list: see `entable image evaluate`.
    """
    model = loaded(path, "evaluate", *KINDS)
    kind, columns = kind_of(model), {"user": user, "item": item, "rating": rating}
    if kind != RATINGS:
        only("evaluate", "ratings", **columns)
    if kind in (RATINGS, TEXT):
        only("evaluate", "a table or pictures", metrics=metrics)
    if kind != PICTURES:
        only("evaluate", "pictures", broken=None if broken == "refuse" else broken)
    if kind == TABLE:
        _judge_rows(model, data, metrics, json)
    elif kind == PICTURES:
        image.judge(model, Path(data), metrics, quiet, json, broken)
    elif kind == TEXT:
        text.judge(model, path, Path(data), json)
    else:
        _judge_ratings(model, read(data, quiet, **columns, time="none"), json)


def _judge_ratings(model: "Recommender", data: "Ratings", json: bool) -> None:
    answer = scores(model.evaluate(as_in_model(data, model)))
    if json:
        say.document(answer)
        return
    from entable.cli.tables import facts

    facts(told(answer))


def _judge_rows(model: "TableModel", path: str, metrics: str | None, json: bool) -> None:
    found = rows.judged(model, path, metrics)
    if json:
        say.document(rows.scores(found))
    else:
        rows.tell(found)


def described(model: "Recommender", path: Path) -> dict[str, Any]:
    "What `entable info` says of a model, for programs."
    import numpy as np

    return {
        "model": str(path),
        "bytes": path.stat().st_size,
        "users": len(model.users),
        "items": len(model.items),
        "factors": model.users.k,
        "range": [model.scorer.lo, model.scorer.hi],
        "mean": float(model.scorer.centre(np.array([model.scorer.mean]))[0]),
        "user_type": model.users.vocab.dtype,
        "item_type": model.items.vocab.dtype,
        "titles": model.items.labels is not None,
        "ratings": int(model.users.counts.sum()),
        "history": model.history is not None,
        "user_facts": [] if model.users.facts is None else model.users.facts.columns,
        "item_facts": [] if model.items.facts is None else model.items.facts.columns,
        "settings": model.settings,
        "metrics": model.metrics,
        "fingerprint": model.fingerprint,
    }


def _tell(answer: dict[str, Any]) -> None:
    from entable.cli.tables import facts

    lo, hi = answer["range"]
    history = f"{answer['ratings']:,} ratings, kept in the file"
    if not answer["history"]:
        history = "left out: seen items cannot be left out, nor past ratings given as reasons"
    about = {side: ", ".join(answer[f"{side}_facts"]) for side in ("user", "item")}
    facts(
        [
            ("model", f"{answer['model']} ({say.size(answer['bytes'])})"),
            ("users", f"{answer['users']:,}, ids of type {answer['user_type']}"),
            ("items", f"{answer['items']:,}, ids of type {answer['item_type']}"
             + (", with titles" if answer["titles"] else "")),
            ("range", f"{lo:g} to {hi:g}"),
            ("history", history),
            *((f"{side} facts", text) for side, text in about.items() if text),
            ("factors", f"{answer['factors']} per user and item"),
            ("settings", _pairs(answer["settings"])),
            ("metrics", _pairs(answer["metrics"])),
            ("data", answer["fingerprint"][:16]),
        ]
    )  # fmt: skip


def _pairs(values: dict[str, Any]) -> str:
    shown = {key: f"{v:.4g}" if isinstance(v, float) else v for key, v in values.items()}
    return ", ".join(f"{key} {value}" for key, value in shown.items() if value is not None)


def scores(judged: "Evaluation") -> dict[str, Any]:
    "An evaluation for programs: n, rmse, mae, coverage80, baselines."
    return {
        "n": judged.n,
        "unknown_users": judged.unknown_users,
        "unknown_items": judged.unknown_items,
        "learnt": judged.learnt,
        "rmse": judged.rmse,
        "mae": judged.mae,
        "coverage80": judged.coverage80,
        "baselines": judged.baselines,
    }


def told(answer: dict[str, Any] | None) -> list[tuple[str, str]]:
    "An evaluation in words, one pair of words and text per line; nothing for None."
    if answer is None:
        return []
    lines = [("held out", f"{answer['n']:,} ratings{_unknown(answer)}")]
    lines += [
        ("model", _errors(answer)),
        *((name, _errors(errors)) for name, errors in answer["baselines"].items()),
        ("intervals", f"{100 * answer['coverage80']:.1f} % lie inside their 80 % intervals"),
    ]
    return lines


def _errors(values: dict[str, float]) -> str:
    return f"RMSE {values['rmse']:.4f}, MAE {values['mae']:.4f}"


def _unknown(answer: dict[str, Any]) -> str:
    counts = {side: answer[f"unknown_{side}s"] for side in ("user", "item")}
    told = [f"{count:,} of an unknown {side}" for side, count in counts.items() if count]
    if answer["learnt"]:
        told.append(f"{answer['learnt']:,} that were learnt from, so the errors flatter")
    return f", {' and '.join(told)}" if told else ""


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    app.command()(info)
    app.command()(evaluate)
