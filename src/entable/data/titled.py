"""Names with their titles: found by either, shown by title."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import as_list
from entable.data.vocab import Vocab
from entable.errors import BadInput, UnknownName

__all__ = ["Titled", "one_name"]


@dataclass(frozen=True, eq=False)
class Titled:
    """The names of n rows and, where there are any, their titles.

    labels: (n,) of text or None; a label that is unique may be used like a name. units: what the
    counts of rows count. Raises BadInput where labels are not n texts.
    """

    vocab: Vocab
    labels: NDArray[np.object_] | None = None
    units: str = "ratings"

    def __post_init__(self) -> None:
        if self.labels is not None:
            labels = _texts(self.labels, len(self.vocab), self.vocab.kind)
            object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return len(self.vocab)

    def __contains__(self, name: Any) -> bool:
        return name in self.vocab or (isinstance(name, str) and name in self._labelled)

    @property
    def kinds(self) -> str:
        "What several of the names are called."
        return self.vocab.kinds

    @property
    def kind(self) -> str:
        'What a row is: "user", "item", ...'
        return self.vocab.kind

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
            ids = ", ".join(repr(self.name(p)) for p in found[:5])
            more = f" and {len(found) - 5:,} more" if len(found) > 5 else ""
            raise UnknownName(
                f"{len(found)} {self.kinds} are called {name!r}: say which by its id, {ids}{more}"
            )
        return found[0]

    def name(self, position: int) -> Any:
        "The name at a position, as Python's own object."
        name = self.vocab.names[position]
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
        like = self.near(name)
        what = f"no {self.kind} is named {name!r}"
        if gone > 1:
            what = f"{gone:,} of {m:,} {self.kinds} are not known, first {name!r}"
        if like:
            return UnknownName(f"{what}; nearest: {', '.join(map(repr, like))}")
        few = ", ".join(repr(self.name(p)) for p in range(min(3, len(self))))
        return UnknownName(f"{what}; the {len(self):,} known ones begin with {few}")

    def label(self, positions: NDArray[np.integer] | Sequence[int]) -> NDArray[np.object_]:
        "Labels (m,) at positions; the name as text where there is none."
        at = np.asarray(positions, np.int64)
        shown = np.array([*map(str, self.vocab.names[at]), None], object)[:-1]
        if self.labels is not None:
            there = self.labels[at]
            has = np.array([label is not None for label in there], bool)
            shown[has] = there[has]
        return shown

    @cached_property
    def columns(self) -> dict[str, pl.Series]:
        "The names, and labels if there are any, as Polars columns to pick rows from."
        names: Any = self.vocab.names
        names = names if names.dtype != object else names.tolist()
        found = {self.kind: pl.Series(self.kind, names, dtype=_KINDS.get(self.vocab.dtype))}
        if self.labels is not None:
            found["label"] = pl.Series("label", self.labels.tolist(), dtype=pl.String)
        return found

    def told(self, positions: NDArray[np.integer], name: str | None = None) -> dict[str, pl.Series]:
        """Columns of what is at positions: the names, called `name` (the kind if None), and label
        where there are any.
        """
        names, *labels = self.columns.values()
        name = name or self.kind
        found = {name: names.gather(positions).alias(name)}
        return found | {column.name: column.gather(positions) for column in labels}


def one_name(value: Any) -> bool:
    "Is it a single name rather than a collection of them?"
    return isinstance(value, (str, bytes)) or not isinstance(value, Iterable)


_KINDS: dict[str, Any] = {"str": pl.String, "uuid": pl.Object}


def _listed(names: Any) -> list[Any]:
    "Names as Python's own objects, whatever column they come in."
    for method in ("to_list", "to_pylist", "tolist"):
        if hasattr(names, method):
            return list(getattr(names, method)())
    return as_list(names)


def _texts(labels: Any, n: int, kind: str) -> NDArray[np.object_]:
    array = np.asarray(labels, object)
    if array.shape != (n,) or not all(x is None or isinstance(x, str) for x in array):
        raise BadInput(f"{kind} labels must be {n:,} texts (None where there is none)")
    return array
