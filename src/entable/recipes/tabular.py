"""Tables: a frame in, a Learner that becomes a TableModel out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from entable.data.frames import native_of
from entable.data.heldout import held_out, split
from entable.data.split import random_share
from entable.data.table import Encoded, Table
from entable.data.table.kinds import dated
from entable.data.table.source import Source, source_of
from entable.errors import BadInput
from entable.models.tabular import TabularNet
from entable.recipes.tablemetrics import by_name
from entable.recipes.tablenets import tabular_net
from entable.recipes.tableserved import to_tablenet
from entable.recipes.targets import usual_loss, usual_metrics
from entable.scorers.tablenet import Ensemble
from entable.tablemodel import TableModel
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.losses import Loss
from entable.train.threads import one_for_small_steps

__all__ = ["TabularLearner", "batches_of", "table_model", "tabular_learner", "usual_size"]

Model = nn.Module | Callable[[Table, Encoded], nn.Module]


class TabularLearner(Learner):
    "A Learner of a table's rows, which knows its columns."

    table: Table
    rows: Encoded
    held_out: Encoded | None

    def table_model(self) -> TableModel:
        """What was learnt, with its preprocessing: predict, encode, save, ... without torch.

        Raises BadInput for a model that cannot be computed without torch.
        """
        return table_model(self)


def tabular_learner(
    frame: Any,
    target: str | Sequence[str] | None = None,
    valid: Any = None,
    *,
    table: Table | Mapping[str, Any] | None = None,
    model: Model | None = None,
    loss: Callable[..., Any] | None = None,
    size: int | None = None,
    wd: float = 0.02,
    lr: float = 3e-3,
    metrics: Any = None,
    seed: int = 0,
    **rest: Any,
) -> TabularLearner:
    """A Learner of a table: `tabular_learner(frame, "Sales", .2).fit_one_cycle(6)`.

    frame: any frame or path, or rows that `table` has encoded. valid: the same held out, or what
    `data.heldout.split` takes: a share (the latest rows where there is a date, else at random), a
    first day, a mask. table: a fitted Table, or what `Table.fit` is to know beside the target; it
    learns from the rows that are not held out. model: a module of (codes,
    numbers, missing), or what makes one of (table, rows), such as `tabular_net` (if not given) or
    `partial(tabular_net, layers=(200, 100))`. size: rows of a batch, `usual_size` if not given.
    metrics: names, such as "auc" or "rmspe" (of all held-out rows, in the target's own units), or
    functions of (outputs, targets).
    rest: see Learner. Raises BadInput where there is no target.
    """
    table, rows, held = _prepared(frame, target, valid, table, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = model or tabular_net
        net = made if isinstance(made, nn.Module) else made(table, rows)
    size = usual_size(len(rows)) if size is None else size
    batches = batches_of(rows, size, seed, held)
    assert table.target is not None
    loss = usual_loss(table.target) if loss is None else loss
    loss = apart(loss) if isinstance(net, TabularNet) and net.members is not None else loss
    metrics = usual_metrics(table.target) if metrics is None else by_name(table.target, metrics)
    rest["callbacks"] = [*rest.get("callbacks", ()), *one_for_small_steps(net, size)]
    learner = TabularLearner(net, batches, loss, metrics=metrics, wd=wd, lr=lr, seed=seed, **rest)
    learner.table, learner.rows, learner.held_out = table, rows, held
    return learner


def _prepared(
    frame: Any, target: Any, valid: Any, table: Table | Mapping[str, Any] | None, seed: int
) -> tuple[Table, Encoded, Encoded | None]:
    "The table, the rows to learn from and those held out."
    if target is None and not (isinstance(table, Table) and table.target is not None):
        raise BadInput('there is no target to learn; name its column: target="..."')
    if isinstance(frame, Encoded):
        if not isinstance(table, Table):
            raise BadInput("encoded rows came without the Table that encoded them: table=...")
        if frame.target is None:
            raise BadInput("encoded rows came without their target: table.apply(frame, True)")
        rows, held = _parted(frame, valid, seed) if isinstance(valid, float) else (frame, valid)
        return table, rows, _rows(table, held)
    if valid is not None and not _is_table(valid):
        frame, valid = _split(frame, valid, table, seed)
    if not isinstance(table, Table):
        table = Table.fit(frame, target, **({"repeated": 8} | dict(table or {})))
    return table, table.apply(frame, target=True), _rows(table, valid)


def _split(
    frame: Any, valid: Any, table: Table | Mapping[str, Any] | None, seed: int
) -> tuple[Any, Any]:
    "The rows to learn from and those held out; what is text in a file stays text."
    source = source_of(frame)
    which = np.ndim(valid) > 0 or (isinstance(valid, str) and valid in source.names)
    time = False if which else _time(source, table)
    if native_of(frame) is not None:
        return split(frame, valid, time=time, seed=seed)
    held = held_out(source.frame(), valid, time=time, seed=seed)
    return source.take(~held), source.take(held)


def _time(source: Source, table: Table | Mapping[str, Any] | None) -> str | bool:
    "The column of dates whose latest rows are held out; False: at random."
    if isinstance(table, Table):
        found = [date.name for date in table.dates]
    else:
        told = dict(table or {})
        other = {name for kind in _NOT_DATES for name in told.get(kind) or ()}
        found = list(told.get("dates") or dated(source, other) or dated(source))
    if len(found) > 1:
        raise BadInput(
            f"several columns hold dates: {', '.join(found)}; say by which to hold out: "
            f"data.heldout.split(frame, .2, time={found[0]!r}), or time=False for at random"
        )
    return found[0] if found else False


_NOT_DATES = ("ignore", "categories", "numbers")


def _rows(table: Table, valid: Any) -> Encoded | None:
    if valid is None or isinstance(valid, Encoded):
        return valid
    return table.apply(valid, target=True)


def _parted(rows: Encoded, share: float, seed: int) -> tuple[Encoded, Encoded]:
    held = random_share(len(rows), share, seed)
    return rows.take(~held), rows.take(held)


def _is_table(valid: Any) -> bool:
    "Rows themselves, not how many or which of them are held out."
    return isinstance(valid, (Encoded, Path, Mapping)) or hasattr(valid, "columns")


def batches_of(
    rows: Encoded, size: int, seed: int = 0, held: Encoded | None = None, shuffle: bool = True
) -> Batches:
    "Encoded rows as batches of (codes, numbers, missing, target), weights with the target."
    valid = None if held is None else batches_of(held, max(4 * size, 4096), shuffle=False)
    arrays = (rows.codes, rows.numbers, rows.missing, rows.target)
    return Batches(arrays, size, seed, shuffle, valid, weights=rows.weights)


def usual_size(n: int) -> int:
    "Rows of a batch such that an epoch has about 128 steps: a power of 2 from 16 to 1024."
    return int(2 ** np.clip(np.round(np.log2(max(n, 1) / 128)), 4, 10))


def apart(loss: Callable[..., Any]) -> Loss:
    "The mean of a loss over members that answer apart, (B, members, ...); at rest the loss itself."

    def each(pred: Tensor, y: Tensor, reduction: str = "mean") -> Any:
        classes = pred.ndim > y.ndim and not y.is_floating_point()
        if pred.ndim - y.ndim <= classes:
            return loss(pred, y, reduction=reduction)
        members = pred.shape[1]
        y = y[:, None].expand(-1, members, *y.shape[1:])
        found = loss(pred.flatten(0, 1), y.flatten(0, 1), reduction=reduction)
        return found if reduction == "mean" else found.reshape(len(pred), members, -1).mean((1, 2))

    return Loss(each, *(getattr(Loss(loss), name) for name in ("activation", "decode")))


def table_model(*learners: TabularLearner) -> TableModel:
    """What one Learner, or several of the same table, have learnt, without torch.

    Several answer with the mean of their outputs. Raises BadInput for none, for other tables and
    for models that cannot be computed without torch.
    """
    if not learners or any(one.table is not learners[0].table for one in learners):
        raise BadInput("learners of one and the same Table were wanted: table=table for each")
    nets = []
    for one in learners:
        if not isinstance(one.model, TabularNet):
            raise BadInput(
                f"{type(one.model).__name__} cannot be computed without torch; a TabularNet can. "
                "Predict by the Learner"
            )
        nets.append(to_tablenet(one.model))
    first = learners[0]
    scorer = nets[0] if len(nets) == 1 else Ensemble(tuple(nets))
    settings = {
        "model": type(first.model).__name__,
        "epochs": first.trained,
        "lr": first.lr,
        "wd": first.wd,
        "size": getattr(first.batches, "size", None),
        "seeds": [one.seed for one in learners],
    }
    epochs = [row for one in learners for row in one.recorder.epochs]
    metrics: dict[str, Any] = {"seconds": round(sum(row["seconds"] for row in epochs), 4)}
    if stopped := next((one.stopped for one in learners if one.stopped), None):
        metrics["stopped"] = stopped
    if first.recorder.epochs:
        metrics |= {k: v for k, v in first.recorder.epochs[-1].items() if k != "seconds"}
    trace = first.recorder.table if first.recorder.epochs else None
    return TableModel(first.table, scorer, settings, metrics, trace)
