"""Ratings -> Recommender by compiled solvers."""

import inspect
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from entable._cores import blas_at_one
from entable.data.ratings import Ratings
from entable.errors import BadInput
from entable.factorize.als import fit_als
from entable.factorize.bayes import fit_bayes
from entable.factorize.estimate import Estimate, estimate
from entable.factorize.finish import recommender
from entable.factorize.problem import Fit, Problem, Progress, Run
from entable.factorize.sgd import fit_sgd, usual_passes
from entable.factorize.stopping import stoppable
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
        chosen = {"solver": solver, "factors": k, "seed": seed, **settings}
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
    passes = given.get("draws") or given.get("passes")
    passes = passes or usual_passes(len(ratings), len(ratings.users) + len(ratings.items))
    found = estimate(ratings, solver, factors or _FACTORS[solver], passes, threads)
    budget = given.get("seconds") or found.seconds
    return replace(found, seconds=min(found.seconds, budget))


def options(solver: str) -> dict[str, Any]:
    "The settings of a solver with their defaults."
    own = inspect.signature(SOLVERS[solver]).parameters.values()
    return {p.name: p.default for p in own if p.default is not p.empty}


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
    if not isinstance(ratings, Ratings):
        raise BadInput(f"{type(ratings).__name__} came, Ratings were wanted: Ratings.read(...)")
    if not len(ratings):
        raise BadInput("there are no ratings to learn from")
    if solver not in SOLVERS:
        raise BadInput(f"no solver is called {solver!r}; there are {', '.join(SOLVERS)}")
    for name, value, least in (("factors", factors, 1), ("seed", seed, 0), ("threads", threads, 1)):
        if value is not None and (isinstance(value, bool) or value != int(value) or value < least):
            raise BadInput(f"{name}={value!r} came; a whole number of at least {least} was wanted")
    if unknown := set(settings) - set(options(solver)):
        raise BadInput(
            f"{solver} has no setting {sorted(unknown)[0]!r}; it has {', '.join(options(solver))}"
        )
    for name, value in settings.items():
        _check_setting(name, value, options(solver)[name])
    if valid is not None and (valid.users != ratings.users or valid.items != ratings.items):
        raise BadInput("valid: its users and items must be those of the ratings, as split() gives")


def _check_setting(name: str, value: Any, default: Any) -> None:
    least = {"rank": 0, "burn": 0, "reg": 0}.get(name)
    if value is None and default is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value == value:
        raise BadInput(f"{name}={value!r} came; a number was wanted")
    if (value <= 0 if least is None else value < least) or value == float("inf"):
        raise BadInput(
            f"{name}={value!r} came; {'at least 0' if least == 0 else 'more than 0'} was wanted"
        )
