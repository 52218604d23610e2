"""Embeddings: names and their vectors, which read themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.titled import one_name
from entable.embeddings.named import Named
from entable.interpret.against import Against, set_against
from entable.interpret.axes import Axes, draw_axis, find_axes
from entable.interpret.bias import BiasRanking, rank_by_bias
from entable.interpret.clusters import Clusters, find_clusters
from entable.interpret.compare import Comparison, compare_rows
from entable.interpret.health import Health, examine
from entable.interpret.maps import Map, lay_out
from entable.interpret.near import Metric, Neighbours, distances, like, neighbours, solve_analogy
from entable.interpret.reduction import Reduction, reduce_rows

__all__ = ["Embeddings"]


@dataclass(frozen=True, eq=False, repr=False)
class Embeddings(Named):
    """Rows found by name: vectors, biases and counts of n names, and one row for the unseen.

    Shapes: vectors (n, k) float32, bias (n,) float32, counts (n,) int64 (ratings in training),
    unseen (k,) float32, means (n,) float64 (plain mean rating, NaN where the count is 0), labels
    (n,) of text or None (titles; a label that is unique may be used like a name), bias_std (n,)
    float32 (what draws of the bias varied by), facts: a frame of n rows. units: what the counts
    count. The reading methods answer with objects that have a `.table`, words, and most a
    `.plot()`.
    Raises BadInput where shapes disagree or weights are not finite.
    """

    def bias_ranking(
        self, n: int = 10, min_count: int | None = None, level: float = 0.8
    ) -> BiasRanking:
        """Best and worst by bias: what is left once habits and tastes of the other side are out.

        min_count: ratings that a row needs (None: by the data). level: of the intervals, where the
        solver gives some. Raises BadInput where there are no biases or no row has so many ratings.
        """
        return rank_by_bias(self, n, min_count, level)

    def pca(self, k: int = 3, min_count: int | None = None, turned: bool = True) -> Axes:
        """The k main axes of the vectors: shares of variance, both ends, facts that go with them.

        Where there are facts the axes are turned, within the space of the k main ones, to those
        facts that they tell of best, so that they can be named; turned=False leaves them in the
        order of variance. Signs are fixed, so that runs agree. Raises BadInput for fewer rows or
        numbers than axes.
        """
        return find_axes(self, k, min_count, turned)

    def axis(self, low: Any, high: Any, min_count: int | None = None) -> Axes:
        """The axis from the mean of some names to the mean of others.

        Raises UnknownName, and BadInput where both are at one place.
        """
        a, b = (self.positions([x] if one_name(x) else x) for x in (low, high))
        return draw_axis(self, a, b, min_count)

    def nearest(
        self, name: Any, n: int = 10, metric: Metric = "cosine", min_count: int = 0
    ) -> Neighbours:
        """The n names most like one, by "cosine", "euclidean", or "dot" (biases folded in).

        Raises UnknownName, which proposes the nearest names, and BadInput for n < 1.
        """
        return neighbours(self, self.position(name), n, metric, min_count)

    def farthest(
        self, name: Any, n: int = 10, metric: Metric = "cosine", min_count: int = 0
    ) -> Neighbours:
        "The n names least like one, as `nearest` gives them."
        return neighbours(self, self.position(name), n, metric, min_count, far=True)

    def analogy(self, a: Any, b: Any, c: Any, n: int = 10, min_count: int = 0) -> Neighbours:
        "What is to c as b is to a: the n names nearest to b - a + c, without these three."
        at = self.positions([a, b, c]).tolist()
        return solve_analogy(self, at[0], at[1], at[2], n, min_count)

    def like(
        self, vector: NDArray[np.floating], n: int = 10, leave_out: Sequence[int] = ()
    ) -> pl.DataFrame:
        "The n names whose vectors point most like `vector` (k,): name, label, similarity, count."
        return like(self, vector, n, leave_out)

    def distance(self, a: Any, b: Any, metric: Metric = "cosine") -> Any:
        """How far a is from b: 1 - cosine, Euclidean, or minus the inner product and b's bias.

        A float for two names; (m,) for a name and a list, (l, m) for two lists.
        """
        rows, columns = (self.positions([x] if one_name(x) else x) for x in (a, b))
        found = distances(self, rows, columns, metric)
        found = found[:, 0] if one_name(b) else found
        found = found[0] if one_name(a) else found
        return float(found) if np.ndim(found) == 0 else found

    def clusters(self, n: int = 8, min_count: int | None = None, seed: int = 0) -> Clusters:
        """Rows in n groups by k-means (scikit-learn), each described by its facts and middle names.

        Raises BadInput for fewer rows than groups, MissingExtra without scikit-learn.
        """
        return find_clusters(self, n, min_count, seed)

    def map(
        self,
        method: Literal["pca", "tsne"] = "pca",
        min_count: int | None = None,
        color: Any = "bias",
        seed: int = 0,
    ) -> Map:
        """Rows as points of a plane: by their two main axes, or by t-SNE (scikit-learn).

        color: "bias", "count", "mean", a fact's name, or n numbers or texts. Points are sized by
        count. Raises BadInput for no row, or an unknown method or fact.
        """
        return lay_out(self, method, min_count, color, seed)

    def against(self, real: Any, metric: Metric = "euclidean", globe: bool = False) -> Against:
        """Distances of the vectors beside real ones, with their correlation.

        real: (n, n) distances or (n, d) coordinates in the order of names; or names of numerical
        facts that are coordinates. globe: these are latitude and longitude in degrees. Raises
        BadInput for text, other shapes or fewer than 3 rows.
        """
        return set_against(self, real, metric, globe)

    def health(self, twin: "Embeddings | None" = None) -> Health:
        """Figures of what is well and what is not, each with what it means and when to worry.

        twin: the same rows learnt with another seed, to say how stable the neighbours are.
        """
        return examine(self, twin)

    def compare(self, other: "Embeddings", min_count: int = 0) -> Comparison:
        """These rows beside those of another model, turned onto them: what moved most.

        min_count: ratings that a row needs on both sides. Raises BadInput where they have no names
        in common.
        """
        return compare_rows(self, other, min_count)

    def reduction(self, ks: Sequence[int] | None = None, n: int = 10) -> Reduction:
        "How many of the n nearest names stay when vectors are cut to k main axes, and how fast."
        return reduce_rows(self, ks, n)
