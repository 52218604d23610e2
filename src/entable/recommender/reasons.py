"""Reasons for one score, by name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from entable._cores import blas_at_one
from entable.interpret.explain import shares
from entable.scorers import fold

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a user's score for an item is what it is.

    `parts` are mean, user bias, item bias and taste, which sum to the raw score, and range, what
    cutting to the range adds. `table` has what each past rating of the user adds to the score
    (item, label, rating, share), the largest shares first; mean + item bias + prior + shares +
    remainder is the raw score too: the user bias and taste, seen as the outcome of a ridge solve
    against the items. The remainder is how far the stored user is from that solve.
    """

    user: Any
    item: Any
    label: str
    score: float
    raw: float
    parts: dict[str, float]
    table: pl.DataFrame
    prior: float
    remainder: float

    @property
    def sentence(self) -> str:
        "The reason in words: the parts, and the past ratings that speak most for the item."
        p = self.parts
        text = (
            f"{self.label}: {self.score:.2f} = {p['mean']:.2f} (mean) {p['user bias']:+.2f} (user) "
            f"{p['item bias']:+.2f} (item) {p['taste']:+.2f} (taste)"
        )
        if abs(p["range"]) >= 0.005:
            text += f" {p['range']:+.2f} (cut to the range)"
        most = self.table.filter(pl.col("share") > 0).head(3).to_dicts()
        if most:
            told = (
                f"{_called(row)} (rated {row['rating']:g}: {row['share']:+.2f})" for row in most
            )
            text += "; because of " + ", ".join(told)
        return text

    def __str__(self) -> str:
        return self.sentence

    def __rich__(self) -> str:
        return self.sentence.replace("[", r"\[")


def _called(row: dict[str, Any]) -> str:
    label = row.get("label")
    return str(row["item"]) if label is None else str(label)


def explain(model: "Recommender", user: Any, item: Any) -> Explanation:
    "See Recommender.explain."
    users, items, scorer = model.users, model.items, model.scorer
    u, i = users.position(user), items.position(item)
    bu, bi = float(users.bias[u]), float(items.bias[i])
    raw = float(scorer.raw(users, items, np.array([u]), np.array([i]))[0])
    score = float(scorer.score(np.array([raw]))[0])
    parts = {
        "mean": scorer.mean,
        "user bias": bu,
        "item bias": bi,
        "taste": raw - scorer.mean - bu - bi,
        "range": score - raw,
    }
    table, prior = _past(model, u, i)
    remainder = raw - scorer.mean - bi - prior - float(table["share"].sum())
    label = str(items.label([i])[0])
    return Explanation(user, item, label, score, raw, parts, table, prior, remainder)


def _past(model: "Recommender", u: int, i: int) -> tuple[pl.DataFrame, float]:
    "What each past rating adds, and the prior; none where the history was left out."
    items, scorer = model.items, model.scorer
    rated, r = np.zeros(0, np.int32), np.zeros(0, np.float32)
    if model.history is not None:
        rated, r = model.history.of_user(u)
    weights = scorer.user_noise[u].astype(np.float64) * scorer.item_noise[rated]
    residuals = r - scorer.mean - items.bias[rated].astype(np.float64)
    X = np.ones((len(rated) + 1, scorer.k + 1))
    X[:, :-1] = items.vectors[[*rated, i]]
    with blas_at_one():
        row = fold(scorer.user_prior, items.vectors[rated], weights, residuals)
        found = shares(row.precision, scorer.user_prior.pull, X[:-1], weights, residuals, X[-1])
    table = pl.DataFrame(items.told(rated, "item")).with_columns(
        rating=pl.Series(r), share=pl.Series(found.ratings, dtype=pl.Float64)
    )
    order = np.argsort(-np.abs(found.ratings), kind="stable")
    return table[order], found.prior
