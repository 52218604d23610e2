"""A model studied by training others like it: with another seed, on fewer ratings, in other sizes.

Settings, ratings and range are those of the model. Ctrl-C while one is trained ends the study.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import at_least_one
from entable.data.ratings import Ratings
from entable.errors import BadInput
from entable.factorize import SOLVERS, factorize
from entable.interpret.ladder import Ladder, climb
from entable.recommender import Recommender

__all__ = ["again", "held_out", "ladder", "ratings_of", "twin"]

Progress = Callable[[int, int, str], None]
_FIT = 1000  # steps of progress that one training counts for
Held = tuple[Recommender, Ratings]


def ratings_of(model: Recommender) -> Ratings:
    """The ratings that a model was learnt from, by user, with its names, titles, facts and range.

    Times are not kept in models. Raises BadInput where the model has no history.
    """
    if model.history is None:
        raise BadInput(
            "this model was saved without its history, so nothing can be learnt again; "
            "save it with history, or fit it from its ratings"
        )
    u, i, r = model.history.triples()
    ends = zip((model.scorer.lo, model.scorer.hi), (r.min, r.max), strict=True)
    lo, hi = (end if np.isfinite(end) or not len(r) else float(seen()) for end, seen in ends)
    users, items = model.users, model.items
    return Ratings(
        users.vocab,
        items.vocab,
        u.astype(np.int32),
        i,
        r,
        scale=(lo, hi),
        user_labels=users.labels,
        item_labels=items.labels,
        user_facts=users.facts,
        item_facts=items.facts,
    )


def again(
    model: Recommender,
    ratings: Ratings | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    **changes: Any,
) -> Recommender:
    """A model fitted with this one's settings, to its own ratings or to others.

    Its own come in another order than at first, so what is random falls otherwise: it is as good,
    not the same to the last digit.
    changes: settings of `factorize` that shall differ, such as factors=8, seed=1, solver="sgd" (of
    another solver only the seed goes with it). Raises BadInput for a model that `factorize` did not
    make, and where no ratings come and the model has no history; KeyboardInterrupt after Ctrl-C.
    """
    settings = dict(model.settings)
    solver = changes.get("solver", settings.get("solver"))
    if solver not in SOLVERS:
        raise BadInput(
            f"this model's settings name the solver {settings.get('solver')!r}, which factorize "
            f"does not have; say which by solver=, one of {', '.join(SOLVERS)}"
        )
    if solver != settings.get("solver"):
        settings = {"seed": settings.get("seed", 0)}
    data = ratings_of(model) if ratings is None else ratings
    made = factorize(data, threads=threads, progress=progress, **(settings | changes))
    if made.metrics.get("stopped") == "interrupted":
        raise KeyboardInterrupt
    return made


def twin(
    model: Recommender, seed: int | None = None, progress: Progress | None = None
) -> Recommender:
    "The same model with another seed (None: the next one); what differs is chance."
    seed = int(model.settings.get("seed", 0)) + 1 if seed is None else seed
    return again(model, progress=progress, seed=seed)


def held_out(
    model: Recommender,
    share: float = 0.1,
    seed: int = 0,
    progress: Progress | None = None,
    **changes: Any,
) -> Held:
    """(the model fitted to what is left, Ratings): a random share of its ratings is held out.

    changes: settings that shall differ, as in `again`. What is wrong on these ratings was not
    learnt from them: see Recommender.residuals.
    """
    train, test = ratings_of(model).split(share, seed)
    return again(model, train, progress, **changes), test


def ladder(
    model: Recommender,
    factors: Sequence[int] | None = None,
    share: float = 0.1,
    seed: int = 0,
    progress: Progress | None = None,
    held: Held | None = None,
    **changes: Any,
) -> Ladder:
    """Would fewer or more factors do? Measured on held-out ratings.

    factors: numbers to try beside the model's own (None: half and double). held: what `held_out`
    gave, if that was asked before; then share, seed and changes are not used. All rungs are fitted
    with the same settings; changes such as draws=40 make them quicker, and seldom another verdict.
    Raises BadInput where the model has no history or its settings name no factors.
    """
    present = _factors(model)
    rungs = [max(present // 2, 1), 2 * present] if factors is None else factors
    others = sorted({at_least_one(k, "factors") for k in rungs} - {present})
    first = int(held is None)
    fits = first + len(others)
    if held is None:
        held = held_out(model, share, seed, _part(progress, 0, fits, present), **changes)
    own, test = held
    train, errors = ratings_of(own), {present: _errors(own, test)}
    for at, k in enumerate(others, first):
        other = again(own, train, _part(progress, at, fits, k), factors=k)
        errors[k] = _errors(other, test)
    return climb(errors, present, test.u)


def _factors(model: Recommender) -> int:
    factors = model.settings.get("factors")
    if isinstance(factors, bool) or not isinstance(factors, int) or factors < 1:
        raise BadInput("this model's settings do not say how many factors it has")
    return factors


def _errors(model: Recommender, test: Ratings) -> NDArray[np.float64]:
    "Truth less score (m,); names of the test are the model's own, position by position."
    raw = model.scorer.raw(model.users, model.items, test.u, test.i)
    errors: NDArray[np.float64] = test.r - model.scorer.score(raw)
    return errors


def _part(progress: Progress | None, at: int, fits: int, factors: int) -> Progress | None:
    "Progress of one training as the part of several."
    if progress is None:
        return None

    def report(done: int, total: int, text: str) -> None:
        share = int(_FIT * done / max(total, 1))
        progress(_FIT * at + share, _FIT * fits, f"{factors} factors: {text}")

    return report
