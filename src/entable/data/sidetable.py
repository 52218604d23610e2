"""A second table beside the ratings: from a path, a frame, a mapping, or tuples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from entable.data.content import LATIN, opened, paths_of, reading
from entable.data.delimited import read_texts
from entable.data.frames import as_series, frame_columns, native_of
from entable.data.read import columnar
from entable.errors import BadInput

__all__ = ["GENRES", "SideTable", "side_table"]

GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
# tables of the MovieLens sets, which have no header: (name, columns) -> names of the columns
_LAYOUTS: dict[tuple[str, int], list[str]] = {
    ("u.item", 24): ["item", "title", "release_date", "video_release_date", "url", *GENRES],
    ("u.user", 5): ["user", "age", "gender", "occupation", "zip"],
    ("movies.dat", 3): ["item", "title", "genres"],
    ("users.dat", 5): ["user", "gender", "age", "occupation", "zip"],
}
_WANTED = "wanted a path, a frame, (table, id_column[, title_column]), or a mapping"


@dataclass(frozen=True)
class SideTable:
    """A table beside the ratings.

    name: for messages. bare: without header. text: all cells are text, for the file knows nothing
    else. notes: sentences about how it was read.
    """

    frame: pl.DataFrame
    name: str = "the table given"
    bare: bool = False
    text: bool = False
    notes: list[str] = field(default_factory=list)


def side_table(source: Any) -> tuple[SideTable, str | None, str | None]:
    """The table, and the columns of ids and titles if these were given along with it.

    Raises BadInput for what is no table.
    """
    if isinstance(source, tuple) and all(isinstance(name, str) for name in source[1:]):
        if not 1 < len(source) < 4 or isinstance(source[0], tuple):
            raise BadInput(f"a tuple of {len(source)} came for a table; {_WANTED}")
        return _loaded(source[0]), source[1], source[2] if len(source) == 3 else None
    return _loaded(source), None, None


def _loaded(source: Any) -> SideTable:
    if isinstance(source, (str, Path)):
        return _together([_from_path(path) for path in paths_of(source)])
    if isinstance(source, Mapping):
        return _framed(source if any(map(_is_column, source.values())) else _pairs(source))
    if native_of(source) is not None:
        return _framed(frame_columns(source))
    if not isinstance(source, Iterable):
        raise BadInput(f"{type(source).__name__} came for a table; {_WANTED}")
    rows = [tuple(row) if isinstance(row, Iterable) else (row,) for row in source]
    if len({len(row) for row in rows}) > 1:
        raise BadInput("the rows of the table given are not equally long")
    return _framed({f"column_{k}": list(c) for k, c in enumerate(zip(*rows, strict=True), 1)})


def _is_column(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes))


def _pairs(titles: Mapping[Any, Any]) -> dict[str, list[Any]]:
    return {"id": list(titles), "title": list(titles.values())}


def _framed(columns: Mapping[Any, Any]) -> SideTable:
    if not columns:
        raise BadInput("the table given has no columns")
    try:
        frame = pl.DataFrame({str(name): as_series(c) for name, c in columns.items()})
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise BadInput(f"the table given is none: {str(error).splitlines()[0]}") from None
    bare = all(name.startswith("column_") or name.isdecimal() for name in frame.columns)
    return SideTable(frame, bare=bare)


def _from_path(path: Path) -> SideTable:
    content = opened(path)
    with reading(path):
        if content.form not in ("text", "blocks"):
            return SideTable(columnar(content), path.name)
        content, form, frame = read_texts(content)
    stem = path.name.removesuffix(".gz").removesuffix(".zst")
    if not form.header and (stem, frame.width) in _LAYOUTS:
        frame.columns = _LAYOUTS[stem, frame.width]
    notes = [f"{path.name}{LATIN}"] if content.latin else []
    return SideTable(frame, path.name, not form.header, text=True, notes=notes)


def _together(tables: list[SideTable]) -> SideTable:
    if len(tables) == 1:
        return tables[0]
    try:
        frame = pl.concat([table.frame for table in tables], how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"the tables do not go together: {str(error).splitlines()[0]}") from None
    notes = [note for table in tables for note in table.notes]
    return replace(tables[0], frame=frame, name=f"{len(tables)} tables", notes=notes)
