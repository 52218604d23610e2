"""What an encoding of categories is worth: on rows that it saw, and on rows that it did not."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import get_scorer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder
from sklearn.utils import _safe_indexing

from entable._answer import Answer
from entable._plots import ACCENT, MUTED, PALE, canvas
from entable.data.table import Encoded, Table
from entable.errors import BadInput
from entable.recipes.sklearn.columns import dealt, features, given

__all__ = ["Gains", "gains"]

OURS, SEEN = "entity embeddings", "the same, not cross-fitted"
_LEVELS = 200  # columns of a category in one-hot; rarer levels share one
_LEAST = 60

Pair = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Gains(Answer):
    """How well an estimator does on each encoding.

    table: encoding; columns; in sample and out of fold, the measure on rows that were learnt from
    and on rows that were not; and gain in sample, gain out of fold: what entity embeddings are
    better by. A measure that is higher in sample than out of fold was learnt by heart.
    helped: whether entity embeddings are better than all others by more than chance.
    """

    title: str
    frame: pl.DataFrame
    measure: str
    helped: bool
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "A row per encoding, the best out of fold first."
        return self.frame

    def plot(self, ax: Any = None) -> Any:
        "In sample and out of fold, joined by a line; Matplotlib's Axes."
        ax = canvas(ax, 7, 1.2 + 0.4 * len(self.frame), self.title)
        y = -np.arange(len(self.frame))
        seen, unseen = (self.frame[name].to_numpy() for name in ("in sample", "out of fold"))
        ax.hlines(y, np.minimum(seen, unseen), np.maximum(seen, unseen), color=PALE, linewidth=2)
        ax.scatter(seen, y, color=MUTED, s=22, zorder=3, label="in sample")
        ax.scatter(unseen, y, color=ACCENT, s=40, zorder=4, label="out of fold")
        ax.set_yticks(y, self.frame["encoding"].to_list())
        ax.set_xlabel(self.measure)
        ax.legend(frameon=False, fontsize=8, labelcolor=MUTED, loc="best")
        return ax


def gains(encoder: Any, X: Any, y: Any, estimator: Any = None, cv: int = 3) -> Gains:
    "See `EntityEmbeddingEncoder.report`."
    values = np.asarray(y)
    if len(values) < _LEAST or values.ndim != 1:
        raise BadInput(f"y of shape {values.shape} came; one target of {_LEAST} rows was wanted")
    cut = _safe_indexing
    part, scores, widths = dealt(values, cv, 0), dict[str, list[Any]](), dict[str, int]()
    for k in range(cv):
        train, held = np.flatnonzero(part != k), np.flatnonzero(part == k)
        made = clone(encoder)
        seen = made.fit_transform(cut(X, train), cut(y, train))
        if not made.table_.categories:
            raise BadInput("there are no categories, so there is nothing to compare")
        ours = {OURS: (seen, made.transform(cut(X, held)))}
        ours[SEEN] = (made.transform(cut(X, train)), ours[OURS][1])
        rows, other = (_rows(made, cut(X, at), values[at]) for at in (train, held))
        for name, (a, b) in (ours | _others(made.table_, rows, other, made.numbers)).items():
            model = _fed(estimator, made.table_).fit(a, rows.target)
            score = get_scorer(_MEASURES[made.table_.target.kind][0])
            found = score(model, a, rows.target), score(model, b, other.target)
            scores.setdefault(name, []).append(found)
            widths[name] = a.shape[1]
    return _told(scores, widths, _MEASURES[made.table_.target.kind][1])


_MEASURES = {"number": ("r2", "R2"), "binary": ("roc_auc", "AUC"), "classes": ("accuracy",) * 2}


def _rows(encoder: Any, X: Any, y: NDArray[Any]) -> Encoded:
    "Rows as the encoder's table has them, with their target."
    table = encoder.table_
    rows: Encoded = table.apply(given(encoder, X) | {table.target.name: y}, target=True)
    return rows


def _others(table: Table, train: Encoded, held: Encoded, numbers: bool) -> dict[str, Pair]:
    "The same categories as scikit-learn encodes them; rows to learn from, rows held out."
    kinds = {"number": "continuous", "binary": "binary", "classes": "multiclass"}
    assert table.target is not None
    fold = dealt(train.target, 5, 0) if train.target is not None else None
    made = {
        "target encoding": TargetEncoder(target_type=kinds[table.target.kind]),
        "one-hot": OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=_LEVELS,
            sparse_output=False,
            dtype=np.float32,
        ),
        "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    }
    found = {}
    for name, encoder in made.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of levels that are unknown, as meant
            b = encoder.fit(train.codes, train.target).transform(held.codes)
            a = encoder.transform(train.codes)
            if name == "target encoding":
                a = _apart(encoder, train, fold)
        a, b = a.astype(np.float32), b.astype(np.float32)
        found[name] = features(table, train, a, numbers), features(table, held, b, numbers)
    return found


def _apart(encoder: Any, rows: Encoded, fold: Any) -> NDArray[Any]:
    "What an encoder says of each fold when it has learnt from the others."
    found = None
    for k in np.unique(fold):
        held = fold == k
        part = clone(encoder).fit(rows.codes[~held], rows.take(~held).target)
        said = part.transform(rows.codes[held])
        found = np.empty((len(rows), said.shape[1])) if found is None else found
        found[held] = said
    return np.asarray(found)


def _fed(estimator: Any, table: Table) -> Any:
    "What is fed: a fresh copy, or boosted trees."
    if estimator is not None:
        return clone(estimator)
    assert table.target is not None
    if table.target.kind == "number":
        return HistGradientBoostingRegressor(random_state=0)
    return HistGradientBoostingClassifier(random_state=0)


def _told(scores: dict[str, list[Any]], widths: dict[str, int], measure: str) -> Gains:
    found = {name: np.array(pairs) for name, pairs in scores.items()}  # (cv, 2)
    mean = {name: pairs.mean(0) for name, pairs in found.items()}
    frame = pl.DataFrame(
        {
            "encoding": list(found),
            "columns": [widths[name] for name in found],
            "in sample": [float(mean[name][0]) for name in found],
            "out of fold": [float(mean[name][1]) for name in found],
            "gain in sample": [float(mean[OURS][0] - mean[name][0]) for name in found],
            "gain out of fold": [float(mean[OURS][1] - mean[name][1]) for name in found],
        }
    ).sort("out of fold", descending=True, maintain_order=True)
    rivals = [name for name in found if name not in (OURS, SEEN)]
    best = max(rivals, key=lambda name: mean[name][1])
    gain = found[OURS][:, 1] - found[best][:, 1]
    doubt = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    helped = float(gain.mean()) > 2 * doubt
    told = f"{measure} {mean[OURS][1]:.3f} out of fold, {best} {mean[best][1]:.3f}"
    title = f"Entity embeddings {'helped' if helped else 'did not help'}: {told}"
    return Gains(title, frame, measure, helped, _notes(mean, best, helped, gain, doubt, measure))


def _notes(
    mean: dict[str, Any], best: str, helped: bool, gain: NDArray[Any], doubt: float, measure: str
) -> tuple[str, ...]:
    notes = [f"gain over {best} {gain.mean():+.4f} +- {doubt:.4f}, mean of {len(gain)} parts"]
    if not helped:
        notes.append(f"use {best}: it is simpler, and no worse beyond chance")
    heart = mean[SEEN][0] - mean[SEEN][1]
    fair = mean[OURS][0] - mean[OURS][1]
    if heart > 2 * max(fair, 0) + 0.01:
        notes.append(
            f"without cross-fitting rows in sample look {heart:.3f} better than rows to come"
        )
    if mean[SEEN][1] > mean[OURS][1] + doubt:
        notes.append(
            f"without cross-fitting rows to come are answered better, {measure} "
            f"{mean[SEEN][1]:.3f}: fit(X, y).transform(X) gives such vectors"
        )
    return tuple(notes)
