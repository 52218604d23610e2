"`entable text`: models of text, made, and used to write, judge and encode."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entable.cli import documents, give, options, say, textfit
from entable.cli.kinds import text_model

if TYPE_CHECKING:
    from entable.textmodel import TextModel

group = typer.Typer(
    name="text",
    help="Learn from text, by character, word or byte pair; write, judge and encode texts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Encoding = Annotated[str, typer.Option(metavar="NAME", help="of the file")]


def generate(
    path: options.Model,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="what to go on from")],
    n: options.Count = 200,
    temperature: Annotated[
        float, typer.Option(metavar="T", help="0: the likeliest; 1: as learnt; more: wilder")
    ] = 1.0,
    top_k: Annotated[
        int | None, typer.Option(metavar="N", help="draw of the likeliest only")
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(metavar="P", help="of the fewest that have this chance")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="of what is drawn by chance")] = 0,
    strict: Annotated[
        bool,
        typer.Option(
            " /--anything",
            help="read characters that were never seen as unseen",
            show_default=False,
        ),
    ] = True,
    json: options.Json = False,
) -> None:
    "Go on from a prompt."
    model = text_model(path, "generate")
    text = model.generate(prompt, n, temperature, top_k, top_p, seed, strict)
    if json:
        say.document({"model": str(path), "prompt": prompt, "text": text})
    else:
        typer.echo("".join(c if c == "\n" else say.printable(c) for c in text))


def score(
    path: options.Model,
    text: Annotated[Path, typer.Argument(metavar="TEXT", help="a file of text; - is the input")],
    encoding: Encoding = "utf-8",
    json: options.Json = False,
) -> None:
    "Say how well a model foresees a text: nats, perplexity, bits per character."
    judge(text_model(path, "score"), path, text, json, encoding)


def judge(model: "TextModel", path: Path, text: Path, json: bool, encoding: str = "utf-8") -> None:
    "Judge the model by a text, and say how good it is."
    found = model.score(documents.text(text, encoding))
    if json:
        figures = found.table.row(0, named=True)
        say.document({"model": str(path), "text": str(text), **figures, "notes": found.notes})
        return
    from entable.cli.tables import lines

    lines(found.title, *found.notes)


def encode(
    path: options.Model,
    path_of: Annotated[
        Path, typer.Argument(metavar="DOCUMENTS", help="a table, or a file with one on each line")
    ],
    column: Annotated[
        str | None, typer.Option("--text", metavar="COLUMN", help="of a table: the documents")
    ] = None,
    names: Annotated[
        str | None, typer.Option("--names", metavar="COLUMN", help="of a table: their names")
    ] = None,
    pool: Annotated[
        str, typer.Option(metavar="HOW", help="mean, last, largest or all of what is remembered")
    ] = "mean",
    out: options.Out = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    "Write documents as vectors: a table to join by name; with classes, those are told too."
    give.check(out, force)
    model = text_model(path, "encode")
    texts, called = documents.documents(path_of, column, names)
    found = model.encode(texts, called, pool=pool).to_frame()  # type: ignore[arg-type]
    if model.classes is not None:
        found = found.hstack(model.predict(texts, details=True))
    give.frame(found, "vectors", path, out, json)


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    group.command("fit")(textfit.fit)
    for command in (generate, score, encode):
        group.command()(command)
    app.add_typer(group)
