"Tables that a command reads beside ratings, and tables that it writes."

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from entable.data.replacing import replacing
from entable.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

WRITERS = {".csv": "write_csv", ".parquet": "write_parquet"}


def columns(path: Path, roles: tuple[str, ...]) -> "list[pl.Series]":
    """The columns of a table for some of the roles user, item, rating, as they stand in the file.

    Found by usual names, or in this order where there is no header; a third column in front of
    item and rating is then the user. Raises BadInput where they are not there.
    """
    frame, header = _table(path)
    named = _by_name(frame, roles) if header else None
    if named is not None:
        return named
    if header and frame.width != len(roles):
        raise BadInput(
            f"{path}: no columns for {' and '.join(roles)} among {', '.join(frame.columns)}; "
            f"call them {' and '.join(roles)}"
        )
    if frame.width < len(roles):
        raise BadInput(f"{path} has {frame.width} column; {' and '.join(roles)} were wanted")
    start = 1 if roles[0] == "item" and frame.width > 2 else 0
    return frame.get_columns()[start : start + len(roles)]


def _by_name(frame: "pl.DataFrame", roles: tuple[str, ...]) -> "list[pl.Series] | None":
    from entable.data.usual import plain, usual

    known = {plain(column): column for column in reversed(frame.columns)}
    found = [next((known[name] for name in usual(role) if name in known), None) for role in roles]
    return None if None in found else [frame[column] for column in found if column is not None]


def _table(path: Path) -> "tuple[pl.DataFrame, bool]":
    "The table in a file, and whether its columns have names."
    from entable.data.content import opened, reading
    from entable.data.delimited import read_texts
    from entable.data.read import columnar

    content = opened(path)
    with reading(path):
        if content.form == "text":
            _, form, frame = read_texts(content)
            return frame, form.header
        return columnar(content), True


def check_format(path: Path) -> None:
    "Raises BadInput for a file that is to be written in a format that is not known."
    if path.suffix.lower() not in WRITERS:
        raise BadInput(f"{path} ends in neither {' nor '.join(WRITERS)}; one of them was wanted")


def write(frame: "pl.DataFrame", path: Path) -> None:
    """Write a frame as CSV or Parquet, by the file's ending; all of it or nothing.

    Raises BadInput where the disk does not take it.
    """
    with whole(path) as draft:
        getattr(frame, WRITERS[path.suffix.lower()])(draft)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes `path` when all is written.

    Raises BadInput where the disk does not take it.
    """
    from polars.exceptions import PolarsError

    try:
        with replacing(path) as draft:
            yield draft
    except (OSError, PolarsError) as error:
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise BadInput(f"{path} could not be written: {why}; nothing was left behind") from None
