"""TableModel: frames in, answers out, by the columns' names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.frames import native_of, to_native
from entable.data.table import Encoded, Table, Target
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.evaluate.tables import Metric
from entable.interpret.importance import Importance
from entable.interpret.partial import Partial
from entable.interpret.worst import Worst
from entable.scorers.tablenet import Ensemble, TableNet
from entable.tablemodel import reading, stored
from entable.tablemodel.reading import Judged

__all__ = ["TableModel"]


@dataclass(frozen=True, eq=False, repr=False)
class TableModel:
    """A table that was learnt, and the net that was trained on it.

    Without a target it does not predict, but makes features of rows and has vectors.
    settings: what it was trained with; metrics: what came of it; trace: a row for each epoch.
    Raises BadInput where table and net do not fit.
    """

    table: Table
    scorer: TableNet | Ensemble
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    trace: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        levels = tuple(category.levels for category in self.table.categories)
        if self.scorer.levels != levels or self.scorer.numbers != len(self.table.numbers):
            raise BadInput("the net is not one of this table: it has other categories or numbers")
        aim = self.table.target
        if aim is not None and self.scorer.outputs != aim.outputs:
            raise BadInput(f"the net has {self.scorer.outputs} outputs, the target wants others")

    @property
    def target(self) -> Target:
        "What is predicted."
        if self.table.target is None:
            raise BadInput("the table has no target, so nothing can be predicted")
        return self.table.target

    def __repr__(self) -> str:
        aim = self.table.target
        told = "without a target" if aim is None else f"of {aim.name} ({aim.kind})"
        return f"TableModel {told}: {self.scorer}"

    def raw(self, frame: Any) -> NDArray[np.float64]:
        """Outputs (n,) or (n, T) before they are decoded: log-odds, or numbers as they were learnt.

        frame: any frame or path with the table's columns, or rows that the table has encoded.
        """
        rows = self._encoded(frame)
        return self.scorer(rows.codes, rows.numbers, rows.missing)

    def predict(self, frame: Any, details: bool = False) -> Any:
        """What the model says of rows (n,): numbers in their units, or the likeliest class.

        Labels and several numbers are (n, T). details: a frame instead, of the kind that came,
        with probabilities and on how many unseen levels and missing values each answer stands.
        Raises BadInput for columns that are absent or hold what cannot be read.
        """
        rows = self._encoded(frame)
        raw = self.scorer(rows.codes, rows.numbers, rows.missing)
        if not details:
            return self.target.decode(raw)
        return to_native(self._details(rows, raw), _native(frame))

    def _details(self, rows: Encoded, raw: NDArray[np.float64]) -> dict[str, Any]:
        answers = self.target.decode(raw)
        columns: dict[str, Any] = {}
        if answers.ndim == 1:
            columns["predicted"] = pl.Series(answers.tolist())
        else:
            named = zip(self.target.names, answers.T, strict=True)
            columns |= {f"predicted {name}": pl.Series(values) for name, values in named}
        if self.target.kind not in ("number", "numbers"):
            columns |= self._chances(raw)
        gaps = (rows.codes == Vocab.MISSING).sum(1) + rows.missing.sum(1)
        return columns | {"unseen": rows.unseen.astype(np.int64), "missing": gaps.astype(np.int64)}

    def _chances(self, raw: NDArray[np.float64]) -> dict[str, Any]:
        chances = self.probabilities_of(raw)
        return {f"chance of {name}": chances[:, k] for k, name in enumerate(self.class_names)}

    @property
    def class_names(self) -> list[Any]:
        "The classes of the target, or the names of its labels, in the order of probabilities."
        if self.target.classes is None:
            return list(self.target.names)
        names: list[Any] = self.target.classes.names.tolist()
        return names

    def probabilities(self, frame: Any) -> NDArray[np.float64]:
        """Of each class (n, K), in the order of `class_names`; of each label (n, T).

        Raises BadInput where the target is a number.
        """
        return self.probabilities_of(self.raw(frame))

    def probabilities_of(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        "The same, of outputs as `raw` gives them."
        found = self.target.probabilities(raw)
        return np.stack([1 - found, found], 1) if found.ndim == 1 else found

    def encode(self, frame: Any, numbers: bool = True) -> Any:
        """The rows as features for another model: a vector for every category, numbers scaled.

        Columns are named after their category, State_1, State_2, ... numbers: with those, gaps
        filled, and a column ..._missing for those that had gaps in training. A frame of the kind
        that came.
        """
        rows = self._encoded(frame)
        columns: dict[str, Any] = {}
        for c, (category, vectors) in enumerate(
            zip(self.table.categories, self.scorer.tables, strict=True)
        ):
            found = vectors[rows.codes[:, c]]  # (n, k)
            columns |= {f"{category.name}_{k + 1}": found[:, k] for k in range(found.shape[1])}
        for m, number in enumerate(self.table.numbers if numbers else ()):
            columns[number.name] = rows.numbers[:, m]
            if number.gaps:
                columns[f"{number.name}_missing"] = rows.missing[:, m].astype(np.float32)
        return to_native(columns, _native(frame))

    def activations(self, frame: Any) -> NDArray[np.float32]:
        "What the last hidden layer gives for rows (n, H): features that know the target."
        rows = self._encoded(frame)
        return self.scorer.hidden(rows.codes, rows.numbers, rows.missing)

    @cached_property
    def embeddings(self) -> dict[str, Embeddings]:
        """The vectors of each category's levels, found by name.

        bias: what a level adds to the output, where the net is additive and has one. A category
        without vectors (width 0) shows what its levels add instead. Of several nets those of the
        first, because each has a space of its own.
        """
        found = {}
        scorer = self.scorer
        for category, table, added in zip(
            self.table.categories, scorer.tables, scorer.added, strict=True
        ):
            vectors = table if table.shape[1] else added
            bias = added[:, 0] if added.shape[1] == 1 else np.zeros(len(added), np.float32)
            found[category.name] = Embeddings(
                category.vocab,
                vectors[Vocab.FIRST :],
                bias[Vocab.FIRST :],
                category.counts[Vocab.FIRST :],
                vectors[Vocab.UNSEEN],
                units="rows",
            )
        return found

    def evaluate(self, frame: Any, metrics: Sequence[Metric] | Metric | None = None) -> Judged:
        """How good the model is on rows with their target, and an answer that is always the same.

        metrics: names (accuracy, auc, log_loss, f1; rmse, mae, rmspe, mape) or functions of
        (truth, predicted) as people read them; those that go with the target if not given. Where
        the table was fitted with a column of weights, rows count by it; functions count them alike.
        """
        return reading.judge(self, frame, metrics)

    def importance(
        self,
        frame: Any,
        metric: Metric | None = None,
        repeats: int = 5,
        most: int = 2000,
        seed: int = 0,
    ) -> Importance:
        """What the metric (rmse or log_loss if not given) loses when a column is shuffled.

        frame: rows with their target, of which at most so many are used.
        """
        return reading.importance(self, frame, metric, repeats, most, seed)

    def partial(
        self,
        frame: Any,
        columns: str | Sequence[str],
        of: Any = None,
        by: str | None = None,
        points: int = 20,
        most: int = 500,
        seed: int = 0,
    ) -> Partial:
        """The mean answer as a column, or a pair, goes through its values in all rows.

        of: the class, label or target that is told, if there are several. by: a column of the
        frame; then each of its most frequent values has an answer of its own. most: rows used.
        """
        return reading.partial(self, frame, columns, of, by, points, most, seed)

    def worst(self, frame: Any, n: int = 20) -> Worst:
        "The n rows with the largest loss, of rows with their target."
        return reading.worst(self, frame, n)

    @property
    def info(self) -> dict[str, Any]:
        "What the model is, in plain figures."
        aim = self.table.target
        return {
            "kind": stored.KIND,
            "target": None if aim is None else aim.name,
            "predicts": None if aim is None else aim.kind,
            "rows": self.table.size,
            "categories": {c.name: c.levels for c in self.table.categories},
            "numbers": [number.name for number in self.table.numbers],
            "scorer": str(self.scorer),
            "settings": self.settings,
            "metrics": self.metrics,
        }

    def save(self, path: str | os.PathLike[str], force: bool = True) -> Path:
        """Write the model file, preprocessing and nets in one.

        Raises BadInput where the file cannot be written, or exists and force is False.
        """
        return stored.save(self, path, force)

    def _encoded(self, frame: Any) -> Encoded:
        return frame if isinstance(frame, Encoded) else self.table.apply(frame, target=False)


def _native(frame: Any) -> str:
    return "polars" if isinstance(frame, Encoded) else native_of(frame) or "polars"
