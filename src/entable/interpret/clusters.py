"""Groups of rows by k-means, each described by its facts and its names."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from entable._answer import Answer
from entable._cores import blas_at_one
from entable._extras import need
from entable._plots import GROUPS
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.interpret.facts import Features, features
from entable.interpret.maps import Map, Method, lay_out
from entable.interpret.rows import Rows, chosen

__all__ = ["Clusters", "find_clusters"]

Floats = NDArray[np.float64]

_STARTS = 10  # random starts of which the best is kept
_NAMES = 4  # named of each cluster
_TOLD = 3  # facts told of each cluster
_SUPPORT = 5  # rows that a fact needs in a cluster
_LIFT = 1.5  # times as frequent as among all
_SHIFT = 0.5  # or standard deviations away from the mean of all
_SURE = 3.0  # standard errors


@dataclass(frozen=True, eq=False, repr=False)
class Clusters(Answer):
    """Rows in groups, numbered from 1 by size.

    of: (n,) the group of each row, 0 for rows with too few ratings to be grouped. centres (c, k).
    inertia: mean squared distance of the grouped rows to their centres, as a share of that to the
    centre of all. `lifts` has each fact that is more frequent in a cluster than among all: cluster,
    fact, inside, overall (shares, or means of a number), lift (their ratio, None for numbers),
    n, z (standard errors from chance). `table` has cluster, size, facts, middle, most_rated.
    """

    title: str
    rows: Rows
    of: NDArray[np.int64]
    centres: Floats
    inertia: float
    lifts: pl.DataFrame
    min_count: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.centres)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        "(c,) rows of each cluster."
        return np.bincount(self.of, minlength=len(self) + 1)[1:]

    def members(self, cluster: int) -> NDArray[np.int64]:
        """Positions of a cluster's rows, those nearest to its centre first.

        Raises BadInput for a number that no cluster has.
        """
        if not 1 <= cluster <= len(self):
            raise BadInput(f"cluster {cluster} came; they are numbered from 1 to {len(self)}")
        at = np.flatnonzero(self.of == cluster)
        gaps = self.rows.vectors[at] - self.centres[cluster - 1]
        return at[np.argsort(np.einsum("nk,nk->n", gaps, gaps), kind="stable")]

    @cached_property
    def _table(self) -> pl.DataFrame:
        numbers = range(1, len(self) + 1)
        middle = [self.members(c) for c in numbers]
        most = [at[np.argsort(-self.rows.counts[at], kind="stable")] for at in middle]
        return pl.DataFrame(
            {
                "cluster": [*numbers],
                "size": self.sizes,
                "facts": [self._facts(c) for c in numbers],
                "middle": [self._names(at) for at in middle],
                "most_rated": [self._names(at) for at in most],
            }
        )

    @property
    def table(self) -> pl.DataFrame:
        "cluster, size, facts (text), middle and most_rated (names, by label)."
        rated = bool(self.rows.counts.any())
        return self._table if rated else self._table.drop("most_rated")

    @property
    def shown(self) -> pl.DataFrame:
        "The same with names as text."
        lists = [c for c, kind in self.table.schema.items() if kind == pl.List(pl.String)]
        return self.table.with_columns(pl.col(lists).list.join(", "))

    def _names(self, at: NDArray[np.int64]) -> list[str]:
        return [str(label) for label in self.rows.titled.label(at[:_NAMES])]

    def _of(self, cluster: int) -> pl.DataFrame:
        return self.lifts.filter(pl.col("cluster") == cluster)

    def _facts(self, cluster: int) -> str:
        return ", ".join(map(_told, self._of(cluster).head(_TOLD).iter_rows(named=True)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        'A short name for each: its number and most typical facts, "1: Horror, Sci-Fi".'
        found = []
        for cluster in range(1, len(self) + 1):
            flags = self._of(cluster).filter(pl.col("lift").is_not_null())["fact"].head(2)
            like = self._table[cluster - 1, "most_rated"][0]
            found.append(f"{cluster}: {', '.join(map(_level, flags)) or f'such as {like}'}")
        return tuple(found)

    def map(self, method: Method = "pca", seed: int = 0) -> Map:
        "The grouped rows in a plane, coloured by cluster."
        names = ["", *self.names]
        color = pl.Series("cluster", [names[c] or None for c in self.of], pl.String)
        found = lay_out(self.rows, method, self.min_count, color, seed)
        merged = len(self) - len(GROUPS) + 1
        if merged < 2:
            return found
        return replace(
            found, notes=(*found.notes, f"The {merged} smallest clusters share a colour.")
        )

    def plot(self, ax: Any = None, labels: int = 30) -> Any:
        "The map of the clusters, on Matplotlib's Axes; raises MissingExtra without Matplotlib."
        return self.map().plot(ax, labels)


def _level(fact: str) -> str:
    'The level of a fact: "genres: Horror" -> "Horror".'
    return fact.rpartition(": ")[2]


def _told(row: dict[str, Any]) -> str:
    if row["lift"] is not None:
        return f"{_level(row['fact'])} {row['lift']:.1f}x"
    if row["fact"] == "log count":
        return f"{np.exp(row['inside']):.0f} ratings (all {np.exp(row['overall']):.0f})"
    form = ".0f" if abs(row["overall"]) >= 100 else ".3g"
    return f"{row['fact']} {row['inside']:{form}} (all {row['overall']:{form}})"


def find_clusters(rows: Rows, n: int, min_count: int | None, seed: int) -> Clusters:
    """See Embeddings.clusters.

    k-means (Lloyd 1982) from ten k-means++ starts of one seed, on one thread, so that the same
    rows give the same clusters.
    """
    wanted = at_least_one(n)
    at, least = chosen(rows, min_count)
    vectors = rows.vectors[at].astype(np.float64)
    _check(vectors, wanted, least if len(at) < len(rows) else 0)
    labels, centres = _means(vectors, wanted, seed)
    of = np.zeros(len(rows), np.int64)
    of[at] = labels + 1
    known = features(rows)
    rated = f" with at least {least:,} {rows.titled.units}" if least > 1 else ""
    return Clusters(
        title=f"{len(at):,} {rows.titled.kinds}{rated} in {wanted} clusters by k-means",
        rows=rows,
        of=of,
        centres=centres,
        inertia=_inertia(vectors, centres[labels]),
        lifts=_lifts(known, of, at),
        min_count=least,
        notes=known.notes,
    )


def _check(vectors: Floats, wanted: int, least: int) -> None:
    different = len(np.unique(vectors, axis=0))
    if different < wanted:
        raise BadInput(
            f"{wanted} clusters were wanted of {different:,} different vectors; ask for fewer"
            + (f", or lower min_count (now {least:,})" if least else "")
        )


def _means(vectors: Floats, n: int, seed: int) -> tuple[NDArray[np.int64], Floats]:
    "Labels (m,) from 0, the largest cluster first, and centres (n, k)."
    cluster = need("sklearn.cluster")
    with blas_at_one(), threadpool_limits(1, "openmp"):
        made = cluster.KMeans(n, n_init=_STARTS, random_state=seed).fit(vectors)
    order = np.argsort(-np.bincount(made.labels_, minlength=n), kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    labels = rank[made.labels_]
    return labels, np.stack([vectors[labels == c].mean(0) for c in range(n)])


def _inertia(vectors: Floats, centres: Floats) -> float:
    whole = ((vectors - vectors.mean(0)) ** 2).sum()
    return float(((vectors - centres) ** 2).sum() / whole) if whole else 0.0


def _lifts(known: Features, of: NDArray[np.int64], at: NDArray[np.int64]) -> pl.DataFrame:
    "Facts that set clusters apart, within each the surest first."
    found = []
    for name, column in zip(known.names, known.values[at].T, strict=True):
        there = np.isfinite(column)
        if there.sum() < 2 or column[there].std() == 0:
            continue
        flag = bool(np.isin(column[there], (0.0, 1.0)).all())
        for cluster in range(1, int(of.max()) + 1):
            row = _lift(column[there], of[at][there] == cluster, flag)
            if row is not None:
                found.append((cluster, name, *row))
    schema = {
        "cluster": pl.Int64, "fact": pl.String, "inside": pl.Float64, "overall": pl.Float64,
        "lift": pl.Float64, "n": pl.Int64, "z": pl.Float64,
    }  # fmt: skip
    frame = pl.DataFrame(found, schema, orient="row")
    return frame.sort("cluster", -pl.col("z").abs(), maintain_order=True)


def _lift(x: Floats, inside: NDArray[np.bool_], flag: bool) -> tuple[Any, ...] | None:
    """inside, overall, lift, n, z of a fact in a cluster; None where it does not stand out.

    z: by how many standard errors of a draw without replacement the mean inside differs.
    """
    m, n = len(x), int(inside.sum())
    if n < 2 or n == m:
        return None
    overall, here, spread = x.mean(), x[inside].mean(), x.std()
    z = (here - overall) / (spread * np.sqrt((m - n) / (m - 1) / n))
    if flag:
        support = int(x[inside].sum())
        clear = z >= _SURE and support >= _SUPPORT and here >= _LIFT * overall
        return (here, overall, here / overall, support, z) if clear else None
    clear = abs(z) >= _SURE and n >= _SUPPORT and abs(here - overall) >= _SHIFT * spread
    return (here, overall, None, n, z) if clear else None
