"""Two sets of vectors of the same names."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Comparison(Answer):
    "To be written."


def compare_rows(rows: Rows, other: Rows) -> Comparison:
    raise NotImplementedError

