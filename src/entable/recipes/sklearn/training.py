"""What the estimators need torch for."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from entable.data.split import random_share
from entable.data.table import Encoded, Table
from entable.recipes.crossfit import Decoder, decoder, epochs_of
from entable.recipes.sklearn.calibration import calibrated
from entable.recipes.tablenets import tabular_net
from entable.recipes.tabular import table_model, tabular_learner
from entable.tablemodel import TableModel
from entable.train.best import EarlyStop, KeepBest

__all__ = ["decoder_of", "fitted", "weighted"]


def fitted(
    table: Table,
    rows: Encoded,
    net: Any,
    epochs: int,
    steps: int,
    networks: int,
    patience: int | None,
    held_out: float,
    calibrate: bool,
    seed: int,
    **rest: Any,
) -> tuple[TableModel, int]:
    "The model, and for how many epochs its first net learnt."
    model = maker(net)
    part, held = rows, None
    if patience is not None or calibrate:
        part, held = _parted(rows, held_out, seed)
    learners = []
    for k in range(networks):
        valid = held if patience is not None else None
        learner = tabular_learner(
            part, table=table, valid=valid, model=model, seed=seed + k, guard=np.inf, **rest
        )
        stops = [] if patience is None else [EarlyStop(patience=patience), KeepBest()]
        learner.fit_one_cycle(epochs_of(learner, epochs, steps), callbacks=stops)
        learners.append(learner)
    made = table_model(*learners)
    if calibrate and held is not None:
        made = calibrated(made, held)
    return made, learners[0].trained


def _parted(rows: Encoded, share: float, seed: int) -> tuple[Encoded, Encoded | None]:
    "Rows to learn from, and 2,000 at most that are held out; None where they are too few."
    n = len(rows)
    count = min(round(n * share), 2000)
    if count < 1 or count >= n:
        return rows, None
    held = random_share(n, count / n, seed)
    return rows.take(~held), rows.take(held)


def weighted(rows: Encoded, weights: Any) -> Encoded:
    "Rows with these weights (n,), without those that have none."
    if weights is None:
        return rows
    kept = weights > 0
    found = replace(rows, weights=np.asarray(weights, np.float32))
    return found if kept.all() else found.take(kept)


def decoder_of(table: Table, rows: Encoded, net: Any, **how: Any) -> Decoder:
    "A decoder by a net's settings or what makes one."
    return decoder(table, rows, model=maker(net), **how)


def maker(net: Any) -> Any:
    "What makes a net: settings of `tabular_net` are made one."
    return partial(tabular_net, **(net or {})) if net is None or isinstance(net, Mapping) else net
