"""Ratings -> Recommender by compiled solvers."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from entable._cores import blas_at_one
from entable._stopping import stoppable
from entable.data.ratings import Ratings
from entable.errors import BadInput
from entable.factorize import arguments
from entable.factorize.als import fit_als
from entable.factorize.arguments import check_ratings, check_settings, check_whole, plain
from entable.factorize.bayes import fit_bayes
from entable.factorize.estimate import Estimate, estimate
from entable.factorize.finish import recommender
from entable.factorize.problem import Fit, Problem, Progress, Run
from entable.factorize.sgd import fit_sgd, usual_passes
from entable.kernels._jit import Team
from entable.recommender import Recommender

__all__ = ["Estimate", "SOLVERS", "estimate", "factorize", "foresee", "options"]

SOLVERS: dict[str, Callable[..., Fit]] = {"bayes": fit_bayes, "sgd": fit_sgd, "als": fit_als}
_FACTORS = {"bayes": 16, "sgd": 48, "als": 32}


def factorize(
    ratings: Ratings,
    solver: str = "bayes",
    factors: int | None = None,
    seed: int = 0,
    valid: Ratings | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Recommender:
    """Learn biases and factors of users and items from ratings.

    solver: "bayes" (Gibbs sampling, the most accurate; `draws`, `burn`, `rank`, `seconds`, `tol`),
    "sgd" (the fastest; `passes`, `lr`, `reg`, `init`, `patience`) or "als" (closed form; `passes`,
    `reg`, `patience`); `options(solver)` lists the settings with their defaults.  factors: numbers
    per user and item (bayes keeps up to twice as many).  valid: held-out ratings of the same
    vocabs, whose error is recorded per pass and decides which pass sgd and als keep.  The same
    seed, version and kind of processor give the same bytes for any number of threads.  Ctrl-C ends
    with the best model so far; then metrics["stopped"] is "interrupted".

    Raises BadInput for no ratings, an unknown solver or setting, factors < 1, a bad seed.
    """
    _check(ratings, solver, factors, seed, valid, threads, settings)
    k, begun = factors or _FACTORS[solver], time.perf_counter()
    with Team(threads) as team, blas_at_one(), stoppable() as stop:
        run = Run(team, stop, progress or (lambda done, total, text: None))
        fit = SOLVERS[solver](Problem.of(ratings, valid), k, seed, run, **settings)
        metrics: dict[str, Any] = {"stopped": fit.stopped, **fit.facts}
        if valid is not None and len(valid):
            metrics["rmse_valid"] = _kept_error(solver, fit.trace["rmse_valid"])
        numbers = {"factors": k, "seed": seed, **settings}
        chosen = {"solver": solver} | {name: plain(value) for name, value in numbers.items()}
        metrics["seconds"] = round(time.perf_counter() - begun, 4)
        return recommender(ratings, fit, chosen, metrics)


def foresee(
    ratings: Ratings,
    solver: str = "bayes",
    factors: int | None = None,
    threads: int | None = None,
    **settings: Any,
) -> Estimate:
    """Work, memory and time of `factorize` with these arguments.

    Raises BadInput for an unknown solver or setting.
    """
    _check(ratings, solver, factors, 0, None, threads, settings)
    given = options(solver) | settings
    passes = given.get("passes") or given.get("draws", 0) + given.get("burn", 0)
    passes = passes or usual_passes(len(ratings), len(ratings.users) + len(ratings.items))
    found = estimate(ratings, solver, factors or _FACTORS[solver], passes, threads)
    budget = given.get("seconds") or found.seconds
    return replace(found, seconds=min(found.seconds, budget))


def options(solver: str) -> dict[str, Any]:
    "The settings of a solver with their defaults."
    return {name: p.default for name, p in arguments.options(SOLVERS[solver]).items()}


def _kept_error(solver: str, errors: list[float]) -> float:
    return errors[-1] if solver == "bayes" else min(errors)


def _check(
    ratings: Ratings,
    solver: str,
    factors: int | None,
    seed: int,
    valid: Ratings | None,
    threads: int | None,
    settings: dict[str, Any],
) -> None:
    if solver not in SOLVERS:
        raise BadInput(f"no solver is called {solver!r}; there are {', '.join(SOLVERS)}")
    for name, value, least in (("factors", factors, 1), ("seed", seed, 0), ("threads", threads, 1)):
        if value is not None:
            check_whole(name, value, least)
    check_settings(solver, SOLVERS[solver], settings)
    check_ratings(ratings, valid, factors)
