"""Vocab: names <-> row numbers, strict in type and stable in order."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.columns import as_list, column, described, gap
from entable.data.keys import key_of, names_of, parsed
from entable.data.near import nearest
from entable.data.store import pack, unpack
from entable.data.words import plural
from entable.errors import BadInput, UnknownName

__all__ = ["Vocab"]

_FEW = 512  # up to here a dict is quicker than a vectorised look-up


class Vocab:
    """Names and their row numbers: row 0 is unseen, row 1 is missing, names start at row 2.

    Names keep the order of their first appearance. -1, 0 and "" are names like any other; only a
    null is missing. Names are strict in type: 1 is not "1" and True is not 1.
    """

    UNSEEN: ClassVar[int] = 0
    MISSING: ClassVar[int] = 1
    FIRST: ClassVar[int] = 2

    def __init__(self, series: pl.Series, dtype: str, kind: str = "name") -> None:
        "Distinct names as a Series: String for str and uuid, Float64 for float, else Int64."
        self.kind = kind
        self.dtype = dtype
        self._series = series.rename("")

    @classmethod
    def of(cls, values: Any, kind: str = "name") -> "Vocab":
        "The names in a list, array, Series or categorical, in order of first appearance."
        return cls.encode(values, kind)[0]

    @classmethod
    def encode(cls, values: Any, kind: str = "name") -> tuple["Vocab", NDArray[np.int32]]:
        """Names and their rows in one pass: (vocab, rows int32 (n,)); nulls are row 1.

        Raises BadInput for a column of mixed or unusable types.
        """
        dtype, series = column(values, kind)
        codes = _codes(dtype, series).rechunk()
        distinct = codes.drop_nulls().unique(maintain_order=True)
        numbers = np.arange(cls.FIRST, len(distinct) + cls.FIRST, dtype=np.int32)
        rows = _mapped(codes, distinct, numbers)
        if dtype in ("str", "uuid"):
            distinct = series.drop_nulls().unique(maintain_order=True).cast(pl.String)
        elif dtype != "float":
            distinct = distinct.cast(pl.Int64)
        return cls(distinct, dtype, kind), rows

    def joined(self, values: Any) -> "Vocab":
        "These names and, after them, others of the same type; BadInput for another type."
        other = Vocab.of(values, self.kind)
        if len(other) and other.dtype != self.dtype:
            here, there = described(self.dtype), described(other.dtype)
            raise BadInput(f"the {self.kinds} are {here}, and {there} came beside them")
        names = pl.concat([self._series, other._series]) if len(other) else self._series
        return Vocab(names.unique(maintain_order=True), self.dtype, self.kind)

    def take(self, positions: NDArray[Any], kind: str | None = None) -> "Vocab":
        "Some of the names, in this order."
        return Vocab(self._series.gather(positions), self.dtype, kind or self.kind)

    @property
    def kinds(self) -> str:
        "What several of the names are called."
        return plural(self.kind)

    @property
    def keys(self) -> NDArray[Any]:
        "(n,) what stands for names: numbers, days or microseconds since 1970, 0 and 1, or texts."
        return self._series.to_numpy()

    def __len__(self) -> int:
        return len(self._series)

    def __contains__(self, name: Any) -> bool:
        return key_of(name, self.dtype) in self._index

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocab):
            return NotImplemented
        return self.dtype == other.dtype and self._series.equals(other._series)

    __hash__ = None  # type: ignore[assignment]  # equal by content, too large to hash

    def __repr__(self) -> str:
        few = ", ".join(repr(self._name(p)) for p in range(min(3, len(self))))
        more = ", ..." if len(self) > 3 else ""
        return f"Vocab({len(self):,} {self.kinds}, {self.dtype}: {few}{more})"

    @cached_property
    def names(self) -> NDArray[Any]:
        "(n,) names in order: int64, float64, bool, datetime64[D], datetime64[us] or objects."
        names = names_of(self._series, self.dtype)
        names.flags.writeable = False
        return names

    @cached_property
    def _index(self) -> dict[Any, int]:
        return {key: position for position, key in enumerate(self._series.to_list())}

    @cached_property
    def texts(self) -> pl.Series:
        "The names as texts, in order."
        if self.dtype in ("date", "datetime", "bool"):
            return pl.Series([str(self._name(p)) for p in range(len(self))], dtype=pl.String)
        return self._series.cast(pl.String)

    def _name(self, position: int) -> Any:
        name = self.names[position]
        return name.item() if isinstance(name, np.generic) else name

    def rows(self, values: Any, strict: bool = True) -> NDArray[np.int32]:
        """Row numbers (m,) of names: nulls are row 1; unknown names raise, or are row 0.

        Raises UnknownName, which proposes the nearest names, unless strict is False.
        """
        if not hasattr(values, "__getitem__"):
            values = as_list(values)
        rows = self._rows(values)
        if strict and not rows.all():
            raise self._unknown(values, rows)
        return rows

    def _rows(self, values: Any) -> NDArray[np.int32]:
        if isinstance(values, (list, tuple)) and len(values) <= _FEW:
            return self._few(values)
        try:
            dtype, series = column(values, self.kind)
        except BadInput:
            return self._few(as_list(values))
        if dtype != self.dtype:
            return series.is_null().to_numpy().astype(np.int32)
        if dtype in ("str", "uuid"):
            series = series.cast(pl.String)
        elif dtype != "float":
            series = series.to_physical().cast(pl.Int64)
        numbers = np.arange(self.FIRST, len(self) + self.FIRST, dtype=np.int32)
        return _mapped(series, self._series, numbers)

    def _few(self, values: Sequence[Any]) -> NDArray[np.int32]:
        index, dtype, first = self._index, self.dtype, self.FIRST
        rows = np.empty(len(values), np.int32)
        for n, value in enumerate(values):
            position = index.get(key_of(value, dtype), -1)
            if position >= 0:
                rows[n] = position + first
            else:
                rows[n] = self.MISSING if gap(value) else self.UNSEEN
        return rows

    def position(self, name: Any) -> int:
        """Position (from 0) of one name.

        Raises UnknownName, which proposes the nearest names.
        """
        position = self._index.get(key_of(name, self.dtype))
        if position is None:
            raise UnknownName(f"no {self.kind} is named {name!r}{self._proposal(name)}")
        return position

    def near(self, name: Any, n: int = 3) -> list[Any]:
        "The n known names most like this one, best first; fewer where little is alike."
        return [self._name(p) for p in nearest(self.texts, str(name), n)]

    def parse(self, text: str) -> Any:
        """A name of this vocab's type from what a person typed ("196" is 196 among integers).

        Raises UnknownName where the text cannot be of that type. The name need not be known.
        """
        try:
            return parsed(text, self.dtype)
        except (ValueError, KeyError):
            raise UnknownName(
                f"no {self.kind} is named {text!r}: {self.kinds} are "
                f"{described(self.dtype)} here{self._proposal(text)}"
            ) from None

    def _unknown(self, values: Any, rows: NDArray[np.int32]) -> UnknownName:
        missing = np.flatnonzero(rows == self.UNSEEN)
        first = getattr(values, "iloc", values)[int(missing[0])]
        first = first.item() if isinstance(first, np.generic) else first
        return UnknownName(
            f"{len(missing):,} of {len(rows):,} {self.kinds} are not known, "
            f"first {first!r}{self._proposal(first)}"
        )

    def _proposal(self, name: Any) -> str:
        like = self.near(name)
        if like:
            return f"; nearest: {', '.join(map(repr, like))}"
        few = ", ".join(repr(self._name(p)) for p in range(min(3, len(self))))
        return f"; the {len(self):,} known ones begin with {few}" if few else "; none is known"

    def to_arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        "Typed arrays, keys beginning with prefix, for a model file."
        return pack(self._series, self.dtype, prefix)

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[Any]], prefix: str, dtype: str, kind: str = "name"
    ) -> "Vocab":
        """The vocab that `to_arrays` wrote, everything checked.

        Raises BadModelFile for missing arrays, wrong types, bad offsets or UTF-8, repeated names.
        """
        return cls(unpack(arrays, prefix, dtype, kind), dtype, kind)


def _codes(dtype: str, series: pl.Series) -> pl.Series:
    "Integers (or floats) that stand for names one to one."
    if dtype in ("str", "uuid") and series.dtype == pl.String:
        series = series.cast(pl.Categorical(pl.Categories.random()))
    if dtype == "bool":
        return series.cast(pl.UInt8)
    return series.to_physical()


def _mapped(codes: pl.Series, known: pl.Series, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    "numbers[position of a code in known], 0 where it is not there, 1 for null."
    lo, hi = codes.min(), codes.max()
    if codes.dtype.is_integer() and lo is not None and hi - lo <= 4 * len(codes) + 1_000_000:  # type: ignore[operator]
        rows = _by_table(codes, known, numbers, int(lo), int(hi))  # type: ignore[arg-type]
    elif lo is None or len(known) == 0:
        rows = np.zeros(len(codes), np.int32)
    else:
        found = codes.replace_strict(known, numbers, default=0, return_dtype=pl.Int32)
        rows = found.fill_null(0).to_numpy(writable=True)
    if codes.null_count():
        rows[codes.is_null().to_numpy()] = Vocab.MISSING
    return rows


def _by_table(
    codes: pl.Series, known: pl.Series, numbers: NDArray[np.int32], lo: int, hi: int
) -> NDArray[np.int32]:
    table = np.zeros(hi - lo + 1, np.int32)
    at = known.to_numpy()
    inside = (at >= lo) & (at <= hi)
    table[at[inside].astype(np.int64) - lo] = numbers[inside]
    index = codes.fill_null(lo).to_numpy()
    rows: NDArray[np.int32] = table[index if lo == 0 else index - lo]
    return rows
