"""The ten best items for all users of ML-1M's catalogue, beside implicit on the same vectors.

6,038 users, 3,533 items, 128 factors, 575,281 pairs seen and left out. Ours is the public call,
names in and a frame of names out; implicit's takes and gives positions. Runs alternate in one
process; the goal is twice implicit's speed. Needs `pip install implicit`.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # implicit asks for it; ours holds BLAS to one by itself

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._models import random_model

RUNS = 15


def implicit_call(model: Any) -> Callable[[], Any] | None:
    "implicit's recommend on the vectors and pairs of our model, None where it is not installed."
    try:
        import scipy.sparse as sp
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError:
        return None
    peer = AlternatingLeastSquares(factors=model.items.k, num_threads=0)
    peer.user_factors, peer.item_factors = model.users.vectors, model.items.vectors
    history = model.history
    shape = (len(model.users), len(model.items))
    seen = sp.csr_matrix((np.ones(len(history)), history.items, history.indptr), shape)
    everyone = np.arange(len(model.users))
    return lambda: peer.recommend(everyone, seen, N=10)


def seconds(call: Callable[[], Any]) -> float:
    "Wall time of one call."
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    "Print medians and their ratio."
    model = random_model(6_038, 3_533, 128, 575_281)
    names = model.users.names
    calls = {"entable": lambda: model.recommend(names, n=10)}
    peer = implicit_call(model)
    if peer is None:
        print("implicit is not installed here (pip install implicit): no comparison")
    else:
        calls["implicit"] = peer
    times: dict[str, list[float]] = {name: [] for name in calls}
    for run in range(RUNS + 2):
        for name, call in calls.items():
            took = seconds(call)
            if run >= 2:  # the first runs build tables and wake threads
                times[name].append(took)
    for name, values in times.items():
        print(
            f"{name:9} {1000 * statistics.median(values):6.1f} ms (least {1000 * min(values):.1f})"
        )
    if peer is not None:
        pairs = zip(times["implicit"], times["entable"], strict=True)
        print(f"ratio     {statistics.median(b / a for b, a in pairs):6.2f} x faster than implicit")


if __name__ == "__main__":
    main()
