"""Embeddings: names and their vectors, the narrow waist between learning and use."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from entable.data.checks import finite, number
from entable.data.side import facts as facts_of
from entable.data.side import labels as labels_of
from entable.data.titled import Titled, one_name
from entable.data.vocab import Vocab
from entable.errors import BadInput, FewFacts
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


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Rows found by name: vectors, biases and counts of n names, and one row for the unseen.

    Shapes: vectors (n, k) float32, bias (n,) float32, counts (n,) int64 (ratings in training),
    unseen (k,) float32, means (n,) float64 (plain mean rating, NaN where the count is 0), labels
    (n,) of text or None (titles; a label that is unique may be used like a name), bias_std (n,)
    float32 (what draws of the bias varied by), facts: a frame of n rows. units: what the counts
    count. The reading methods answer with objects that have a `.table`, words, and most a
    `.plot()`.
    Raises BadInput where shapes disagree or weights are not finite.
    """

    vocab: Vocab
    vectors: NDArray[np.float32]
    bias: NDArray[np.float32]
    counts: NDArray[np.int64]
    unseen: NDArray[np.float32]
    unseen_bias: float = 0.0
    means: NDArray[np.float64] | None = None
    labels: NDArray[np.object_] | None = None
    bias_std: NDArray[np.float32] | None = None
    facts: pl.DataFrame | None = None
    units: str = "ratings"

    def __post_init__(self) -> None:
        n, kind = len(self.vocab), self.vocab.kind
        keep = object.__setattr__
        keep(self, "vectors", finite(self.vectors, np.float32, (n, None), f"{kind} vectors"))
        keep(self, "bias", finite(self.bias, np.float32, (n,), f"{kind} biases"))
        keep(self, "unseen", finite(self.unseen, np.float32, (self.k,), f"unseen {kind} vector"))
        keep(self, "unseen_bias", number(self.unseen_bias, f"unseen {kind} bias"))
        counts = np.asarray(self.counts, np.int64)
        if counts.shape != (n,) or (counts < 0).any():
            raise BadInput(f"{kind} counts must be {n:,} numbers from 0 on")
        keep(self, "counts", counts)
        if self.means is not None:
            means = np.asarray(self.means, np.float64)
            if means.shape != (n,) or not np.isfinite(means[counts > 0]).all():
                raise BadInput(f"{kind} means must be {n:,} finite numbers (NaN where none is)")
            keep(self, "means", means)
        if self.bias_std is not None:
            std = finite(self.bias_std, np.float32, (n,), f"{kind} bias_std", above=-1e-30)
            keep(self, "bias_std", std)
        if self.facts is not None and len(self.facts) != n:
            raise BadInput(f"{len(self.facts):,} rows of facts for {n:,} {kind}s")
        keep(self, "labels", self.titled.labels)

    @cached_property
    def titled(self) -> Titled:
        "The names with their labels."
        return Titled(self.vocab, self.labels, self.units)

    @classmethod
    def of(
        cls,
        names: Any,
        vectors: ArrayLike,
        bias: ArrayLike | None = None,
        counts: ArrayLike | None = None,
        labels: Any = None,
        facts: Any = None,
        kind: str = "item",
    ) -> "Embeddings":
        """Any vectors with names: activations of a network, documents, pictures.

        names: n distinct names, or a Vocab; vectors (n, k); bias and counts (n,), zeros if not
        given; labels: n texts or {name: text}; facts: a table with the names in a column. The
        unseen row is the mean vector. Raises BadInput where they do not fit each other.
        """
        vocab = names if isinstance(names, Vocab) else Vocab.of(names, kind)
        table = finite(vectors, np.float32, (None, None), "vectors")
        n = len(table)
        if len(vocab) != n or (not isinstance(names, Vocab) and len(names) != n):
            raise BadInput(
                f"{n:,} vectors came for {len(vocab):,} different names; one name for each vector "
                "was wanted"
            )
        made = cls(
            vocab,
            table,
            np.zeros(n, np.float32) if bias is None else np.asarray(bias, np.float32),
            np.zeros(n, np.int64) if counts is None else np.asarray(counts, np.int64),
            table.mean(0) if n else np.zeros(table.shape[1], np.float32),
            labels=labels_of(labels, vocab)[0] if isinstance(labels, dict) else labels,
        )
        return made if facts is None else made.with_facts(facts)

    def with_facts(self, facts: Any) -> "Embeddings":
        """The same rows with facts: a path, a frame, or (table, id_column), matched by name.

        Raises BadInput where no name matches; warns (FewFacts) where fewer than half do.
        """
        found, notes = facts_of(facts, self.vocab)
        if found is not None:
            known = int(found.select(pl.any_horizontal(pl.all().is_not_null())).sum().item())
            if known < len(self) / 2:
                told = "; ".join([f"facts of {known:,} of {len(self):,} were found", *notes])
                warnings.warn(told, FewFacts, stacklevel=2)
        return replace(self, facts=found)

    @property
    def names(self) -> NDArray[Any]:
        "(n,) names in row order."
        return self.vocab.names

    @property
    def k(self) -> int:
        "Numbers per vector."
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.vocab)

    def __contains__(self, name: Any) -> bool:
        return name in self.titled

    def __getitem__(self, name: Any) -> NDArray[np.float32]:
        "The vector (k,) of a name, or the vectors (m, k) of a list; UnknownName otherwise."
        at = self.position(name) if one_name(name) else self.positions(name)
        vectors: NDArray[np.float32] = self.vectors[at]
        return vectors

    def __repr__(self) -> str:
        return f"Embeddings({len(self):,} {self.vocab.kind}s of {self.k} numbers)"

    def position(self, name: Any) -> int:
        """Position (from 0) of a name or a unique label.

        Raises UnknownName, which proposes the nearest, or lists the names that share a label.
        """
        return self.titled.position(name)

    def positions(self, names: Any, strict: bool = True) -> NDArray[np.int64]:
        """Positions (m,) of names or unique labels; unknown ones raise, or are -1.

        Raises UnknownName for a label that several names share, strict or not.
        """
        return self.titled.positions(names, strict)

    def label(self, positions: NDArray[np.integer] | Sequence[int]) -> NDArray[np.object_]:
        "Labels (m,) at positions; the name as text where there is none."
        return self.titled.label(positions)

    def told(self, positions: NDArray[np.integer], name: str) -> dict[str, pl.Series]:
        "Columns of what is at positions: the names, called `name`, and label where there are any."
        return self.titled.told(positions, name)

    def to_frame(self) -> pl.DataFrame:
        """A table to join by name: the names in a column called after their kind, then the vectors.

        Columns of vectors are called kind_1, kind_2, ...
        """
        kind = self.vocab.kind
        names = self.told(np.arange(len(self)), kind)[kind]
        vectors = {f"{kind}_{k + 1}": self.vectors[:, k] for k in range(self.k)}
        return pl.DataFrame({kind: names} | vectors)

    def rows(self, positions: NDArray[np.integer]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        "Vectors (m, k) float32 and biases (m,) float64 at positions, the unseen row for -1."
        gone = positions < 0
        if not gone.any():
            return self.vectors[positions], self.bias[positions].astype(np.float64)
        vectors = np.repeat(self.unseen[None], len(positions), axis=0)
        bias = np.full(len(positions), self.unseen_bias)
        vectors[~gone] = self.vectors[positions[~gone]]
        bias[~gone] = self.bias[positions[~gone]]
        return vectors, bias

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
