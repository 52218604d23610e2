"""Metrics by name in a training over a table: of all held-out rows, in the target's own units."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from entable.data.table import Target
from entable.evaluate.tables import checked, scores
from entable.train.metrics import Whole

__all__ = ["by_name"]


def by_name(target: Target, metrics: Any) -> Sequence[Any] | Mapping[str, Any]:
    """The same metrics with functions in place of names such as "auc" or "rmspe".

    metrics: one or several, or a dict, of names and functions of tensors (raw outputs, targets).
    Raises BadInput for a name that does not go with the target.
    """
    if isinstance(metrics, Mapping):
        return {name: _function(target, metric) for name, metric in metrics.items()}
    several = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
    return [_function(target, metric) for metric in several]


def _function(target: Target, metric: Any) -> Any:
    if not isinstance(metric, str):
        return metric
    (name,) = checked(target, metric)
    return Whole(partial(_judged, target, metric), str(name))


def _judged(target: Target, metric: str, pred: Tensor, y: Tensor) -> float:
    return scores(target, _array(y), _array(pred), metric)[metric]


def _array(values: Tensor) -> NDArray[Any]:
    found: NDArray[Any] = values.detach().cpu().numpy()
    return found if found.dtype.kind in "iu" else found.astype(np.float64)
