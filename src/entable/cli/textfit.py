"`entable text fit`: a text in, a model of it out; or documents with classes."

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import options, say, target
from entable.cli.documents import columns
from entable.cli.neural import check_rate, several
from entable.cli.progress import bar
from entable.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from entable.recipes.text import TextLearner
    from entable.textmodel import TextModel

    Make = Callable[..., TextLearner]
    Maker = Callable[[], Make]

CELLS = ("rnn", "gru", "lstm")


def fit(
    train: Annotated[
        Path, typer.Argument(metavar="TEXT", help="a file of text, or with --target a table")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="MODEL", help="the model file")
    ] = None,
    valid: Annotated[
        float, typer.Option(metavar="SHARE", help="the last share is held out; 0: none")
    ] = 0.2,
    cut: Annotated[
        str,
        typer.Option(metavar="HOW", help="characters, words, how many byte pairs, tokenizer.json"),
    ] = "characters",
    lower: Annotated[bool, typer.Option("--lower", help="in lower case")] = False,
    min_count: Annotated[
        int, typer.Option(min=1, metavar="N", help="what comes less often is unseen")
    ] = 1,
    encoding: Annotated[str, typer.Option(metavar="NAME", help="of the file")] = "utf-8",
    text: Annotated[
        str | None, typer.Option("--text", metavar="COLUMN", help="of a table: the documents")
    ] = None,
    aim: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="of a table: their classes")
    ] = None,
    cell: Annotated[str, typer.Option(metavar="NAME", help="rnn, gru or lstm")] = "gru",
    hidden: Annotated[int, typer.Option(min=1, metavar="N", help="numbers remembered")] = 256,
    layers: Annotated[int, typer.Option(min=1, metavar="N", help="layers")] = 1,
    width: Annotated[int, typer.Option(min=1, metavar="N", help="numbers of a vector")] = 42,
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="passes over the text")] = 9,
    lr: Annotated[float, typer.Option(metavar="RATE", help="highest learning rate")] = 1e-2,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="rows read side by side")] = 64,
    length: Annotated[int, typer.Option(min=1, metavar="N", help="steps of a window")] = 64,
    nets: Annotated[int, typer.Option(min=1, metavar="N", help="so many, and their mean")] = 1,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="same seed, same model")] = 0,
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="how many")] = 1,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Learn what comes next in a text, by torch, and write a model file.

    With --target and --text: learn the classes of a table's documents. Ctrl-C while it learns ends
    with the model so far.
    """
    if out is None:
        raise BadInput("say where the model goes: -o MODEL")
    if (text is None) != (aim is None):
        raise BadInput("classes of documents need both columns: --text COLUMN --target COLUMN")
    if cell not in CELLS:
        raise BadInput(f"--cell {cell!r} came; {', '.join(CELLS)} can be learnt")
    target.check(out, force)
    check_rate(lr)
    _need_torch(threads)
    net = {"cell": cell, "hidden": hidden, "layers": layers, "width": width}
    asked = net | {"lr": lr, "size": batch}
    if aim is None:
        read = {"cut": _cut(cut), "lower": lower, "min_count": min_count, "encoding": encoding}
        maker = partial(_language, train, read, valid, asked | {"length": length})
    else:
        asked |= {"cut": _cut(cut), "lower": lower}
        maker = partial(_classes, train, str(text), aim, valid, asked)
    model = _learnt(maker, nets, epochs, seed, quiet)
    model.save(out)
    _say({"model": str(out), "bytes": out.stat().st_size, **model.info}, quiet, json)


def _learnt(maker: "Maker", nets: int, epochs: int, seed: int, quiet: bool) -> "TextModel":
    "Nets of this seed and the next ones; those that were learnt before Ctrl-C."
    with bar("Learning", quiet, first="preparing") as report:
        from entable.recipes.text import text_model

        return text_model(*several(maker(), nets, epochs, seed, report))


def _say(answer: dict[str, Any], quiet: bool, json: bool) -> None:
    if json:
        say.document(answer)
    elif not quiet:
        from entable.cli.tables import facts

        facts(described(answer))


def described(answer: dict[str, Any]) -> list[tuple[str, str]]:
    "What a model of text is, in words."
    settings, metrics = answer["settings"], answer["metrics"]
    lower = ", in lower case" if answer["lower"] else ""
    told = [
        ("model", f"{answer['model']} ({say.size(answer['bytes'])})"),
        ("text", f"{answer['names']:,} different {answer['cut']}{lower}, learnt from "
         f"{answer['learnt']:,}"),
        ("scorer", answer["scorer"]),
    ]  # fmt: skip
    if answer["classes"] is not None:
        told.append(("classes", ", ".join(map(str, answer["classes"]))))
    if "valid_loss" in metrics:
        share = f", {100 * metrics['accuracy']:.1f} % right" if "accuracy" in metrics else ""
        first = " by the first net" if len(settings.get("seeds", ())) > 1 else ""
        told.append(("held out", f"{metrics['valid_loss']:.4f} nats{share}{first}"))
    if "epochs" in settings and "seconds" in metrics:
        told.append(
            ("learnt in", f"{say.seconds(metrics['seconds'])}, {settings['epochs']} epochs")
        )
    return told


def _need_torch(threads: int) -> None:
    from entable._extras import need

    need("torch").set_num_threads(threads)


def _cut(cut: str) -> str | int:
    return int(cut) if cut.isdecimal() else cut


def _language(path: Path, read: dict[str, Any], valid: float, asked: Any) -> "Make":
    from entable.data.text import Text
    from entable.recipes.text import text_learner

    return partial(text_learner, Text.read(path, **read), valid or None, **asked)


def _classes(path: Path, text: str, aim: str, valid: float, asked: Any) -> "Make":
    from entable.recipes.textclasses import text_classifier

    texts, labels = columns(path, text, aim)
    return partial(
        text_classifier, texts.cast(str).to_list(), labels.to_list(), valid or None, **asked
    )
