"""Probabilities that come true as often as they say: one number divides all log-odds."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.table import Encoded
from entable.scorers.tablenet import Ensemble, TableNet
from entable.tablemodel import TableModel

__all__ = ["calibrated", "temperature"]

_DOUBT = 0.5  # deviation of the temperature's logarithm before anything is seen


def calibrated(model: TableModel, held: Encoded) -> TableModel:
    "The model with its outputs divided by their temperature on rows that it did not see."
    raw = model.scorer(held.codes, held.numbers, held.missing)
    found = temperature(raw, held.target, held.weights)

    def cooled(net: TableNet) -> TableNet:
        share = np.float32(1 / found)
        return replace(net, centre=net.centre * share, scale=net.scale * share)

    scorer = model.scorer
    if isinstance(scorer, Ensemble):
        new: TableNet | Ensemble = Ensemble(tuple(map(cooled, scorer.nets)))
    else:
        new = cooled(scorer)
    return replace(model, scorer=new, metrics=model.metrics | {"temperature": round(found, 4)})


def temperature(
    raw: NDArray[np.float64], target: Any, weights: NDArray[Any] | None = None
) -> float:
    """By what outputs are to be divided (Guo et al. 2017), most likely given what was held out.

    raw: log-odds (n,), or scores (n, K). A few rows change little: before any is seen the
    temperature is taken to be about 1, give or take a factor of 1.6.
    """
    low, high = np.log(0.05), np.log(20.0)
    golden = (np.sqrt(5) - 1) / 2

    def cost(log: float) -> float:
        lost = surprise(raw / np.exp(log), target)
        each = lost if weights is None else lost * weights
        return float(each.sum() + (log / _DOUBT) ** 2 / 2)

    while high - low > 1e-4:
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return float(np.exp((low + high) / 2))


def surprise(raw: NDArray[np.float64], target: Any) -> NDArray[np.float64]:
    "Minus the logarithm of the probability of what came true (n,)."
    if raw.ndim == 1:
        return np.logaddexp(0, np.where(target > 0, -raw, raw))
    top = raw.max(1, keepdims=True)
    whole = top[:, 0] + np.log(np.exp(raw - top).sum(1))
    return np.asarray(whole - raw[np.arange(len(raw)), target])
