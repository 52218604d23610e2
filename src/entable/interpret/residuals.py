"""Where predictions were wrong: for whom, on what, and against count, time and prediction."""

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, MUTED, WARM, canvas
from entable.data.titled import Titled
from entable.errors import BadInput

__all__ = ["By", "Residuals", "Side"]

By = Literal["prediction", "count", "user count", "time", "calibration"]
Floats = NDArray[np.float64]
_LEVELS = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95)  # per cent
_BINS = 10
_WORST = 20  # rows of the tables of the worst
_DAMP = 5.0  # ratings without any error that every user and item is taken to have beside its own


@dataclass(frozen=True, eq=False)
class Side:
    """One side of m judged ratings: n names, which of them each rating has, how well it is known.

    Shapes: at (m,) positions in `titled`, counts (n,) ratings that the model learnt each from (0
    where it does not know it).
    """

    titled: Titled
    at: NDArray[np.integer]
    counts: NDArray[np.integer]


@dataclass(frozen=True, eq=False, repr=False)
class Residuals(Answer):
    """True ratings less predicted ones, above 0 where the truth was better than the prediction.

    Given by arrays of m ratings: truth, raw (the score before it is cut to the range lo..hi), std
    (the deviation that the model expects of a rating), time (seconds since 1970) or None. `table`
    has a row for each: user, item, label, rating, score, residual, std. `users` and `items` are
    those with the largest damped mean residuals, `ratings` the single ratings with the largest.
    """

    user: Side
    item: Side
    truth: Floats
    raw: Floats
    std: Floats
    lo: float = -np.inf
    hi: float = np.inf
    time: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        m = len(self.truth)
        if not m:
            raise BadInput("there are no ratings to be wrong about")
        columns = (self.raw, self.std, self.user.at, self.item.at, self.time)
        if any(column is not None and len(column) != m for column in columns):
            raise BadInput(f"predictions, names and times must be as many as the {m:,} ratings")

    @cached_property
    def score(self) -> Floats:
        "(m,) predictions, cut to the range."
        return np.clip(self.raw, self.lo, self.hi)

    @cached_property
    def residual(self) -> Floats:
        "(m,) truth less prediction."
        return np.asarray(self.truth, np.float64) - self.score

    @property
    def rmse(self) -> float:
        "Root of the mean squared residual."
        return float(np.sqrt(np.mean(self.residual**2)))

    @property
    def title(self) -> str:  # type: ignore[override]
        "How wrong, on average and with which sign."
        held = self.calibration.filter(pl.col("level") == 0.8)["covered"][0]
        return (
            f"RMSE {self.rmse:.4f} on {len(self.truth):,} ratings, mean residual "
            f"{self.residual.mean():+.3f}; {held:.1%} lie inside their 80 % intervals"
        )

    @cached_property
    def table(self) -> pl.DataFrame:
        "Every rating: user, item, (label,) rating, score, residual, std."
        return self._told(np.arange(len(self.truth)))

    @property
    def shown(self) -> pl.DataFrame:
        "The ratings that were missed most."
        return self.ratings.head(10)

    @cached_property
    def ratings(self) -> pl.DataFrame:
        "The single ratings with the largest residuals, as in `table`."
        return self._told(np.argsort(-np.abs(self.residual), kind="stable")[:_WORST])

    @cached_property
    def users(self) -> pl.DataFrame:
        """Users whom the model underrates or overrates: user, count, mean, damped, rmse.

        count: ratings judged here. mean: mean residual. damped: the same with 5 ratings without
        error more, so that one odd rating does not lead; the largest come first.
        """
        return self._systematic(self.user)

    @cached_property
    def items(self) -> pl.DataFrame:
        "Items that the model underrates or overrates, as `users` gives them."
        return self._systematic(self.item)

    @cached_property
    def by_prediction(self) -> pl.DataFrame:
        """Residuals by predicted value: low, high, n, mean, se, rmse, expected.

        The ratings are sorted by it and cut into ten bins of about the same size, low to high. se:
        standard error of the mean residual (NaN for one rating). expected: root of the mean
        variance that the model expects.
        """
        return self._binned(self.score)

    @cached_property
    def by_count(self) -> pl.DataFrame:
        "Residuals by how many ratings the item was learnt from, as `by_prediction`."
        return self._binned(self.item.counts[self.item.at].astype(np.float64))

    @cached_property
    def by_user_count(self) -> pl.DataFrame:
        "Residuals by how many ratings the user was learnt from, as `by_prediction`."
        return self._binned(self.user.counts[self.user.at].astype(np.float64))

    @cached_property
    def by_time(self) -> pl.DataFrame | None:
        "Residuals by moment (low and high are Datetime), as `by_prediction`; None without times."
        if self.time is None:
            return None
        moment = pl.from_epoch(pl.col("low", "high").cast(pl.Int64))
        return self._binned(self.time.astype(np.float64)).with_columns(moment)

    @cached_property
    def calibration(self) -> pl.DataFrame:
        """Do intervals hold what they say: level, covered, n.

        level: the share of ratings that should lie inside central normal intervals cut to the
        range, .1 to .95; covered: the share that does.
        """
        levels = np.array(_LEVELS) / 100
        covered = [self._covered(level) for level in levels.tolist()]
        return pl.DataFrame(
            {"level": levels, "covered": covered, "n": [len(self.truth)] * len(levels)}
        )

    def _covered(self, level: float) -> float:
        half = NormalDist().inv_cdf(0.5 + level / 2) * self.std
        low, high = (np.clip(self.raw + way * half, self.lo, self.hi) for way in (-1, 1))
        return float(((self.truth >= low) & (self.truth <= high)).mean())

    def _told(self, rows: NDArray[np.integer]) -> pl.DataFrame:
        who = self.user.titled.told(self.user.at[rows], "user")
        what = self.item.titled.told(self.item.at[rows], "item")
        numbers = {
            "rating": self.truth[rows],
            "score": self.score[rows],
            "residual": self.residual[rows],
            "std": self.std[rows],
        }
        return pl.DataFrame({"user": who["user"]} | what | numbers)

    def _systematic(self, side: Side) -> pl.DataFrame:
        n = len(side.titled)
        count = np.bincount(side.at, minlength=n)
        total = np.bincount(side.at, self.residual, n)
        squares = np.bincount(side.at, self.residual**2, n)
        damped = total / (count + _DAMP)
        met = np.flatnonzero(count)
        worst = met[np.argsort(-np.abs(damped[met]), kind="stable")][:_WORST]
        numbers = {
            "count": count[worst],
            "mean": total[worst] / count[worst],
            "damped": damped[worst],
            "rmse": np.sqrt(squares[worst] / count[worst]),
        }
        return pl.DataFrame(side.titled.told(worst) | numbers)

    def _binned(self, values: Floats) -> pl.DataFrame:
        bins = _quantiles(values)
        n = np.bincount(bins)
        mean = np.bincount(bins, self.residual) / n
        square = np.bincount(bins, self.residual**2) / n
        spread = np.maximum(square - mean**2, 0)
        ends = [reduce_at(values, bins) for reduce_at in (_least, _most)]
        return pl.DataFrame(
            {
                "low": ends[0],
                "high": ends[1],
                "n": n,
                "mean": mean,
                "se": np.sqrt(np.where(n > 1, spread / np.maximum(n - 1, 1), np.nan)),
                "rmse": np.sqrt(square),
                "expected": np.sqrt(np.bincount(bins, self.std**2) / n),
            }
        )

    def plot(self, ax: Any = None, by: By = "prediction") -> Any:
        """Mean residual and RMSE by predicted value, count of the item or user, or time, or how
        often intervals hold.

        Returns Matplotlib's Axes. Raises BadInput for another `by`, and for "time" without times.
        """
        if by not in get_args(By):
            raise BadInput(f"by={by!r} came; wanted one of {', '.join(map(repr, get_args(By)))}")
        if by == "calibration":
            return _draw_calibration(ax, self.calibration)
        frame = getattr(self, f"by_{by.replace(' ', '_')}")
        if frame is None:
            raise BadInput("these ratings have no times: plot by prediction or count")
        return _draw_bins(ax, frame, by)


