"""Embeddings: names and their vectors, the narrow waist between learning and use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.checks import at_least_one, finite, number
from entable.data.columns import as_list
from entable.data.vocab import Vocab
from entable.errors import BadInput, UnknownName
from entable.interpret.near import nearest

__all__ = ["Embeddings", "one_name"]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Rows found by name: vectors, biases and counts of n names, and one row for the unseen.

    Shapes: vectors (n, k) float32, bias (n,) float32, counts (n,) int64 (ratings in training),
    unseen (k,) float32, means (n,) float64 (plain mean rating, NaN where the count is 0), labels
    (n,) of text or None (titles; a label that is unique may be used like a name).
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
        if self.labels is not None:
            keep(self, "labels", _texts(self.labels, n, kind))

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
        return name in self.vocab or (isinstance(name, str) and name in self._labelled)

    def __getitem__(self, name: Any) -> NDArray[np.float32]:
        "The vector (k,) of a name, or the vectors (m, k) of a list; UnknownName otherwise."
        at = self.position(name) if one_name(name) else self.positions(name)
        vectors: NDArray[np.float32] = self.vectors[at]
        return vectors

    def position(self, name: Any) -> int:
        """Position (from 0) of a name or a unique label.

        Raises UnknownName, which proposes the nearest, or lists the names that share a label.
        """
        return int(self.positions([name])[0])

    def positions(self, names: Any, strict: bool = True) -> NDArray[np.int64]:
        """Positions (m,) of names or unique labels; unknown ones raise, or are -1.

        Raises UnknownName for a label that several names share, strict or not.
        """
        rows = self.vocab.rows(names, strict=False)
        found = np.maximum(rows.astype(np.int64) - Vocab.FIRST, -1)
        gone = np.flatnonzero(found < 0)
        if len(gone) and (strict or self.labels is not None):
            values = _listed(names)
            for row in gone.tolist():
                found[row] = self._by_label(values[row])
            gone = gone[found[gone] < 0]
            if strict and len(gone):
                raise self._unknown(values[gone[0]], len(gone), len(found))
        return found

    @cached_property
    def _labelled(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, label in enumerate(self.labels if self.labels is not None else ()):
            if label is not None:
                found.setdefault(label, []).append(position)
        return found

    def _by_label(self, name: Any) -> int:
        if not isinstance(name, str):
            return -1
        found = self._labelled.get(name, [-1])
        if len(found) > 1:
            ids = ", ".join(repr(self._name(p)) for p in found[:5])
            more = f" and {len(found) - 5:,} more" if len(found) > 5 else ""
            raise UnknownName(
                f"{len(found)} {self.vocab.kind}s are called {name!r}: "
                f"say which by its id, {ids}{more}"
            )
        return found[0]

    def _name(self, position: int) -> Any:
        name = self.names[position]
        return name.item() if isinstance(name, np.generic) else name

    @cached_property
    def _label_vocab(self) -> Vocab:
        return Vocab.of(list(self._labelled), kind="label")

    def near(self, name: Any, n: int = 3) -> list[Any]:
        "The n known labels or names most like this one, best first."
        like: list[Any] = []
        if isinstance(name, str) and self._labelled:
            like = self._label_vocab.near(name, n)
        return (like + self.vocab.near(name, n))[:n]

    def _unknown(self, name: Any, gone: int, m: int) -> UnknownName:
        kind, like = self.vocab.kind, self.near(name)
        what = f"no {kind} is named {name!r}"
        if gone > 1:
            what = f"{gone:,} of {m:,} {kind}s are not known, first {name!r}"
        if like:
            return UnknownName(f"{what}; nearest: {', '.join(map(repr, like))}")
        few = ", ".join(repr(self._name(p)) for p in range(min(3, len(self))))
        return UnknownName(f"{what}; the {len(self):,} known ones begin with {few}")

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

    def label(self, positions: NDArray[np.integer] | Sequence[int]) -> NDArray[np.object_]:
        "Labels (m,) at positions; the name as text where there is none."
        at = np.asarray(positions, np.int64)
        shown = np.array([*map(str, self.names[at]), None], object)[:-1]
        if self.labels is not None:
            there = self.labels[at]
            has = np.array([label is not None for label in there], bool)
            shown[has] = there[has]
        return shown

    @cached_property
    def columns(self) -> dict[str, pl.Series]:
        "The names, and labels if there are any, as Polars columns to pick rows from."
        kind = self.vocab.kind
        names: Any = self.names if self.names.dtype != object else self.names.tolist()
        found = {kind: pl.Series(kind, names, dtype=_KINDS.get(self.vocab.dtype))}
        if self.labels is not None:
            found["label"] = pl.Series("label", self.labels.tolist(), dtype=pl.String)
        return found

    def told(self, positions: NDArray[np.integer], name: str) -> dict[str, pl.Series]:
        "Columns of what is at positions: the names, called `name`, and label where there are any."
        names, *labels = self.columns.values()
        found = {name: names.gather(positions).alias(name)}
        return found | {column.name: column.gather(positions) for column in labels}

    def nearest(self, name: Any, n: int = 10) -> pl.DataFrame:
        """The n names most like one, by cosine: name, label (if any), similarity, count.

        Raises UnknownName, which proposes the nearest names, and BadInput for n < 1.
        """
        at = self.position(name)
        return self.like(self.vectors[at], n, leave_out=[at])

    def like(
        self, vector: NDArray[np.floating], n: int = 10, leave_out: Sequence[int] = ()
    ) -> pl.DataFrame:
        "The n names whose vectors point most like `vector` (k,), as `nearest` gives them."
        positions, similarity = nearest(self.vectors, vector, at_least_one(n), leave_out)
        return pl.DataFrame(self.told(positions, self.vocab.kind)).with_columns(
            similarity=similarity, count=self.counts[positions].astype(np.int64)
        )


def _listed(names: Any) -> list[Any]:
    "Names as Python's own objects, whatever column they come in."
    for method in ("to_list", "to_pylist", "tolist"):
        if hasattr(names, method):
            return list(getattr(names, method)())
    return as_list(names)


_KINDS: dict[str, Any] = {"str": pl.String, "uuid": pl.Object}


def one_name(value: Any) -> bool:
    "Is it a single name rather than a collection of them?"
    return isinstance(value, (str, bytes)) or not isinstance(value, Iterable)


def _texts(labels: Any, n: int, kind: str) -> NDArray[np.object_]:
    array = np.asarray(labels, object)
    if array.shape != (n,) or not all(x is None or isinstance(x, str) for x in array):
        raise BadInput(f"{kind} labels must be {n:,} texts (None where there is none)")
    return array
