"""New users and new items, folded in by one ridge solve against the other side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._cores import blas_at_one
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.evaluate.intervals import interval
from entable.interpret.best import Best, Catalogue, Seen
from entable.recommender.answers import answer, asked, asked_ratings, echo
from entable.recommender.ranking import chosen, ranked
from entable.scorers import Dot, Fold, fold

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["FoldedItem", "FoldedUser", "fold_in", "fold_in_item"]

Floats = NDArray[np.float64]
_NEW = {"user": "a new user", "item": "a new item"}


@dataclass(frozen=True, eq=False, repr=False)
class _Folded:
    "A row that the model was not fitted with, found from its ratings; the model is unchanged."

    model: "Recommender"
    row: Fold
    rated: NDArray[np.int64]  # positions on the other side of what was rated, or who rated it
    ratings: Floats

    @property
    def scorer(self) -> Dot:
        "The model's."
        assert isinstance(self.model.scorer, Dot)
        return self.model.scorer

    @property
    def vector(self) -> Floats:
        "Factors (k,)."
        return self.row.z[:-1]

    @property
    def bias(self) -> float:
        "What is given or got beyond the mean."
        return float(self.row.z[-1])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.rated)} ratings, bias {self.bias:+.2f})"


class FoldedUser(_Folded):
    "A user that the model was not fitted with, found from their ratings; the model is unchanged."

    def predict(self, items: Any, details: bool = False, level: float = 0.8) -> Any:
        """Scores (n,) of items, or with details a frame: item, score, std, low, high, known_item.

        The deviation is that of the solve itself: it shrinks as the user rates more.
        """
        return _predict(self, "item", items, details, level)

    def recommend(
        self, n: int = 10, seen: bool = False, among: Any = None, without: Any = None
    ) -> pl.DataFrame:
        """The n best items: rank, item, label, score; without those they rated, unless `seen`.

        Raises UnknownName for unknown items in among or without, BadInput for n < 1.
        """
        items, n = self.model.items, at_least_one(n)
        choice = chosen(items, self.model.catalogue, among, without)
        rated = np.zeros(0, np.int64) if seen else self.rated
        found = _best(self, choice.catalogue, n, choice.seen(np.array([0, len(rated)]), rated))
        columns = ranked(items, found, choice.item(found.columns))
        return pl.DataFrame(columns).with_columns(score=self.model.scorer.score(found.scores))


class FoldedItem(_Folded):
    "An item that the model was not fitted with, found from its ratings; the model is unchanged."

    def predict(self, users: Any, details: bool = False, level: float = 0.8) -> Any:
        "Scores (n,) by users, or with details a frame: user, score, std, low, high, known_user."
        return _predict(self, "user", users, details, level)

    def recommend(self, n: int = 10) -> pl.DataFrame:
        """The n users who should like it best and have not rated it: rank, user, label, score.

        Raises BadInput for n < 1.
        """
        users, n = self.model.users, at_least_one(n)
        rated = Seen(np.array([0, len(self.rated)]), self.rated)
        found = _best(self, Catalogue(users.vectors, users.bias), n, rated)
        columns = ranked(users, found, found.columns, "user")
        return pl.DataFrame(columns).with_columns(score=self.model.scorer.score(found.scores))

    def similar(self, n: int = 10) -> pl.DataFrame:
        "The n known items most like it, by cosine: item, label, similarity, count."
        return self.model.items.like(self.vector, n)


def fold_in(model: "Recommender", ratings: Any) -> FoldedUser:
    "See Recommender.fold_in."
    return FoldedUser(model, *_solved(model, ratings, "user", "item"))


def fold_in_item(model: "Recommender", ratings: Any) -> FoldedItem:
    "See Recommender.fold_in_item."
    return FoldedItem(model, *_solved(model, ratings, "item", "user"))


def _solved(
    model: "Recommender", ratings: Any, own: str, other: str
) -> tuple[Fold, NDArray[np.int64], Floats]:
    "The row of somebody or something new, the positions on the other side it rests on, ratings."
    names, r = asked_ratings(ratings, other)
    rows, scorer = model.items if other == "item" else model.users, model.scorer
    if not isinstance(scorer, Dot):
        raise BadInput(
            f"this model's scores come from a net, which cannot fold in {_NEW[own]}; fit it again "
            "with these ratings, or fold into a model of factors, as factorize makes"
        )
    if model.settings.get("ranks"):
        raise BadInput(
            f"this model was learnt to put items in order, and ratings do not tell it {_NEW[own]}; "
            "fit it again with them, or fold into a model of ratings"
        )
    at = rows.positions(names)
    target = scorer.link.back(r)
    slope = scorer.link.slope(target)
    weights = getattr(scorer, f"unseen_{own}_noise") * scorer.noise(other, at) * slope**2
    vectors, bias = rows.rows(at)
    with blas_at_one():
        row = fold(getattr(scorer, f"{own}_prior"), vectors, weights, target - scorer.mean - bias)
    return row, at, r


def _predict(folded: _Folded, side: str, names: Any, details: bool, level: float) -> Any:
    model, who = folded.model, asked(names, side)
    rows, own = (model.items, "user") if side == "item" else (model.users, "item")
    at = rows.positions(who.names, strict=False)
    vectors, bias = rows.rows(at)
    raw, scorer = _raw(folded, vectors, bias), folded.scorer
    score = scorer.score(raw)
    if not details:
        return score
    noise = getattr(scorer, f"unseen_{own}_noise") * scorer.noise(side, at)
    spread = scorer.link.slope(raw) ** 2 * _spread(folded.row, vectors)
    std = np.sqrt(1 / noise + spread + scorer.var(side, at))
    low, high = interval(scorer.centre(raw), std, level, scorer.lo, scorer.hi)
    columns = {side: echo(side, who.names), "score": score, "std": std, "low": low, "high": high}
    return answer(columns | {f"known_{side}": at >= 0}, who.native)


def _best(folded: _Folded, catalogue: Catalogue, n: int, seen: Seen) -> Best:
    bias = np.array([folded.bias])
    return folded.scorer.best(folded.vector[None], bias, catalogue, n, seen)


def _raw(folded: _Folded, vectors: NDArray[Any], bias: NDArray[np.floating]) -> Floats:
    "Scores (m,) before the range with gathered rows of the other side."
    return folded.scorer.combine(folded.vector[None], folded.bias, vectors, bias)


def _spread(row: Fold, vectors: NDArray[Any]) -> Floats:
    "Variances (m,) that the folded row adds to predictions with rows of the other side."
    X = np.ones((len(vectors), len(row.z)))
    X[:, :-1] = vectors
    with blas_at_one():
        solved = np.linalg.solve(row.precision, X.T)
    variances: Floats = np.einsum("mk,km->m", X, solved)
    return variances
