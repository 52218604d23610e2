"""10 million ratings with text ids from CSV: seconds and memory, beside a plain read by Polars.

Goals: 3.5 s and 1.2 GB on two cores, names encoded and repeated pairs found.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

ROWS = 10_000_000
USERS, ITEMS = 100_000, 20_000
RUNS = 3
OURS = "from entable.data.ratings import Ratings; found = Ratings.read(sys.argv[1])"
PLAIN = "import polars as pl; found = pl.read_csv(sys.argv[1])"
PROBE = """
import json, resource, sys, time
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, peak / 1e6, len(found)]))
"""


def make(path: Path, rows: int) -> None:
    "Long-tailed users and items, half stars, times; some pairs repeat."
    random = np.random.default_rng(0)
    u = np.minimum(random.pareto(1.2, rows) * 0.03 * USERS, USERS - 1).astype(np.int64)
    i = np.minimum(random.pareto(1.0, rows) * 0.025 * ITEMS, ITEMS - 1).astype(np.int64)
    users = pl.Series([f"u{k:07d}" for k in random.permutation(USERS)])
    items = pl.Series([f"item_{k:05d}" for k in random.permutation(ITEMS)])
    frame = pl.DataFrame(
        {
            "user": users.gather(u),
            "item": items.gather(i),
            "rating": random.integers(1, 11, rows) / 2,
            "timestamp": random.integers(10**9, 16 * 10**8, rows),
        }
    )
    frame.write_csv(path)


def measured(code: str, path: Path) -> tuple[float, float, int]:
    "Seconds with imports, peak memory in GB, and rows, in a fresh process."
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(code=code), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak, rows = json.loads(run.stdout)
    return seconds, peak, rows


def main() -> None:
    "Make the file, read it in turn by both, print medians."
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        make(path, rows)
        size = path.stat().st_size / 1e6
        runs = [(measured(OURS, path), measured(PLAIN, path)) for _ in range(RUNS)]
    ours, plain = (statistics.median(run[k][0] for run in runs) for k in (0, 1))
    ratio = statistics.median(a[0] / b[0] for a, b in runs)
    peaks = [max(run[k][1] for run in runs) for k in (0, 1)]
    print(f"{rows:,} rows, {size:.0f} MB, {runs[0][0][2]:,} ratings without repeated pairs")
    print(f"Ratings.read      {ours:5.2f} s  {peaks[0]:.2f} GB at most")
    print(f"polars.read_csv   {plain:5.2f} s  {peaks[1]:.2f} GB at most (no names, no checks)")
    print(f"ratio             {ratio:5.2f}")


if __name__ == "__main__":
    main()
