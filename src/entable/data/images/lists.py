"""Which pictures there are and what is known of each: folders of classes, and lists in a table."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from entable.data.images.arrays import refuse_pickle
from entable.data.sidetable import side_table
from entable.data.table.kinds import typed
from entable.data.table.source import Source, absent, source_of
from entable.errors import BadInput

__all__ = ["Listed", "class_folders", "files_in", "listed"]

Path_ = str | os.PathLike[str]


class Listed(NamedTuple):
    "Files, their names for people, and columns of what is known of them by name."

    paths: list[Path]
    names: list[str]
    known: dict[str, Any]


def files_in(folder: Path) -> list[Path]:
    "All files below a folder, in order of their names; hidden ones and folders are left out."
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if not any(part.startswith((".", "__MACOSX")) for part in inside) and path.is_file():
            found.append(path)
    return found


def class_folders(path: Path_, skip: bool) -> Listed:
    """The pictures of a folder that has a folder for each class.

    skip: empty classes are left out. Raises BadInput for no classes and, unless skip, empty ones.
    """
    root = Path(path)
    if not root.is_dir():
        refuse_pickle(root)
        raise BadInput(f"{root} is no folder; one with a folder for each class was wanted")
    folders = [one for one in sorted(root.iterdir()) if one.is_dir() and one.name[0] not in "._"]
    if not folders:
        raise BadInput(
            f"{root} holds no folders of classes; Images.of(path) takes pictures without classes, "
            "Images.csv a list of them"
        )
    inside = {folder: files_in(folder) for folder in folders}
    empty = [folder.name for folder, files in inside.items() if not files]
    if empty and not skip:
        raise BadInput(
            f"the class folder {empty[0]} of {root} is empty"
            f"{f', and {len(empty) - 1} more are' if len(empty) > 1 else ''}: fill it, remove it, "
            'or leave such out by broken="skip"'
        )
    paths = [file for files in inside.values() for file in files]
    labels = [folder.name for folder, files in inside.items() for _ in files]
    names = [file.relative_to(root).as_posix() for file in paths]
    return Listed(paths, names, {"class": labels})


def listed(
    table: Any,
    picture: str | None,
    target: str | Sequence[str] | None,
    root: Path_ | None,
    sep: str | None,
) -> Listed:
    """The pictures of a table with a column of paths and one or more of what is to be predicted.

    Paths are relative to root, or to where the table lies. Raises BadInput for columns that are
    absent or have gaps.
    """
    if root is None:
        root = Path(table).parent if isinstance(table, (str, os.PathLike)) else Path()
    source = _read(table, Path(root))
    picture = picture or source.names[0]
    wanted = _targets(source.names, picture, target)
    for name in (picture, *wanted):
        if name not in source.columns:
            raise absent(source.names, name, "the list")
    files = source.series(picture)
    if files.null_count() or not len(files):
        row = int(files.is_null().arg_max() or 0) + 1 if len(files) else 0
        told = f"row {row:,} names no picture" if row else "it has no rows"
        raise BadInput(f"the list of pictures, column {picture!r}: {told}")
    names = [str(name) for name in files]
    known: dict[str, Any] = {name: source.series(name) for name in wanted}
    if source.text and sep is None:
        known = {name: typed(column) for name, column in known.items()}
    if sep is not None:
        known = _flags(known, wanted, sep)
    return Listed([Path(root) / name for name in names], names, known)


def _read(table: Any, root: Path) -> Source:
    "The list; a first line of a file that names no picture of the folder is its header."
    if not isinstance(table, (str, os.PathLike)):
        return source_of(table)
    refuse_pickle(Path(table))
    found = side_table(os.fspath(table))[0]
    frame = found.frame
    if found.bare and found.text and len(frame) > 1 and not (root / str(frame[0, 0])).is_file():
        frame = frame[1:].rename(dict(zip(frame.columns, map(str, frame.row(0)), strict=True)))
    return replace(source_of(frame), text=found.text)


def _targets(names: list[str], picture: str, target: str | Sequence[str] | None) -> list[str]:
    if isinstance(target, str):
        return [target]
    if target is not None:
        return list(target)
    rest = [name for name in names if name != picture]
    if len(rest) > 1:
        told = ", ".join(map(repr, rest[:8]))
        raise BadInput(f"the list has the columns {told}; name what is to be learnt: target=...")
    return rest


def _flags(known: dict[str, Any], wanted: list[str], sep: str) -> dict[str, Any]:
    "Several labels of a cell, separated, as a column of 0 and 1 each."
    if len(wanted) != 1:
        raise BadInput(f"sep={sep!r} parts the labels of one column; {len(wanted)} came")
    cells = [{part.strip() for part in (cell or "").split(sep)} - {""} for cell in known[wanted[0]]]
    every = sorted(set().union(*cells))
    return {label: pl.Series([int(label in cell) for cell in cells]) for label in every}
