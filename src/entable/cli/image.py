"`entable image`: models of pictures, made, asked and read."

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import files, give, imagefit, imageread, options, rows, say, target
from entable.cli.kinds import image_model
from entable.cli.progress import bar
from entable.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from entable.data.images import Images
    from entable.imagemodel import ImageModel

group = typer.Typer(
    name="image",
    help="Learn from pictures; predict, encode and read what was learnt.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

PAGES = (".html", ".htm")


def predict(
    path: options.Model,
    pictures: imageread.Pictures,
    tta: Annotated[
        bool, typer.Option("--tta", help="look at each in several ways, and take the mean")
    ] = False,
    broken: imageread.Broken = "refuse",
    out: options.Out = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    "Say what pictures show, with the chance of each class."
    give.check(out, force)
    model, seen, left_out = _opened(path, pictures, broken, "image predict", quiet)
    with bar("Looking", quiet) as report:
        found = model.predict(seen, details=True, tta=tta, progress=report)
    _frame(found, "predictions", path, out, json, left_out)


def encode(
    path: options.Model,
    pictures: imageread.Pictures,
    broken: imageread.Broken = "refuse",
    out: options.Out = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    "Write the features of pictures: a vector for each, by name."
    give.check(out, force)
    model, seen, left_out = _opened(path, pictures, broken, "image encode", quiet)
    with bar("Looking", quiet) as report:
        found = model.encode(seen, progress=report)
    _frame(found.to_frame(), "vectors", path, out, json, left_out)


def evaluate(
    path: options.Model,
    known: Annotated[
        Path, typer.Argument(metavar="PICTURES", help="class folders, a list, idx or npz")
    ],
    picture: imageread.Picture = None,
    aim: imageread.Target = None,
    sep: imageread.Sep = None,
    broken: imageread.Broken = "refuse",
    metrics: Annotated[
        str | None, typer.Option(metavar="A,B", help="accuracy, log_loss, f1, ..., rmse, ...")
    ] = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    "Judge a model by pictures that it has not seen, with what always the same answer would get."
    listed = {"picture": picture, "target": aim, "sep": sep}
    imageread.only_lists(listed, known)
    judge(image_model(path, "image evaluate"), known, metrics, quiet, json, broken, **listed)


def report(
    path: options.Model,
    known: Annotated[
        Path | None,
        typer.Argument(metavar="PICTURES", help="to judge by: class folders, a list, idx or npz"),
    ] = None,
    picture: imageread.Picture = None,
    aim: imageread.Target = None,
    sep: imageread.Sep = None,
    broken: imageread.Broken = "refuse",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="the page; else MODEL with .html"),
    ] = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Write a page about a model of pictures that opens in any browser.

    Pictures that it was not learnt from, with their classes, show what it gets wrong.
    """
    file = path.with_suffix(".html") if out is None else out
    check_page(file, force)
    model = image_model(path, "image report")
    listed = {"picture": picture, "target": aim, "sep": sep}
    imageread.only_lists(listed, *([] if known is None else [known]))
    page(model, path, file, known, broken, quiet, json, **listed)


def judge(
    model: "ImageModel",
    known: Path,
    metrics: str | None,
    quiet: bool,
    json: bool,
    broken: str = "refuse",
    **listed: Any,
) -> None:
    "Judge the model by pictures, and say how good it is."
    seen, left_out = _known(model, known, broken, quiet, **listed)
    found = model.evaluate(seen, rows.names(metrics) or None)
    if json:
        say.document({**rows.scores(found), "skipped": left_out})
    else:
        rows.tell(found)


def check_page(file: Path, force: bool) -> None:
    "A page that can be written, with all that it takes to make one at hand."
    from entable._extras import need

    if file.suffix.lower() not in PAGES:
        raise BadInput(f"{file} ends in neither {' nor '.join(PAGES)}; a report is a page")
    target.check(file, force)
    for package in ("jinja2", "matplotlib", "PIL"):
        need(package)


def page(
    model: "ImageModel",
    path: Path,
    file: Path,
    known: Path | None,
    broken: str,
    quiet: bool,
    json: bool,
    **listed: Any,
) -> None:
    "Make the page and write it."
    started = perf_counter()
    images = None
    if known is not None:
        images, _ = _known(model, known, broken, quiet, **listed)
    with bar("Reporting", quiet) as progress:
        from entable.export.report import write
        from entable.export.report.images import image_report

        made = image_report(model, path.stem, images, progress)
    write(made, file)
    seconds, size = perf_counter() - started, file.stat().st_size
    if json:
        say.document({"model": str(path), "report": str(file), "bytes": size, "seconds": seconds})
    else:
        say.note(f"{file} ({say.size(size)}), made in {say.seconds(seconds)}", quiet)


def _known(
    model: "ImageModel", path: Path, broken: str, quiet: bool, **listed: Any
) -> "tuple[Images, list[dict[str, Any]]]":
    "Pictures with their classes as the model sees them, and those that were left out."
    height, width, channels = model.scorer.shape
    how: dict[str, Any] = {"size": (height, width), "channels": channels, "fit": model.fit}
    images = imageread.known(path, broken, part="test", **listed, **how)
    return images, imageread.skipped(images, quiet)


def _opened(
    path: Path, pictures: list[Path], broken: str, verb: str, quiet: bool
) -> "tuple[ImageModel, Images, list[dict[str, Any]]]":
    "The model, the pictures as it sees them, and those that were left out."
    way = imageread.check(broken)
    model = image_model(path, verb)
    seen = model.images(imageread.plain(pictures), way)
    return model, seen, imageread.skipped(seen, quiet)


def _frame(
    found: "pl.DataFrame",
    what: str,
    model: Path,
    out: Path | None,
    json: bool,
    left_out: list[dict[str, Any]],
) -> None:
    "A frame as a file, as JSON, or as a table to read, with what was left out."
    if not json:
        give.frame(found if out is not None else _brief(found), what, model, out, json)
        return
    told: dict[str, Any] = {what: found.to_dicts()}
    if out is not None:
        files.write(found, out)
        told = {"rows": len(found), "out": str(out)}
    say.document({"model": str(model), **told, "skipped": left_out})


def _brief(found: "pl.DataFrame") -> "pl.DataFrame":
    "For people: of many chances the largest, of many numbers the first."
    import polars as pl

    chances = [name for name in found.columns if name.startswith("chance of ")]
    if len(chances) > 6 and "predicted" in found.columns:
        return found.select("picture", "predicted", chance=pl.max_horizontal(chances))
    return found if found.width <= 20 else found[:, :9]


def add_to(app: typer.Typer) -> None:
    "Register this file's commands."
    group.command("fit")(imagefit.fit)
    for command in (predict, encode, evaluate, report):
        group.command()(command)
    app.add_typer(group)
