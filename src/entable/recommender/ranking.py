"""The n best items for each user, by name."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.checks import at_least_one
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.evaluate.intervals import interval
from entable.interpret.best import Best, Catalogue, Seen
from entable.recommender.answers import answer, asked, echo

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["Choice", "chosen", "recommend"]


_USERS = 1 << 15  # users whose vectors and history are gathered at a time


class Choice:
    "The items that may be recommended: all of them, or some, in item order."

    def __init__(self, items: Embeddings, whole: Catalogue, positions: NDArray[np.int64] | None):
        self.positions = positions
        self.catalogue = whole
        if positions is not None:
            self.catalogue = Catalogue(items.vectors[positions], items.bias[positions])
            self.column = np.full(len(items), -1)
            self.column[positions] = np.arange(len(positions))

    def item(self, columns: NDArray[np.integer]) -> NDArray[np.integer]:
        "Item positions of columns of the catalogue."
        return columns if self.positions is None else self.positions[columns]

    def seen(self, indptr: NDArray[np.int64], items: NDArray[np.integer]) -> Seen:
        "What to leave out, as columns of the catalogue."
        return Seen(indptr, items if self.positions is None else self.column[items])


def chosen(items: Embeddings, whole: Catalogue, among: Any, without: Any) -> Choice:
    """The items among some names and without others; None for no such limit.

    Raises UnknownName for names that are not known.
    """
    if among is None and without is None:
        return Choice(items, whole, None)
    allowed = np.full(len(items), among is None)
    if among is not None:
        allowed[items.positions(asked(among, "item").names)] = True
    if without is not None:
        allowed[items.positions(asked(without, "item").names)] = False
    return Choice(items, whole, np.flatnonzero(allowed))


def recommend(
    model: "Recommender",
    users: Any,
    n: int,
    seen: bool,
    among: Any,
    without: Any,
    details: bool,
    level: float,
) -> Any:
    "See Recommender.recommend."
    n = at_least_one(n)
    who = asked(users, "user")
    u = model.users.positions(who.names, strict=False)
    choice = chosen(model.items, model.catalogue, among, without)
    if not seen and model.history is None:
        raise BadInput(
            "this model was saved without its history, so what a user has seen cannot be "
            "left out: ask with seen=True"
        )
    parts = [
        _best(model, u[a : a + _USERS], n, choice, seen) for a in range(0, max(len(u), 1), _USERS)
    ]
    starts = [np.full(len(part.rows), k * _USERS) for k, part in enumerate(parts)]
    found = Best(*map(np.concatenate, zip(*parts, strict=True)))
    found = found._replace(rows=found.rows + np.concatenate(starts))
    i = choice.item(found.columns)
    columns = {"user": echo("user", who.names).gather(found.rows)}
    columns |= ranked(model.items, found, i)
    columns["score"] = pl.Series("score", model.scorer.score(found.scores))
    if details:
        std = model.scorer.std(u[found.rows], i)
        centre, lo, hi = model.scorer.centre(found.scores), model.scorer.lo, model.scorer.hi
        low, high = interval(centre, std, level, lo, hi)
        more = {"std": std, "low": low, "high": high, "known_user": u[found.rows] >= 0}
        columns |= {name: pl.Series(name, values) for name, values in more.items()}
    return answer(columns, who.native)


def ranked(
    rows: Embeddings, found: Best, at: NDArray[np.integer], side: str = "item"
) -> dict[str, pl.Series]:
    "Columns rank (from 1 within a row), the side's names, and label where there are labels."
    rank = np.arange(len(found.rows)) - np.searchsorted(found.rows, found.rows) + 1
    return {"rank": pl.Series("rank", rank), **rows.told(at, side)}


def _best(model: "Recommender", u: NDArray[np.int64], n: int, choice: Choice, seen: bool) -> Best:
    rated = None if model.history is None or seen else choice.seen(*model.history.select(u))
    return model.scorer.best(*model.users.rows(u), choice.catalogue, n, rated)
