"""Groups of rows."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Clusters(Answer):
    "To be written."


def find_clusters(rows: Rows, n: int, min_count: int | None, seed: int) -> Clusters:
    raise NotImplementedError

