"""A Recommender judged on ratings that were held out: how wrong, and where."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.ratings import Ratings
from entable.data.titled import Titled
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.evaluate.intervals import coverage, interval
from entable.evaluate.metrics import Triples, baselines, mae, rmse
from entable.interpret.residuals import Residuals, Side

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["Evaluation", "judge", "residuals"]

_LEVEL = 0.8


@dataclass(frozen=True)
class Evaluation:
    """Errors on n held-out ratings, beside those of the trivial baselines.

    learnt is how many of them the model was learnt from: they make its error look better than it
    is. coverage80 is the share of ratings inside their 80 % intervals; unknown_users and
    unknown_items count the ratings whose user or item the model does not know. `baselines` is empty
    where the model was saved without its history.
    """

    n: int
    rmse: float
    mae: float
    coverage80: float
    unknown_users: int
    unknown_items: int
    learnt: int
    baselines: dict[str, dict[str, float]]

    @property
    def table(self) -> pl.DataFrame:
        "One row per predictor: predictor, rmse, mae; the model first."
        rows = {"model": {"rmse": self.rmse, "mae": self.mae}} | self.baselines
        return pl.DataFrame([{"predictor": name} | errors for name, errors in rows.items()])

    def __str__(self) -> str:
        beside = "".join(f"; {name} {e['rmse']:.4f}" for name, e in self.baselines.items())
        return (
            f"RMSE {self.rmse:.4f}, MAE {self.mae:.4f} on {self.n:,} ratings{beside}; "
            f"{self.coverage80:.1%} lie inside their 80 % intervals{self.flattery}"
        )

    @property
    def flattery(self) -> str:
        "A warning, where some of the ratings were learnt from; else empty."
        if not self.learnt:
            return ""
        return f"; {self.learnt:,} of them were learnt from, so the errors flatter the model"

    def __rich__(self) -> str:
        return str(self)


def judge(model: "Recommender", ratings: Ratings) -> Evaluation:
    "See Recommender.evaluate."
    u, i = _positions(model, ratings)
    raw, scorer = model.scorer.raw(model.users, model.items, u, i), model.scorer
    low, high = interval(scorer.centre(raw), scorer.std(u, i), _LEVEL, scorer.lo, scorer.hi)
    r, score = ratings.r.astype(np.float64), scorer.score(raw)
    return Evaluation(
        n=len(r),
        rmse=rmse(r, score),
        mae=mae(r, score),
        coverage80=coverage(r, low, high),
        unknown_users=int((u < 0).sum()),
        unknown_items=int((i < 0).sum()),
        learnt=_learnt(model, u, i),
        baselines=_baselines(model, Triples(u, i, r)),
    )


def residuals(model: "Recommender", ratings: Ratings) -> Residuals:
    "See Recommender.residuals."
    u, i = _positions(model, ratings)
    notes = []
    if learnt := _learnt(model, u, i):
        notes.append(f"{learnt:,} of these ratings were learnt from, so errors look too small.")
    if strange := int(((u < 0) | (i < 0)).sum()):
        notes.append(f"{strange:,} have a user or item that the model does not know.")
    return Residuals(
        _side(model.users, ratings.users, ratings.user_labels, ratings.u),
        _side(model.items, ratings.items, ratings.item_labels, ratings.i),
        ratings.r.astype(np.float64),
        model.scorer.centre(model.scorer.raw(model.users, model.items, u, i)),
        model.scorer.std(u, i),
        model.scorer.lo,
        model.scorer.hi,
        ratings.time,
        tuple(notes),
    )


def _positions(
    model: "Recommender", ratings: Ratings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    "Positions (m,) of the users and items of ratings in the model, -1 where it does not know them."
    if not len(ratings):
        raise BadInput("there are no ratings to judge the model on")
    if model.settings.get("ranks"):
        raise BadInput(
            "this model was learnt to put items in order, so its scores are no ratings and have no "
            "errors; see whether recommend finds what was held out"
        )
    u = model.users.positions(ratings.users.names, strict=False)[ratings.u]
    i = model.items.positions(ratings.items.names, strict=False)[ratings.i]
    return u, i


def _side(
    rows: Embeddings, vocab: Vocab, labels: NDArray[np.object_] | None, at: NDArray[np.int32]
) -> Side:
    "One side of ratings, with the model's counts, and its titles where the ratings have none."
    there = rows.positions(vocab.names, strict=False)
    known = there >= 0
    counts = np.where(known, rows.counts[there], 0)
    if labels is None and rows.labels is not None:
        labels = rows.labels[there]
        labels[~known] = None
    return Side(Titled(vocab, labels), at, counts)


def _learnt(model: "Recommender", u: NDArray[np.int64], i: NDArray[np.int64]) -> int:
    return int(model.history.holds(u, i, len(model.items)).sum()) if model.history else 0


def _baselines(model: "Recommender", test: Triples) -> dict[str, dict[str, float]]:
    if model.history is None:
        return {}
    train = Triples(*model.history.triples())
    lo, hi = model.scorer.lo, model.scorer.hi
    return baselines(train, test, len(model.users), len(model.items), lo, hi)
