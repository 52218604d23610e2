"""The ladder's models as they suit some ratings: each maker takes (ratings, y_range)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from entable.data.ratings import Ratings
from entable.data.usual import TITLES, plain
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.models.deep import EmbeddingNN, MiniNet, NeuMF
from entable.models.dot import DotBias, DotProduct
from entable.models.history import DotHistory, components
from entable.models.parts import Span
from entable.models.towers import Bag, Towers
from entable.recipes.facts import encoded, facts, history

__all__ = [
    "dot_bias",
    "dot_history",
    "dot_product",
    "embedding_nn",
    "mini_net",
    "neumf",
    "towers",
    "usual_range",
]

Given = Embeddings | Sequence[Embeddings] | None
Bounds = tuple[float, float] | nn.Module  # what a maker is told; (-inf, inf) for no range


def usual_range(ratings: Ratings) -> tuple[float, float]:
    """Half a step beyond the lowest and highest rating, because a sigmoid never arrives.

    The step is that of the ratings, or a tenth of the scale where they have none.
    """
    lo, hi = ratings.scale
    half = (ratings.step or (hi - lo) / 10 or 1.0) / 2
    return lo - half, hi + half


def _bounds(y_range: Bounds) -> Span:
    if isinstance(y_range, nn.Module) or not all(map(np.isinf, y_range)):
        return y_range
    return None


def _sizes(ratings: Ratings) -> tuple[int, int]:
    return len(ratings.users), len(ratings.items)


def dot_product(ratings: Ratings, y_range: Bounds, k: int = 50) -> DotProduct:
    "The dot product of two vectors of k numbers."
    return DotProduct(*_sizes(ratings), k, _bounds(y_range))


def dot_bias(ratings: Ratings, y_range: Bounds, k: int = 50) -> DotBias:
    "Dot product and biases; without a range they stand on the mean rating."
    bounds = _bounds(y_range)
    return DotBias(*_sizes(ratings), k, bounds, _mean(ratings, None) if bounds is None else 0.0)


def dot_history(
    ratings: Ratings, y_range: Bounds, k: int = 50, rank: int = 64, **settings: Any
) -> DotHistory:
    """Vectors and biases that are also told by who rated what, by `rank` components of it.

    Made for large batches: with size=1024, wd=1 and lr=7e-3, twenty epochs of one cycle.
    """
    users, items = _sizes(ratings)
    bounds = _bounds(y_range)
    u, i = (torch.from_numpy(rows.astype(np.int64)) for rows in (ratings.u, ratings.i))
    known = components(u, i, users, items, rank), components(i, u, items, users, rank)
    return DotHistory(*known, k, bounds, mean=_mean(ratings, bounds), **settings)


def mini_net(ratings: Ratings, y_range: Bounds, k: int = 50, **settings: Any) -> MiniNet:
    "The course's first net."
    return MiniNet(*_sizes(ratings), k, y_range=_bounds(y_range), **settings)


def embedding_nn(ratings: Ratings, y_range: Bounds, **settings: Any) -> EmbeddingNN:
    "Vectors of widths by the rule and hidden layers."
    return EmbeddingNN(*_sizes(ratings), y_range=_bounds(y_range), **settings)


def neumf(ratings: Ratings, y_range: Bounds, k: int = 32, **settings: Any) -> NeuMF:
    "A product and a net, added."
    bounds = _bounds(y_range)
    return NeuMF(*_sizes(ratings), k, y_range=bounds, mean=_mean(ratings, bounds), **settings)


def towers(
    ratings: Ratings,
    y_range: Bounds,
    k: int = 20,
    histories: bool = True,
    titles: bool = True,
    user_facts: Given = None,
    item_facts: Given = None,
    **settings: Any,
) -> Towers:
    """Two towers of facts, titles and, with `histories`, of what each user rated and who rated.

    The facts and titles are those that the ratings have (`Ratings.read(..., item_facts=)`; with
    `unrated=True` also of what nobody has rated); a fact called title will do for a title.
    user_facts, item_facts: more of them as vectors, such as those of an encoder of titles or
    posters (`TextModel.encode`, `ImageModel.encode`), one Embeddings or several, matched by name.
    titles: read as trigrams of characters; without them only their year is.
    """
    users, items = _sizes(ratings)
    bounds = _bounds(y_range)
    rated: list[Bag | None] = [None, None]
    if histories:
        rated = [history(ratings.u, ratings.i, items), history(ratings.i, ratings.u, users)]
    sides = (
        (ratings.users, ratings.user_facts, ratings.user_labels, user_facts),
        (ratings.items, ratings.item_facts, ratings.item_labels, item_facts),
    )
    of_users, of_items = (
        facts(frame, _titles(labels, frame), bag, _vectors(given, names, labels), titles)
        for (names, frame, labels, given), bag in zip(sides, rated, strict=True)
    )
    mean = _mean(ratings, bounds)
    model = Towers(users, items, k, of_users, of_items, y_range=bounds, mean=mean, **settings)
    with torch.no_grad():  # what nobody has rated is told by its facts alone
        model.U.own.weight[torch.from_numpy(ratings.counts("user") == 0)] = 0
        model.V.own.weight[torch.from_numpy(ratings.counts("item") == 0)] = 0
    return model


def _vectors(
    given: Given, names: Vocab, labels: NDArray[np.object_] | None
) -> list[NDArray[np.float32]]:
    several = [] if given is None else [given] if isinstance(given, Embeddings) else given
    return [encoded(one, names, labels) for one in several]


def _titles(
    labels: NDArray[np.object_] | None, frame: pl.DataFrame | None
) -> NDArray[np.object_] | None:
    "The titles, or the texts of a fact so called."
    if labels is not None or frame is None:
        return labels
    named = [each for each in frame.get_columns() if plain(each.name) in TITLES]
    texts = [each for each in named if each.dtype == pl.String]
    return np.array([*texts[0].to_list(), None], object)[:-1] if texts else None


def _mean(ratings: Ratings, bounds: Span) -> float:
    "The mean rating, or what the sigmoid of the range makes it of; 0 for other modules."
    if isinstance(bounds, nn.Module):
        return 0.0
    mean = float(ratings.r.mean(dtype=np.float64))
    if bounds is None:
        return mean
    share = (mean - bounds[0]) / (bounds[1] - bounds[0])
    return float(np.log(share / (1 - share)))
