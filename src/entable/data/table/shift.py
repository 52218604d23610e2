"""How well two frames can be told apart, and by which columns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from entable._answer import Answer
from entable._extras import need
from entable._plots import ACCENT, MUTED, PALE, WARM, canvas, short
from entable.data.table.encoded import Encoded
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.table.table import Table

__all__ = ["Shift", "auc", "shift"]

_FOLDS = 3
_SHUFFLED = 1000  # rows of each frame and fold that a column is shuffled in
_LEAST = 20  # rows of each frame


@dataclass(frozen=True, eq=False, repr=False)
class Shift(Answer):
    """How well a classifier tells two frames apart: .5 not at all, 1 always.

    auc: of boosted trees on rows that they did not see. table: column; alone (the AUC of this
    column by itself); lost (how much of the trees' AUC goes when it is shuffled); and unseen and
    missing, shares of rows: of levels that were not learnt in the second frame, and of gaps in it
    less those in the first. The columns that tell most come first.
    """

    title: str
    auc: float
    columns: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "A row per column, the most telling first."
        return self.columns

    def plot(self, ax: Any = None, n: int = 20) -> Any:
        "The AUC of each column alone; Matplotlib's Axes."
        frame = self.table.head(n)
        ax = canvas(ax, 7, 1.2 + 0.28 * len(frame), self.title)
        y = -np.arange(len(frame))
        alone = frame["alone"].to_numpy()
        ax.hlines(y, 0.5, alone, color=PALE, linewidth=2)
        ax.scatter(alone, y, color=ACCENT, s=30, zorder=3, label="one column")
        ax.axvline(self.auc, color=WARM, linewidth=1.5, label="all together")
        ax.set_yticks(y, [short(name) for name in frame["column"]])
        ax.set_xlabel("AUC: 0.5 looks the same, 1 is always told apart")
        ax.set_xlim(min(0.48, float(alone.min(initial=0.5)) - 0.01), 1.005)
        ax.legend(frameon=False, fontsize=8, labelcolor=MUTED, loc="lower right")
        return ax


def shift(table: "Table", frame: Any, other: Any, rows: int = 10_000, seed: int = 0) -> Shift:
    "See `Table.shift`."
    rng = np.random.default_rng(seed)
    first = _some(table.apply(frame, target=False), rows, rng, "first")
    second = _some(table.apply(other, target=False), rows, rng, "second")
    wide, names, bins = _columns(table, first, second)
    side = np.repeat([0, 1], [len(first), len(second)])
    fold = _folds(side, rng)
    whole, lost = _trees(wide, side, fold, seed)
    alone = [_alone(b, side, fold) for b in bins]
    found = pl.DataFrame(
        {
            "column": names, "alone": alone, "lost": lost,
            "unseen": _unseen(table, second), "missing": _missing(table, first, second),
        }
    ).sort(pl.max_horizontal("alone", 0.5 + pl.col("lost")), descending=True)  # fmt: skip
    return Shift(_told(whole), whole, found, _notes(found))


def auc(score: NDArray[Any], side: NDArray[Any]) -> float:
    "The chance that a row of the second frame has the higher score; ties count half."
    ranks = pl.Series(score).rank("average").to_numpy()
    ones = int(side.sum())
    zeros = len(side) - ones
    return float((ranks[side == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _some(rows: Encoded, most: int, rng: np.random.Generator, which: str) -> Encoded:
    if len(rows) < _LEAST:
        raise BadInput(
            f"the {which} frame has {len(rows):,} rows; {_LEAST} at least are needed to tell"
        )
    if len(rows) > most:
        return rows.take(np.sort(rng.choice(len(rows), most, replace=False)))
    return rows


def _columns(
    table: "Table", first: Encoded, second: Encoded
) -> tuple[NDArray[np.float32], list[str], list[NDArray[np.int64]]]:
    "All columns as numbers (n, D), their names, and each cut into bins (n,)."
    codes = np.concatenate([first.codes, second.codes])
    numbers = np.concatenate([first.numbers, second.numbers])
    gaps = np.concatenate([first.missing, second.missing])
    kept = [k for k, c in enumerate(table.categories) if not c.also]
    names = [table.categories[k].name for k in kept] + [x.name for x in table.numbers]
    bins = [codes[:, k].astype(np.int64) for k in kept]
    for k, number in enumerate(table.numbers):
        at = np.searchsorted(number.edges, numbers[:, k]) + 1
        bins.append(np.where(gaps[:, k], 0, at).astype(np.int64))
    wide = [codes[:, kept].astype(np.float32), np.where(gaps, np.float32(np.nan), numbers)]
    return np.concatenate(wide, 1), names, bins


def _folds(side: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    "Folds of equal shares of both frames."
    fold = np.empty(len(side), np.int64)
    for which in (0, 1):
        at = rng.permutation(np.flatnonzero(side == which))
        fold[at] = np.arange(len(at)) % _FOLDS
    return fold


def _trees(
    wide: NDArray[np.float32], side: NDArray[Any], fold: NDArray[Any], seed: int
) -> tuple[float, NDArray[np.float64]]:
    "The AUC of boosted trees on rows they did not see, and what each column's shuffling costs."
    ensemble = need("sklearn.ensemble")
    score = np.empty(len(side))
    lost = np.zeros(wide.shape[1])
    for k in range(_FOLDS):
        model = ensemble.HistGradientBoostingClassifier(
            max_iter=40, learning_rate=0.2, early_stopping=False, random_state=seed
        )
        with threadpool_limits(1, user_api="openmp"):  # short loops: threads wait for one another
            model.fit(wide[fold != k], side[fold != k])
            held = np.flatnonzero(fold == k)
            score[held] = model.decision_function(wide[held])
            few = np.concatenate([held[side[held] == s][:_SHUFFLED] for s in (0, 1)])
            lost += _cost(model, wide[few], side[few], score[few], seed)
    return auc(score, side), lost / _FOLDS


def _cost(
    model: Any, rows: NDArray[np.float32], side: NDArray[Any], score: NDArray[Any], seed: int
) -> NDArray[np.float64]:
    "What of the AUC goes when one column is shuffled (D,)."
    order = np.random.default_rng(seed).permutation(len(rows))
    whole = auc(score, side)
    lost = np.empty(rows.shape[1])
    for j, kept in enumerate(rows.T.copy()):
        rows[:, j] = kept[order]
        lost[j] = whole - auc(model.decision_function(rows), side)
        rows[:, j] = kept
    return lost


def _alone(bins: NDArray[np.int64], side: NDArray[Any], fold: NDArray[Any]) -> float:
    "The AUC of one column: log odds of its bins, counted on the other folds."
    score = np.empty(len(side))
    size = int(bins.max()) + 1
    for k in range(_FOLDS):
        kept = fold != k
        ones = np.bincount(bins[kept & (side == 1)], minlength=size) + 1.0
        zeros = np.bincount(bins[kept & (side == 0)], minlength=size) + 1.0
        score[fold == k] = np.log(ones / zeros)[bins[fold == k]]
    return auc(score, side)


def _unseen(table: "Table", second: Encoded) -> list[float]:
    kept = [k for k, c in enumerate(table.categories) if not c.also]
    shares = (second.codes[:, kept] == 0).mean(0)
    return [*shares.tolist(), *[0.0] * len(table.numbers)]


def _missing(table: "Table", first: Encoded, second: Encoded) -> list[float]:
    kept = [k for k, c in enumerate(table.categories) if not c.also]
    codes = (second.codes[:, kept] == 1).mean(0) - (first.codes[:, kept] == 1).mean(0)
    return [*codes.tolist(), *(second.missing.mean(0) - first.missing.mean(0)).tolist()]


def _told(whole: float) -> str:
    if whole < 0.55:
        return f"The frames cannot be told apart: AUC {whole:.3f}"
    how = "somewhat" if whole < 0.7 else "well" if whole < 0.95 else "nearly always"
    return f"The frames can be told apart {how}: AUC {whole:.3f}"


def _notes(found: pl.DataFrame) -> tuple[str, ...]:
    notes = []
    telling = found.filter(pl.col("alone") > 0.7)["column"].to_list()
    if telling:
        words = "tells" if len(telling) == 1 else "tell"
        notes.append(f"{', '.join(telling)} {words} them apart without the others")
    new = found.filter(pl.col("unseen") > 0)
    if len(new):
        each = ", ".join(f"{c} {u:.1%}" for c, u in new.select("column", "unseen").iter_rows())
        notes.append(f"rows of the second frame on levels that were not learnt: {each}")
    return tuple(notes)
