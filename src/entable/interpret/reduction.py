"""Nearest names before and after vectors are cut to main axes."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Reduction(Answer):
    "To be written."


def reduce_rows(rows: Rows, ks: Sequence[int] | None, n: int) -> Reduction:
    raise NotImplementedError

