"""What a network's inside is worth to other models: by task, by depth, on Adult with few labels.

2,000 labelled rows teach k-NN, a forest and boosted trees; AUC on the official test, mean of seeds.
Networks learn the target of those rows (supervised), or give back all 48,842 rows without looking
at the target: swapped cells (autoencoder) or hidden ones (masked). shallow: the vectors of
categories and the scaled numbers; deep: the last hidden layer. raw: ordinal codes and numbers.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.adult import read
from entable.data.table import Table
from entable.models.autoencoder import Mask, Swap
from entable.recipes.autoencoder import autoencoder_learner
from entable.recipes.tabular import tabular_learner
from entable.tablemodel import TableModel

LABELS, SEEDS = 2_000, 2
Features = tuple[np.ndarray, np.ndarray]


def judges(seed: int) -> dict[str, Any]:
    "Those that the features are for."
    return {
        "k-NN": make_pipeline(StandardScaler(), KNeighborsClassifier(25)),
        "forest": RandomForestClassifier(200, min_samples_leaf=3, random_state=seed, n_jobs=1),
        "trees": HistGradientBoostingClassifier(max_iter=60, random_state=seed),
    }


def made(task: str, few: pl.DataFrame, rest: pl.DataFrame, seed: int) -> TableModel:
    "The network of a task."
    if task == "supervised":
        learn: Any = tabular_learner(few, "income", seed=seed)
        learn.fit_one_cycle(20)
        return learn.table_model()
    noise = Swap() if task == "autoencoder" else Mask()
    every = pl.concat([few, rest]).drop("income")
    learn = autoencoder_learner(every, noise=noise, seed=seed)
    learn.fit_one_cycle(15)
    return learn.table_model()


def features(few: pl.DataFrame, rest: pl.DataFrame, test: pl.DataFrame, seed: int) -> Iterator[Any]:
    "Names of features, and those of the labelled and of the test rows."
    table = Table.fit(few, "income")
    rows = [table.apply(frame) for frame in (few, test)]
    yield "raw", "", tuple(np.concatenate([r.codes, r.numbers], 1) for r in rows)
    for task in ("supervised", "autoencoder", "masked"):
        model = made(task, few, rest, seed)
        yield task, "shallow", tuple(model.encode(frame).to_numpy() for frame in (few, test))
        yield task, "deep", tuple(map(model.activations, (few, test)))


def rich(frame: pl.DataFrame) -> np.ndarray:
    "Whether each row has the larger income."
    return (frame["income"] == ">50K").to_numpy()


def main() -> None:
    "A line for each kind of features."
    torch.set_num_threads(1)
    train, test = read("adult.data", 0), read("adult.test", 1)
    found: dict[tuple[str, str], list[list[float]]] = {}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(train))
        few = train[order[:LABELS]]
        rest = pl.concat([train[order[LABELS:]], test])
        for task, depth, (x, xt) in features(few, rest, test, seed):
            aucs = [
                roc_auc_score(rich(test), one.fit(x, rich(few)).predict_proba(xt)[:, 1])
                for one in judges(seed).values()
            ]
            found.setdefault((task, depth), []).append(aucs)
            print(
                seed, task, depth, " ".join(f"{v:.4f}" for v in aucs), file=sys.stderr, flush=True
            )
    print(f"{'task':12} {'depth':8} " + " ".join(f"{name:>7}" for name in judges(0)))
    for (task, depth), lines in found.items():
        print(f"{task:12} {depth:8} " + " ".join(f"{v:7.4f}" for v in np.mean(lines, 0)))


if __name__ == "__main__":
    main()
