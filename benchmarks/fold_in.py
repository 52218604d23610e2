"""Microseconds to fold in a new user with 20 ratings, by name, in models of 100,000 items.

The goal is 200 microseconds at 64 numbers per vector.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._models import random_model

RUNS = 300


def main() -> None:
    "Print the median for three widths."
    for k in (32, 64, 128):
        model = random_model(100_000, 100_000, k, 0)
        rng = np.random.default_rng(1)
        times = []
        for _ in range(RUNS):
            rated = rng.choice(model.items.names, 20, replace=False).tolist()
            ratings = dict(zip(rated, rng.integers(1, 6, 20).tolist(), strict=True))
            start = time.perf_counter()
            model.fold_in(ratings)
            times.append(time.perf_counter() - start)
        print(f"k={k:3}: {1e6 * statistics.median(times):5.0f} us, 20 ratings, 100,000 items")


if __name__ == "__main__":
    main()
