"""Who is best once habits and tastes are taken out."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class BiasRanking(Answer):
    "To be written."


def rank_by_bias(rows: Rows, n: int, min_count: int | None, level: float) -> BiasRanking:
    raise NotImplementedError

