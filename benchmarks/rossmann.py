"""Rossmann, the last 41,395 open days: seven features and all, one network and five, and peers.

    python -m benchmarks rossmann [PART]

PART: seven, full (each may name seeds), closures, submission, lightgbm, fastai; all if none.

Goals: with seven features one network RMSPE .1150 and MAPE .0880 in 80 s of fitting and 1.5 GB at
the peak; with all .1000, five networks .0950. Each part runs in a process of its own, so that its
peak is its own; with one thread, and CPU seconds are told beside those of the clock, because a
shared machine is noisy. closures: are closed days to be ignored, counted and then dropped, or kept?
submission: learns from every day, and writes submission.csv for test.csv. ENTABLE_PEERS may name
the Python in which the other libraries are installed (see peers.md).
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from rossmann import OWN, own, recent
from rossmann_changes import CHANGES

from benchmarks._movielens import folder
from entable.data.heldout import split
from entable.data.table import Table

HELD, TARGET, SEEDS = 41_395, "Sales", 5
FEW = ["Store", "DayOfWeek", "Promo", "State"]
PARTS = {"Date": ["year", "month", "day"]}
Frames = tuple[pl.DataFrame, pl.DataFrame]
Floats = np.ndarray


def days() -> pl.DataFrame:
    "Open days with sales, with the state of the store: what Guo & Berkhahn look at."
    where = folder("rossmann")
    text = {"StateHoliday": pl.String}
    train = pl.read_csv(where / "train.csv", schema_overrides=text, try_parse_dates=True)
    train = train.filter(pl.col("Open") == 1, pl.col(TARGET) > 0)
    joined = Table.join(train, where / "store_states.csv", on="Store").frame
    found: pl.DataFrame = joined.select(*FEW, "Date", TARGET)
    return found


def adding(few: pl.DataFrame) -> pl.DataFrame:
    "Beside the seven features what follows from them, which a network is to add only."
    date = pl.col("Date").dt
    parts = zip(MORE, (date.week(), date.day()), strict=True)
    few = few.with_columns(pl.concat_str("Store", of, separator=" ").alias(n) for n, of in parts)
    found: pl.DataFrame = recent(own(few, few["Date"].max()))
    return found


def rates(truth: Floats, predicted: Floats) -> tuple[float, float]:
    "RMSPE and MAPE."
    off = predicted / truth - 1
    return float(np.sqrt((off**2).mean())), float(np.abs(off).mean())


def told(name: str, truth: Floats, predicted: Floats, begun: "Clock | None" = None) -> None:
    "A line of the answer."
    rmspe, mape = rates(truth, predicted)
    print(f"{name:34} RMSPE {rmspe:.4f}  MAPE {mape:.4f}  {begun or ''}", flush=True)


class Clock:
    "Seconds, and those of the processor, since it was made; the most memory that was used."

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # it counts in KiB
        return f"{wall:6.0f} s, {cpu:5.0f} s of CPU, {peak:.2f} GB"


def seven_table(train: pl.DataFrame) -> Table:
    "Seven categories and what follows from them, the logarithm of the sales."
    categories = [*FEW, *OWN, *MORE]
    how = {"numbers": [], "dates": PARTS, "weights": "recent", "log": True}
    return Table.fit(train, TARGET, categories=categories, **how)


MORE = ["store and week", "store and day"]
ADDING = dict.fromkeys(OWN, 0)  # they only add, and so does a day: see docs/log.md
HIDE, SHARED = 0.02, {"the day": 0.8}
SEVEN: dict[str, Any] = {
    "widths": {"Store": 50, "DayOfWeek": 6, "Promo": 2, "State": 6}
    | {"Date year": 2, "Date month": 3, "Date day": 0}
    | ADDING
    | dict.fromkeys(MORE, 0),
    "layers": (512, 256),
    "additive": True,
    "dropout": 0.0,
    "dropout_in": 0.0,
}
FULL: dict[str, Any] = {
    "widths": ADDING | dict.fromkeys(CHANGES, 0),
    "layers": (512, 256),
    "additive": True,
    "shrink": False,
    "dropout": 0.0,
    "dropout_in": 0.1,
    "y_range": (-np.inf, np.inf),
}
SEVEN_HOW: dict[str, Any] = {"epochs": 4, "size": 512, "lr": 2e-3}
FULL_HOW: dict[str, Any] = {"epochs": 15, "size": 1024, "lr": 5e-3, "wd": 0.1}
CLOSED_HOW: dict[str, Any] = {"epochs": 3, "size": 256, "lr": 3e-3, "loss": None}  # sales may be 0


def relative(pred: Any, y: Any, reduction: str = "mean") -> Any:
    "Of logarithms: the squared error in shares of the truth, linear above .3 and bounded at e."
    import torch
    from torch.nn import functional as fn

    off = torch.expm1((pred - y).clamp(-2, 1))
    return fn.huber_loss(off, torch.zeros_like(off), reduction=reduction, delta=0.3)


def learnt(table: Table, rows: Any, net: dict[str, Any], how: dict[str, Any], seed: int = 0) -> Any:
    "A Learner that was trained."
    import torch

    from entable.recipes.tablenets import pieces, tabular_net
    from entable.recipes.tabular import tabular_learner

    torch.set_num_threads(1)
    how = {"loss": relative, "precision": "bf16", "seed": seed} | how
    epochs = how.pop("epochs")
    names = [category.name for category in table.categories]  # what is always the same is not there
    net = net | {"widths": {name: k for name, k in net["widths"].items() if name in names}}
    hidden = dict.fromkeys(names, HIDE)
    model = partial(tabular_net, numbers=partial(pieces, k=8), unseen=hidden | SHARED, **net)
    learn = tabular_learner(rows, table=table, model=model, **how)
    learn.fit_one_cycle(epochs)
    return learn


def seven(*seeds: str) -> None:
    "Store, weekday, promotion, year, month, day and state."
    train, test = split(adding(days()), HELD, time="Date")
    for seed in map(int, seeds or ["0"]):
        clock = Clock()
        table = seven_table(train)
        learn = learnt(table, table.apply(train, target=True), SEVEN, SEVEN_HOW, seed)
        found = learn.table_model().predict(test)
        told(f"seven features, seed {seed}", test[TARGET].to_numpy(), found, clock)


def full(*seeds: str) -> None:
    "Everything that examples/rossmann.py prepares, one network after another, then all of them."
    from rossmann import prepare

    from entable.recipes.tabular import table_model

    shops = prepare(folder("rossmann"))
    train, test = split(shops.train, HELD, time="Date")
    table = shops.table(train, bins=16)
    rows = table.apply(train, target=True)
    truth, learns = test[TARGET].to_numpy(), list[Any]()
    whole = Clock()
    for seed in map(int, seeds or map(str, range(SEEDS))):
        clock = Clock()
        learns.append(learnt(table, rows, FULL, FULL_HOW, seed))
        told(f"all features, seed {seed}", truth, table_model(learns[-1]).predict(test), clock)
    if len(learns) > 1:
        told(f"{len(learns)} networks", truth, table_model(*learns).predict(test), whole)


def closures() -> None:
    """Closed days three ways, for every eighth store; the same rows are held out.

    Plain squared errors of logarithms: closed days have no share of the truth.
    """
    from rossmann import prepare

    for how in ("ignored", "features", "kept"):
        shops = prepare(folder("rossmann"), closures=how)
        mine = shops.train.filter(pl.col("Store") % 8 == 0)
        first = mine["Date"].max() - timedelta(days=41)
        train, test = mine.filter(pl.col("Date") < first), mine.filter(pl.col("Date") >= first)
        test = test.filter(pl.col(TARGET) > 0)
        table = shops.table(train, bins=16)
        rows = table.apply(train, target=True)
        clock, truth = Clock(), test[TARGET].to_numpy()
        for seed in range(2):
            learn = learnt(table, rows, FULL, CLOSED_HOW, seed)
            found = learn.table_model().predict(test)
            told(f"closed days {how}, seed {seed}", truth, found, clock)


def submission(path: str = "submission.csv") -> None:
    "Sales of test.csv by a network that learns from every day."
    from rossmann import prepare
    from rossmann import submission as filled

    clock, shops = Clock(), prepare(folder("rossmann"))
    print(*shops.notes, sep="\n")
    table = shops.table(bins=16)
    learn = learnt(table, table.apply(shops.train, target=True), FULL, FULL_HOW)
    made = filled(shops, learn.table_model().predict(shops.test))
    made.write_csv(path)
    none = (made[TARGET] == 0).sum()
    print(f"{path}: {len(made):,} rows, {none:,} of closed stores with 0; {clock}")


def _pandas() -> tuple[Any, Any]:
    """Seven features in a frame of pandas, oldest first, and those of the held-out rows.

    The order matters to LightGBM: RMSPE of 100 trees is .146 to .156 in three of them.
    """
    import pandas as pd

    date = pl.col("Date").dt
    parts = {"year": date.year(), "month": date.month(), "day": date.day()}
    frame = days().with_columns(**parts, target=pl.col(TARGET).log().cast(pl.Float32))
    frame = frame.sort("Date", maintain_order=True)
    train, test = split(frame, HELD, time="Date")
    made = [
        pd.DataFrame({name: frame[name].to_numpy() for name in [*NAMES, "target", TARGET]})
        for frame in (train, test)
    ]  # not by to_pandas, which needs pyarrow
    return made[0], made[1]


NAMES = [*FEW, *PARTS["Date"]]


def lightgbm() -> None:
    "2,000 trees of 255 leaves on seven categories."
    import lightgbm as trees

    train, test = _pandas()
    clock = Clock()
    for name in NAMES:
        train[name] = train[name].astype("category")
        test[name] = test[name].astype(train[name].dtype)
    settings = {"n_estimators": 2000, "learning_rate": 0.05, "num_leaves": 255, "verbose": -1}
    model = trees.LGBMRegressor(**settings, n_jobs=2).fit(train[NAMES], train.target)
    found = np.exp(model.predict(test[NAMES]))
    told("LightGBM, seven features", test[TARGET].to_numpy(), found, clock)


def fastai() -> None:
    "The course's network: layers of 1,000 and 500, five epochs of one cycle in batches of 512."
    from fastai.tabular.all import Categorify, Normalize, RegressionBlock, TabularDataLoaders
    from fastai.tabular.all import tabular_learner as theirs

    train, test = _pandas()
    clock = Clock()
    loaders = TabularDataLoaders.from_df(
        train, procs=[Categorify, Normalize], cat_names=NAMES, cont_names=[], y_names="target",
        y_block=RegressionBlock(), valid_idx=list(range(200)), bs=512,
    )  # fmt: skip
    span = (0, float(train.target.max() * 1.2))
    learn = theirs(loaders, layers=[1000, 500], y_range=span)
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(5, 1e-3)
        found = learn.get_preds(dl=loaders.test_dl(test[NAMES]))[0].numpy()[:, 0]
    told("fastai, seven features", test[TARGET].to_numpy(), np.exp(found), clock)


PEERS: dict[str, Callable[..., None]] = {"lightgbm": lightgbm, "fastai": fastai}
OURS: dict[str, Callable[..., None]] = {
    "seven": seven,
    "full": full,
    "closures": closures,
    "submission": submission,
}


def main() -> None:
    "The part that was asked for, or each in a process of its own."
    if len(sys.argv) > 1:
        part, *rest = sys.argv[1:]
        if part in PEERS and not find_spec(part):
            print(f"{part} is left out: not installed (see peers.md)")
        else:
            (OURS | PEERS)[part](*rest)
        return
    for part in OURS | PEERS:
        python = os.environ.get("ENTABLE_PEERS", sys.executable) if part in PEERS else None
        subprocess.run([python or sys.executable, __file__, part], check=True)


if __name__ == "__main__":
    main()
