"""What a report judges a model by: ratings it was not learnt from, other sizes, and a twin."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.ratings import Ratings
from entable.errors import EntableError
from entable.export.report import Evidence
from entable.interpret.ladder import Ladder
from entable.recipes import study
from entable.recipes.study import Progress
from entable.recommender import Recommender

__all__ = ["gather"]

Ints = NDArray[np.int64]
_STEPS = 1000  # of progress, in all
_TWIN, _HELD = 250, 550  # when the twin is there, and the held-out ratings
_LARGE = 5_000_000  # ratings times factors from which on other sizes get fewer draws
_DRAWS = 40  # of the bayes solver then


def gather(
    model: Recommender,
    ratings: Ratings | None = None,
    train: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> Evidence:
    """Evidence for `entable.export.report.report`, each part with a note on where it comes from.

    ratings: what to judge by; those that the model was learnt from are left out. Where none are
    left a tenth of its own is held out, by the seed, and judges a model learnt from the others.
    train=False trains nothing: no held-out ratings, no other sizes, no twin; nor can a model
    without history, or one that `factorize` did not make, which a note then says.
    Raises KeyboardInterrupt after Ctrl-C.
    """
    found = _brought(model, ratings)
    if not train:
        return found
    try:
        return _trained(model, found, seed, progress)
    except EntableError as error:
        return replace(found, notes=(*found.notes, f"Nothing was trained: {error}."))


def _brought(model: Recommender, ratings: Ratings | None) -> Evidence:
    "What can be judged by the ratings that came."
    if ratings is None:
        return Evidence()
    if model.history is None:
        note = "Judged by ratings that were brought, learnt from or not: the model has no history."
        return Evidence(ratings, model, notes=(note,))
    learnt = model.history.holds(*_positions(model, ratings), len(model.items))
    fresh = ratings.take(~learnt)
    if not len(fresh):
        return Evidence(notes=("The model was learnt from all ratings that were brought.",))
    note = f"Judged by {len(fresh):,} ratings that were brought"
    left = f"; {learnt.sum():,} others were left out, for the model was learnt from them"
    return Evidence(fresh, model, notes=(f"{note}{left * bool(learnt.any())}.",))


def _positions(model: Recommender, ratings: Ratings) -> tuple[Ints, Ints]:
    "Positions (m,) of users and items in the model, -1 for unknown ones."
    u = model.users.positions(ratings.users.names, strict=False)[ratings.u]
    return u, model.items.positions(ratings.items.names, strict=False)[ratings.i]


def _trained(model: Recommender, found: Evidence, seed: int, progress: Progress | None) -> Evidence:
    "The same with a twin, errors by number of factors, and held-out ratings if none were there."
    twin = study.twin(model, progress=_part(progress, 0, _TWIN))
    notes = list(found.notes)
    if found.test is None:
        judged, test = study.held_out(model, seed=seed, progress=_part(progress, _TWIN, _HELD))
        own = test
        notes.append(f"Judged on {len(test):,} of its ratings, by a model learnt from the others.")
    else:
        judged, test, own = model, found.test, _as_own(model, found.test)
    ladder = _ladder(model, judged, own, notes, _part(progress, _HELD, _STEPS))
    return Evidence(test, judged, ladder, twin, tuple(notes))


def _ladder(
    model: Recommender,
    judged: Recommender,
    test: Ratings,
    notes: list[str],
    progress: Progress | None,
) -> Ladder | None:
    "Errors by number of factors, by models of fewer draws where there is much to learn."
    if len(test) < 2:
        notes.append("Too few ratings of known users and items to compare numbers of factors.")
        return None
    settings: dict[str, Any] = judged.settings
    size = int(judged.items.counts.sum()) * int(settings.get("factors") or 0)
    if settings.get("solver") == "bayes" and size > _LARGE:
        judged = study.again(judged, draws=_DRAWS)
        notes.append(
            f"Numbers of factors are compared by models of {_DRAWS} draws, whose errors are a "
            "little larger."
        )
    return study.ladder(model, progress=progress, held=(judged, test))


def _as_own(model: Recommender, ratings: Ratings) -> Ratings:
    "The ratings of known users and items, by their positions in the model."
    u, i = _positions(model, ratings)
    known = (u >= 0) & (i >= 0)
    return replace(
        ratings.take(known),
        users=model.users.vocab,
        items=model.items.vocab,
        u=u[known].astype(np.int32),
        i=i[known].astype(np.int32),
        user_labels=None,
        item_labels=None,
        user_facts=None,
        item_facts=None,
    )


def _part(progress: Progress | None, start: int, end: int) -> Progress | None:
    "Progress of one step as a part of the whole."
    if progress is None:
        return None

    def report(done: int, total: int, text: str) -> None:
        progress(start + (end - start) * done // max(total, 1), _STEPS, text)

    return report
