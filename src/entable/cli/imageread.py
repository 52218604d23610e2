"Pictures that a command reads: folders, lists, arrays, and what to do with broken ones."

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entable.cli import say
from entable.cli.rows import names
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.images import Images

Pictures = Annotated[
    list[Path], typer.Argument(metavar="PICTURE...", help="files, or folders of them")
]
Broken = Annotated[
    str,
    typer.Option("--broken", metavar="HOW", help="what cannot be read: refuse it, or skip it"),
]
Picture = Annotated[
    str | None, typer.Option("--picture", metavar="COLUMN", help="of a list: where the paths are")
]
Target = Annotated[
    str | None, typer.Option("--target", metavar="A,B", help="of a list: what is to be predicted")
]
Sep = Annotated[
    str | None, typer.Option("--sep", metavar="SIGN", help="of a list: between several labels")
]


def known(
    path: Path,
    broken: str,
    picture: str | None = None,
    target: str | None = None,
    sep: str | None = None,
    part: str = "train",
    **how: Any,
) -> "Images":
    """Pictures of which something is known: a folder of class folders, a list, idx files or npz.

    how: size, channels and fit, see Images. Raises BadInput where nothing of this kind is there.
    """
    from entable.data.images import Images

    ways = check(broken)
    if path.is_dir() and not any(path.glob("*-images*idx3*")):
        return Images.folder(path, ways, **how)
    if not path.exists():
        raise BadInput(f"there is no file or folder {path}")
    if not is_list(path):
        size = {name: value for name, value in how.items() if value is not None}
        return Images.npz(path, **size) if path.suffix == ".npz" else Images.idx(path, part, **size)
    listed: dict[str, Any] = {"picture": picture, "target": names(target) or None, "sep": sep}
    found = Images.csv(path, broken=ways, **(listed | how))
    if found.target is None:
        raise BadInput(f"{path} has a column of pictures and nothing beside it to predict")
    return found


def is_list(path: Path) -> bool:
    "Is it a table with a column of pictures, not a folder, idx files or npz?"
    return not (path.is_dir() or path.suffix == ".npz" or "idx" in path.name)


def only_lists(listed: dict[str, str | None], *paths: Path) -> None:
    "BadInput for options that go with lists where none of the paths is one."
    given = [name for name, value in listed.items() if value is not None]
    if given and not any(map(is_list, paths)):
        told = " and ".join(map(str, paths)) or "there are no pictures, so it"
        raise BadInput(f"--{given[0]} goes with a list of pictures, and {told} is none")


def check(broken: str) -> Any:
    "What to do with broken pictures; BadInput for anything but refuse and skip."
    if broken not in ("refuse", "skip"):
        raise BadInput(f"--broken {broken} came; refuse or skip was wanted")
    return broken


def plain(paths: list[Path]) -> Any:
    "What the model is to look at: one path as it is, several with the folders opened."
    if len(paths) == 1:
        return paths[0]
    from entable.data.images.lists import files_in

    found = [files_in(path) if path.is_dir() else [path] for path in paths]
    return [file for files in found for file in files]


def skipped(images: "Images", quiet: bool) -> list[dict[str, Any]]:
    "Say which pictures were left out; for programs, what they are and why."
    rows = images.broken.to_dicts()
    for row in rows[:5]:
        say.note(f"left out {row['picture']}: {row['why']}", quiet)
    if len(rows) > 5:
        say.note(f"and {len(rows) - 5:,} more", quiet)
    return rows


def size(text: str | None) -> tuple[int, int] | int | None:
    "A size as it is typed: 64, or 64x96 (height and width)."
    if text is None:
        return None
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() for part in parts):
        raise BadInput(f"--size {text!r} came; a number of pixels, or 64x96, was wanted")
    whole = [int(part) for part in parts]
    return whole[0] if len(whole) == 1 else (whole[0], whole[1])
