"Documents: one on each line of a file, or a column of a table."

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entable.errors import BadInput

if TYPE_CHECKING:
    import polars as pl


def text(path: Path, encoding: str = "utf-8") -> str:
    "The text of a file; - is the standard input."
    from entable.data.text.source import whole

    return sys.stdin.read() if str(path) == "-" else whole(path, encoding)


def columns(path: Path, *names: str) -> "list[pl.Series]":
    """Columns of a table as they stand in the file; whole numbers become numbers.

    Where all cells are text, the names that are asked for say whether the first row is a header.
    Raises BadInput for a column that is not there.
    """
    from entable.cli.rows import read
    from entable.data.table.source import absent

    frame = read(str(path)).frame()
    first = list(map(str, frame.row(0))) if len(frame) else []
    if not set(names) <= set(frame.columns) and set(names) <= set(first):
        frame = frame.slice(1).rename(dict(zip(frame.columns, first, strict=True)))
    for name in names:
        if name not in frame.columns:
            raise absent(frame.columns, name, str(path))
    return [_whole(frame[name]) for name in names]


def documents(
    path: Path, column: str | None, names: str | None
) -> tuple[list[Any], list[Any] | None]:
    "Documents and what they are called; numbers from 0 on (None) if nothing says it."
    if column is None:
        if names is not None:
            raise BadInput("--names is a column of a table; say which has the documents: --text")
        return text(path).splitlines(), None
    found = columns(path, column, *([] if names is None else [names]))
    return found[0].cast(str).to_list(), found[1].to_list() if names is not None else None


def _whole(series: "pl.Series") -> "pl.Series":
    "Texts of whole numbers, written as numbers are, as numbers."
    import polars as pl

    if series.dtype != pl.String:
        return series
    numbers = series.cast(pl.Int64, strict=False)
    same = (numbers.cast(pl.String) == series).fill_null(False).all()
    return numbers if same else series
