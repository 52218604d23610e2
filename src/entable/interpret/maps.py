"""Rows as points of a plane."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Map(Answer):
    "To be written."


def lay_out(rows: Rows, method: Literal["pca", "tsne"], min_count: int | None, color: Any, seed: int) -> Map:
    raise NotImplementedError

