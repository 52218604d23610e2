"""Neural recommenders: ratings in, a Learner that becomes a Recommender out."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from entable.data.ratings import Ratings
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.models.deep import EmbeddingNN, MiniNet, NeuMF
from entable.models.dot import DotBias, DotProduct
from entable.models.parts import Embedding
from entable.models.towers import Bag, Towers
from entable.recipes.facts import facts, history
from entable.recipes.served import to_recommender
from entable.recommender import Recommender
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.metrics import rmse

__all__ = [
    "CollabLearner",
    "collab_learner",
    "dot_bias",
    "dot_product",
    "embedding_nn",
    "mini_net",
    "neumf",
    "start_from",
    "to_recommender",
    "towers",
    "usual_range",
]

Span = tuple[float, float]
Model = nn.Module | Callable[[Ratings, Span], nn.Module]


class CollabLearner(Learner):
    "A Learner of ratings, which knows their names."

    ratings: Ratings
    held_out: Ratings | None
    ranks = False  # whether the loss asks for an order only

    def recommender(self) -> Recommender:
        """What was learnt, by name: predict, recommend, save, ... without torch.

        Raises BadInput for a model whose scores cannot be computed without torch.
        """
        epochs = self.recorder.epochs
        settings = {
            "epochs": self.trained,
            "lr": self.lr,
            "wd": self.wd,
            "size": getattr(self.batches, "size", None),
            "seed": self.seed,
        }
        metrics = {"seconds": round(sum(row["seconds"] for row in epochs), 4)}
        trace = self.recorder.table if epochs else None
        return to_recommender(
            self.model, self.ratings, self.held_out, settings, metrics, trace, self.ranks
        )


def collab_learner(
    ratings: Ratings,
    valid: Ratings | float | None = None,
    model: Model | None = None,
    y_range: Span | None = None,
    loss: Callable[..., Any] | None = None,
    size: int = 64,
    wd: float = 0.1,
    lr: float = 5e-3,
    metrics: Any = (rmse,),
    seed: int = 0,
    **rest: Any,
) -> CollabLearner:
    """A Learner of ratings: `collab_learner(ratings, .2).fit_one_cycle(5)`, then `.recommender()`.

    valid: held-out ratings of the same vocabs, or the share to hold out. model: a module of
    (users, items), or what makes one of (ratings, y_range), such as `dot_bias` (if not given),
    `partial(dot_bias, k=20)`, `mini_net`, `embedding_nn`, `neumf`, `towers`. y_range: `usual_range`
    if not given, (-inf, inf) for none. size: ratings of a batch. rest: see Learner.
    Raises BadInput for no ratings and for held-out ratings of other names.
    """
    if not len(ratings):
        raise BadInput("there is no rating to learn from; one at least is needed")
    train, held = ratings.split(valid, seed) if isinstance(valid, float) else (ratings, valid)
    _check(train, held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = _made(model or dot_bias, train, usual_range(ratings) if y_range is None else y_range)
    batches = Batches(_columns(train), size, seed, valid=_batches(held, size))
    loss = nn.MSELoss() if loss is None else loss
    learner = CollabLearner(made, batches, loss, metrics=metrics, wd=wd, lr=lr, seed=seed, **rest)
    learner.ratings, learner.held_out = train, held
    return learner


def _made(model: Model, ratings: Ratings, y_range: Span) -> nn.Module:
    return model if isinstance(model, nn.Module) else model(ratings, y_range)


def _check(train: Ratings, held: Ratings | None) -> None:
    if held is not None and not (held.users == train.users and held.items == train.items):
        raise BadInput(
            "the held-out ratings have other vocabs; split them from the same Ratings, by .split()"
        )


def _columns(ratings: Ratings) -> tuple[Any, ...]:
    return ratings.u, ratings.i, ratings.r


def _batches(ratings: Ratings | None, size: int) -> Batches | None:
    if ratings is None or not len(ratings):
        return None
    return Batches(_columns(ratings), max(4 * size, 4096), shuffle=False)


def usual_range(ratings: Ratings) -> Span:
    """Half a step beyond the lowest and highest rating, because a sigmoid never arrives.

    The step is that of the ratings, or a tenth of the scale where they have none.
    """
    lo, hi = ratings.scale
    half = (ratings.step or (hi - lo) / 10 or 1.0) / 2
    return lo - half, hi + half


def _bounds(y_range: Span) -> Span | None:
    return None if all(map(np.isinf, y_range)) else y_range


def _sizes(ratings: Ratings) -> tuple[int, int]:
    return len(ratings.users), len(ratings.items)


def dot_product(ratings: Ratings, y_range: Span, k: int = 50) -> DotProduct:
    "The dot product of two vectors of k numbers."
    return DotProduct(*_sizes(ratings), k, _bounds(y_range))


def dot_bias(ratings: Ratings, y_range: Span, k: int = 50) -> DotBias:
    "Dot product and biases; without a range they stand on the mean rating."
    bounds = _bounds(y_range)
    return DotBias(*_sizes(ratings), k, bounds, 0.0 if bounds else _mean(ratings, None))


def mini_net(ratings: Ratings, y_range: Span, k: int = 50, **settings: Any) -> MiniNet:
    "The course's first net."
    return MiniNet(*_sizes(ratings), k, y_range=_bounds(y_range), **settings)


def embedding_nn(ratings: Ratings, y_range: Span, **settings: Any) -> EmbeddingNN:
    "Vectors of widths by the rule and hidden layers."
    return EmbeddingNN(*_sizes(ratings), y_range=_bounds(y_range), **settings)


def neumf(ratings: Ratings, y_range: Span, k: int = 32, **settings: Any) -> NeuMF:
    "A product and a net, added."
    bounds = _bounds(y_range)
    return NeuMF(*_sizes(ratings), k, y_range=bounds, mean=_mean(ratings, bounds), **settings)


def towers(
    ratings: Ratings, y_range: Span, k: int = 20, histories: bool = True, **settings: Any
) -> Towers:
    """Two towers of facts, titles and, with `histories`, of what each user rated and who rated.

    The facts and titles are those that the ratings have (`Ratings.read(..., item_facts=)`).
    """
    users, items = _sizes(ratings)
    bounds = _bounds(y_range)
    rated: list[Bag | None] = [None, None]
    if histories:
        rated = [history(ratings.u, ratings.i, items), history(ratings.i, ratings.u, users)]
    known = (
        facts(ratings.user_facts, ratings.user_labels, rated[0]),
        facts(ratings.item_facts, ratings.item_labels, rated[1]),
    )
    mean = _mean(ratings, bounds)
    return Towers(users, items, k, *known, y_range=bounds, mean=mean, **settings)


def _mean(ratings: Ratings, bounds: Span | None) -> float:
    "The mean rating, or what the sigmoid of the range makes it of."
    mean = float(ratings.r.mean(dtype=np.float64))
    if bounds is None:
        return mean
    share = (mean - bounds[0]) / (bounds[1] - bounds[0])
    return float(np.log(share / (1 - share)))


def start_from(
    table: Embedding,
    names: Sequence[Any] | Any,
    given: Embeddings,
    frozen: bool = False,
) -> int:
    """Let a model's table begin with given vectors, matched by name; how many were found.

    names: a Vocab, or n names in row order. frozen: these rows stand still. For a rate of their
    own make a layer group of the table (`layers=` of the Learner) and fit with a rate for each.
    Raises BadInput where no name matches or the vectors have another width.
    """
    names = getattr(names, "names", names)
    at = given.positions(names, strict=False)
    rows = np.flatnonzero(at >= 0)
    if not len(rows):
        raise BadInput(
            f"none of {len(at):,} names is among the {len(given):,} given embeddings; names are "
            "strict in type: 1 is not '1'"
        )
    vectors = torch.from_numpy(np.array(given.vectors[at[rows]]))
    table.start_from(torch.from_numpy(rows), vectors, frozen)
    return len(rows)
