"""Predictions of tables judged by metrics that have names: classes, chances and numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.table.target import Target
from entable.errors import BadInput
from entable.evaluate.metrics import mae, mean, rmse

__all__ = [
    "HIGHER", "METRICS", "Metric", "accuracy", "always", "auc", "brief", "checked", "f1",
    "log_loss", "mape", "name_of", "rmspe", "scores", "usual",
]  # fmt: skip

Floats = NDArray[np.float64]
Weights = Floats | None
Metric = str | Callable[[Any, Any], Any]

_NUMBERS = ("number", "numbers")


def accuracy(truth: NDArray[Any], predicted: NDArray[Any], weights: Weights = None) -> float:
    "The share of answers that are right; of several labels, of all of them."
    right = truth == predicted
    return mean(right if right.ndim == 1 else right.mean(1), weights)


def auc(truth: NDArray[Any], score: NDArray[np.floating], weights: Weights = None) -> float:
    """How often a row of truth 1 has a higher score than one of truth 0; ties count half.

    Pairs count by the product of their weights. NaN where all have the same truth.
    """
    ones = np.asarray(truth) == 1
    _, at = np.unique(score, return_inverse=True)
    each = np.ones(len(ones)) if weights is None else weights
    yes, no = (np.bincount(at[some], each[some], len(at)) for some in (ones, ~ones))
    pairs = float(yes.sum() * no.sum())
    below = np.cumsum(no) - no / 2
    return float((yes * below).sum()) / pairs if pairs else float("nan")


def log_loss(truth: NDArray[np.integer], chances: Floats, weights: Weights = None) -> float:
    "Minus the mean logarithm of the chance (n, K) that was given to the true class (n,)."
    given = chances[np.arange(len(truth)), truth]
    return mean(-np.log(np.maximum(given, np.finfo(np.float64).eps)), weights)


def f1(truth: NDArray[Any], predicted: NDArray[Any], weights: Weights = None) -> float:
    "The harmonic mean of precision and recall of true (n,) of two; NaN where neither is."
    each = np.ones(len(truth)) if weights is None else weights
    some = float(each[truth].sum() + each[predicted].sum())
    return 2 * float(each[truth & predicted].sum()) / some if some else float("nan")


def rmspe(truth: Floats, predicted: Floats, weights: Weights = None) -> float:
    "Root of the mean squared error in shares of the truth; rows whose truth is 0 are left out."
    return rmse(*_shares(truth, predicted, weights))


def mape(truth: Floats, predicted: Floats, weights: Weights = None) -> float:
    "Mean absolute error in shares of the truth; rows whose truth is 0 are left out."
    return mae(*_shares(truth, predicted, weights))


def _shares(truth: Floats, predicted: Floats, weights: Weights) -> tuple[Floats, Floats, Weights]:
    known = truth != 0
    kept = None if weights is None else weights[known]
    return np.ones(int(known.sum())), predicted[known] / truth[known], kept


@dataclass(frozen=True, eq=False)
class _Answers:
    """What people read of outputs: truth and predicted, with the chances of classes or labels.

    Numbers are (n, T) in their units, classes (n,) from 0 on with chances (n, K), labels (n, T).
    """

    kind: str
    truth: NDArray[Any]
    predicted: NDArray[Any]
    chances: Floats
    weights: Weights

    @classmethod
    def of(
        cls, target: Target, truth: NDArray[Any], raw: NDArray[Any], weights: Weights
    ) -> "_Answers":
        kind = target.kind
        if kind in _NUMBERS:
            told, said = (target.decode(a).reshape(len(a), -1) for a in (truth, raw))
            return cls(kind, told, said, np.empty((0, 0)), weights)
        chances = target.probabilities(raw)
        if kind == "labels":
            return cls(kind, truth > 0.5, raw > 0, chances, weights)
        chances = np.stack([1 - chances, chances], 1) if kind == "binary" else chances
        picked = (raw > 0).astype(np.int64) if kind == "binary" else raw.argmax(1)
        return cls(kind, truth.astype(np.int64), picked, chances, weights)

    def by_number(self, function: Callable[[Floats, Floats, Weights], float]) -> float:
        "The mean over targets, of which each has its unit."
        pairs = zip(self.truth.T, self.predicted.T, strict=True)
        return _mean(function(truth, predicted, self.weights) for truth, predicted in pairs)

    def each(self) -> Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]]:
        "Truth, prediction and chance of each question of yes or no."
        if self.kind == "labels":
            return [*zip(self.truth.T, self.predicted.T, self.chances.T, strict=True)]
        asked = [1] if self.kind == "binary" else range(self.chances.shape[1])
        return [(self.truth == k, self.predicted == k, self.chances[:, k]) for k in asked]


def _mean(values: Any) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _log_loss(found: _Answers) -> float:
    if found.kind != "labels":
        return log_loss(found.truth, found.chances, found.weights)
    return _mean(
        log_loss(truth.astype(np.int64), np.stack([1 - chance, chance], 1), found.weights)
        for truth, _, chance in found.each()
    )


_OF_NUMBERS: dict[str, Callable[[_Answers], float]] = {
    "rmse": lambda found: found.by_number(rmse),
    "mae": lambda found: found.by_number(mae),
    "rmspe": lambda found: found.by_number(rmspe),
    "mape": lambda found: found.by_number(mape),
}
_OF_CLASSES: dict[str, Callable[[_Answers], float]] = {
    "accuracy": lambda found: accuracy(found.truth, found.predicted, found.weights),
    "auc": lambda found: _mean(auc(truth, p, found.weights) for truth, _, p in found.each()),
    "log_loss": _log_loss,
    "f1": lambda found: _mean(f1(truth, said, found.weights) for truth, said, _ in found.each()),
}
METRICS = (*_OF_CLASSES, *_OF_NUMBERS)
HIGHER = ("accuracy", "auc", "f1")  # better where they are higher; errors are better where lower


def usual(target: Target) -> tuple[str, ...]:
    "The metrics that go with a target; those in shares only where no number is below 0."
    if target.kind not in _NUMBERS:
        return tuple(_OF_CLASSES)
    return tuple(_OF_NUMBERS) if target.seen[0] >= 0 else ("rmse", "mae")


def checked(target: Target, metrics: Sequence[Metric] | Metric) -> tuple[Metric, ...]:
    """One metric or several, each a name or a function of (truth, predicted).

    Raises BadInput for a name that is none, or one that does not go with the target.
    """
    several = (metrics,) if isinstance(metrics, str) or callable(metrics) else tuple(metrics)
    known = _OF_NUMBERS if target.kind in _NUMBERS else _OF_CLASSES
    for metric in several:
        if isinstance(metric, str) and metric not in known:
            what = f"of {target.name!r} ({target.kind})" if metric in METRICS else "known"
            raise BadInput(f"the metric {metric!r} is none {what}; wanted {', '.join(known)}")
    return several


def scores(
    target: Target,
    truth: NDArray[Any],
    raw: NDArray[Any],
    metrics: Sequence[Metric] | Metric | None = None,
    weights: Weights = None,
) -> dict[str, float]:
    """Metrics by name, of outputs (n,) or (n, T) against a target as `Target.encode` gives it.

    Numbers are judged in their own units, also where a logarithm was learnt; of several the mean.
    Of more than two classes auc and f1 are means over each against the rest. Functions get what
    people read: numbers, or names of classes. metrics: `usual` ones if not given; see `checked`.
    weights: (n,) how much each row counts, but for functions, which count rows alike.
    """
    asked = usual(target) if metrics is None else checked(target, metrics)
    found, table = _Answers.of(target, truth, raw, weights), _OF_NUMBERS | _OF_CLASSES
    told: dict[str, float] = {}
    for metric in asked:
        own = table[metric](found) if isinstance(metric, str) else metric(*_read(found, target))
        told[name_of(metric)] = float(own)
    return told


def _read(found: _Answers, target: Target) -> tuple[NDArray[Any], NDArray[Any]]:
    if target.classes is not None:
        return target.classes.names[found.truth], target.classes.names[found.predicted]
    one = found.kind == "number"
    return (found.truth[:, 0], found.predicted[:, 0]) if one else (found.truth, found.predicted)


def brief(value: float) -> str:
    "A metric for people: to a few digits, thousands apart."
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def name_of(metric: Metric) -> str:
    "A metric's name: its own where it is a function."
    return metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")


def always(target: Target, n: int) -> NDArray[Any]:
    "The outputs of a model that knows the target alone: (n,) or (n, T), the same for every row."
    if target.kind in _NUMBERS:
        one = target.center
    elif target.kind == "classes":
        one = np.log(np.maximum(target.counts, 0.5))
    else:
        share = np.clip(target.center, 1e-6, 1 - 1e-6)
        one = np.log(share / (1 - share))
    rows = np.broadcast_to(one, (n, len(one)))
    return rows[:, 0] if target.kind in ("number", "binary") else rows
