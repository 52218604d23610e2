"""One file's columns of ratings, before they are checked."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

__all__ = ["Part"]


@dataclass(frozen=True)
class Part:
    """Columns user, item, rating(, time) of one file.

    told: how the file is written; renamed: which columns were taken; place(row): where a row
    stands, as an editor shows it. text: ids came as text because the file knows nothing else.
    """

    frame: pl.DataFrame
    told: str
    place: Callable[[int], str]
    text: bool = False
    latin: bool = False
    notes: list[str] = field(default_factory=list)
