"""What anything that learns from ratings must do, with tiny data and planted answers."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from entable.data.ratings import Ratings
from entable.recommender import Recommender

__all__ = ["check_solver", "planted"]

Fit = Callable[[Ratings], Recommender]


def planted(
    users: int = 80, items: int = 60, share: float = 0.4, seed: int = 0
) -> tuple[Ratings, list[tuple[str, int]]]:
    """Ratings with a simple truth, and the loves that were hidden: one (user, item) pair per user.

    Even users give even items 5 and odd ones 1, odd users the reverse; each rates a share of the
    items. User names are text, item names whole numbers from -1 on.
    """
    rng = np.random.default_rng(seed)
    rated = rng.random((users, items)) < share
    rows = np.arange(users)
    hidden = 2 * rng.integers(0, items // 2, users) + rows % 2
    rated[rows, hidden] = False
    u, i = np.nonzero(rated)
    names = np.array([f"user {a}" for a in rows], object)
    stars = np.where((u % 2) == (i % 2), 5.0, 1.0)
    pairs = [(str(names[a]), int(hidden[a]) - 1) for a in rows]
    return Ratings.of(names[u].tolist(), (i - 1).tolist(), stars), pairs


def check_solver(fit: Fit, tolerance: float = 0.02) -> None:
    """Hold a solver to what every solver must do; an AssertionError says what it did not.

    It finds what was hidden, gives the same scores for the same data, stays inside the range,
    answers for names it has never seen, does not care about how names are called or in which order
    a side was numbered, and a constant added to every rating is added to every score within
    `tolerance`.
    """
    ratings, hidden = planted()
    model = fit(ratings)
    users, items = map(list, zip(*hidden, strict=True))
    scores = model.predict(users, items)
    found = float(np.mean(scores > 4))
    assert found > 0.95, f"only {found:.0%} of the hidden loves score above 4"
    assert np.array_equal(scores, fit(ratings).predict(users, items)), "twice, and not the same"
    _check_answers(model)
    _check_names(fit, ratings, scores, users, items)
    moved = fit(Ratings.of(*_columns(ratings), ratings.r + 10.0))
    gap = np.abs(moved.predict(users, items) - scores - 10).max()
    assert gap < tolerance, f"10 added to every rating moved a score by {gap:.3g} too much"


def _columns(ratings: Ratings) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    return ratings.users.names[ratings.u], ratings.items.names[ratings.i]


def _check_answers(model: Recommender) -> None:
    every = model.predict(
        np.repeat(model.users.names, len(model.items)).tolist(),
        np.tile(model.items.names, len(model.users)).tolist(),
    )
    assert np.isfinite(every).all(), "some scores are not finite"
    assert every.min() >= 1, "some scores are below the range"
    assert every.max() <= 5, "some scores are above the range"
    strange = model.predict(["nobody", "nobody"], [-1, 10_000], details=True)
    assert np.isfinite(strange["score"].to_numpy()).all(), "no score for a name never seen"
    assert strange["known_user"].to_list() == [False, False], "an unseen user is not flagged"
    assert strange["known_item"].to_list() == [True, False], "an unseen item is not flagged"


def _check_names(
    fit: Fit, ratings: Ratings, scores: NDArray[np.float64], users: list[str], items: list[int]
) -> None:
    called = {name: f"renamed {name}" for name in ratings.users.names}
    given, what = _columns(ratings)
    renamed = fit(Ratings.of([called[n] for n in given], what * 7 + 3, ratings.r))
    again = renamed.predict([called[n] for n in users], [7 * n + 3 for n in items])
    assert np.array_equal(again, scores), "other names, other scores"