def _quantiles(values: Floats) -> NDArray[np.int64]:
    "Bins (m,) from 0 on of about the same size; equal values share one, and none is empty."
    cuts = np.quantile(values, np.arange(1, _BINS) / _BINS, method="higher")
    raw = np.searchsorted(np.unique(cuts), values, side="right")
    return np.unique(raw, return_inverse=True)[1].astype(np.int64)


def _least(values: Floats, bins: NDArray[np.int64]) -> Floats:
    found = np.full(int(bins.max()) + 1, np.inf)
    np.minimum.at(found, bins, values)
    return found


def _most(values: Floats, bins: NDArray[np.int64]) -> Floats:
    return -_least(-values, bins)


_NAMES = {  # of a picture, and of its horizontal axis
    "prediction": ("Residuals by prediction", "predicted rating"),
    "count": ("Residuals by count of the item", "ratings the item was learnt from"),
    "user count": ("Residuals by count of the user", "ratings the user was learnt from"),
    "time": ("Residuals over time", ""),
}


def _draw_bins(ax: Any, frame: pl.DataFrame, by: str) -> Any:
    title, name = _NAMES[by]
    ax = canvas(ax, 6.5, 3.6, title)
    x, mean, se = _middles(frame, by), frame["mean"].to_numpy(), frame["se"].to_numpy()
    ax.axhline(0, color=MUTED, lw=0.8)
    label = "mean residual, ± 2 standard errors"
    ax.errorbar(x, mean, 2 * se, fmt="o-", color=ACCENT, ms=4, lw=1.5, capsize=2, label=label)
    ax.plot(x, frame["rmse"], "s-", color=WARM, ms=4, lw=1.5, label="RMSE")
    ax.plot(x, frame["expected"], "--", color=MUTED, lw=1.2, label="RMSE the model expects")
    if "count" in by:
        _count_axis(ax, x)
    ax.set_xlabel(name)
    ax.legend(frameon=False, fontsize=8, labelcolor=INK)
    return ax


