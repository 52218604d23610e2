"""Distances of vectors beside real ones: do near things lie near?"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, MUTED, PALE, canvas
from entable.data.titled import Titled
from entable.errors import BadInput
from entable.interpret.compare import rotation
from entable.interpret.labels import place
from entable.interpret.near import Metric, check_metric, unit
from entable.interpret.real import Real, real_distances
from entable.interpret.rows import Rows
from entable.interpret.turning import principal

__all__ = ["Against", "set_against"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PAIRS = 2_000_000  # pairs that are looked at; of more, a sample
_TRIED, _SMALL = 999, 500  # permutations, and the most rows for which they are made
_DRAWN = 5000  # pairs in a picture
_BLOCK = 1 << 16  # pairs measured at a time


@dataclass(frozen=True, eq=False, repr=False)
class Against(Answer):
    """Pairs of rows (a, b: positions (p,)), their distances by vectors and in the world (p,).

    pearson and spearman: correlations over the pairs. p_value: of Pearson's by permuting rows
    (Mantel 1967; one-sided, 999 permutations), NaN above 500 rows. places: coordinates (m, 2) and
    positions of rows for `plot_map`, None where there are not two.
    """

    title: str
    titled: Titled
    vectors: Floats
    real: Real
    a: Ints
    b: Ints
    distance: Floats
    world: Floats
    pearson: float
    spearman: float
    p_value: float
    notes: tuple[str, ...] = ()

    @cached_property
    def _off(self) -> Floats:
        "How far a pair is from the straight line, in standard deviations."
        x, y = self.world - self.world.mean(), self.distance - self.distance.mean()
        left = y - x * ((x * y).sum() / (x * x).sum())
        return np.asarray(left / max(float(left.std()), 1e-300))

    @cached_property
    def table(self) -> pl.DataFrame:
        """Every pair, farthest from the straight line first: a, b, distance, real, off.

        off: in standard deviations, below 0 where the vectors are nearer than the world says.
        """
        order = np.argsort(-np.abs(self._off), kind="stable")
        return self._pairs(order)

    @property
    def shown(self) -> pl.DataFrame:
        "The five pairs that are nearer, and farther apart, than the world says."
        order = np.argsort(self._off, kind="stable")
        few = min(5, len(order) // 2)
        return self._pairs(np.concatenate([order[:few], order[len(order) - few :]]))

    def _pairs(self, at: Ints) -> pl.DataFrame:
        names = np.unique(np.concatenate([self.a[at], self.b[at]]))
        labels = self.titled.label(names)
        ends = {
            end: pl.Series(end, labels[np.searchsorted(names, rows[at])].tolist(), pl.String)
            for end, rows in (("a", self.a), ("b", self.b))
        }
        return pl.DataFrame(ends).with_columns(
            distance=self.distance[at], real=self.world[at], off=self._off[at]
        )

    def plot(self, ax: Any = None) -> Any:
        "The pairs as a cloud, with the mean of each tenth; Matplotlib's Axes."
        ax = canvas(ax, title=f"Pearson {self.pearson:.2f}, Spearman {self.spearman:.2f}")
        some = np.random.default_rng(0).permutation(len(self.a))[:_DRAWN]
        size = 6 if len(some) > 500 else 18
        ax.scatter(self.world[some], self.distance[some], s=size, color=PALE, linewidths=0,
                   rasterized=len(some) > 2000)  # fmt: skip
        x, y = _tenths(self.world, self.distance)
        ax.plot(x, y, "o-", color=ACCENT, markersize=4, linewidth=1.6)
        ax.set_xlabel(f"real distance{self.real.unit}")
        ax.set_ylabel("distance of vectors")
        ax.set_ylim(bottom=0)
        return ax

    def plot_map(self, ax: Any = None) -> Any:
        """The vectors in a plane, turned onto the real places (rings); Matplotlib's Axes.

        Laid out by their two main axes, then moved, turned, mirrored and scaled as a whole to come
        nearest to the coordinates. Raises BadInput where there are not two coordinates.
        """
        places = self.real.places
        if places is None or places.shape[1] != 2:
            raise BadInput("a map needs two coordinates of each row; distances came")
        ax = canvas(ax, 7, 7, "Places by vectors, turned onto the real ones")
        laid = _onto(self.vectors, places)
        for (x0, y0), (x1, y1) in zip(places, laid, strict=True):
            ax.plot([x0, x1], [y0, y1], color=PALE, linewidth=0.9, zorder=1)
        ax.scatter(*places.T, s=22, facecolors="none", edgecolors=MUTED, label="real place")
        ax.scatter(*laid.T, s=22, color=ACCENT, linewidths=0, zorder=3, label="by vectors")
        ax.set_aspect("equal", "datalim")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.legend(frameon=False, fontsize=9, labelcolor=INK)
        place(ax, laid, self.titled.label(self.real.at), len(laid), 3.0)
        return ax


def _tenths(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(x, kind="stable")
    parts = np.array_split(order, min(10, max(1, len(order) // 3)))
    return (
        np.array([x[part].mean() for part in parts]),
        np.array([y[part].mean() for part in parts]),
    )


def _onto(vectors: Floats, places: Floats) -> Floats:
    components, _, center = principal(vectors, 2)
    scores = np.einsum("nk,ck->nc", vectors - center, components)
    laid = np.pad(scores, ((0, 0), (0, 2 - scores.shape[1])))
    middle = places.mean(0)
    turned = laid @ rotation(places - middle, laid)
    size = (turned * turned).sum()
    scale = ((places - middle) * turned).sum() / size if size > 0 else 1.0
    return np.asarray(turned * scale + middle)


def set_against(
    rows: Rows, real: Any, metric: Metric = "euclidean", globe: bool = False, seed: int = 0
) -> Against:
    """The distances between all pairs of rows, by their vectors and in the world.

    real: (n, n) distances; (n, d) coordinates; or names of facts that are coordinates (one name, or
    a list). globe: the two coordinates are latitude and longitude in degrees, distances are
    great circles in km. Above 2,000,000 pairs a sample by seed. Raises BadInput for text, other
    shapes, fewer than 3 rows whose place is known, and where all distances are the same.
    """
    check_metric(metric)
    if metric == "dot":
        raise BadInput('metric="dot" is no distance of two rows; "euclidean" or "cosine" is')
    found = real_distances(rows, real, globe)
    vectors = rows.vectors[found.at].astype(np.float64)
    vectors = unit(vectors) if metric == "cosine" else vectors
    a, b, world, notes = _known_pairs(found, seed)
    distance = _between(vectors, a, b, metric)
    _must_vary(world, distance)
    pearson, spearman = _pearson(world, distance), _pearson(_ranks(world), _ranks(distance))
    p_value = _mantel(vectors, a, b, world, metric, seed) if len(vectors) <= _SMALL else np.nan
    title = (
        f"{len(a):,} pairs of {len(vectors):,} {rows.titled.kinds}: distances of vectors and real "
        f"ones correlate by {pearson:.2f} (Pearson), {spearman:.2f} (Spearman)"
    )
    if np.isfinite(p_value):
        title += f", p = {p_value:.3f}"
    return Against(
        title, rows.titled, vectors, found, found.at[a], found.at[b], distance, world,
        pearson, spearman, p_value, (*found.notes, *notes),
    )  # fmt: skip


def _known_pairs(real: Real, seed: int) -> tuple[Ints, Ints, Floats, tuple[str, ...]]:
    "Pairs (p,) of the rows of `real` with a distance, these distances, and notes."
    a, b, notes = _pairs(len(real.at), seed)
    world = real.between(a, b)
    known = np.isfinite(world)
    if not known.all():
        a, b, world = a[known], b[known], world[known]
        notes = (*notes, f"{int((~known).sum()):,} pairs have no real distance and are left out.")
    if len(a) < 3:
        raise BadInput(f"{len(a)} pairs have a real distance; 3 at least were wanted")
    return a, b, world, notes


def _must_vary(world: Floats, distance: Floats) -> None:
    for what, values in (("real distances", world), ("distances of vectors", distance)):
        if np.ptp(values) <= 1e-12 * np.abs(values).max():
            raise BadInput(f"all {what} are the same; nothing can be correlated with them")


def _pairs(n: int, seed: int) -> tuple[Ints, Ints, tuple[str, ...]]:
    "Every pair of n rows once, or a sample of them (where few may come twice), and a note."
    whole = n * (n - 1) // 2
    if whole <= _PAIRS:
        a, b = np.triu_indices(n, 1)
        return a, b, ()
    random = np.random.default_rng(seed)
    a = random.integers(0, n, _PAIRS)
    b = (a + random.integers(1, n, _PAIRS)) % n
    return a, b, (f"{_PAIRS:,} of {whole:,} pairs were looked at.",)


def _between(vectors: Floats, a: Ints, b: Ints, metric: Metric) -> Floats:
    "Distances (p,) of the pairs; vectors are of length 1 for cosine."
    out = np.empty(len(a))
    for s in range(0, len(a), _BLOCK):
        A, B = vectors[a[s : s + _BLOCK]], vectors[b[s : s + _BLOCK]]
        if metric == "cosine":
            out[s : s + _BLOCK] = np.clip(1 - np.einsum("nk,nk->n", A, B), 0, 2)
        else:
            out[s : s + _BLOCK] = np.sqrt(np.einsum("nk,nk->n", A - B, A - B))
    return out


def _pearson(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))


def _ranks(x: Floats) -> Floats:
    return pl.Series(x).rank("average").to_numpy()


def _mantel(vectors: Floats, a: Ints, b: Ints, world: Floats, metric: Metric, seed: int) -> float:
    "Share of permutations of the rows that correlate at least as well, the real one included."
    n = len(vectors)
    i, j = np.triu_indices(n, 1)
    table = np.zeros((n, n))
    table[i, j] = table[j, i] = _between(vectors, i, j, metric)
    x = world - world.mean()
    random = np.random.default_rng(seed)
    here, found = _alike(x, table[a, b]), 1
    for _ in range(_TRIED):
        order = random.permutation(n)
        found += _alike(x, table[order[a], order[b]]) >= here - 1e-12
    return found / (_TRIED + 1)


def _alike(x: Floats, y: Floats) -> float:
    "Pearson's r but for the length of x, which is centered and always the same."
    y = y - y.mean()
    length = np.sqrt(np.einsum("p,p->", y, y))
    return float(np.einsum("p,p->", x, y) / length) if length > 0 else 0.0
