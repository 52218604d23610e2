"""A TableModel judged and read on rows whose target is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, PALE, canvas
from entable.data.table import Encoded
from entable.data.table.source import absent, source_of
from entable.errors import BadInput
from entable.evaluate.tables import HIGHER, Metric, always, brief, scores
from entable.interpret.fields import sample
from entable.interpret.importance import Importance, permuted
from entable.interpret.partial import Partial, dependence
from entable.interpret.worst import Worst, worst_rows

if TYPE_CHECKING:
    from entable.tablemodel.model import TableModel

__all__ = ["Judged", "importance", "judge", "partial", "worst"]

_BASELINE = "always the same"


@dataclass(frozen=True, eq=False, repr=False)
class Judged(Answer):
    """Metrics of a model on n rows, and those of an answer that is the same for every row.

    scores, baseline: values by the metrics' names; higher is better for accuracy, auc and f1.
    unseen: the rows that stand on a level that was not learnt. units: what n counts. weighted: how
    rows count, where they have weights.
    """

    n: int
    scores: dict[str, float]
    baseline: dict[str, float]
    unseen: int = 0
    units: str = "rows"
    weighted: str = ""

    def __getitem__(self, metric: str) -> float:
        return self.scores[metric]

    @property
    def title(self) -> str:  # type: ignore[override]
        "The metrics in a line."
        told = ", ".join(f"{name} {brief(value)}" for name, value in self.scores.items())
        return f"{told} on {self.n:,} {self.units}"

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        "How rows count, and how many stand on levels that were not learnt."
        told = f"{self.unseen:,} rows hold a level that was not learnt." if self.unseen else ""
        return tuple(note for note in (self.weighted, told) if note)

    @property
    def table(self) -> pl.DataFrame:
        "One row per predictor: predictor and its metrics; the model first."
        rows = [{"predictor": "model"} | self.scores, {"predictor": _BASELINE} | self.baseline]
        return pl.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        "Each metric of the model beside that of the baseline; Matplotlib's Axes."
        names = list(self.scores)
        ax = canvas(ax, 6, 0.9 + 0.75 * len(names), "Beside an answer that is always the same")
        for y, name in enumerate(names):
            pair = (self.scores[name], self.baseline[name])
            most = max(*map(abs, pair), 1e-12)
            for value, shift, color in zip(pair, (-0.19, 0.19), (ACCENT, PALE), strict=True):
                ax.barh(y + shift, value / most, 0.36, color=color)
                ax.text(
                    value / most, y + shift, f" {brief(value)}", va="center", color=INK, fontsize=8
                )
        better = [f"{name} (higher is better)" if name in HIGHER else name for name in names]
        ax.set_yticks(range(len(names)), better)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.invert_yaxis()
        ax.margins(x=0.16)
        return ax


def judge(model: "TableModel", frame: Any, metrics: Sequence[Metric] | Metric | None) -> Judged:
    "See TableModel.evaluate."
    rows = _known(model, frame)
    target, truth, raw = model.target, rows.target, model.raw(rows)
    assert truth is not None
    weights, weighted = _weights(model, rows)
    baseline = scores(target, truth, always(target, len(rows)), metrics, weights)
    found = scores(target, truth, raw, metrics, weights)
    unseen = int((rows.unseen > 0).sum())
    return Judged(len(rows), found, baseline, unseen, weighted=weighted)


def _weights(model: "TableModel", rows: Encoded) -> tuple[NDArray[np.float64] | None, str]:
    "What rows count (n,), without what classes count while a net learns; and a sentence on it."
    name = model.table.weights
    if name is None:
        return None, ""
    found = np.ones(len(rows)) if rows.weights is None else rows.weights.astype(np.float64)
    balance = None if rows.weights is None else model.target.balance
    if balance is not None and rows.target is not None:
        by_class = balance[rows.target.astype(np.int64)]
        found = np.divide(found, by_class, out=np.zeros_like(found), where=by_class > 0)
    if (found == 1).all():
        return None, f"Rows count alike, for no other weights {name!r} came."
    if not found.sum() > 0:
        raise BadInput(f"the weights in {name!r} are 0 in all {len(rows):,} rows; none counts")
    return found, f"Rows count by their weight {name!r}."


def importance(
    model: "TableModel", frame: Any, metric: Metric | None, repeats: int, most: int, seed: int
) -> Importance:
    "See TableModel.importance."
    return permuted(model.table, model.raw, _known(model, frame), metric, repeats, most, seed)


def partial(
    model: "TableModel",
    frame: Any,
    columns: str | Sequence[str],
    of: Any,
    by: str | None,
    points: int,
    most: int,
    seed: int,
) -> Partial:
    "See TableModel.partial."
    names = [columns] if isinstance(columns, str) else list(columns)
    whole = _columns(frame, model.table.gaps)
    some = whole[sample(len(whole), most, seed)]
    rows = model.table.apply(some, target=False)
    if not len(rows):
        raise BadInput("no rows came; the answers of some rows at least are averaged")
    held = {c.name: c for c in some.get_columns()}
    if by is not None and by not in held:
        raise absent(list(held), by)
    group = None if by is None else (by, held[by])
    return dependence(model.table, model.raw, rows, held, names, of, group, points)


def worst(model: "TableModel", frame: Any, n: int) -> Worst:
    "See TableModel.worst."
    whole = _columns(frame, model.table.gaps)
    rows = _known(model, whole)
    return worst_rows(model.target, rows, model.raw(rows), whole, n)


def _known(model: "TableModel", frame: Any) -> Encoded:
    "Encoded rows with their target."
    if not isinstance(frame, Encoded):
        return model.table.apply(frame, target=True)
    if frame.target is None:
        raise BadInput(f"encoded rows came without their target {model.target.name!r}")
    return frame


def _columns(frame: Any, gaps: Sequence[str]) -> pl.DataFrame:
    if isinstance(frame, Encoded):
        raise BadInput("encoded rows came; the frame they were made of was wanted, for its values")
    return source_of(frame, gaps=gaps).frame()