def _middles(frame: pl.DataFrame, by: str) -> Any:
    "The middle of each bin: halfway, by ratio for counts."
    low, high = frame["low"], frame["high"]
    if by == "time":
        return ((low.dt.epoch("s") + high.dt.epoch("s")) // 2 * 1_000_000).cast(pl.Datetime("us"))
    if "count" in by:
        return np.sqrt((low.to_numpy() + 1) * (high.to_numpy() + 1)) - 1
    return ((low + high) / 2).to_numpy()


def _count_axis(ax: Any, x: Floats) -> None:
    "A logarithmic axis that begins at 0, with round numbers."
    ax.set_xscale("symlog", linthresh=1)
    steps = [0, *(a * 10**b for b in range(9) for a in (1, 3))]
    ticks = [t for t in steps if x[0] / 2 <= t <= x[-1] * 1.5]
    ax.set_xticks(ticks, [f"{t:,}" for t in ticks])
    ax.minorticks_off()


def _draw_calibration(ax: Any, frame: pl.DataFrame) -> Any:
    ax = canvas(ax, 4.8, 4.2, "Do intervals hold what they say?")
    level, covered = frame["level"].to_numpy() * 100, frame["covered"].to_numpy() * 100
    ax.plot([0, 100], [0, 100], "--", color=MUTED, lw=1, label="as promised")
    ax.plot(level, covered, "o-", color=ACCENT, ms=5, lw=1.5, label="measured")
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    ax.set_xlabel("level of the interval, %")
    ax.set_ylabel("ratings inside, %")
    ax.legend(frameon=False, fontsize=9, loc="upper left", labelcolor=INK)
    return ax
