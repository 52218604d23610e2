"""Guo & Berkhahn's table on Rossmann: four learners, raw and fed with entity embeddings; MAPE.

    python -m benchmarks entity_embeddings [ROWS]

Their temporal protocol (arXiv:1604.06737): open days with sales, the last tenth by date held out,
ROWS (200,000, as theirs) drawn at random from the days before; seven features, the logarithm of
sales. Widths and the settings of k-NN are theirs; the forest has 50 trees, theirs 200. The same
vectors twice: as `fit_transform` gives them (rows have not seen their own target, as in a
pipeline), and in sample, as in the paper. k-NN answers for 5,000 of the held-out rows.
The raw network is theirs too, one-hot columns into two layers of 256; the one with vectors is ours:
the day of the month adds, and does nothing else, and errors are shares of the truth.

    published                raw  entity embeddings
    k-NN                    .290               .116
    random forest           .158               .108
    boosted trees           .152               .115
    network (mean of five)  .101               .093
"""

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.rossmann import FEW, PARTS, TARGET, days
from entable.data.heldout import split
from entable.data.table import Encoded, Table
from entable.models.tabular import Additive
from entable.recipes.sklearn import EntityEmbeddingEncoder
from entable.recipes.tablenets import tabular_net
from entable.recipes.tabular import table_model, tabular_learner

WIDTHS = {
    "Store": 10, "DayOfWeek": 6, "Promo": 1, "Date year": 2, "Date month": 6, "Date day": 10,
    "State": 6,
}  # fmt: skip
NET: dict[str, Any] = {"layers": (256, 256), "dropout": 0.0, "dropout_in": 0.0, "widths": WIDTHS}
HOW: dict[str, Any] = {"size": 512, "lr": 3e-3}
ADDING: dict[str, Any] = {  # what a day and a year do, they do to every shop: see docs/log.md
    "layers": (256, 128), "dropout": 0.0, "dropout_in": 0.0,
    "unseen": dict.fromkeys(WIDTHS, 0.02) | {"Date day": 0.0},
    "additive": True, "widths": {"Date day": 0}, "y_range": (-np.inf, np.inf),
}  # fmt: skip
EPOCHS, NETWORKS, ASKED = 8, 5, 5_000
KNOWN = {"categories": FEW, "numbers": [], "dates": PARTS, "log": True}
FED = {
    "k-NN": partial(KNeighborsRegressor, 10, weights="distance", p=1),
    "boosted trees": partial(
        HistGradientBoostingRegressor,
        max_iter=400,
        learning_rate=0.1,
        max_leaf_nodes=127,
        random_state=0,
    ),
    "random forest": partial(RandomForestRegressor, 50, max_depth=35, n_jobs=2, random_state=0),
}


class OneHot(nn.Module):
    "One-hot columns into two hidden layers: the first is a sum of rows of its weights."

    def __init__(self, table: Table, rows: Encoded) -> None:
        super().__init__()
        self.first = Additive([c.levels for c in table.categories], 256)
        nn.init.normal_(self.first.weight, std=0.1)
        hidden = [nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1)]
        self.rest = nn.Sequential(*hidden)
        self.mean = float(rows.target.mean()) if rows.target is not None else 0.0

    def forward(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> Tensor:
        "(B, C) -> (B,)."
        out: Tensor = self.mean + self.rest(self.first(codes))[:, 0]
        return out


def mape(rows: Encoded, predicted: Any) -> float:
    "Of sales; both came as logarithms."
    return float(np.abs(np.expm1(predicted - rows.target)).mean())


def told(name: str, begun: float, **found: float) -> None:
    "A line of the table."
    cells = "".join(f"{what} {value:.4f}   " for what, value in found.items())
    print(f"{name:24}{cells}{time.perf_counter() - begun:6.0f} s", flush=True)


def shares(pred: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    "Of logarithms: errors in shares of the truth, squared below .1; about 1 where they are large."
    off = torch.expm1((pred - y).clamp(-2, 1))
    return nn.functional.smooth_l1_loss(off, torch.zeros_like(off), reduction=reduction, beta=0.1)


def networks(table: Table, rows: Encoded, held: Encoded) -> None:
    "Five networks on one-hot columns, and five with vectors."
    begun, raw, learners = time.perf_counter(), list[Any](), list[Any]()
    for seed in range(NETWORKS):
        one = tabular_learner(rows, table=table, model=OneHot, seed=seed, wd=0.1, **HOW)
        one.fit_one_cycle(EPOCHS)
        raw.append(one.predict(held.codes, held.numbers, held.missing))
        learners.append(
            tabular_learner(
                rows,
                table=table,
                model=partial(tabular_net, **ADDING),
                seed=seed,
                loss=shares,
                **HOW | {"lr": 4e-3},
            )
        )
        learners[-1].fit_one_cycle(EPOCHS)
        scorers = [table_model(*some).scorer for some in (learners[-1:], learners)]
        single, several = (s(held.codes, held.numbers, held.missing) for s in scorers)
        told(f"network, seed {seed}", begun, raw=mape(held, raw[-1]), vectors=mape(held, single))
    told("mean of them", begun, raw=mape(held, np.mean(raw, 0)), vectors=mape(held, several))


def fed(rows: Encoded, held: Encoded, features: dict[str, tuple[Any, Any]]) -> None:
    "k-NN, forest and trees on each of some features."
    few = held.take(np.random.default_rng(1).permutation(len(held))[:ASKED])
    for name, make in FED.items():
        begun, found = time.perf_counter(), dict[str, float]()
        asked = few if name == "k-NN" else held
        at = np.random.default_rng(1).permutation(len(held))[:ASKED]
        for what, (train, test) in features.items():
            model = make().fit(train, rows.target)
            found[what] = mape(asked, model.predict(test[at] if name == "k-NN" else test))
        told(name, begun, **found)


def main(n: int = 200_000) -> None:
    "The table."
    torch.set_num_threads(1)
    whole, test = split(days(), 0.1, time="Date")
    train = whole[np.sort(np.random.default_rng(0).permutation(len(whole))[:n])]
    print(f"{len(train):,} rows to learn from, {len(test):,} held out", flush=True)
    begun = time.perf_counter()
    encoder = EntityEmbeddingEncoder(table=KNOWN, net=NET, epochs=EPOCHS, **HOW)
    vectors = encoder.fit_transform(train.drop(TARGET), train[TARGET])
    table = encoder.table_
    rows, held = (table.apply(frame, target=True) for frame in (train, test))
    seen, unseen = (encoder.transform(f.drop(TARGET)) for f in (train, test))
    print(f"{vectors.shape[1]} numbers for 7 categories, {time.perf_counter() - begun:.0f} s")
    networks(table, rows, held)
    fed(
        rows,
        held,
        {
            "raw": (rows.codes.astype(float), held.codes.astype(float)),
            "vectors": (vectors, unseen),
            "in sample": (seen, unseen),
        },
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
