"""Vectors of shops, learnt from sales, joined by name in DuckDB and fed to another model.

    python examples/join.py [FOLDER]

A network learns from 10,000 sales what 120 shops are like. How many goods come back is known for
few of them only: there a ridge regression knows a shop by its vector, or by its name alone.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import polars as pl
import torch
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import entable
from entable.recipes.tabular import tabular_learner

SHOPS, DAYS = 120, 10_000


def sales(seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    "Sales and returns of shops: both depend on two traits that nobody wrote down."
    rng = np.random.default_rng(seed)
    size, young = rng.normal(size=(2, SHOPS))
    shop, day = rng.integers(0, SHOPS, DAYS), rng.integers(1, 8, DAYS)
    weekend = (day > 5) * young[shop]
    sold = np.exp(4 + 0.4 * size[shop] + 0.6 * weekend + 0.2 * rng.normal(size=DAYS))
    names = [f"shop {k}" for k in range(SHOPS + 1)]
    few = np.append(rng.integers(0, SHOPS, 160), SHOPS)  # the last one has opened since
    traits = np.append(0.7 * size - young, 0.0)
    returned = 20 + 5 * traits[few] + rng.normal(size=len(few))
    return (
        pl.DataFrame({"shop": [names[k] for k in shop], "weekday": day, "sold": sold}),
        pl.DataFrame({"shop": [names[k] for k in few], "returned": returned}),
    )


def learnt(frame: pl.DataFrame, path: Path) -> Path:
    "Learn from the sales and write the model file; only this needs torch."
    torch.set_num_threads(1)
    settings = {"log": True, "categories": ["shop", "weekday"]}
    learn = tabular_learner(frame, "sold", table=settings, size=64)
    learn.fit_one_cycle(4)
    return learn.table_model().save(path)


def joined(returns: pl.DataFrame, path: Path) -> pl.DataFrame:
    "The rows whose shop has a vector, with it: an inner join by name."
    vectors = entable.load(path).embeddings["shop"].to_frame()
    with duckdb.connect() as base:
        base.register("returns", returns.to_arrow())
        base.register("vectors", vectors.to_arrow())
        found = base.sql("select * from returns inner join vectors using (shop)")
        return pl.DataFrame(found.to_arrow_table())


def judged(frame: pl.DataFrame) -> dict[str, float]:
    "R2 of a regression on shops that it has not seen, knowing them by vector or by name."
    vectors = frame.select(pl.col("^shop_.*$")).to_numpy()
    names, y = frame.select("shop").to_numpy(), frame["returned"].to_numpy()
    _, shop = np.unique(names, return_inverse=True)
    held = shop.ravel() % 3 == 0  # whole shops
    features = {
        "vector": StandardScaler().fit(vectors[~held]).transform(vectors),
        "name": OneHotEncoder(handle_unknown="ignore").fit(names[~held]).transform(names).toarray(),
    }
    found = {}
    for what, X in features.items():
        model = RidgeCV(np.logspace(-2, 3, 11)).fit(X[~held], y[~held])
        found[what] = float(r2_score(y[held], model.predict(X[held])))
    return found


def main(folder: Path) -> dict[str, float]:
    "Learn, save, join, judge."
    frame, returns = sales()
    path = learnt(frame, folder / "sales.entable")
    rows = joined(returns, path)
    print(f"{len(rows)} of {len(returns)} rows have a shop with a vector")
    found = judged(rows)
    for what, r2 in found.items():
        print(f"returns of shops never seen, R2 by {what}: {r2:.2f}")
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as folder:
            main(Path(folder))
