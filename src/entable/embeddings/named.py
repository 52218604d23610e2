"""Named: names with their vectors, biases and counts, found by name or by position."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from entable.data.checks import finite, number
from entable.data.side import facts as facts_of
from entable.data.side import labels as labels_of
from entable.data.titled import Titled, one_name
from entable.data.vocab import Vocab
from entable.data.words import plural
from entable.errors import BadInput, FewFacts

__all__ = ["Named"]


@dataclass(frozen=True, eq=False, repr=False)
class Named:
    """Rows found by name: vectors, biases and counts of n names, and one row for the unseen.

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
            raise BadInput(f"{len(self.facts):,} rows of facts for {n:,} {plural(kind)}")
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
    ) -> Self:
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

    def with_facts(self, facts: Any) -> Self:
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
        return f"{type(self).__name__}({len(self):,} {self.vocab.kinds} of {self.k} numbers)"

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
