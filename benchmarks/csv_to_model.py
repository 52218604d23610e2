"""CSV of 10 million ratings with text ids -> model file, 10 SGD passes: seconds and peak memory.

Goal: 6 s and 1.5 GB in one process with warm kernels, imports included.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.read_csv import ROWS, make

JOB = """
import json, resource, sys, time
begun = time.perf_counter()
import entable
ratings = entable.Ratings.read(sys.argv[1])
read = time.perf_counter()
model = entable.factorize(ratings, "sgd", 48, passes=10)
fitted = time.perf_counter()
model.save(sys.argv[2])
ended = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps([read - begun, fitted - read, ended - fitted, ended - begun, peak, len(ratings)]))
"""


def main(runs: int = 3) -> None:
    "Print every run's parts, then the medians."
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name) / "ratings.csv", Path(name) / "model.entable"
        make(source, ROWS)
        found = []
        for _ in range(runs + 1):  # the first may compile
            ran = subprocess.run(
                [sys.executable, "-c", JOB, str(source), str(out)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            read, fit, save, whole, peak, rows = json.loads(ran.stdout)
            print(
                f"read {read:.2f} s, fit {fit:.2f} s, save {save:.2f} s: {whole:.2f} s, "
                f"{peak:.2f} GB for {rows:,} ratings",
                flush=True,
            )
            found.append((whole, peak))
        whole, peak = (statistics.median(column) for column in zip(*found[1:], strict=True))
        print(f"median {whole:.2f} s, {peak:.2f} GB")


if __name__ == "__main__":
    main()
