"""10 million text names to row numbers: seconds, beside Polars' own way to number them.

Goal: about a second.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from entable.data.vocab import Vocab

ROWS, NAMES, RUNS = 10_000_000, 100_000, 5


def seconds(work: Callable[[], object]) -> float:
    "Wall time of one call."
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    "Encode and look up the same column in turn, print medians."
    random = np.random.default_rng(0)
    at = np.minimum(random.pareto(1.2, ROWS) * 0.03 * NAMES, NAMES - 1).astype(np.int64)
    column = pl.Series([f"user-{k:07d}-of-many" for k in range(NAMES)]).gather(at)
    vocab = Vocab.of(column)
    works: dict[str, Callable[[], object]] = {
        "Vocab.encode": lambda: Vocab.encode(column),
        "Vocab.rows": lambda: vocab.rows(column),
        "polars rank('dense')": lambda: column.rank("dense"),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            times[name].append(seconds(work))
    print(f"{ROWS:,} texts, {len(vocab):,} names")
    for name, runs in times.items():
        print(f"{name:21} {statistics.median(runs):.2f} s")


if __name__ == "__main__":
    main()
