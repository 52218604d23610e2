"""Neural recommenders: ratings in, a Learner that becomes a Recommender out."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from entable.data.ratings import Ratings
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.models.parts import Embedding, Ordinal
from entable.recipes.makers import (
    Bounds,
    dot_bias,
    dot_history,
    dot_product,
    embedding_nn,
    mini_net,
    neumf,
    towers,
    usual_range,
)
from entable.recipes.negatives import Negatives
from entable.recipes.served import to_recommender
from entable.recommender import Recommender
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.metrics import Whole, rmse, whole
from entable.train.rank_losses import Ranks, ahead, ordinal

__all__ = [
    "CollabLearner",
    "collab_learner",
    "dot_bias",
    "dot_history",
    "dot_product",
    "embedding_nn",
    "mini_net",
    "neumf",
    "start_from",
    "to_recommender",
    "towers",
    "usual_range",
]

Model = nn.Module | Callable[[Ratings, Any], nn.Module]
_WHOLE = (-np.inf, np.inf)


class CollabLearner(Learner):
    "A Learner of ratings, which knows their names."

    ratings: Ratings
    held_out: Ratings | None

    def recommender(self) -> Recommender:
        """What was learnt, by name: predict, recommend, save, ... without torch.

        Raises BadInput for a model whose scores cannot be computed without torch.
        """
        ranks = isinstance(self.loss, Ranks)
        settings = {
            "epochs": self.trained,
            "lr": self.lr,
            "wd": self.wd,
            "size": getattr(self.batches, "size", None),
            "seed": self.seed,
        }
        epochs = self.recorder.epochs
        seconds = round(sum(row["seconds"] for row in epochs), 4)
        metrics = {"stopped": self.stopped or "done", "seconds": seconds}
        trace = self.recorder.table if epochs else None
        about = self.ratings, self.held_out, settings, metrics, trace, ranks
        return to_recommender(self.model, *about)


def collab_learner(
    ratings: Ratings,
    valid: Ratings | float | None = None,
    model: Model | None = None,
    y_range: Bounds | None = None,
    loss: Callable[..., Any] | None = None,
    size: int = 64,
    wd: float = 0.15,
    lr: float = 5e-3,
    metrics: Any = None,
    users: Embeddings | None = None,
    items: Embeddings | None = None,
    frozen: bool = False,
    seed: int = 0,
    **rest: Any,
) -> CollabLearner:
    """A Learner of ratings: `collab_learner(ratings, .2).fit_one_cycle(5)`, then `.recommender()`.

    valid: held-out ratings of the same vocabs, or the share to hold out. model: a module of
    (users, items), or what makes one of (ratings, y_range), such as `dot_bias` (if not given),
    `partial(dot_bias, k=20)`, `dot_history` (the most accurate without facts), `mini_net`,
    `embedding_nn`, `neumf`, `towers`. y_range: `usual_range` if not given, (-inf, inf) for none,
    `Ordinal(levels)` to learn the steps of the scale. loss: squared if not given; any of torch's,
    or of `train.rank_losses` to learn an order from who rated what. users, items: vectors to begin
    with, found by name (`start_from`); frozen ones stand still, others are the first of two layer
    groups, for a rate of their own. size: ratings of a batch. rest: see Learner. Raises BadInput
    for no ratings, a range that leaves some out, held-out ratings of other names.
    """
    if not len(ratings):
        raise BadInput("there is no rating to learn from; one at least is needed")
    train, held = _parted(ratings, valid, seed)
    y_range = _range(ratings, y_range, loss)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = model if isinstance(model, nn.Module) else (model or dot_bias)(train, y_range)
    loss = loss or _loss(made)
    tables = _begun(made, train, users, items, frozen)
    if tables and not frozen:
        rest.setdefault("groups", lambda model: [tables, _others(model, tables)])
    learner = CollabLearner(
        made,
        _batches(train, held, size, seed, loss),
        loss,
        metrics=_metrics(made, loss) if metrics is None else metrics,
        wd=wd,
        lr=lr,
        seed=seed,
        **rest,
    )
    learner.ratings, learner.held_out = train, held
    return learner


def _parted(
    ratings: Ratings, valid: Ratings | float | None, seed: int
) -> tuple[Ratings, Ratings | None]:
    if valid is None or isinstance(valid, Ratings):
        if valid is not None and not (
            valid.users == ratings.users and valid.items == ratings.items
        ):
            raise BadInput(
                "the held-out ratings have other vocabs; split them from the same Ratings, by "
                ".split()"
            )
        return ratings, valid
    if not 0 < valid < 1:
        raise BadInput(f"valid={valid} came; a share between 0 and 1, or Ratings, was wanted")
    train, held = ratings.split(valid, seed)
    if not len(train):
        raise BadInput(f"valid={valid} of {len(ratings):,} ratings leaves none to learn from")
    return train, held


def _range(ratings: Ratings, y_range: Bounds | None, loss: Any) -> Bounds:
    if y_range is None:
        return _WHOLE if isinstance(loss, Ranks) else usual_range(ratings)
    if not isinstance(y_range, nn.Module):
        (lo, hi), (low, high) = y_range, ratings.scale
        if not (lo <= low and high <= hi and lo < hi):
            raise BadInput(
                f"y_range=({lo:g}, {hi:g}) came, and the ratings go from {low:g} to {high:g}; "
                "give a range that holds them, best a little more, or none for half a step more"
            )
    return y_range


def _loss(model: nn.Module) -> Callable[..., Any]:
    "Squared errors, or the likelihood of levels where the model gives the odds of each."
    link = getattr(model, "range", None)
    return ordinal(link.levels, link.expected) if isinstance(link, Ordinal) else nn.MSELoss()


def _metrics(model: nn.Module, loss: Any) -> Sequence[Any]:
    if isinstance(loss, Ranks):
        return (ahead,)
    link = getattr(model, "range", None)
    return (_of_mean(link),) if isinstance(link, Ordinal) else (rmse,)


def _of_mean(link: Ordinal) -> Whole:
    "The root of the mean squared error of mean ratings."

    def found(pred: Tensor, y: Tensor) -> Any:
        return rmse(link.expected(pred), y)

    found.__name__ = "rmse"
    return whole(found)


def _batches(train: Ratings, held: Ratings | None, size: int, seed: int, loss: Any) -> Any:
    "Rows of user, item and rating; with items that the user has not rated where an order counts."
    many = max(4 * size, 4096)
    valid: Any = None
    if held is not None and len(held):
        valid = Batches((held.u, held.i, held.r), many, shuffle=False)
    batches: Any = Batches((train.u, train.i, train.r), size, seed, valid=valid)
    if not isinstance(loss, Ranks):
        return batches
    known = [train] if held is None else [train, held]
    if valid is not None:
        valid = Negatives(valid, known, loss.negatives, seed)
    return Negatives(batches, known, loss.negatives, seed, valid)


def _begun(
    model: nn.Module,
    ratings: Ratings,
    users: Embeddings | None,
    items: Embeddings | None,
    frozen: bool,
) -> list[nn.Module]:
    "The tables that begin with given vectors."
    found: list[nn.Module] = []
    sides = (("U", users, ratings.users), ("V", items, ratings.items))
    for name, given, names in sides:
        if given is not None:
            side = getattr(model, name, None)
            table = getattr(side, "own", side)  # of a tower, its own vectors
            if not isinstance(table, Embedding):
                raise BadInput(
                    f"{type(model).__name__} has no table {name} to begin with given vectors; call "
                    "start_from with the Embedding that shall"
                )
            start_from(table, names, given, frozen)
            found.append(table)
    return found


def _others(model: nn.Module, tables: list[nn.Module]) -> list[nn.Module]:
    "The modules of a model that hold all its weights but those of some tables."
    if not any(table in model.modules() for table in tables):
        return [model]
    return [
        part for child in model.children() if child not in tables for part in _others(child, tables)
    ]


def start_from(
    table: Embedding,
    names: Sequence[Any] | Any,
    given: Embeddings,
    frozen: bool = False,
) -> int:
    """Let a model's table begin with given vectors, matched by name; how many were found.

    names: a Vocab, or n names in row order. Vectors of fewer numbers than the table's fill its
    first columns. frozen: what was given stands still.
    Raises BadInput where no name matches or the vectors are wider than the table.
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
