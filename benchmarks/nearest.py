"""Ten nearest of one name among 100,000 vectors of 64 numbers, beside scikit-learn's brute force.

Ours is the public call, exact in float64: a name in, a frame of names out. scikit-learn's
NearestNeighbors gives positions, in float32 for these vectors. Calls alternate in one process. The
goal is 50 ms for each of ours. Needs `pip install scikit-learn` for the comparison.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from entable import Embeddings

ROWS, WIDTH, RUNS, GOAL = 100_000, 64, 25, 50.0
PEER = {"cosine": "cosine", "euclidean": "euclidean"}  # inner products it does not have


def peer_call(vectors: np.ndarray, metric: str) -> Callable[[int], Any] | None:
    "scikit-learn's query on the same vectors, None without it and for a metric it lacks."
    try:
        from sklearn.neighbors import NearestNeighbors
    except ImportError:
        return None
    if metric not in PEER:
        return None
    index = NearestNeighbors(n_neighbors=11, algorithm="brute", metric=PEER[metric]).fit(vectors)
    return lambda at: index.kneighbors(vectors[at : at + 1])[1][0, 1:]


def milliseconds(call: Callable[[int], Any], at: int) -> tuple[float, Any]:
    "Wall time of one query, and its answer."
    start = time.perf_counter()
    found = call(at)
    return 1000 * (time.perf_counter() - start), found


def compare(items: Embeddings, metric: Any) -> None:
    "Print medians of one metric, their ratio, and how many of the answers are the same."
    calls: dict[str, Callable[[int], Any]] = {
        "entable": lambda at: items.nearest(int(items.names[at]), 10, metric).table["item"]
    }
    if (peer := peer_call(items.vectors, metric)) is not None:
        calls["scikit-learn"] = peer
    times: dict[str, list[float]] = {name: [] for name in calls}
    same = []
    for run, at in enumerate(np.random.default_rng(1).integers(0, ROWS, RUNS + 2).tolist()):
        found = {}
        for name, call in calls.items():
            took, found[name] = milliseconds(call, at)
            if run >= 2:  # the first build tables and wake threads
                times[name].append(took)
        if peer is not None:
            same.append(len(set(found["entable"].to_list()) & set(found["scikit-learn"].tolist())))
    for name, values in times.items():
        goal = f"   goal {GOAL:.0f} ms" if name == "entable" else ""
        median = statistics.median(values)
        print(f"{metric:9} {name:12} {median:7.2f} ms (least {min(values):.2f}){goal}")
    if peer is not None:
        ratio = statistics.median(
            b / a for b, a in zip(times["scikit-learn"], times["entable"], strict=True)
        )
        print(f"{metric:9} {ratio:.2f} x faster; {sum(same) / len(same):.2f} of 10 the same")


def main() -> None:
    "Print all metrics."
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((ROWS, WIDTH), dtype=np.float32)
    items = Embeddings.of(np.arange(ROWS), vectors, rng.standard_normal(ROWS))
    for metric in ("cosine", "euclidean", "dot"):
        compare(items, metric)


if __name__ == "__main__":
    main()
