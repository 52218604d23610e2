"""What is known of pictures, as columns, and which kind of target it is."""

from typing import Any

import numpy as np
import polars as pl

from entable.data.images.lists import Listed
from entable.data.table.source import Source, source_of
from entable.errors import BadInput

__all__ = ["columns", "kind", "usual"]


def columns(y: Any, n: int) -> dict[str, Any]:
    "Columns of what is known, from (n,), (n, k) or a mapping of columns."
    if hasattr(y, "keys"):
        return {str(name): y[name] for name in y}
    values = y if isinstance(y, (list, tuple)) else np.asarray(y)
    array = np.asarray(y)
    if len(array) != n:
        raise BadInput(f"{n:,} pictures and {len(array):,} labels came; one for each was wanted")
    if array.ndim == 2:
        return {str(k): array[:, k] for k in range(array.shape[1])}
    if array.ndim != 1:
        raise BadInput(f"labels of shape {array.shape} came; (n,) or (n, k) was wanted")
    return {"class": values}


def kind(found: Listed, sep: str | None) -> str | None:
    "The kind of target of a list; None where nothing is known."
    return "labels" if sep is not None else usual(source_of(found.known)) if found.known else None


def usual(source: Source) -> str:
    "Floats are numbers; anything else in one column is a class."
    columns = [source.series(name) for name in source.names]
    numbers = [pl.Series(_numeric(column)) for column in columns]
    if len(columns) > 1:
        flags = all(column.is_in([0.0, 1.0]).all() for column in numbers)
        return "labels" if flags else "numbers"
    fractions = columns[0].dtype.is_float() or bool((numbers[0] != numbers[0].round()).any())
    return "number" if fractions and not numbers[0].null_count() else "classes"


def _numeric(column: pl.Series) -> pl.Series:
    if column.dtype.is_numeric() or column.dtype in (pl.String, pl.Boolean):
        return column.cast(pl.Float64, strict=False)
    return pl.Series([None] * len(column), dtype=pl.Float64)
