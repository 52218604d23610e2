"""Features of a table without its target: from an autoencoder, or from guessing hidden columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from entable.data.table import Encoded, Table
from entable.errors import BadInput
from entable.models.autoencoder import Autoencoder, Swap
from entable.models.tabular import TabularNet, Widths, usual_width
from entable.recipes.tablenets import Reading, pieces
from entable.recipes.tableserved import to_tablenet
from entable.recipes.tabular import usual_size
from entable.tablemodel import TableModel
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.threads import one_for_small_steps

__all__ = ["AutoencoderLearner", "autoencoder_learner"]


class AutoencoderLearner(Learner):
    "A Learner of rows without a target."

    table: Table

    def table_model(self) -> TableModel:
        """What makes features of rows, without torch: `encode`, `activations`, `embeddings`.

        It has no target, so it does not predict.
        """
        made: Any = self.model
        whole = to_tablenet(made.net)
        zero = np.zeros(1, np.float32)
        weight, bias = whole.weight[:, :1] * 0, whole.bias[:, :1] * 0
        scorer = replace(whole, weight=weight, bias=bias, centre=zero, scale=zero)
        settings = {
            "model": "Autoencoder",
            "noise": type(made.noise).__name__,
            "epochs": self.trained,
            "seeds": [self.seed],
        }
        return TableModel(replace(self.table, target=None, weights=None), scorer, settings)


def autoencoder_learner(
    frame: Any,
    *more: Any,
    table: Table | Mapping[str, Any] | None = None,
    noise: nn.Module | None = None,
    numbers: Reading = pieces,
    widths: Widths = usual_width,
    layers: Sequence[int] = (256, 256, 256),
    size: int | None = None,
    wd: float = 0.02,
    lr: float = 2e-3,
    seed: int = 0,
    **rest: Any,
) -> AutoencoderLearner:
    """A Learner that gives spoilt rows back: `autoencoder_learner(train, test).fit_one_cycle(20)`.

    frame, more: any frames, labelled or not, or rows that `table` has encoded; all are learnt from.
    table: a fitted Table, or what `Table.fit` is to know of the first frame; its target is left
    aside, so name it there. noise: `Swap(.15)` if not given, or `Mask(.3)`, which hides cells and
    asks for them. Then `.table_model()` makes features. rest: see Learner.
    Raises BadInput for encoded rows without their table.
    """
    if not isinstance(table, Table):
        if isinstance(frame, Encoded):
            raise BadInput("encoded rows came without the Table that encoded them: table=...")
        table = Table.fit(frame, **({"repeated": 8} | dict(table or {})))
    rows = [one if isinstance(one, Encoded) else table.apply(one, False) for one in (frame, *more)]
    arrays = [
        np.concatenate([getattr(one, name) for one in rows])
        for name in ("codes", "numbers", "missing")
    ]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        levels = [category.levels for category in table.categories]
        outputs = sum(levels) + len(table.numbers)
        reads = numbers(table)
        net = TabularNet(levels, reads, outputs, widths, layers, dropout=0.0, dropout_in=0.0)
        model = Autoencoder(net, levels, Swap() if noise is None else noise)
    n = len(arrays[0])
    size = usual_size(n) if size is None else size
    nothing = np.zeros(n, np.float32)  # the model knows what is wanted
    batches = Batches([*arrays, nothing], size, seed)
    rest["callbacks"] = [*rest.get("callbacks", ()), *one_for_small_steps(net, size)]
    learner = AutoencoderLearner(model, batches, _told, wd=wd, lr=lr, seed=seed, **rest)
    learner.table = table
    return learner


def _told(pred: Tensor, y: Tensor) -> Tensor:
    "The loss that the model itself tells."
    return pred.mean()
