"""Ten million rows through a fitted table: seconds, and memory beside the frame's own.

Goal: 20 s, and frame and result together within 2 x the frame. One row too, from each library.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np
import polars as pl

from entable.data.table import Table

ROWS, TRAIN, TIMES = 10_000_000, 100_000, 50


def frame(n: int) -> pl.DataFrame:
    "Categories as text, whole numbers and floats with gaps, as tables of shops have them."
    rng = np.random.default_rng(0)
    stores = pl.Series([f"store-{k}" for k in range(1115)])
    states = pl.Series(["BW", "BY", "BE", "HE", "NW"])
    wind = np.where(rng.random(n) < 0.05, np.nan, rng.gamma(2, 3, n))
    return pl.DataFrame(
        {
            "store": stores.gather(rng.integers(0, 1115, n)),
            "state": states.gather(rng.integers(0, 5, n)),
            "weekday": rng.integers(1, 8, n),
            "promo": rng.integers(0, 2, n),
            "age": rng.integers(17, 90, n),
            "distance": rng.exponential(1000, n),
            "warmth": rng.normal(10, 8, n),
            "wind": wind,
        }
    )


def resident() -> float:
    "Bytes of this process that are in memory now."
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def many(repeated: int | None) -> list[float]:
    "Seconds, bytes of the frame, bytes more at the peak and bytes of the result."
    whole = frame(ROWS)
    table = Table.fit(whole[:TRAIN], repeated=repeated)
    before = resident()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    begun = time.perf_counter()
    rows = table.apply(whole)
    took = time.perf_counter() - begun
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result = sum(a.nbytes for a in (rows.codes, rows.numbers, rows.missing, rows.unseen))
    assert top > peak, "building the frame needed more; nothing can be said"
    return [took, whole.estimated_size(), top - before, result]


def one() -> dict[str, float]:
    "Median milliseconds for one row, by the kind of frame it comes in."
    some = frame(TRAIN)
    table = Table.fit(some, repeated=8)
    rows: dict[str, Any] = {"Polars": some[5], "pandas": some[5].to_pandas()}
    rows["a mapping"] = some.row(5, named=True)
    found = {}
    for name, row in rows.items():
        table.apply(row)
        runs = []
        for _ in range(TIMES):
            begun = time.perf_counter()
            table.apply(row)
            runs.append(time.perf_counter() - begun)
        found[name] = statistics.median(runs) * 1000
    return found


def main() -> None:
    "Each measurement in its own process."
    for repeated in (None, 8):
        ran = subprocess.run(
            [sys.executable, __file__, str(repeated or 0)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        took, size, more, result = json.loads(ran.stdout)
        also = ", repeated numbers as categories too" if repeated else ""
        print(
            f"{ROWS:,} rows of 8 columns{also}: {took:.1f} s; frame {size / 2**20:,.0f} MiB, "
            f"result {result / 2**20:,.0f}, peak {(size + more) / size:.2f} x the frame"
        )
    for name, took in one().items():
        print(f"one row of 8 columns from {name}: {took:.2f} ms")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(many(int(sys.argv[1]) or None)))
    else:
        main()
