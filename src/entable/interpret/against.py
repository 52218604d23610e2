"""Distances of vectors beside real ones."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Against(Answer):
    "To be written."


def set_against(rows: Rows, real: Any, metric: Any) -> Against:
    raise NotImplementedError

