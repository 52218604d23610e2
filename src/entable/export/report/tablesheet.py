"""What the sections of a page about a model of a table share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from entable.errors import BadInput
from entable.export.report.blocks import Picture
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

    def picture(
        self, plot: Callable[[Any], Any], height: float = 3.0, width: float = 4.8, **more: Any
    ) -> Picture:
        "A figure with the title that the plot gives it; half the page wide if not told."
        title, svg = self.figures.draw(plot, width, height)
        return Picture(title, svg, **({"half": True} | more))
