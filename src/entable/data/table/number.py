"""One column of numbers: what fills its gaps, its scale, its quantiles."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.errors import BadInput

__all__ = ["BINS", "SCALINGS", "Number", "floats"]

SCALINGS = ("robust", "standard", "quantile", "none")
_KNOTS = 1000  # quantiles kept for scaling="quantile"
BINS = 24  # steps of a histogram
_REACH = 3.0  # where smooth clipping ends


@dataclass(frozen=True, eq=False)
class Number:
    """How a column of numbers is filled and scaled.

    fill: what stands for a missing value. center, scale: subtracted and divided by. edges: float32
    quantiles of training in scaled units, rising, two at least. whole: all were whole numbers.
    gaps: how many were missing. low, median, high: of training. counts: int64 (24,), rows of
    training between low and high in steps of equal width. knots: float64 (2, k),
    quantiles of training and where a normal distribution has them, for scaling by quantiles; else
    k is 0.
    """

    name: str
    fill: float
    center: float
    scale: float
    edges: NDArray[np.float32]
    whole: bool
    gaps: int
    low: float
    median: float
    high: float
    scaling: str
    counts: NDArray[np.int64]
    knots: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        values: NDArray[np.float64],
        name: str,
        scaling: str = "robust",
        fill: str | float = "median",
        bins: int = 48,
    ) -> "Number":
        """Learn from values (n,), NaN where missing; one at least is not.

        scaling: "robust" (median, quartiles, smoothly clipped at 3), "standard" (mean, deviation),
        "quantile" (to a normal distribution) or "none". fill: "median", "mean" or a number.
        """
        known = np.sort(values[~np.isnan(values)])
        center, scale = _scales(known, scaling)
        number = cls(
            name,
            _filling(known, fill, name),
            center,
            scale,
            np.zeros(0, np.float32),
            bool((known == np.floor(known)).all()),
            len(values) - len(known),
            float(known[0]),
            float(np.median(known)),
            float(known[-1]),
            scaling,
            _counts(known),
            _knots(known) if scaling == "quantile" else np.zeros((2, 0)),
        )
        object.__setattr__(number, "edges", _distinct(number.scaled(_edges(known, bins))))
        return number

    def scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        "Values in the units that models see; NaN stays."
        if self.scaling == "quantile":
            return np.asarray(np.interp(values, *self.knots))
        z = (values - self.center) / self.scale
        if self.scaling == "robust":
            z = z / np.sqrt(1 + (z / _REACH) ** 2)
        return z

    def apply(self, series: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Scaled and filled values (n,), and which were missing (n,).

        Raises BadInput with row and value for what is no finite number.
        """
        values = floats(series, self.name)
        missing = np.isnan(values)
        if missing.any():
            values = np.where(missing, self.fill, values)
        return self.scaled(values).astype(np.float32), missing


def floats(series: pl.Series, name: str) -> NDArray[np.float64]:
    """A column as float64 (n,), NaN where missing.

    Raises BadInput with row and value for what is no finite number.
    """
    found = _numeric(series, name)
    values = found.cast(pl.Float64).to_numpy()  # nulls become NaN
    bad = np.isinf(values)
    if bad.any():
        row = int(bad.argmax())
        raise BadInput(
            f"column {name!r}, row {row + 1:,}: {values[row]} is not finite; mend it, or leave "
            f"it empty, which counts as missing{_more(int(bad.sum()))}"
        )
    return values


def _numeric(series: pl.Series, name: str) -> pl.Series:
    dtype = series.dtype
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        return series
    if dtype == pl.Time:
        return series.to_physical() / 1e9
    if dtype == pl.Duration:
        return series.dt.total_microseconds() / 1e6
    if dtype == pl.String or isinstance(dtype, (pl.Categorical, pl.Enum)):
        return _from_text(series.cast(pl.String), name)
    raise BadInput(f"column {name!r} holds {dtype}; it is a number here")


def _from_text(series: pl.Series, name: str) -> pl.Series:
    texts = series.str.strip_chars()
    texts = texts.set(texts == "", None)
    found = texts.cast(pl.Float64, strict=False)
    bad = found.is_null() & texts.is_not_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise BadInput(
            f"column {name!r}, row {row + 1:,}: {series[row]!r} is no number, and the column is "
            f"one; if it means a missing value, missing=[{series[row]!r}] says so when the table "
            f"is fitted{_more(int(bad.sum()))}"
        )
    return found


def _more(count: int) -> str:
    return f" (and {count - 1:,} more like it)" if count > 1 else ""


def _scales(known: NDArray[np.float64], scaling: str) -> tuple[float, float]:
    if scaling in ("quantile", "none"):
        return 0.0, 1.0
    deviation = float(known.std()) if known[-1] > known[0] else 0.0
    if scaling == "standard":
        return float(known.mean()), deviation or 1.0
    low, center, high = np.quantile(known, [0.25, 0.5, 0.75])
    return float(center), float(high - low) or deviation or 1.0


def _filling(known: NDArray[np.float64], fill: str | float, name: str) -> float:
    if isinstance(fill, str):
        if fill not in ("median", "mean"):
            raise BadInput(f"fill={fill!r} came for {name!r}; wanted 'median', 'mean' or a number")
        return float(np.median(known) if fill == "median" else known.mean())
    if not np.isfinite(fill):
        raise BadInput(f"fill={fill!r} came for {name!r}; wanted a finite number")
    return float(fill)


def _counts(known: NDArray[np.float64]) -> NDArray[np.int64]:
    width = known[-1] - known[0]
    at = (known - known[0]) * (BINS / width if width else 0)
    return np.bincount(np.minimum(at.astype(np.int64), BINS - 1), minlength=BINS)


def _knots(known: NDArray[np.float64]) -> NDArray[np.float64]:
    n = min(_KNOTS, len(known))
    quantiles = np.quantile(known, np.linspace(0, 1, n), method="inverted_cdf")
    inverse = NormalDist().inv_cdf
    scores = np.array([inverse((k + 0.5) / n) for k in range(n)])
    values, at = np.unique(quantiles, return_inverse=True)
    return np.stack([values, np.bincount(at, scores) / np.bincount(at)])


def _edges(known: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Quantiles that cut known values into about equally full bins.

    A value that fills two bins by itself gets edges on both sides, and the others share the rest.
    """
    values, counts = np.unique(known, return_counts=True)
    if len(values) <= bins + 1:
        return values
    heavy = np.flatnonzero(counts > 2 * len(known) / bins)
    marks = np.concatenate([heavy - 1, heavy, heavy + 1, [0, len(values) - 1]])
    marks = np.unique(np.clip(marks, 0, len(values) - 1))
    light = counts.astype(np.float64)
    light[heavy] = 0
    left = max(bins + 1 - len(marks), bins // 4)
    share = np.cumsum(light) / light.sum()
    between = np.searchsorted(share, np.arange(1, left + 1) / (left + 1))
    return np.asarray(values[np.union1d(marks, np.minimum(between, len(values) - 1))])


def _distinct(scaled: NDArray[Any]) -> NDArray[np.float32]:
    edges = np.unique(scaled.astype(np.float32))
    return edges if len(edges) > 1 else np.array([edges[0], edges[0] + 1], np.float32)
