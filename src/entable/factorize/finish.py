"""From a solved problem to a Recommender: mean taste at the origin, axes by weight, priors,
history.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.ratings import Ratings
from entable.embeddings import Embeddings
from entable.factorize.average import axes
from entable.factorize.history import Floats
from entable.factorize.problem import Fit
from entable.kernels.sparse import group
from entable.recommender import History, Recommender
from entable.scorers import Dot, Identity, Link, Prior, Scorer

Doubles = NDArray[np.float64]
Masks = tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]


def recommender(
    ratings: Ratings,
    fit: Fit,
    settings: dict[str, Any],
    metrics: dict[str, Any],
    link: Link = Identity(),  # noqa: B008  it is frozen
    speak: Masks = (None, None),
) -> Recommender:
    """What the fit found, under the names of the ratings.

    link: what makes ratings of scores. speak: users and items that are more than the mean row
    though nobody has rated them.
    """
    counts = ratings.counts("user"), ratings.counts("item")
    fit = centred(fit, counts[0] > 0, counts[1] > 0, speak)
    lo, hi = ratings.scale
    user_prior = _prior(fit.U, fit.bu, counts[0], fit.user_var, fit.V, counts[1])
    item_prior = _prior(fit.V, fit.bi, counts[1], fit.item_var, fit.U, counts[0])
    some = ratings.r[:: max(len(ratings) // 100_000, 1)].astype(np.float64)
    steep = float(np.mean(link.slope(link.back(some)) ** 2))
    scorer = Dot(
        mean=fit.mean,
        lo=lo,
        hi=hi,
        user_noise=fit.user_noise,
        item_noise=fit.item_noise,
        unseen_user_noise=_typical(fit.user_noise, counts[0]),
        unseen_item_noise=_typical(fit.item_noise, counts[1]),
        user_var=fit.user_var,
        item_var=fit.item_var,
        unseen_user_var=steep * _ignorance(user_prior, fit.V, counts[1]),
        unseen_item_var=steep * _ignorance(item_prior, fit.U, counts[0]),
        user_prior=user_prior,
        item_prior=item_prior,
        link=link,
    )
    users = Side(fit.U, fit.bu, *_unseen(user_prior), fit.user_bias_std)
    items = Side(fit.V, fit.bi, *_unseen(item_prior), fit.item_bias_std)
    return named(ratings, users, items, scorer, settings, metrics, pl.DataFrame(fit.trace))


class Side(NamedTuple):
    "Rows of users or items before they have names, as Embeddings take them."

    vectors: Floats
    bias: Floats
    unseen: Floats
    unseen_bias: float
    bias_std: Floats | None = None


def named(
    ratings: Ratings,
    users: Side,
    items: Side,
    scorer: Scorer,
    settings: dict[str, Any],
    metrics: dict[str, Any],
    trace: pl.DataFrame | None = None,
) -> Recommender:
    "Rows and what scores them under the names of the ratings, with their history."
    history = History(*group(*group_by_item(ratings), len(ratings.users)))
    about = (
        (ratings.users, users, ratings.u, ratings.user_labels, ratings.user_facts),
        (ratings.items, items, ratings.i, ratings.item_labels, ratings.item_facts),
    )
    rows = [
        Embeddings(
            vocab,
            side.vectors,
            side.bias,
            *_told(at, ratings.r, len(vocab), side),
            labels,
            side.bias_std,
            facts,
        )
        for vocab, side, at, labels, facts in about
    ]
    of = ratings.fingerprint()
    return Recommender(rows[0], rows[1], scorer, history, settings, metrics, trace, of)


def _told(
    at: NDArray[np.int32], r: Floats, n: int, side: Side
) -> tuple[NDArray[np.int64], Floats, float, Doubles]:
    "Counts, the unseen row and its bias, and plain mean ratings, NaN where there is none."
    counts = np.bincount(at, minlength=n)
    with np.errstate(invalid="ignore"):
        means = np.bincount(at, r, n) / counts
    return counts, side.unseen, side.unseen_bias, means


def group_by_item(ratings: Ratings) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
    "Users, items and ratings in the order of items, so that grouping by user keeps items in order."
    indptr, u, r = group(ratings.i, ratings.u, ratings.r, len(ratings.items))
    items = np.repeat(np.arange(len(ratings.items), dtype=np.int32), np.diff(indptr))
    return u, items, r


def centred(
    fit: Fit,
    rated_users: NDArray[np.bool_],
    rated_items: NDArray[np.bool_],
    speak: Masks = (None, None),
) -> Fit:
    """The same scores with the mean of the rated users' and items' vectors and biases at zero.

    What the mean user makes of an item is then wholly in the item's bias, so biases can be read,
    and an unseen user or item is the origin.  Rows that were never rated become the origin, unless
    they speak for themselves.  Columns become the axes of the product U V', heaviest first.
    """
    u0, v0 = _mean(fit.U, rated_users), _mean(fit.V, rated_items)
    bu = fit.bu + (fit.U @ v0.astype(np.float32)) - np.float32(u0 @ v0)
    bi = fit.bi + (fit.V @ u0.astype(np.float32)) - np.float32(u0 @ v0)
    b0, c0 = _mean(bu, rated_users), _mean(bi, rated_items)
    U, V = (fit.U - u0.astype(np.float32)), (fit.V - v0.astype(np.float32))
    kept_users = rated_users if speak[0] is None else rated_users | speak[0]
    kept_items = rated_items if speak[1] is None else rated_items | speak[1]
    U[~kept_users], V[~kept_items] = 0, 0
    U, V = axes(U, V, U.shape[1])
    return replace(
        fit,
        mean=fit.mean + float(b0 + c0 + u0 @ v0),
        U=U,
        V=V,
        bu=np.where(kept_users, bu - b0, 0).astype(np.float32),
        bi=np.where(kept_items, bi - c0, 0).astype(np.float32),
    )


def _mean(rows: Floats, rated: NDArray[np.bool_]) -> Doubles:
    "The mean over the rated rows."
    chosen = rows if rated.all() else rows[rated]
    mean: Doubles = chosen.mean(0, dtype=np.float64)
    return mean


def _prior(
    vectors: Floats,
    bias: Floats,
    counts: NDArray[np.int64],
    var: Floats,
    other: Floats,
    partners: NDArray[np.int64],
) -> Prior:
    """A normal with the mean and covariance of the rated rows, and a little more in all directions.

    Rows that are means over draws are closer together than the truth: the covariance is raised
    until the scores of its rows vary as the means and the draws around them do.
    """
    rows = np.concatenate([vectors, bias[:, None]], 1)[counts > 0].astype(np.float64)
    mean = rows.mean(0)
    spread = rows - mean
    cov = spread.T @ spread / max(len(rows) - 1, 1)
    ridge = 1e-3 * max(float(np.trace(cov)) / len(cov), 1e-6)
    narrow = Prior(mean, cov + ridge * np.eye(len(cov)))
    around = float(var[counts > 0].mean()) / max(_ignorance(narrow, other, partners), 1e-12)
    return Prior(mean, narrow.cov * (1 + min(around, 10.0)))


def _unseen(prior: Prior) -> tuple[Floats, float]:
    return prior.mean[:-1].astype(np.float32), float(prior.mean[-1])


def _typical(noise: Floats, counts: NDArray[np.int64]) -> float:
    "The precision that gives the mean variance of the ratings' noise."
    return float(counts.sum() / np.sum(counts / noise.astype(np.float64)))


def _ignorance(prior: Prior, other: Floats, counts: NDArray[np.int64]) -> float:
    "Variance of a score whose row is only known by its prior, over the ratings' own partners."
    X = np.concatenate([other, np.ones((len(other), 1), np.float32)], 1).astype(np.float64)
    return float(((X @ prior.cov) * X).sum(1) @ (counts / max(counts.sum(), 1)))
