"""A torch model of users and items as a Recommender, which needs no torch."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from entable import scorers
from entable._cores import blas_at_one
from entable.data.ratings import Ratings
from entable.errors import BadInput
from entable.factorize.finish import Masks, Side, named, recommender
from entable.factorize.problem import Fit
from entable.models.parts import Join, Ordinal, Range, Scored
from entable.recipes.records import array, doubles, records
from entable.recommender import Recommender
from entable.scorers import Dot, Link, Net, Prior
from entable.train.looking import at_rest

__all__ = ["to_recommender"]

Floats = NDArray[np.float32]
_JUDGED = 1_000_000  # ratings that the noise is judged by, at most


def to_recommender(
    model: nn.Module,
    ratings: Ratings,
    valid: Ratings | None = None,
    settings: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    trace: pl.DataFrame | None = None,
    ranks: bool = False,
) -> Recommender:
    """What a model has learnt from ratings, by name; it predicts the same, without torch.

    The model says by `scored()` (`models.parts.Scored`) what its scores are made of. Scores of a
    dot product are kept exactly: the mean taste moves to the origin and columns become axes, as
    `factorize` leaves them. Nets keep their layers. Ratings are cut to their scale, unless the
    model `ranks` only. The noise, and so the intervals, come from held-out ratings if there are
    any. Raises BadInput for a model that does not say, or has a layer that NumPy does not know.
    """
    scored = _scored(model)
    link = _link(scored.link)
    settings = {"solver": "torch", "model": type(model).__name__} | (settings or {})
    settings |= {"ranks": True} if ranks else {}
    make = _net if scored.joins else _dot
    with blas_at_one():
        found = make(scored, ratings, settings | {"factors": scored.U.shape[1]}, link)
        found = replace(found, trace=trace, metrics={"stopped": "done"} | (metrics or {}))
        if ranks:
            found = replace(found, scorer=replace(found.scorer, lo=-np.inf, hi=np.inf))
        return _judged(found, ratings, valid)


def _scored(model: nn.Module) -> Scored:
    say = getattr(model, "scored", None)
    if say is None:
        raise BadInput(
            f"{type(model).__name__} does not say what its scores are made of, so they cannot be "
            "computed without torch: give it a method scored() that returns "
            "entable.models.parts.Scored, or predict by the Learner"
        )
    with at_rest(model):
        found: Scored = say()
        return found


def _link(link: Any) -> Link:
    "The same link in NumPy."
    if link is None or isinstance(link, nn.Identity):
        return scorers.Identity()
    if isinstance(link, Range):
        return scorers.Sigmoid(link.lo, link.hi)
    if isinstance(link, Ordinal):
        with torch.no_grad():
            return scorers.Ordinal(doubles(link.levels), doubles(link.cuts))
    raise BadInput(
        f"the model ends in {type(link).__name__}, which cannot be computed without torch; a "
        "Range, an Ordinal or nothing can"
    )


def _dot(scored: Scored, ratings: Ratings, settings: dict[str, Any], link: Link) -> Recommender:
    users, items = len(ratings.users), len(ratings.items)
    n, m = np.ones(users, np.float32), np.ones(items, np.float32)
    U, V = array(scored.U), array(scored.V)
    bu, bi = array(scored.bu, users), array(scored.bi, items)
    fit = Fit(scored.mean, U, V, bu, bi, n, m, n * 0, m * 0)
    found = recommender(ratings, fit, settings, {}, link, _speak(scored))
    return replace(found, settings=settings | {"factors": found.scorer.k})


def _net(scored: Scored, ratings: Ratings, settings: dict[str, Any], link: Link) -> Recommender:
    lo, hi = ratings.scale
    speak = _speak(scored)
    users = _side(scored.U, scored.bu, ratings.counts("user") > 0, speak[0])
    items = _side(scored.V, scored.bi, ratings.counts("item") > 0, speak[1])
    scorer = Net(scored.mean, lo, hi, tuple(map(_join, scored.joins)), 1.0, link=link)
    return named(ratings, users, items, scorer, settings, {})


def _side(
    vectors: Tensor, bias: Tensor | None, rated: NDArray[np.bool_], speak: NDArray[Any] | None
) -> Side:
    "Rows of one side; what nobody has rated and does not speak for itself is the mean row."
    rows, biases = array(vectors).copy(), array(bias, len(rated)).copy()
    mean, mean_bias = rows[rated].mean(0), biases[rated].mean()
    silent = ~rated if speak is None else ~(rated | speak)
    rows[silent], biases[silent] = mean, mean_bias
    return Side(rows, biases, mean, float(mean_bias))


def _join(join: Join) -> scorers.Join:
    layers = tuple(layer for module in join.layers for layer in records(module))
    return scorers.Join(join.users, join.items, join.how, layers)


def _judged(model: Recommender, ratings: Ratings, valid: Ratings | None) -> Recommender:
    "The model with the noise of its ratings and, for a net, what an unknown side adds."
    held = valid is not None and len(valid) > 0
    some = _some(valid if valid is not None and held else ratings)
    scores = _scores(model, some.u, some.i)
    noise = max(float(np.mean((some.r - scores) ** 2)), 1e-12)
    metrics = model.metrics | {"noise": "held-out ratings" if held else "learnt ratings"}
    if held:
        metrics["rmse_valid"] = noise**0.5
    scorer = model.scorer
    if isinstance(scorer, Dot):
        noise = noise if held else _corrected(model, scorer, ratings, noise)
        users = np.full(len(model.users), 1 / noise, np.float32)
        judged: Any = replace(scorer, user_noise=users, unseen_user_noise=1 / noise)
    else:
        gone = np.full(len(some), -1)
        more = [
            float(np.mean((_scores(model, *pair) - scores) ** 2))
            for pair in ((gone, some.i), (some.u, gone))
        ]
        judged = replace(scorer, noise=noise, unseen_user_var=more[0], unseen_item_var=more[1])
    return replace(model, scorer=judged, metrics=metrics)


def _some(ratings: Ratings) -> Ratings:
    return ratings.take(np.arange(0, len(ratings), -(-len(ratings) // _JUDGED)))


def _scores(model: Recommender, u: NDArray[Any], i: NDArray[Any]) -> NDArray[np.float64]:
    return model.scorer.score(model.scorer.raw(model.users, model.items, u, i))


def _corrected(model: Recommender, scorer: Dot, ratings: Ratings, noise: float) -> float:
    "The training error made larger by the degrees of freedom that the fit has spent."
    slope = scorer.link.slope(scorer.link.back(_some(ratings).r.astype(np.float64)))
    steep = float(np.mean(slope**2))
    sides = (
        (model.users, scorer.user_prior, model.items),
        (model.items, scorer.item_prior, model.users),
    )
    found = noise
    for _ in range(5):  # more noise, less freedom
        spent = sum(_spent(*side, found / steep) for side in sides)
        found = noise / max(1 - spent / len(ratings), 0.3) ** 2
    return found


def _spent(own: Any, prior: Prior, other: Any, noise: float) -> float:
    "Degrees of freedom of ridge regressions of one side's rows on the other side's."
    X = np.concatenate([other.vectors, np.ones((len(other), 1))], 1)
    moment = (X.T * (other.counts / other.counts.sum())) @ X
    s = np.linalg.eigvals(prior.cov @ moment).real.clip(0)
    told = own.counts[:, None] * s
    return float(np.sum(told / (told + noise)))


def _speak(scored: Scored) -> Masks:
    users, items = (None if mask is None else mask.cpu().numpy() for mask in scored.speak)
    return users, items
