"""What a table predicts: a number, two classes or more, several labels or numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.table.category import Category
from entable.data.table.kinds import typed
from entable.data.table.number import Number, floats
from entable.data.table.source import Source, absent, source_of
from entable.data.vocab import Vocab
from entable.data.words import counted
from entable.errors import BadInput

__all__ = ["KINDS", "Target"]

KINDS = ("number", "binary", "classes", "labels", "numbers")


@dataclass(frozen=True, eq=False)
class Target:
    """What is predicted, and how it is written for models and for people.

    kind: "number", "binary", "classes", "labels" (several columns of 0 and 1) or "numbers"
    (several). classes: sorted; of two, the second is the one whose probability is predicted.
    log: models see the logarithm of a number plus `offset`. range: the range given, in the
    target's own units. seen: the range of training. center, scale: float64 (T,), mean and
    deviation of what models see. counts: int64, rows of training per class or label. balance:
    float32 weights of classes (K,), or None. numbers: what training showed of numbers, by column.
    """

    names: tuple[str, ...]
    kind: str
    classes: Vocab | None
    log: bool
    offset: float
    range: tuple[float, float] | None
    seen: tuple[float, float]
    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    counts: NDArray[np.int64]
    balance: NDArray[np.float32] | None
    numbers: tuple[Number, ...] = ()

    @property
    def name(self) -> str:
        "The column, or several joined by commas."
        return ", ".join(self.names)

    @property
    def outputs(self) -> int:
        "How many numbers a model gives per row."
        if self.kind == "classes":
            assert self.classes is not None
            return len(self.classes)
        return len(self.names)

    @classmethod
    def fit(
        cls,
        source: Source,
        names: Sequence[str],
        kind: str | None = None,
        log: bool = False,
        range: tuple[float, float] | None = None,
        balance: str | Mapping[Any, float] | None = None,
    ) -> "Target":
        "Learn the target; BadInput for one that is absent, missing in a row, or always the same."
        columns = [_whole(source, name) for name in names]
        kind = kind or _kind(columns)
        _fits(kind, names, columns, log, range)
        classes = _classes(columns[0], names[0]) if kind in ("binary", "classes") else None
        if kind == "binary" and classes is not None and len(classes) != 2:
            raise BadInput(f"the target {names[0]!r} has {len(classes)} values; binary has two")
        plain = cls(
            tuple(names), kind, classes, False, 0.0, range, (0.0, 0.0), *_unknown(), balance=None
        )
        values = plain._encoded(columns)
        return _measured(plain, values, log, balance)

    def encode(self, source: Any) -> NDArray[Any]:
        """What models see: float32 (n,) or (n, T), or int64 classes (n,).

        Raises BadInput for a missing column, a missing value, a label that training had not, and
        a number outside the range, with row and value.
        """
        raw = source_of(source)
        values = self._encoded([_whole(raw, name) for name in self.names])
        if self.kind not in ("number", "numbers"):
            return values
        if self.range is not None:
            _inside(values, self.range, self.name)
        return self._logged(values).astype(np.float32)

    def _logged(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.log:
            return values
        _positive(values, self.offset, self.name)
        return np.log(values + self.offset)

    def _encoded(self, columns: Sequence[pl.Series]) -> NDArray[Any]:
        if self.classes is not None:
            rows = _labelled(columns[0], self.classes, self.names[0])
            return rows.astype(np.float32 if self.kind == "binary" else np.int64)
        several = [floats(c, name) for c, name in zip(columns, self.names, strict=True)]
        if self.kind == "number":
            return several[0]
        values = np.stack(several, 1)
        return values.astype(np.float32) if self.kind == "labels" else values

    def decode(self, raw: NDArray[Any]) -> NDArray[Any]:
        """What people read, of a model's outputs (n,) or (n, T).

        Numbers in their own units and inside the range; the name of the likeliest class, of
        log-odds (n,) or scores (n, K); for labels true where the log-odds are above 0.
        """
        if self.kind in ("number", "numbers"):
            values = raw.astype(np.float64)
            values = np.exp(values) - self.offset if self.log else values
            return values if self.range is None else np.clip(values, *self.range)
        if self.kind == "labels":
            return np.asarray(raw > 0)
        assert self.classes is not None
        at = (raw > 0).astype(np.int64) if self.kind == "binary" else raw.argmax(1)
        return np.asarray(self.classes.names[at])

    def probabilities(self, raw: NDArray[Any]) -> NDArray[np.float64]:
        "Of the same outputs: of the second class (n,), of each class (n, K), of each label (n, T)."
        raw = raw.astype(np.float64)
        if self.kind in ("binary", "labels"):
            return np.asarray(0.5 + 0.5 * np.tanh(raw / 2))
        if self.kind != "classes":
            raise BadInput(f"the target {self.name!r} is a number; it has no probabilities")
        odds = np.exp(raw - raw.max(1, keepdims=True))
        return np.asarray(odds / odds.sum(1, keepdims=True))


def _unknown() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    return np.zeros(1), np.ones(1), np.zeros(0, np.int64)


def _whole(source: Source, name: str) -> pl.Series:
    "A column of the target without gaps."
    if name not in source.columns:
        raise absent(source.names, name)
    series = typed(source.series(name)) if source.text else source.series(name)
    if series.null_count():
        row = int(series.is_null().arg_max() or 0)
        more = counted(series.null_count(), "row")
        raise BadInput(
            f"the target {name!r} is missing in {more}, first row {row + 1:,}; leave such rows out"
        )
    return series


def _kind(columns: Sequence[pl.Series]) -> str:
    if len(columns) > 1:
        return "labels" if all(map(_flags, columns)) else "numbers"
    values = columns[0]
    if values.dtype == pl.String and values.cast(pl.Float64, strict=False).null_count() == 0:
        values = values.cast(pl.Float64)
    two = values.n_unique() == 2
    if values.dtype.is_numeric():
        return "binary" if two and bool((values == values.round()).all()) else "number"
    return "binary" if two else "classes"


def _flags(series: pl.Series) -> bool:
    if series.dtype == pl.String:
        series = series.cast(pl.Float64, strict=False)
    return series.dtype == pl.Boolean or (
        series.dtype.is_numeric() and bool(((series == 0) | (series == 1)).all())
    )


def _fits(
    kind: str,
    names: Sequence[str],
    columns: Sequence[pl.Series],
    log: bool,
    range: tuple[float, float] | None,
) -> None:
    if kind not in KINDS:
        raise BadInput(f"kind={kind!r} came; a target is {', '.join(KINDS)}")
    if len(names) > 1 and kind not in ("labels", "numbers"):
        raise BadInput(f"{len(names)} target columns are labels or numbers, not {kind}")
    if kind not in ("number", "numbers") and (log or range is not None):
        raise BadInput(f"log= and range= are for numbers; the target {', '.join(names)} is {kind}")
    if range is not None and not (len(range) == 2 and range[0] < range[1]):
        raise BadInput(f"range={range} came; wanted (lowest, highest)")
    for name, series in zip(names, columns, strict=True):
        if kind != "labels" and series.n_unique() == 1:
            raise BadInput(f"the target {name!r} is {series[0]!r} in every row: nothing to learn")
        if kind == "labels" and not _flags(series):
            raise BadInput(f"the target {name!r} is not of 0 and 1, as labels are")


def _classes(series: pl.Series, name: str) -> Vocab:
    "The classes in order: numbers by size, texts by letters, ordered types as they are."
    fitted = Category.fit(series, name)
    vocab = fitted.vocab
    if vocab.dtype == "str" and not fitted.ordered:
        vocab = Vocab(vocab.texts.sort(), "str", name)
    return vocab


def _labelled(series: pl.Series, classes: Vocab, name: str) -> NDArray[np.int32]:
    rows = Category(name, classes, np.zeros(0, np.int64)).rows(series) - Vocab.FIRST
    if len(rows) and rows.min() < 0:
        row = int((rows < 0).argmax())
        known = ", ".join(repr(v) for v in classes.names[:8].tolist())
        more = f" and {len(classes) - 8:,} more" if len(classes) > 8 else ""
        raise BadInput(
            f"the target {name!r}, row {row + 1:,}: {series[row]!r} is no class of training, which "
            f"had {known}{more}; mend the label, leave the row out, or fit with it"
        )
    return rows


def _measured(
    plain: Target, values: NDArray[Any], log: bool, balance: str | Mapping[Any, float] | None
) -> Target:
    "The target with what training showed of it."
    numbers = plain.kind in ("number", "numbers")
    low, high = float(values.min()), float(values.max())
    if numbers and plain.range is not None:
        _inside(values, plain.range, plain.name)
    offset = 1.0 if log and low >= 0 and (values == 0).any() else 0.0
    seen = values.astype(np.float64).reshape(len(values), -1)
    if log:
        _positive(values, offset, plain.name)
        seen = np.log(seen + offset)
    counts = np.zeros(0, np.int64)
    if plain.classes is not None:
        counts = np.bincount(values.astype(np.int64), minlength=len(plain.classes))
    elif plain.kind == "labels":
        counts = values.sum(0).astype(np.int64)
    return Target(
        plain.names, plain.kind, plain.classes, log, offset, plain.range, (low, high),
        seen.mean(0), np.maximum(seen.std(0), 1e-12), counts, _balance(plain, counts, balance),
        _shown(plain, values) if numbers else (),
    )  # fmt: skip


def _shown(target: Target, values: NDArray[Any]) -> tuple[Number, ...]:
    columns = values.reshape(len(values), -1).astype(np.float64).T
    return tuple(Number.fit(c, name) for c, name in zip(columns, target.names, strict=True))


def _balance(
    target: Target, counts: NDArray[np.int64], balance: str | Mapping[Any, float] | None
) -> NDArray[np.float32] | None:
    if balance is None:
        return None
    if target.classes is None:
        raise BadInput(f"class_weights= is for classes; the target {target.name!r} has none")
    if isinstance(balance, str):
        if balance != "balanced":
            raise BadInput(f"class_weights={balance!r} came; wanted 'balanced' or weights by class")
        return np.asarray(counts.sum() / (len(counts) * counts), np.float32)
    weights = np.ones(len(target.classes), np.float32)
    for name, weight in balance.items():
        if not (np.isfinite(weight) and weight >= 0):
            raise BadInput(f"the class {name!r} has the weight {weight!r}; wanted 0 or more")
        weights[target.classes.position(name)] = weight
    return weights


def _positive(values: NDArray[np.float64], offset: float, name: str) -> None:
    bad = values + offset <= 0
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        least = "above 0" if offset == 0 else "0 or more"
        raise BadInput(
            f"the target {name!r}, row {row + 1:,}: {values[bad][0]:g} has no logarithm here; "
            f"wanted {least}: leave such rows out, or fit with log=False"
        )


def _inside(values: NDArray[np.float64], range: tuple[float, float], name: str) -> None:
    bad = (values < range[0]) | (values > range[1])
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise BadInput(
            f"the target {name!r}, row {row + 1:,}: {values[bad][0]:g} is outside the range "
            f"{range[0]:g} to {range[1]:g}"
        )
