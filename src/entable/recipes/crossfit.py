"""Vectors of categories that never saw the target of the row that they stand for."""

import copy
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from entable.data.table import Encoded, Table
from entable.errors import BadInput
from entable.models.tabular import TabularNet
from entable.recipes.tabular import Model, TabularLearner, table_model, tabular_learner
from entable.tablemodel import TableModel

__all__ = ["Around", "CrossFitted", "Decoder", "cross_fit", "decoder", "epochs_of"]


class Around(nn.Module):
    "Vectors as differences from one mean: what is not learnt, or decays, goes back to it."

    def __init__(self, levels: int, mean: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(levels, len(mean)))
        self.register_buffer("mean", mean.clone())

    mean: Tensor

    @property
    def table(self) -> Tensor:
        "(levels, k)."
        return self.weight + self.mean

    def forward(self, rows: Tensor) -> Tensor:
        "(...) whole numbers -> (..., k)."
        return self.weight[rows] + self.mean


class CrossFitted(NamedTuple):
    """model: the net with vectors learnt from all rows, for rows to come.

    vectors: float32 (n, K), for each row of training the vectors of its categories side by side,
    learnt without the rows of its fold.
    """

    model: TableModel
    vectors: NDArray[np.float32]


class Decoder(NamedTuple):
    "Layers that stand still, before which vectors can be learnt again from any of the rows."

    first: TabularLearner
    net: TabularNet
    plan: dict[str, Any]

    def again(self, rows: Encoded) -> TabularLearner:
        "A Learner whose vectors were learnt from these rows alone."
        net, plan = copy.deepcopy(self.net), dict(self.plan)
        epochs, steps = plan.pop("epochs"), plan.pop("steps")
        learner = tabular_learner(rows, table=self.first.table, model=net, guard=np.inf, **plan)
        learner.fit_one_cycle(epochs_of(learner, epochs, steps))
        return learner

    def model(self) -> TableModel:
        "With vectors learnt from all rows."
        return table_model(self.again(self.first.rows))

    def vectors(self, fold: NDArray[Any]) -> NDArray[np.float32]:
        """Vectors (n, K) of rows in folds (n,), each learnt without its fold.

        Raises BadInput where there is one fold only.
        """
        rows, parts = self.first.rows, np.unique(fold)
        if len(parts) < 2:
            raise BadInput("one fold came; two or more are needed to leave each out in turn")
        found = np.empty((len(rows), sum(t.shape[1] for t in self.net.tables)), np.float32)
        for part in parts:
            held = fold == part
            net: Any = self.again(rows.take(~held)).model
            found[held] = rows.take(held).vectors([t.detach().numpy() for t in net.tables])
        return found


def decoder(
    table: Table,
    rows: Encoded,
    *,
    model: Model | None = None,
    epochs: int = 6,
    steps: int = 300,
    lr: float = 3e-3,
    wd: float = 0.02,
    refit_epochs: int = 6,
    refit_lr: float = 1e-2,
    refit_wd: float = 0.3,
    seed: int = 0,
    **rest: Any,
) -> Decoder:
    """A net that learns from all rows; then its layers stand still.

    epochs: or as many as give `steps`. refit: how vectors are learnt again, decaying to their
    mean. rest: see `tabular_learner`. Raises BadInput for a table without categories.
    """
    if not table.categories:
        raise BadInput("the table has no categories, so there are no vectors to learn")
    shared = {"seed": seed} | rest
    first = tabular_learner(rows, table=table, model=model, lr=lr, wd=wd, guard=np.inf, **shared)
    first.fit_one_cycle(epochs_of(first, epochs, steps))
    if not isinstance(first.model, TabularNet):
        raise BadInput(f"a TabularNet was wanted, {type(first.model).__name__} came")
    plan = {"epochs": refit_epochs, "steps": steps, "lr": refit_lr, "wd": refit_wd}
    return Decoder(first, _still(first.model), plan | shared)


def cross_fit(table: Table, rows: Encoded, fold: NDArray[Any], **how: Any) -> CrossFitted:
    """Vectors for rows in folds (n,), all in one coordinate system.

    One net learns from all rows and its layers are frozen. Then only vectors learn again, from
    their mean: without a fold for the rows in it, and from all rows for rows to come. Layers that
    stand still keep the meaning of each number of a vector. how: see `decoder`.
    """
    made = decoder(table, rows, **how)
    return CrossFitted(made.model(), made.vectors(fold))


def epochs_of(learner: TabularLearner, epochs: int, steps: int) -> int:
    "So many epochs, or more where these have fewer steps than `steps`."
    return max(epochs, -(-steps // len(learner.batches)))


def _still(net: TabularNet) -> TabularNet:
    "A copy whose layers stand still and whose vectors begin again at their mean."
    made = copy.deepcopy(net).cpu()
    made.requires_grad_(False)
    for part in made.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    tables = [table.detach() for table in net.tables]
    made.vectors = nn.ModuleList(Around(len(t), t.mean(0)) for t in tables)
    return made
