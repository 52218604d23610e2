"""One line of figures for a solver or a peer: error, spread, coverage, seconds."""

import statistics
import time
from typing import Any

import numpy as np

from benchmarks._movielens import Parts
from entable import factorize
from entable.evaluate.intervals import interval


def ours(parts: Parts, seed: int, solver: str, **settings: Any) -> tuple[float, float, float]:
    "RMSE, share of held-out ratings inside their 80 % intervals, seconds of the whole call."
    begun = time.perf_counter()
    model = factorize(parts.train, solver, seed=seed, **settings)
    took = time.perf_counter() - begun
    test, scorer = parts.test, model.scorer
    raw = scorer.raw(model.users, model.items, test.u, test.i)
    spread = scorer.std(test.u, test.i)
    low, high = interval(raw, spread, 0.8, scorer.lo, scorer.hi)
    inside = float(np.mean((low <= test.r) & (test.r <= high)))
    return error(scorer.score(raw), parts), inside, took


def error(predicted: np.ndarray, parts: Parts) -> float:
    "RMSE of predictions cut to the range."
    cut = np.clip(predicted, *parts.train.scale)
    return float(np.sqrt(np.mean((cut - parts.test.r) ** 2)))


def table(data: list[Parts], configurations: dict[str, dict[str, Any]], seeds: int = 3) -> None:
    "Mean over parts of the RMSE, its spread over seeds, coverage and median seconds, line by line."
    for name, settings in configurations.items():
        ours(data[0], 0, **settings)  # compiles
        found = np.array(
            [[ours(parts, seed, **settings) for parts in data] for seed in range(seeds)]
        )
        rmse, inside, took = np.moveaxis(found, 2, 0)
        by_seed = rmse.mean(1)
        spread = by_seed.std(ddof=1) if seeds > 1 else 0.0
        print(
            f"{name:34} RMSE {by_seed.mean():.4f} +- {spread:.4f}"
            f"   inside 80 % {inside.mean():.1%}   {np.median(took):7.3f} s",
            flush=True,
        )


def peers(data: list[Parts]) -> None:
    "The same line for every peer that is installed."
    from benchmarks._peers import installed

    for name, run in installed(data[0]):
        found = [run(parts) for parts in data]
        errors = [error(p, parts) for (p, _), parts in zip(found, data, strict=True)]
        took = statistics.median(seconds for _, seconds in found)
        print(f"{name:34} RMSE {np.mean(errors):.4f}{'':32}{took:7.3f} s", flush=True)
