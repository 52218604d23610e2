"""Bytes per rating that `factorize` needs at its peak beyond the ratings: the slope of two sizes.

Each size is fitted in its own process; users and items grow with the ratings' fourth part, so their
rows are part of the figure as in real data.
"""

import json
import subprocess
import sys

SIZES = (2_000_000, 8_000_000)
JOB = """
import json, resource, sys
import numpy as np
from entable import Ratings, factorize
n, solver = int(sys.argv[1]), sys.argv[2]
rng = np.random.default_rng(0)
few = {"sgd": {"passes": 3}, "als": {"passes": 2}, "bayes": {"draws": 4, "burn": 2}}[solver]
factorize(Ratings.of([1, 2, 3], [1, 2, 3], [1.0, 2.0, 3.0]), solver, 16, **few)
u = rng.integers(0, 20_000, n).astype(np.int32)
i = (u + rng.integers(1, 2**31, n)) % 5_000
ratings = Ratings.of(u, i, rng.integers(1, 6, n).astype(np.float32))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
now = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
factorize(ratings, solver, 16, **few)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([len(ratings), now, before, peak]))
"""


def main() -> None:
    "Print one line per solver; a peak that reading set before the fit is said."
    for solver in ("sgd", "als", "bayes"):
        found = []
        for n in SIZES:
            ran = subprocess.run(
                [sys.executable, "-c", JOB, str(n), solver],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            found.append(json.loads(ran.stdout))
        (m, now, _, peak), (more, then, before, top) = found
        hidden = " (reading needed more)" if top <= before else ""
        slope = ((top - then) - (peak - now)) / (more - m)
        print(f"{solver:6} {slope:5.1f} bytes per rating beyond the ratings' own 12{hidden}")


if __name__ == "__main__":
    main()
