"""What the sections of a page about a model of a table share."""

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from entable.errors import BadInput
from entable.export.report.figures import Figures
from entable.interpret.importance import Importance
from entable.tablemodel import TableModel
from entable.tablemodel.reading import Judged

__all__ = ["TableSheet"]


@dataclass(frozen=True, eq=False)
class TableSheet:
    "A page in the making: the model, and rows with their target that it was not learnt from."

    model: TableModel
    rows: pl.DataFrame | None
    figures: Figures = field(default_factory=Figures)

    @property
    def known(self) -> pl.DataFrame:
        "The rows; raises BadInput where none were brought."
        if self.rows is None:
            raise BadInput(
                "no rows were brought that the model can be judged by: entable report MODEL "
                "--rows FILE, with the target in the file"
            )
        return self.rows

    @cached_property
    def judged(self) -> Judged:
        "Metrics on the rows."
        return self.model.evaluate(self.known)

    @cached_property
    def importance(self) -> Importance:
        "What is lost without each column."
        return self.model.importance(self.known)
