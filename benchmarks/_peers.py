"""Other libraries on the same parts: predictions and seconds of the fit, data already in memory.
 Those that are installed are run: scikit-surprise, cmfrec, myfm, fastai; LIBMF where the variable
LIBMF names its mf-train. `peers.md` says how to install them.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks._movielens import Parts
from entable import Ratings

Answer = tuple[np.ndarray, float]


def surprise_svd(parts: Parts) -> Answer:
    from surprise import SVD, Dataset, Reader

    train, test = parts.train, parts.test
    frame = _pandas(train, ["user", "item", "rating"])
    data = Dataset.load_from_df(frame, Reader(rating_scale=train.scale)).build_full_trainset()
    model, begun = SVD(random_state=0), time.perf_counter()
    model.fit(data)
    took = time.perf_counter() - begun
    pairs = zip(test.u.tolist(), test.i.tolist(), strict=True)
    return np.array([model.predict(u, i).est for u, i in pairs]), took


def cmfrec(parts: Parts) -> Answer:
    from cmfrec import CMF

    frame = _pandas(parts.train, ["UserId", "ItemId", "Rating"])
    begun = time.perf_counter()
    model = CMF(k=40, lambda_=10, verbose=False, nthreads=2).fit(frame)
    took = time.perf_counter() - begun
    found = model.predict(parts.test.u, parts.test.i)
    return np.nan_to_num(found, nan=float(parts.train.r.mean())), took


def myfm(parts: Parts) -> Answer:
    import myfm
    from sklearn.preprocessing import OneHotEncoder

    rank, draws = (10, 300) if len(parts.train) < 500_000 else (32, 200)
    encoder = OneHotEncoder(handle_unknown="ignore")
    train, test = (np.stack([part.u, part.i], 1) for part in (parts.train, parts.test))
    X, Xt = encoder.fit_transform(train), encoder.transform(test)
    groups = [len(group) for group in encoder.categories_]
    model, begun = myfm.MyFMRegressor(rank=rank, random_seed=42), time.perf_counter()
    with redirect_stderr(StringIO()):  # its progress bar
        model.fit(X, parts.train.r.astype(np.float64), n_iter=draws, group_shapes=groups)
    return model.predict(Xt), time.perf_counter() - begun


def fastai(parts: Parts) -> Answer:
    "The course's own: 50 factors, five epochs of one-cycle, decay .1, batches of 64."
    from fastai.collab import CollabDataLoaders, collab_learner

    train, test = (_pandas(part, ["user", "item", "rating"]) for part in (parts.train, parts.test))
    loaders = CollabDataLoaders.from_df(train, bs=64, valid_pct=0.01, seed=1)
    learner = collab_learner(loaders, n_factors=50, y_range=(0, 5.5))
    with learner.no_bar(), learner.no_logging():
        begun = time.perf_counter()
        learner.fit_one_cycle(5, 5e-3, wd=0.1)
        took = time.perf_counter() - begun
        found = learner.get_preds(dl=loaders.test_dl(test, with_labels=False))[0]
    return found.numpy().ravel(), took


def libmf(parts: Parts) -> Answer:
    "Reading its text files is part of its seconds."
    program = os.environ["LIBMF"]
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("train", parts.train), ("test", parts.test)):
            table = pl.DataFrame({"u": part.u, "i": part.i, "r": part.r})
            table.write_csv(Path(folder) / name, separator=" ", include_header=False)
        settings = "-f 0 -l2 0.1 -k 48 -t 30 -s 2 -r 0.1 --quiet train model".split()
        begun = time.perf_counter()
        subprocess.run([program, *settings], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - begun
        predict = str(Path(program).with_name("mf-predict"))
        asked = [predict, "test", "model", "out"]
        subprocess.run(asked, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return np.loadtxt(Path(folder) / "out"), took


def installed(parts: Parts) -> Iterator[tuple[str, Callable[[Parts], Answer]]]:
    "The peers that can run here; what is missing, or would take an hour, is said."
    for run, there in (
        (libmf, "LIBMF" in os.environ),
        (surprise_svd, find_spec("surprise")),
        (cmfrec, find_spec("cmfrec")),
        (myfm, find_spec("myfm")),
        (fastai, find_spec("fastai") and len(parts.train) < 500_000),
    ):
        if there:
            yield run.__name__, run
        else:
            print(f"{run.__name__:14} left out: not installed (see peers.md), or too slow here")


def _pandas(ratings: Ratings, columns: list[str]) -> "object":
    import pandas as pd

    return pd.DataFrame(dict(zip(columns, (ratings.u, ratings.i, ratings.r), strict=True)))
