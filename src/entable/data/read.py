"""Ratings from anything: a path or pattern, a frame of any library, tuples."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars as pl

from entable.data.blocks import read_blocks
from entable.data.columns import column, described
from entable.data.content import LATIN, Content, opened, paths_of, reading
from entable.data.delimited import read_delimited
from entable.data.frames import as_series, frame_columns, frame_names, native_of
from entable.data.part import Part
from entable.data.raw import Raw
from entable.data.usual import ROLES, by_name, by_position, told
from entable.errors import BadInput

__all__ = ["columnar", "read_raw"]


def read_raw(
    source: Any,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    time: str | bool | None = None,
) -> Raw:
    """Columns of ratings from a path, a frame or tuples, not yet checked.

    Raises BadInput for what cannot be read.
    """
    given = {"user": user, "item": item, "rating": rating, "time": time}
    if isinstance(source, (str, Path)):
        return _from_paths(paths_of(source), given)
    if isinstance(source, Mapping):
        if not all(hasattr(column, "__len__") for column in source.values()):
            raise BadInput("a mapping must hold columns: user, item and rating, each a list")
        return _from_columns({str(k): as_series(v) for k, v in source.items()}, given)
    if (native := native_of(source)) is not None:
        return _from_frame(source, native, given)
    if isinstance(source, Iterable):
        return _from_rows(list(source), given)
    raise BadInput(
        f"ratings cannot be read from {type(source).__name__}; "
        "wanted a path, a frame, or tuples of user, item, rating"
    )


def _roles(columns: list[str], given: Mapping[str, str | bool | None], name: str) -> dict[str, str]:
    bare = all(column.isdecimal() or column.startswith("column_") for column in columns)
    return (by_position if bare else by_name)(columns, given, name)


def _from_frame(source: Any, native: str, given: Mapping[str, str | bool | None]) -> Raw:
    roles = _roles(frame_names(source), given, "the frame")
    columns = frame_columns(source, roles.values())
    return _from_columns(columns, roles, native)


def _from_columns(
    columns: Mapping[str, Any], given: Mapping[str, str | bool | None], native: str = "none"
) -> Raw:
    roles = _roles(list(columns), given, "the frame")
    taken = {role: columns[column] for role, column in roles.items()}
    for role in ("rating", "time"):
        if role in taken:
            taken[role] = as_series(taken[role])
    return Raw(**taken, native=native, notes=[f"columns taken as {told(roles)}"])


def _from_rows(rows: list[Any], given: Mapping[str, str | bool | None]) -> Raw:
    if rows and isinstance(rows[0], Mapping):
        names = dict.fromkeys(str(name) for row in rows for name in row)
        return _from_columns({name: [row.get(name) for row in rows] for name in names}, given)
    for number, row in enumerate(rows, 1):
        if isinstance(row, (str, bytes)) or not hasattr(row, "__len__"):
            raise BadInput(f"row {number:,} is {row!r}; wanted (user, item, rating[, time])")
        if len(row) != len(rows[0]) or len(row) not in (3, 4):
            raise BadInput(
                f"row {number:,} has {len(row)} values; wanted user, item, rating and perhaps "
                "time, equally many in every row"
            )
    columns: list[list[Any]] = [list(c) for c in zip(*rows, strict=True)] or [[], [], []]
    taken: dict[str, Any] = dict(zip(ROLES, columns, strict=False))
    if given["time"] is False:
        taken.pop("time", None)
    return Raw(**taken)


def _from_paths(paths: list[Path], given: Mapping[str, str | bool | None]) -> Raw:
    kinds = {side: pl.Categorical(pl.Categories.random()) for side in ("user", "item")}
    parts = [_read_path(path, given, kinds) for path in paths]
    frame = parts[0].frame if len(parts) == 1 else _joined(paths, parts)
    notes = _notes(paths, parts)
    time = frame["time"] if "time" in frame.columns else None
    text = all(part.text for part in parts)
    return Raw(
        frame["user"], frame["item"], frame["rating"], time, text, "none", notes, _Places(parts)
    )


def _read_path(
    path: Path, given: Mapping[str, str | bool | None], kinds: Mapping[str, pl.DataType]
) -> Part:
    content = opened(path)
    with reading(path):
        if content.form == "text":
            return read_delimited(content, given, kinds)
        if content.form == "blocks":
            return read_blocks(content, given, kinds)
        return _read_columnar(content, given)


def _read_columnar(content: Content, given: Mapping[str, str | bool | None]) -> Part:
    with _reading_columns(content):
        lazy = _lazy(content)
        names = lazy.collect_schema().names()
    roles = _roles(names, given, content.name)
    with _reading_columns(content):
        frame = lazy.select(**{role: pl.col(column) for role, column in roles.items()}).collect()
    unit = "line" if content.form == "lines" else "row"
    return Part(
        frame,
        f"{_FORMS[content.form]}; columns taken as {told(roles)}",
        lambda row: f"{content.name}, {unit} {row + 1:,}",
        latin=content.latin,
    )


_FORMS = {
    "parquet": "Parquet",
    "ipc": "an Arrow file",
    "stream": "an Arrow stream",
    "lines": "JSON lines",
    "json": "JSON",
}


def columnar(content: Content) -> pl.DataFrame:
    """The table in a Parquet, Arrow or JSON file.

    Raises BadInput for a damaged file, and for JSON lines says the line.
    """
    with _reading_columns(content):
        return _lazy(content).collect()


def _lazy(content: Content) -> pl.LazyFrame:
    data: Any = content.data
    if content.form == "parquet":
        return pl.scan_parquet(data, glob=False)
    if content.form == "ipc":
        return pl.scan_ipc(data, glob=False)
    if content.form == "stream":
        return pl.read_ipc_stream(data).lazy()
    if content.form == "lines":
        return pl.scan_ndjson(data, infer_schema_length=None)
    return pl.read_json(data).lazy()


@contextmanager
def _reading_columns(content: Content) -> Iterator[None]:
    "Turns what Polars says about a damaged file into one sentence."
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        if content.form == "lines":
            _check_lines(content)
        raise BadInput(
            f"{content.name} cannot be read as {_FORMS[content.form]}: {str(error).splitlines()[0]}"
        ) from None


def _check_lines(content: Content) -> None:
    for number, line in enumerate(content.as_bytes().splitlines(), 1):
        try:
            found = json.loads(line) if line.strip() else {}
        except ValueError as error:
            raise BadInput(f"{content.name}, line {number:,} is no JSON: {error}") from None
        if not isinstance(found, dict):
            raise BadInput(f"{content.name}, line {number:,} is no JSON object: {line[:60]!r}")


def _joined(paths: list[Path], parts: list[Part]) -> pl.DataFrame:
    first = parts[0].frame
    for path, part in zip(paths, parts, strict=True):
        if part.frame.columns != first.columns:
            raise BadInput(
                f"{path.name} has {', '.join(part.frame.columns)}, and {paths[0].name} "
                f"{', '.join(first.columns)}; files read together must agree"
            )
    frames = [part.frame for part in parts]
    for side in ("user", "item"):
        frames = _agreeing(side, paths, frames, all(part.text for part in parts))
    return pl.concat(frames, how="vertical_relaxed")


def _agreeing(
    side: str, paths: list[Path], frames: list[pl.DataFrame], text: bool
) -> list[pl.DataFrame]:
    "The frames with ids of one type; ids of text files that are numbers in some only become text."
    types = [column(frame[side], side)[0] for frame in frames]
    odd = next((k for k, dtype in enumerate(types) if dtype != types[0]), None)
    if odd is None:
        return frames
    if text:
        coded = frames[types.index("str")].schema[side]
        return [frame.with_columns(pl.col(side).cast(pl.String).cast(coded)) for frame in frames]
    raise BadInput(
        f"the {side}s of {paths[odd].name} are {described(types[odd])}, and those of "
        f"{paths[0].name} {described(types[0])}; files read together must agree"
    )


def _notes(paths: list[Path], parts: list[Part]) -> list[str]:
    ways = dict.fromkeys(part.told for part in parts)
    name = paths[0].name if len(paths) == 1 else f"{len(paths):,} files"
    notes = [f"{name}: {way}" for way in ways]
    latin = [path.name for path, part in zip(paths, parts, strict=True) if part.latin]
    if latin:
        more = f" and {len(latin) - 1:,} more" if len(latin) > 1 else ""
        notes.append(f"{latin[0]}{more}{LATIN}")
    return notes


class _Places:
    "Where a row of several files stands."

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.starts = [0, *accumulate(len(part.frame) for part in parts)]

    def __call__(self, row: int) -> str:
        k = bisect_right(self.starts, row) - 1
        return self.parts[k].place(row - self.starts[k])
