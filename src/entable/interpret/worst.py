"""The rows that a model gets most wrong."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, MUTED, WARM, canvas, rated, short
from entable.data.checks import at_least_one
from entable.data.table.encoded import Encoded
from entable.data.table.target import Target
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.interpret.fields import sample

__all__ = ["Worst", "answers", "losses", "worst_rows"]

Floats = NDArray[np.float64]
_DOTS = 3000  # rows drawn, beside the worst


@dataclass(frozen=True, eq=False, repr=False)
class Worst(Answer):
    """The rows with the largest loss, as the model counts it, of m rows.

    at: (n,) rows from 0 on, worst first; loss: (m,), of a number the distance as it was learnt (of
    a logarithm a ratio), of classes minus the logarithm of the chance of the truth. told: the frame
    of `table`. truth, predicted: (m,) numbers of the first target, or the chance of the truth (m,)
    and its labels as they come.
    """

    target: Target
    at: NDArray[np.int64]
    loss: Floats
    told: pl.DataFrame
    truth: Floats
    predicted: Floats

    @property
    def title(self) -> str:  # type: ignore[override]
        "How much of the loss they are."
        total = float(self.loss.sum())
        share = f", {self.loss[self.at].sum() / total:.0%} of the whole loss" if total else ""
        return f"The {len(self.at)} rows of {len(self.loss):,} that are most wrong{share}"

    @property
    def table(self) -> pl.DataFrame:
        "row (from 1), truth, predicted, error or chance of the truth, unseen, missing, columns."
        return self.told

    @property
    def shown(self) -> pl.DataFrame:
        "The first ten."
        return self.told.head(10)

    @cached_property
    def _number(self) -> bool:
        return self.target.kind in ("number", "numbers")

    def plot(self, ax: Any = None) -> Any:
        "Truth against prediction, or how often the truth got which chance; Matplotlib's Axes."
        if not self._number:
            return self._chances(ax)
        name = self.target.names[0]
        ax = canvas(ax, 5.6, 4.6, f"Truth against prediction of {short(name, 30)}")
        some = sample(len(self.loss), _DOTS, 0)
        light = float(np.clip((400 / len(some)) ** 0.5, 0.15, 0.8))
        ax.plot(self.predicted[some], self.truth[some], ".", color=ACCENT, ms=4, alpha=light, mew=0)
        ax.plot(self.predicted[self.at], self.truth[self.at], "o", color=WARM, ms=4.5, mew=0)
        ends = [min(self.truth.min(), self.predicted.min()), self.truth.max()]
        ax.plot(ends, ends, "--", color=MUTED, lw=1)
        if self.target.log and min(ends) > 0:
            for side in "xy":
                rated(ax, side)
        ax.set_xlabel(f"predicted; the {len(self.at)} worst in orange")
        ax.set_ylabel("truth")
        return ax

    def _chances(self, ax: Any) -> Any:
        ax = canvas(ax, 5.6, 3.6, "The chance that was given to the truth")
        ax.hist(self.predicted, np.linspace(0, 1, 21), color=ACCENT)
        wrong = float((self.predicted < 0.5).mean())
        ax.axvline(0.5, color=MUTED, lw=1, ls="--")
        ax.set_xlabel(f"chance of the true class; below ½ in {wrong:.1%}")
        ax.set_ylabel("rows", color=INK)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        return ax


def worst_rows(
    target: Target, rows: Encoded, raw: NDArray[Any], frame: pl.DataFrame, n: int = 20
) -> Worst:
    """The n rows (from the frame that was encoded) with the largest loss.

    Raises BadInput for rows without their target.
    """
    if rows.target is None or not len(rows):
        raise BadInput(
            f"to say which rows are most wrong, the target {target.name!r} must be known"
        )
    loss, truth, predicted = losses(target, rows.target, raw)
    at = np.argsort(-loss, kind="stable")[: at_least_one(n)].astype(np.int64)
    told: dict[str, Any] = {"row": at + 1}
    told |= answers(target, rows.target[at], raw[at])
    gaps = (rows.codes[at] == Vocab.MISSING).sum(1) + rows.missing[at].sum(1)
    told |= {"unseen": rows.unseen[at].astype(np.int64), "missing": gaps.astype(np.int64)}
    others = [c for c in frame.columns if c not in target.names]
    features = frame.select(others)[at]
    features = features.rename({c: f"{c} (column)" for c in others if c in told})
    return Worst(
        target, at, loss, pl.DataFrame(told).hstack(features.get_columns()), truth, predicted
    )


def losses(target: Target, truth: NDArray[Any], raw: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    "The loss of each row (m,), and of `Worst` truth and predicted."
    if target.kind in ("number", "numbers"):
        away = np.abs(truth.reshape(len(truth), -1) - raw.reshape(len(raw), -1)) / target.scale
        loss = away.sum(1).astype(np.float64)
        told, said = (target.decode(a).reshape(len(a), -1)[:, 0] for a in (truth, raw))
        return loss, told, said
    chance = _of_truth(target, truth, raw)
    lost = -np.log(np.maximum(chance, np.finfo(np.float64).tiny))
    loss = lost.reshape(len(lost), -1).sum(1)
    return loss, chance.ravel(), chance.ravel()


def _of_truth(target: Target, truth: NDArray[Any], raw: NDArray[Any]) -> Floats:
    "The chance that the true class was given (n,), or each true label (n, T)."
    chances = target.probabilities(raw)
    if target.kind == "classes":
        return np.asarray(chances[np.arange(len(truth)), truth.astype(np.int64)])
    return np.where(truth > 0.5, chances, target.probabilities(-raw))


def answers(target: Target, truth: NDArray[Any], raw: NDArray[Any]) -> dict[str, Any]:
    "truth, predicted, and the error or the chance of the truth; by name where there are several."
    said = target.decode(raw)
    if target.kind in ("binary", "classes"):
        assert target.classes is not None
        names = target.classes.names[truth.astype(np.int64)]
        both: dict[str, Any] = {"truth": _column(names), "predicted": _column(said)}
        return both | {"chance of truth": _of_truth(target, truth, raw)}
    labels = target.kind == "labels"
    known = truth > 0.5 if labels else target.decode(truth)
    if known.ndim == 1:
        return {"truth": known, "predicted": said, "error": said - known}
    several: dict[str, Any] = {}
    for k, name in enumerate(target.names):
        several |= {f"true {name}": known[:, k], f"predicted {name}": said[:, k]}
    return several


def _column(values: NDArray[Any]) -> pl.Series:
    return pl.Series("", values.tolist())
