"""Table: what a frame of categories, numbers and dates looks like, learnt once and repeated."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from entable.data.dates import Dates
from entable.data.table import stored
from entable.data.table.category import Category
from entable.data.table.encoded import Encoded
from entable.data.table.encoding import encoded
from entable.data.table.fitting import Shape, chosen, learnt, row_weights
from entable.data.table.joined import Joined, join
from entable.data.table.number import Number
from entable.data.table.profile import Profile, profile
from entable.data.table.shift import Shift, shift
from entable.data.table.source import Source, absent, source_of
from entable.data.table.target import Target
from entable.data.words import counted
from entable.errors import BadInput

__all__ = ["Table"]


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Everything that was learnt about a frame's columns, and nothing of its rows.

    categories, numbers: in the order of the frame; parts of dates follow, numbers taken as
    categories stand among the categories. target: None for a table without one. weights: the
    column of row weights. gaps: texts that mean a missing value. size: rows of training. notes:
    sentences about what was inferred, merged and left out.
    """

    categories: tuple[Category, ...]
    numbers: tuple[Number, ...]
    dates: tuple[Dates, ...] = ()
    target: Target | None = None
    weights: str | None = None
    gaps: tuple[str, ...] = ()
    size: int = 0
    notes: Sequence[str] = ()

    @classmethod
    def fit(
        cls,
        frame: Any,
        target: str | Sequence[str] | None = None,
        *,
        categories: Collection[str] | None = None,
        numbers: Collection[str] | None = None,
        dates: Collection[str] | Mapping[str, Iterable[str] | None] | None = None,
        ignore: Collection[str] = (),
        like: Any = None,
        weights: str | None = None,
        class_weights: str | Mapping[Any, float] | None = None,
        kind: str | None = None,
        log: bool = False,
        range: tuple[float, float] | None = None,
        ordered: Mapping[str, Sequence[Any]] | None = None,
        min_count: int | Mapping[str, int] = 1,
        max_levels: int = 100_000,
        repeated: int | None = None,
        scaling: str | Mapping[str, str] = "robust",
        fill: str | float | Mapping[str, str | float] = "median",
        bins: int = 48,
        missing: Collection[str] = (),
    ) -> "Table":
        """Learn a table from a path, a frame of any library, columns, records or an array.

        target: a column, or several. categories, numbers, dates: columns of which you know the
        kind; others are inferred, and left out where both categories and numbers are given. dates
        may map a column to the parts wanted. ignore: columns left out. like: the frame to predict;
        a column that it lacks is refused. weights: a column of row weights. class_weights:
        "balanced" or weights by class. kind: of the target, inferred if not given: "number",
        "binary", "classes", "labels" or "numbers". log: learn its logarithm. range: its limits.

        ordered: levels in order, by column. min_count, max_levels: rarer levels share the row of
        unseen ones. repeated: a value of a number that came so often is a level too. scaling:
        "robust", "standard", "quantile" or "none"; fill: "median", "mean" or a number, for gaps;
        bins: quantiles kept; each of these three for all, or by column. missing: texts that mean
        a gap, such as "?".
        Raises BadInput, which says what came, where, and the way out.
        """
        source = source_of(frame, gaps=missing)
        _enough(source)
        names = [target] if isinstance(target, str) else list(target or ())
        taken = _taken(source, names, weights, ignore)
        shape = Shape(ordered or {}, min_count, max_levels, repeated, scaling, fill, bins)
        found = chosen(source, categories, numbers, dates, taken, repeated)
        made, scaled, notes = learnt(found, shape)
        _some(made, scaled, found.notes)
        aim = Target.fit(source, names, kind, log, range, class_weights) if names else None
        if weights is not None:
            row_weights(source, weights)
        notes = [*source.notes, *found.notes, *notes]
        table = cls(made, scaled, found.dates, aim, weights, tuple(missing), len(source), notes)
        return table if like is None else table._refusing(like)

    def apply(self, frame: Any, target: bool | None = None) -> Encoded:
        """The same columns of another frame as integers and floats, row by row the same.

        target: encode it (True), leave it (False), or do so where it is there (None). Columns
        that were not learnt are ignored, which the notes say. Raises BadInput for columns that
        are absent, and with row and value for texts among numbers, infinite numbers, dates that
        do not parse, and labels that training had not.
        """
        return encoded(self, frame, target)

    @property
    def columns(self) -> list[str]:
        "The columns that a frame must have."
        parts = {part for date in self.dates for part in date.columns}
        sources = [c.source for c in self.categories] + [n.name for n in self.numbers]
        wanted = dict.fromkeys([*sources, *(date.name for date in self.dates)])
        return [name for name in wanted if name not in parts]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        "(manifest, arrays) for a model file: JSON and typed arrays."
        return stored.state(self)

    @classmethod
    def of(cls, manifest: Any, arrays: Mapping[str, NDArray[Any]]) -> "Table":
        "The table that `state` gave, everything checked; BadModelFile for anything else."
        return cls(**stored.parts(manifest, dict(arrays)))

    @staticmethod
    def join(
        frame: Any,
        other: Any,
        on: str | Sequence[str] | Mapping[str, str],
        many: bool = False,
        suffix: str = "",
    ) -> Joined:
        """Put the columns of another table beside a frame, by equal keys; every row stays.

        The answer's `.frame` is in the library of the first, and `.unmatched` counts the keys
        that the other lacks: these rows get missing values. on: a column that both have, several,
        or a mapping of columns here to columns there. many: a row that matches several may be
        multiplied. suffix: for columns that both have.
        Raises BadInput for keys that are absent or of other types, and for what `many` or `suffix`
        were needed for.
        """
        return join(frame, other, on, many, suffix)

    def profile(self) -> Profile:
        "What each column of training held: a table and a picture of strips."
        return profile(self)

    def shift(self, frame: Any, other: Any, rows: int = 10_000, seed: int = 0) -> Shift:
        """How well boosted trees tell two frames apart, and by which columns.

        Cross-fitted, on `rows` of each frame at most; the target is not looked at. Raises
        MissingExtra without scikit-learn, and BadInput for frames of a few rows.
        """
        return shift(self, frame, other, rows, seed)

    def _refusing(self, like: Any) -> "Table":
        there = set(source_of(like).names)
        lacking = [name for name in self.columns if name not in there]
        if lacking:
            raise BadInput(
                f"the frame to predict (like=) has no {', '.join(map(repr, lacking))}; "
                f"nothing can be predicted from what is not known then: ignore={lacking}"
            )
        return self

    def summary(self) -> str:
        "What was learnt, in a few lines."
        return "\n  ".join([self._headline(), *self.notes])

    def __repr__(self) -> str:
        return self.summary()

    def _headline(self) -> str:
        aim = f", target {self.target.name} ({self.target.kind})" if self.target else ""
        made = f"{len(self.categories):,} categories, {counted(len(self.numbers), 'number')}"
        return f"Table of {counted(self.size, 'row')}: {made}{aim}"


def _enough(source: Source) -> None:
    if len(source) < 2:
        came = "no row" if len(source) == 0 else "one row"
        raise BadInput(f"{came} came; a table is learnt from two rows at least")


def _taken(
    source: Source, target: Sequence[str], weights: str | None, ignore: Collection[str]
) -> dict[str, str]:
    "Columns that are no features, and what they are."
    if isinstance(ignore, str):
        raise BadInput(f"a list of columns was wanted, {ignore!r} came: write [{ignore!r}]")
    taken = dict.fromkeys(ignore, "ignored") | dict.fromkeys(target, "the target")
    if weights is not None:
        taken[weights] = "the weights"
    for name in taken:
        if name not in source.columns:
            raise absent(source.names, name)
    if len(set(target)) < len(target):
        raise BadInput(f"the target is given twice: {', '.join(target)}")
    return taken


def _some(made: Sequence[Category], scaled: Sequence[Number], notes: Sequence[str]) -> None:
    if not made and not scaled:
        raise BadInput("; ".join(["there is no column to learn from", *notes]))
