"""Reasons for one score, by name."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._cores import blas_at_one
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret.explain import Explanation, called, shares
from entable.interpret.rows import chosen
from entable.scorers import Dot, fold

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["Explanation", "explain"]

Floats = NDArray[np.float64]


def explain(model: "Recommender", user: Any, item: Any) -> Explanation:
    "See Recommender.explain."
    users, items, scorer = model.users, model.items, model.scorer
    if not isinstance(scorer, Dot):
        raise BadInput(
            "this model's scores come from a net, and nets have no exact parts; "
            "ask a model of factors, as factorize makes, or use predict"
        )
    u, i = users.position(user), items.position(item)
    found = scorer.parts(users, items, u, i)
    raw = float(scorer.raw(users, items, np.array([u]), np.array([i]))[0])
    score = float(scorer.score(np.array([raw]))[0])
    start, end, slope = _linked(scorer, found.mean, raw)
    parts = {
        "mean": start,
        "user bias": slope * found.user_bias,
        "item bias": slope * found.item_bias,
        "taste": slope * float(found.products.sum()),
        "range": score - end,
    }
    past = _past(model, scorer, u, i, raw, slope)
    axes, label = _axes(users, items, u, i, slope * found.products), str(items.label([i])[0])
    notes = _notes(model, past[0], score, past[2])
    return Explanation(user, item, label, score, end, parts, axes, *past, notes)


def _linked(scorer: Dot, mean: float, raw: float) -> tuple[float, float, float]:
    """The mean and the whole as ratings, and what a unit of the sum between them is worth: parts
    times this slope add up from the one to the other, whatever the link.
    """
    start, end = (float(value) for value in scorer.centre(np.array([mean, raw])))
    if raw != mean:
        return start, end, (end - start) / (raw - mean)
    return start, end, float(scorer.link.slope(np.array([raw]))[0])


def _notes(
    model: "Recommender", past: pl.DataFrame, score: float, remainder: float
) -> tuple[str, ...]:
    if model.history is None:
        return ("The model has no history, so past ratings cannot be named as reasons.",)
    if not len(past):
        return ("This user has rated nothing that the model was learnt from.",)
    most = past.sort((pl.col("without") - score).abs(), descending=True).to_dicts()[0]
    return (
        f"Without the {most['rating']:g} for {called(most)} the score would be "
        f"{most['without']:.2f}.",
        f"Shares are those of a solve against the items; the stored user differs from it, which "
        f"makes {remainder:+.2f} here.",
    )


def _axes(users: Embeddings, items: Embeddings, u: int, i: int, products: Floats) -> pl.DataFrame:
    "Taste by axis, with the items at the ends of each."
    squares = _squares(users) * _squares(items)
    at, _ = chosen(items, None)
    ends = items.vectors[at]
    return pl.DataFrame(
        {
            "axis": np.arange(1, users.k + 1),
            "share": squares / max(float(squares.sum()), 1e-300),
            "user": users.vectors[u].astype(np.float64),
            "item": items.vectors[i].astype(np.float64),
            "product": products,
            "low": pl.Series(items.label(at[ends.argmin(0)]).tolist(), dtype=pl.String),
            "high": pl.Series(items.label(at[ends.argmax(0)]).tolist(), dtype=pl.String),
        }
    )


def _squares(rows: Embeddings) -> Floats:
    "Mean square (k,) of each axis over the rows with ratings."
    rated = rows.vectors[rows.counts > 0] if rows.counts.any() else rows.vectors
    squares: Floats = np.einsum("nk,nk->k", rated, rated, dtype=np.float64)
    return squares / len(rated)


def _past(
    model: "Recommender", scorer: Dot, u: int, i: int, raw: float, slope: float
) -> tuple[pl.DataFrame, float, float]:
    """What each past rating adds, the prior, and the stored row's difference from the solved one,
    times the slope; no ratings where the history was left out.
    """
    users, items = model.users, model.items
    rated, r = np.zeros(0, np.int32), np.zeros(0, np.float32)
    if model.history is not None:
        rated, r = model.history.of_user(u)
    target = scorer.link.back(r.astype(np.float64))
    weights = scorer.user_noise[u].astype(np.float64) * scorer.item_noise[rated]
    weights = weights * scorer.link.slope(target) ** 2
    residuals = target - scorer.mean - items.bias[rated]
    x = np.append(items.vectors[i].astype(np.float64), 1.0)
    with blas_at_one():
        row = fold(scorer.user_prior, items.vectors[rated], weights, residuals)
        found = shares(row.precision, scorer.user_prior.pull, row.X, weights, residuals, x)
    stored = np.append(users.vectors[u].astype(np.float64), float(users.bias[u]))
    table = pl.DataFrame(items.told(rated, "item")).with_columns(
        rating=pl.Series(r),
        share=pl.Series(slope * found.ratings, dtype=pl.Float64),
        without=pl.Series(scorer.score(raw - found.lost), dtype=pl.Float64),
    )
    order = np.argsort(-np.abs(found.ratings), kind="stable")
    return table[order], slope * found.prior, slope * float(x @ (stored - row.z))
