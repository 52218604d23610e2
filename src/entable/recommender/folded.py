"""New users and new items, folded in by one ridge solve against the other side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.checks import at_least_one
from entable.evaluate.intervals import interval
from entable.interpret.best import Catalogue, Seen, best, blas_at_one
from entable.recommender.answers import answer, asked, asked_ratings, echo
from entable.recommender.ranking import chosen, ranked
from entable.scorers import Fold, fold

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["FoldedItem", "FoldedUser", "fold_in", "fold_in_item"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldedUser:
    "A user that the model was not fitted with, found from their ratings; the model is unchanged."

    model: "Recommender"
    row: Fold
    rated: NDArray[np.int64]  # positions of the items they rated
    ratings: Floats

    @property
    def vector(self) -> Floats:
        "Factors (k,)."
        return self.row.z[:-1]

    @property
    def bias(self) -> float:
        "What this user gives beyond the mean."
        return float(self.row.z[-1])

    def predict(self, items: Any, details: bool = False, level: float = 0.8) -> Any:
        """Scores (n,) of items, or with details a frame: item, score, std, low, high, known_item.

        The deviation is that of the solve itself: it shrinks as the user rates more.
        """
        model, what = self.model, asked(items, "item")
        i = model.items.positions(what.names, strict=False)
        raw = _raw(model.scorer.mean, self.row, *model.items.rows(i))
        score = model.scorer.score(raw)
        if not details:
            return score
        noise = model.scorer.unseen_user_noise * model.scorer.noise("item", i)
        var = _spread(self.row, model.items.rows(i)[0]) + model.scorer.var("item", i)
        columns = _details(model, raw, np.sqrt(1 / noise + var), level)
        named = {"item": echo("item", what.names), "score": score}
        return answer(named | columns | {"known_item": i >= 0}, what.backend)

    def recommend(
        self, n: int = 10, seen: bool = False, among: Any = None, without: Any = None
    ) -> pl.DataFrame:
        """The n best items: rank, item, label, score; without those they rated, unless `seen`.

        Raises UnknownName for unknown items in among or without, BadInput for n < 1.
        """
        model, n = self.model, at_least_one(n)
        choice = chosen(model.items, model.catalogue, among, without)
        rated = np.zeros(0, np.int64) if seen else self.rated
        leave = choice.seen(np.array([0, len(rated)]), rated)
        V, bi = choice.catalogue.vectors, choice.catalogue.bias.astype(np.float64)
        found = best(
            self.vector[None],
            np.array([model.scorer.mean + self.bias]),
            choice.catalogue,
            n,
            lambda _, c: _raw(model.scorer.mean, self.row, V[c], bi[c]),
            leave,
        )
        columns: dict[str, Any] = dict(ranked(model.items, found, choice.item(found.columns)))
        return pl.DataFrame(columns | {"score": model.scorer.score(found.scores)})


@dataclass(frozen=True, eq=False)
class FoldedItem:
    "An item that the model was not fitted with, found from its ratings; the model is unchanged."

    model: "Recommender"
    row: Fold
    rated: NDArray[np.int64]  # positions of the users who rated it
    ratings: Floats

    @property
    def vector(self) -> Floats:
        "Factors (k,)."
        return self.row.z[:-1]

    @property
    def bias(self) -> float:
        "What this item gets beyond the mean."
        return float(self.row.z[-1])

    def predict(self, users: Any, details: bool = False, level: float = 0.8) -> Any:
        "Scores (n,) by users, or with details a frame: user, score, std, low, high, known_user."
        model, who = self.model, asked(users, "user")
        u = model.users.positions(who.names, strict=False)
        raw = _raw(model.scorer.mean, self.row, *model.users.rows(u))
        score = model.scorer.score(raw)
        if not details:
            return score
        noise = model.scorer.unseen_item_noise * model.scorer.noise("user", u)
        var = _spread(self.row, model.users.rows(u)[0]) + model.scorer.var("user", u)
        columns = _details(model, raw, np.sqrt(1 / noise + var), level)
        named = {"user": echo("user", who.names), "score": score}
        return answer(named | columns | {"known_user": u >= 0}, who.backend)

    def recommend(self, n: int = 10) -> pl.DataFrame:
        "The n users who should like it best and have not rated it: rank, user, label, score."
        model, n = self.model, at_least_one(n)
        users = Catalogue(model.users.vectors, model.users.bias)
        bu = model.users.bias.astype(np.float64)
        found = best(
            self.vector[None],
            np.array([model.scorer.mean + self.bias]),
            users,
            n,
            lambda _, c: _raw(model.scorer.mean, self.row, users.vectors[c], bu[c]),
            Seen(np.array([0, len(self.rated)]), self.rated),
        )
        columns: dict[str, Any] = dict(ranked(model.users, found, found.columns))
        columns = {{"item": "user"}.get(name, name): value for name, value in columns.items()}
        return pl.DataFrame(columns | {"score": model.scorer.score(found.scores)})

    def similar(self, n: int = 10) -> pl.DataFrame:
        "The n known items most like it, by cosine: item, label, similarity, count."
        return self.model.items.like(self.vector, n)


def fold_in(model: "Recommender", ratings: Any) -> FoldedUser:
    "See Recommender.fold_in."
    names, r = asked_ratings(ratings, "item")
    i = model.items.positions(names)
    scorer, items = model.scorer, model.items
    weights = scorer.unseen_user_noise * scorer.item_noise[i].astype(np.float64)
    with blas_at_one():
        row = fold(scorer.user_prior, items.vectors[i], weights, r - scorer.mean - items.bias[i])
    return FoldedUser(model, row, i, r)


def fold_in_item(model: "Recommender", ratings: Any) -> FoldedItem:
    "See Recommender.fold_in_item."
    names, r = asked_ratings(ratings, "user")
    u = model.users.positions(names)
    scorer, users = model.scorer, model.users
    weights = scorer.unseen_item_noise * scorer.user_noise[u].astype(np.float64)
    with blas_at_one():
        row = fold(scorer.item_prior, users.vectors[u], weights, r - scorer.mean - users.bias[u])
    return FoldedItem(model, row, u, r)


def _raw(mean: float, row: Fold, vectors: NDArray[Any], bias: Floats) -> Floats:
    "Scores (m,) before the range of one folded row with gathered rows of the other side."
    from entable.scorers import dots

    scores = dots(row.z[None, :-1], vectors)
    scores += bias
    scores += mean + row.z[-1]
    return scores


def _spread(row: Fold, vectors: NDArray[Any]) -> Floats:
    "Variances (m,) that the folded row adds to predictions with rows of the other side."
    X = np.ones((len(vectors), len(row.z)))
    X[:, :-1] = vectors
    with blas_at_one():
        solved = np.linalg.solve(row.precision, X.T)
    variances: Floats = np.einsum("mk,km->m", X, solved)
    return variances


def _details(model: "Recommender", raw: Floats, std: Floats, level: float) -> dict[str, Floats]:
    low, high = interval(raw, std, level, model.scorer.lo, model.scorer.hi)
    return {"std": std, "low": low, "high": high}
