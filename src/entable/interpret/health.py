"""What is well with vectors and what is not."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.interpret.answer import Answer
from entable.interpret.rows import Rows


class Health(Answer):
    "To be written."


def examine(rows: Rows, twin: Rows | None) -> Health:
    raise NotImplementedError

