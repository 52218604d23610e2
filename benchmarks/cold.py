"""Films that nobody has rated, scored by what they are: title characters, year and genres.

A tenth of the films of ML-100K is held out with all their ratings, as if they came out tomorrow. A
recurrent net learns to go on with the titles of the others, character by character, and its state
makes each title a vector (Embeddings); the two towers take these as item facts beside year and
genres. Beside them the same without titles, and what can be said of such a film otherwise: the
user's mean (the item mean is unknown; the global mean where the user is, too). Settings were
chosen on seeds 0 and 1; figures are of others. RMSE, one thread.
"""

import re
import sys
import time
import warnings
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from benchmarks._movielens import folder
from entable import Embeddings, Ratings, collab_learner
from entable.data.text import Text
from entable.recipes.makers import towers
from entable.recipes.text import text_learner

SEEDS = (10, 11, 12, 13, 14)
YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
NEXT_YEAR = 1999  # the ratings end in April 1998


def films() -> Ratings:
    "All ratings; of films the genres and the logarithm of their age."
    where = folder("ml-100k")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Latin-1
        read = Ratings.read(where / "u.data", names=where / "u.item", item_facts=where / "u.item")
    assert read.item_facts is not None
    assert read.item_labels is not None
    genres = read.item_facts.select(pl.col(pl.Boolean))
    years = [YEAR.search(title or "") for title in read.item_labels]
    ages = [None if year is None else np.log(NEXT_YEAR - int(year[1])) for year in years]
    return replace(read, item_facts=genres.with_columns(age=pl.Series(ages, dtype=pl.Float64)))


def parted(ratings: Ratings, seed: int) -> tuple[Ratings, Ratings, NDArray[np.bool_]]:
    "Ratings of nine tenths of the films, those of the others, and which films these are (n,)."
    n = len(ratings.items)
    cold = np.zeros(n, bool)
    cold[np.random.default_rng(seed).permutation(n)[: n // 10]] = True
    held = cold[ratings.i]
    return ratings.take(~held), ratings.take(held), cold


def read_titles(ratings: Ratings, cold: NDArray[np.bool_], seed: int) -> Embeddings:
    "A vector of every title, by a net that has read those of the films that are not held out."
    assert ratings.item_labels is not None
    plain = [YEAR.sub("", title or "") for title in ratings.item_labels]
    learnt = [title for title, out in zip(plain, cold, strict=True) if not out]
    order = np.random.default_rng(seed).permutation(len(learnt))
    text = Text.of("\n".join(learnt[k] for k in order) + "\n", lower=True)
    learner = text_learner(text, 0.1, hidden=64, length=32, size=16, seed=seed)
    learner.fit_one_cycle(8, 5e-3)
    names = ratings.items.names.tolist()
    return learner.text_model().encode(plain, names=names)


def by_user(train: Ratings, test: Ratings) -> NDArray[np.float64]:
    "The user's mean rating, the mean of all where the user has none."
    n, r = len(train.users), train.r.astype(np.float64)
    counts = np.bincount(train.u, minlength=n)
    sums = np.bincount(train.u, r, minlength=n)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), r.mean())
    return np.asarray(means[test.u])


def by_facts(train: Ratings, test: Ratings, titles: Embeddings | None, seed: int) -> NDArray[Any]:
    "What the towers say of films that they know by their facts alone."
    made = partial(towers, k=8, histories=False, titles=False, alone=0.2, item_facts=titles)
    learner = collab_learner(train, model=made, size=1024, lr=5e-3, wd=0.6, seed=seed)
    learner.fit_one_cycle(10)
    model = learner.recommender()
    return model.predict(test.users.names[test.u], test.items.names[test.i])


def main() -> None:
    "A line for each seed, then the means."
    torch.set_num_threads(1)
    ratings, rows = films(), []
    print("held-out films, ratings: user mean | genres, year | with title characters")
    for seed in map(int, sys.argv[1:] or SEEDS):
        begun = time.perf_counter()
        train, test, cold = parted(ratings, seed)
        assert not np.isin(test.i, train.i).any()
        titles = read_titles(ratings, cold, seed)
        said = (
            by_user(train, test),
            by_facts(train, test, None, seed),
            by_facts(train, test, titles, seed),
        )
        rows.append([float(np.sqrt(np.mean((one - test.r) ** 2))) for one in said])
        figures = " | ".join(f"{rmse:.4f}" for rmse in rows[-1])
        took = time.perf_counter() - begun
        print(f"seed {seed}: {cold.sum()} films, {len(test):,} ratings: {figures} ({took:.0f} s)")
    print(f"mean of {len(rows)}: " + " | ".join(f"{rmse:.4f}" for rmse in np.mean(rows, 0)))
    print("spread: " + " | ".join(f"{rmse:.4f}" for rmse in np.std(rows, 0)))


if __name__ == "__main__":
    main()
