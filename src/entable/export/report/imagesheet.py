"""What the sections of a page about a model of pictures share."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entable.data.images import Images
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.export.report.figures import Figures
from entable.imagemodel import ImageModel, reading
from entable.interpret.confusion import Confusion
from entable.tablemodel.reading import Judged

__all__ = ["ImageSheet"]


@dataclass(frozen=True, eq=False)
class ImageSheet:
    "A page in the making: the model, and pictures that it was not learnt from."

    model: ImageModel
    images: Images | None
    figures: Figures = field(default_factory=Figures)

    @property
    def seen(self) -> Images:
        "The pictures; raises BadInput where none were brought."
        if self.images is None:
            raise BadInput(
                "no pictures were brought that the model can be judged by: entable image report "
                "MODEL PICTURES, a folder of class folders or a list"
            )
        return self.images

    @cached_property
    def vectors(self) -> Embeddings:
        "Features of the pictures."
        return self.model.encode(self.seen)

    @cached_property
    def raw(self) -> NDArray[np.float64]:
        "What the model gives for the pictures."
        return self.model.raw_of(self.vectors.vectors)

    @cached_property
    def judged(self) -> Judged:
        "Metrics on the pictures."
        return reading.judge(self.model, self.seen, self.raw)

    @cached_property
    def confusion(self) -> Confusion:
        "Which classes are taken for which."
        return reading.confusion(self.model, self.seen, self.raw)
