"""What can be asked of a model that learns or has learnt: judge, predict, show, save."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.train import reading, saving
from entable.train.batches import as_source, first
from entable.train.device import Place
from entable.train.looking import judged
from entable.train.summary import Summary, summarize

__all__ = ["Trained"]

Path_ = str | os.PathLike[str]


class Trained:
    "The half of a Learner that reads: none of it changes weights but `load`."

    model: nn.Module
    batches: Any
    valid: Any
    loss: Callable[..., Any]
    metrics: dict[str, Any]
    place: Place
    groups: list[list[nn.Module]]

    def validate(self, batches: Any = None) -> dict[str, float]:
        """Loss and metrics on held-out batches: "valid_loss" and the metrics' names.

        Raises BadInput where there are none.
        """
        held = self.valid if batches is None else as_source(batches)
        if held is None:
            raise BadInput("there are no held-out batches; give some, or Batches with valid=")
        return judged(self.model, held, self.loss, self.metrics, self.place)

    def predict(self, *given: Any, raw: bool = False, decode: bool = False) -> np.ndarray:
        """What the model says of rows, in the order they came, as a person reads it.

        given: arrays of inputs without a target, Batches or a DataLoader; held-out batches if
        nothing. Outputs go through the loss's activation: probabilities, numbers within the range,
        exp of a log target. decode: answers instead, classes by name. raw: the model's own output.
        """
        return reading.predict(self, given, raw, decode)

    def activations(self, layer: nn.Module | str, *given: Any, names: Any = None) -> Embeddings:
        "What a layer, or the layer so named, gives for rows (as in `predict`), as Embeddings."
        return reading.embed(self, layer, given, names)

    def show_batch(self, n: int = 9) -> Any:
        "The first rows of a batch, in the way of the batches (`show=`) or as a table."
        return reading.show(self, self.batches, n, results=False)

    def show_results(self, n: int = 9) -> Any:
        "The first held-out rows beside what the model makes of them."
        if self.valid is None:
            raise BadInput("there are no held-out batches; give the Learner some by valid=")
        return reading.show(self, self.valid, n, results=True)

    def summary(self) -> Summary:
        "Layers with the shapes they give and how many numbers they learn."
        return summarize(self.model, first(self.batches)[:-1], self.place, self.groups)

    def save(self, path: Path_) -> Path:
        "Write the weights to a safe file; they load on any device."
        return saving.save(path, self.model)

    def load(self, path: Path_) -> None:
        "Read weights that `save` wrote; BadInput says what differs if the model is another."
        saving.load(path, self.model)
