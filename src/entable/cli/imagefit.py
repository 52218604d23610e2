"`entable image fit`: pictures in, a model of pictures out."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import imageread, options, rows, say, target
from entable.cli.neural import check_rate, told
from entable.cli.progress import bar
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.images import Images
    from entable.recipes.vision import VisionLearner

NETS = ("small", "resnet18", "resnet34", "resnet50")
CHANGES = ("none", "photos", "drawings")


def fit(
    train: Annotated[
        Path, typer.Argument(metavar="TRAIN", help="a folder of class folders, a list, idx or npz")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="MODEL", help="the model file")
    ] = None,
    valid: Annotated[
        str, typer.Option(metavar="HELD", help="judge by it: a share, or pictures; 0: none")
    ] = "0.2",
    picture: imageread.Picture = None,
    aim: imageread.Target = None,
    sep: imageread.Sep = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="N", help="pixels of a side, or 64x96; if they vary"),
    ] = None,
    gray: Annotated[bool, typer.Option("--gray", help="without colours")] = False,
    fitted: Annotated[
        str, typer.Option("--fit", metavar="HOW", help="another shape: crop, squish or pad")
    ] = "crop",
    broken: imageread.Broken = "refuse",
    net: Annotated[str, typer.Option(metavar="NAME", help="small, resnet18, 34 or 50")] = "small",
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="weights to begin with, of the same net: .safetensors"),
    ] = None,
    change: Annotated[
        str, typer.Option(metavar="HOW", help="at random, in training: none, photos or drawings")
    ] = "none",
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="passes over them")] = 5,
    lr: Annotated[float, typer.Option(metavar="RATE", help="highest learning rate")] = 3e-3,
    wd: Annotated[float, typer.Option(min=0.0, metavar="DECAY", help="weight decay")] = 0.05,
    batch: Annotated[int, typer.Option(min=2, metavar="N", help="pictures of a step")] = 64,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="same seed, same model")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="how many")] = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Learn what pictures show, by torch, and write a model file.

    With --weights the head learns first, then all. Ctrl-C while it learns ends with the model so
    far.
    """
    if out is None:
        raise BadInput("say where the model goes: -o MODEL")
    _check(net, change)
    target.check(out, force)
    check_rate(lr)
    _need_torch(threads)
    how: dict[str, Any] = {"size": imageread.size(size), "fit": fitted}
    how["channels"] = 1 if gray else None
    listed: dict[str, Any] = {"picture": picture, "target": aim, "sep": sep}
    imageread.only_lists(listed, train, *_paths(valid))
    images = imageread.known(train, broken, **listed, **how)
    left_out = imageread.skipped(images, quiet)
    held = _held(images, valid, broken, listed)
    settings = {"lr": lr, "wd": wd, "size": batch, "seed": seed}
    learner = _learnt(images, held, net, weights, change, epochs, quiet, settings)
    model = learner.image_model()
    judged = None if learner.held_out is None else model.evaluate(learner.held_out)
    model.save(out)
    answer = {"model": str(out), "bytes": out.stat().st_size, **model.info}
    answer |= {"skipped": left_out, "valid": None if judged is None else rows.scores(judged)}
    if json:
        say.document(answer)
    elif not quiet:
        from entable.cli.tables import facts

        facts([*described(answer), *([] if judged is None else rows.score_lines(judged))])


def described(answer: dict[str, Any]) -> list[tuple[str, str]]:
    "What a model of pictures is, in words."
    settings, metrics = answer["settings"], answer["metrics"]
    height, width, channels = answer["size"]
    names = answer["classes"]
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
    told = [
        ("model", f"{answer['model']} ({say.size(answer['bytes'])})"),
        ("predicts", f"{answer['target']} ({answer['predicts']}), learnt from "
         f"{answer['pictures']:,} pictures"),
        ("of", shown),
        ("pictures", f"{height} x {width}, {'in colour' if channels == 3 else 'gray'}; others: "
         f"{answer['fit']}"),
        ("scorer", f"{answer['scorer']}, {answer['features']:,} features"),
    ]  # fmt: skip
    if "epochs" in settings and "seconds" in metrics:
        took = say.seconds(metrics["seconds"])
        told.append(("learnt in", f"{took}, {settings['epochs']} epochs"))
    return told


def _check(net: str, change: str) -> None:
    if net not in NETS:
        raise BadInput(f"no net is called {net!r}; there are {', '.join(NETS)}")
    if change not in CHANGES:
        raise BadInput(f"--change {change} came; one of {', '.join(CHANGES)} was wanted")


def _need_torch(threads: int | None) -> None:
    from entable._cores import cores
    from entable._extras import need

    need("torch").set_num_threads(threads or cores())


def _paths(valid: str) -> list[Path]:
    "The held-out pictures, if they are brought."
    try:
        float(valid)
    except ValueError:
        return [Path(valid)]
    return []


def _held(images: "Images", valid: str, broken: str, listed: Any) -> Any:
    "What judges: a share, pictures of the same classes, or nothing."
    for path in _paths(valid):
        how: dict[str, Any] = {"size": images.size, "channels": images.channels, "fit": images.fit}
        found = imageread.known(path, broken, part="test", **listed, **how)
        return _as_learnt(found, images)
    share = float(valid)
    if not 0 <= share < 1:
        raise BadInput(f"--valid {valid} came; a share below 1, or pictures, were wanted")
    return share or None


def _as_learnt(held: "Images", images: "Images") -> "Images":
    "The held-out pictures with the classes of those to learn from, in their order."
    from entable.imagemodel.reading import known

    assert images.target is not None
    held.labels = known(images.target, held)
    held.target = images.target
    return held


def _learnt(
    images: "Images",
    held: Any,
    net: str,
    weights: Path | None,
    change: str,
    epochs: int,
    quiet: bool,
    settings: dict[str, Any],
) -> "VisionLearner":
    with bar("Learning", quiet, first="preparing") as report:
        from entable.models import augment, resnet
        from entable.recipes.vision import conv_net, vision_learner

        changes = {"photos": augment.photographs, "drawings": _drawings}
        learner = vision_learner(
            images,
            held,
            conv_net if net == "small" else getattr(resnet, net),
            weights,
            augment=changes[change]() if change in changes else None,
            **settings,
        )
        callbacks = [] if report is None else [told(report)]
        if weights is None:
            learner.fit_one_cycle(epochs, callbacks=callbacks)
        else:
            learner.fine_tune(epochs, settings["lr"], callbacks=callbacks)
    if learner.stopped == "interrupted":
        say.note("interrupted: this is the model so far")
    return learner


def _drawings() -> Any:
    "What digits and drawings bear: turned and moved a little, never mirrored."
    from entable.models.augment import warp

    return warp(turn=10, shift=0.06, zoom=0.08, outside="border")
