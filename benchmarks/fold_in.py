"""Microseconds to fold in a new user with 20 ratings, and the error of that beside retraining.

Times are by name, in models of 100,000 users and items; the goal is 200 microseconds. Given a file
of ratings (`python -m benchmarks fold_in u.data`), a tenth of the users is kept from training; four
fifths of their ratings are folded in, or trained with, and the rest is predicted both ways.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._models import random_model
from entable import Ratings, factorize
from entable.evaluate.metrics import rmse

RUNS = 300


def times() -> None:
    "Print the median for three widths."
    for k in (32, 64, 128):
        model = random_model(100_000, 100_000, k, 0)
        rng = np.random.default_rng(1)
        took = []
        for _ in range(RUNS):
            rated = rng.choice(model.items.names, 20, replace=False).tolist()
            ratings = dict(zip(rated, rng.integers(1, 6, 20).tolist(), strict=True))
            start = time.perf_counter()
            model.fold_in(ratings)
            took.append(time.perf_counter() - start)
        print(f"k={k:3}: {1e6 * statistics.median(took):5.0f} us, 20 ratings, 100,000 items")


def errors(path: str, seed: int = 0) -> None:
    "Print the RMSE on the last fifth of the new users' ratings, folded in and trained with."
    ratings = Ratings.read(path)
    rng = np.random.default_rng(seed)
    new = np.isin(ratings.u, rng.permutation(len(ratings.users))[: len(ratings.users) // 10])
    test = new & (rng.random(len(ratings)) < 0.2)
    given, asked = ratings.take(new & ~test), ratings.take(test)
    without = factorize(ratings.take(~new), seed=seed)
    folded, truth = [], []
    for u in np.unique(asked.u):
        mine, wanted = given.u == u, asked.u == u
        items = ratings.items.names[given.i[mine]]
        user = without.fold_in(zip(items.tolist(), given.r[mine].tolist(), strict=True))
        folded.append(user.predict(ratings.items.names[asked.i[wanted]]))
        truth.append(asked.r[wanted])
    trained = factorize(ratings.take(~test), seed=seed).evaluate(asked).rmse
    print(f"RMSE on {len(asked):,} ratings of {len(truth)} new users:")
    print(f"  folded in    {rmse(np.concatenate(truth), np.concatenate(folded)):.4f}")
    print(f"  trained with {trained:.4f}")
    print(f"  not known    {without.evaluate(asked).rmse:.4f}")


if __name__ == "__main__":
    times()
    for each in sys.argv[1:]:
        errors(each)
