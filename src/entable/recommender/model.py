"""The Recommender: what a fit leaves behind, and all that can be asked of it."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.ratings import Ratings
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.evaluate.intervals import interval
from entable.interpret.best import Catalogue
from entable.interpret.health import Checkup
from entable.interpret.ladder import Ladder
from entable.interpret.residuals import Residuals
from entable.recommender import folded, ranking, stored
from entable.recommender.answers import answer, asked_pairs, echo
from entable.recommender.compared import ModelComparison, compare
from entable.recommender.history import History
from entable.recommender.judged import Evaluation, judge, residuals
from entable.recommender.reasons import Explanation, explain
from entable.scorers import Scorer

__all__ = ["Recommender"]


@dataclass(frozen=True, eq=False)
class Recommender:
    """Users and items with their vectors, and how a score comes from them.

    `history` is what the model was learnt from (None where it was left out), `settings` and
    `metrics` are plain JSON, `trace` tells of the fit pass by pass.
    Names go in and come out; frames come back in the kind that came in, Polars otherwise.
    Raises BadInput where the parts do not fit each other.
    """

    users: Embeddings
    items: Embeddings
    scorer: Scorer
    history: History | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    trace: pl.DataFrame | None = None
    fingerprint: str = ""

    def __post_init__(self) -> None:
        self.scorer.check(self.users, self.items)
        if self.history is not None:
            _check_history(self.history, self.users, self.items)

    def __repr__(self) -> str:
        rated = "without history" if self.history is None else f"{len(self.history):,} ratings"
        return (
            f"Recommender({len(self.users):,} users, {len(self.items):,} items, "
            f"{self.scorer}, {rated})"
        )

    def predict(
        self, users: Any, items: Any = None, details: bool = False, level: float = 0.8
    ) -> Any:
        """Scores of pairs, float64 (n,); with details a frame: user, item, score, std, low, high,
        known_user, known_item.

        Takes one name, a collection or a Series for each side, or one frame with the columns user
        and item. Unknown names are scored by the mean taste and flagged in the details. `level` is
        the share of ratings that should lie between low and high. Raises BadInput for columns of
        different length.
        """
        who, what = asked_pairs(users, items)
        u = self.users.positions(who.names, strict=False)
        i = self.items.positions(what.names, strict=False)
        raw = self.scorer.raw(self.users, self.items, u, i)
        if not details:
            return self.scorer.score(raw)
        columns = {
            "user": echo("user", who.names),
            "item": echo("item", what.names),
            "score": self.scorer.score(raw),
            **self._spread(raw, self.scorer.std(u, i), level),
            "known_user": u >= 0,
            "known_item": i >= 0,
        }
        return answer(columns, who.native or what.native)

    def _spread(
        self, raw: NDArray[np.float64], std: NDArray[np.float64], level: float
    ) -> dict[str, NDArray[np.float64]]:
        low, high = interval(self.scorer.centre(raw), std, level, self.scorer.lo, self.scorer.hi)
        return {"std": std, "low": low, "high": high}

    @cached_property
    def catalogue(self) -> Catalogue:
        "The items as rows are multiplied with them."
        return Catalogue(self.items.vectors, self.items.bias)

    def recommend(
        self,
        users: Any,
        n: int = 10,
        seen: bool = False,
        among: Any = None,
        without: Any = None,
        details: bool = False,
        level: float = 0.8,
    ) -> Any:
        """The n best items for a user, or for each of many: user, rank, item, label, score.

        Items that a user has rated are left out unless `seen`; `among` and `without` (names of
        items) narrow the choice. Ranked by the score before it is cut to the range, equal scores in
        the order of items; the same for one user as for all. A user has fewer than n rows where
        fewer items are left. An unknown user gets what the mean taste likes; `details` adds std,
        low, high and known_user. Raises BadInput for n < 1 and where the history was left out of
        the model (ask with seen=True), UnknownName for unknown items.
        """
        return ranking.recommend(self, users, n, seen, among, without, details, level)

    def similar(self, item: Any, n: int = 10) -> pl.DataFrame:
        """The n items most like one, by cosine: item, label, similarity, count.

        Raises UnknownName, which proposes the nearest names.
        """
        return _similar(self.items, item, n)

    def similar_users(self, user: Any, n: int = 10) -> pl.DataFrame:
        """The n users most like one, by cosine: user, similarity, count.

        Raises UnknownName, which proposes the nearest names.
        """
        return _similar(self.users, user, n)

    def fold_in(self, ratings: Any) -> "folded.FoldedUser":
        """A new user from their ratings: {item: rating}, pairs, or a frame with item and rating.

        One ridge solve against the items, which stay as they are; nothing is stored.
        Raises UnknownName for unknown items and BadInput for ratings that are no finite numbers.
        """
        return folded.fold_in(self, ratings)

    def fold_in_item(self, ratings: Any) -> "folded.FoldedItem":
        """A new item from its ratings: {user: rating}, pairs, or a frame with user and rating.

        Raises UnknownName for unknown users and BadInput for ratings that are no finite numbers.
        """
        return folded.fold_in_item(self, ratings)

    def explain(self, user: Any, item: Any) -> Explanation:
        """Why this score: its additive parts, and the shares of what the user rated before.

        Raises UnknownName, which proposes the nearest names, and BadInput for a scorer without
        exact parts.
        """
        return explain(self, user, item)

    def evaluate(self, ratings: Ratings) -> Evaluation:
        """Errors on ratings that were held out, beside the trivial baselines.

        Raises BadInput where there is no rating.
        """
        return judge(self, ratings)

    def residuals(self, ratings: Ratings) -> Residuals:
        """Where the model is wrong on ratings: users, items and single ratings, by count, time and
        prediction, and whether its intervals hold what they say.

        Raises BadInput where there is no rating.
        """
        return residuals(self, ratings)

    def health(self, twin: "Recommender | None" = None, ladder: Ladder | None = None) -> Checkup:
        """What is well with the vectors of items and users and what is not, and when to worry.

        twin: the model learnt with another seed, to say how stable neighbours are; ladder: errors
        by number of factors (`recipes.study` trains both). Raises BadInput where a side has fewer
        than two vectors, or the twin other names.
        """
        items, users = (None, None) if twin is None else (twin.items, twin.users)
        return Checkup(self.items.health(items), self.users.health(users), ladder)

    def compare(self, other: "Recommender", seed: int = 0) -> ModelComparison:
        """This model beside another of the same names: what moved, how far predictions differ.

        Predictions are compared over all pairs of common users and items, or over about a million
        of them, drawn by the seed. Raises BadInput where they have neither users nor items in
        common.
        """
        return compare(self, other, seed)

    def save(self, path: str | os.PathLike[str], history: bool = True, force: bool = True) -> Path:
        """Write the model file; with history=False without who rated what (personal data).

        Without history, seen items cannot be left out and past ratings cannot be named as reasons.
        Raises BadInput where the file cannot be written, or exists and force is False.
        """
        return stored.save(self, path, history, force)


def _similar(rows: Embeddings, name: Any, n: int) -> pl.DataFrame:
    at = rows.position(name)
    return rows.like(rows.vectors[at], n, leave_out=[at])


def _check_history(history: History, users: Embeddings, items: Embeddings) -> None:
    if len(history.indptr) != len(users) + 1 or (history.items >= len(items)).any():
        raise BadInput("history: it must have a row per user and only items of the model")
    if (np.diff(history.indptr) != users.counts).any():
        raise BadInput("history: the counts of the users do not add up with it")
    if (np.bincount(history.items, minlength=len(items)) != items.counts).any():
        raise BadInput("history: the counts of the items do not add up with it")
