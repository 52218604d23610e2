"""The main axes of vectors."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Axes(Answer):
    "To be written."


def find_axes(rows: Rows, k: int, min_count: int | None) -> Axes:
    raise NotImplementedError


def draw_axis(rows: Rows, low: NDArray[np.int64], high: NDArray[np.int64], min_count: int | None) -> Axes:
    raise NotImplementedError

