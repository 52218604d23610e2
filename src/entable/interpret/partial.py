"""What a model says as one column, or a pair of them, goes through its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer, cell
from entable._plots import canvas, short
from entable.data.table.encoded import Encoded
from entable.data.table.table import Table
from entable.data.table.target import Target
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.interpret.fields import Field, field, set_to, values
from entable.interpret.partialplots import Axis, draw_levels, draw_line, draw_pair

__all__ = ["Partial", "answers_of", "dependence"]

Raw = Callable[[Encoded], NDArray[Any]]  # encoded rows -> outputs (n,) or (n, T)
Floats = NDArray[np.float64]

_LEVELS, _ORDERED = 24, 60  # of a category that are tried: the most frequent; all in order
_GROUPS = 6  # drawn apart
_MISSING = "(missing)"


@dataclass(frozen=True, eq=False, repr=False)
class Partial(Answer):
    """The mean answer of a model when all rows are given the same value of a column, or of a pair.

    axes: one column or two; mean: (g,), (g, groups) or (g, h); groups: what rows are told apart by.
    answer: what the numbers are; level: the mean answer to the rows as they are. It is what the
    model makes of the column while all else stays; values that never come together are put
    together, too. Friedman (2001), "Greedy function approximation", section 8.2.
    """

    axes: tuple[Axis, ...]
    mean: Floats
    answer: str
    level: float
    rows: int
    by: str = ""
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        "What is told of which columns."
        names = " and ".join(axis.name for axis in self.axes)
        return f"{self.answer} by {names}" + (f", per {self.by}" if self.by else "")

    @property
    def table(self) -> pl.DataFrame:
        "The column or columns (and the group), the mean answer, and the share of rows there."
        first = self.axes[0]
        if self.groups:
            second = pl.Series(self.by, self.groups)
        elif len(self.axes) == 2:
            second = _told(self.axes[1])
        else:
            told = [_told(first), pl.Series("mean", self.mean), pl.Series("share", first.share)]
            return pl.DataFrame(told)
        g, h = self.mean.shape
        return pl.DataFrame(
            [
                _told(first).gather(np.repeat(np.arange(g), h)),
                second.gather(np.tile(np.arange(h), g)),
                pl.Series("mean", self.mean.ravel()),
            ]
        )

    def plot(self, ax: Any = None) -> Any:
        "A line, a dot for each level, lines for groups, or a field of a pair; Matplotlib's Axes."
        ax = canvas(ax, height=self._height(), title=short(self.title, 70))
        if len(self.axes) == 2:
            return draw_pair(ax, *self.axes, self.mean)
        draw = draw_line if self.axes[0].ordered else draw_levels
        return draw(ax, self.axes[0], self.mean, self.level, self.answer, self.by, self.groups)

    def _height(self) -> float:
        first = self.axes[0]
        tall = len(self.axes) == 1 and not first.ordered
        return 1.3 + 0.24 * len(first.at) if tall else 4.2


def dependence(
    table: Table,
    raw: Raw,
    rows: Encoded,
    columns: dict[str, pl.Series],
    names: Sequence[str],
    of: Any = None,
    by: tuple[str, pl.Series] | None = None,
    points: int = 20,
) -> Partial:
    """The mean answer as one column or two go through their values.

    rows: encoded, of the same rows as `columns`. of: the class, label or target whose answers are
    told; the second class of two, else the most frequent or the first, if not given. by: a name
    and a column (n,) by which rows are told apart, for its six most frequent values. points: values
    tried of a number, about quantiles. Raises BadInput for three columns, a pair per group, and
    columns that are not learnt from.
    """
    target = _asked(table, names, by)
    axes = [_axis(table, field(table, n), columns, points, len(names) == 2) for n in names]
    told, answers = answers_of(target, of)
    members = None if by is None else _members(by[1])
    found = _answered(table, raw, rows, axes, answers)  # (g, n) or (g, h, n)
    level = float(answers(raw(rows)).mean())
    if members is None:
        return Partial(tuple(axes), found.mean(-1), told, level, len(rows), notes=_notes(axes))
    mean = np.stack([found[:, mask].mean(1) for mask in members.values()], 1)
    groups = tuple(members)
    assert by is not None
    return Partial(tuple(axes), mean, told, level, len(rows), by[0], groups, _notes(axes))


def _asked(table: Table, names: Sequence[str], by: Any) -> Target:
    if not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise BadInput(f"{len(names)} columns came ({', '.join(names)}); one or a pair was wanted")
    if by is not None and len(names) == 2:
        raise BadInput("a pair is drawn for all rows; give by= with one column")
    if table.target is None:
        raise BadInput("the table has no target, so nothing can be predicted")
    return table.target


def _answered(
    table: Table, raw: Raw, rows: Encoded, axes: Sequence[Axis], answers: Callable[[Any], Floats]
) -> Floats:
    "Each row's answer at each value of the first axis, and of the second within."
    first = field(table, axes[0].name)
    if len(axes) == 1:
        return np.stack([answers(raw(some)) for some in set_to(table, first, rows, axes[0].at)])
    rest = axes[1:]
    found = [
        _answered(table, raw, some, rest, answers)
        for some in set_to(table, first, rows, axes[0].at)
    ]
    return np.stack(found)


def answers_of(target: Target, of: Any = None) -> tuple[str, Callable[[NDArray[Any]], Floats]]:
    """What a number per row is called, and how it comes of outputs: a prediction or a chance.

    Raises BadInput where `of` is no class, label or target.
    """
    kind = target.kind
    if kind == "number":
        return target.name, target.decode
    if kind in ("numbers", "labels"):
        names = list(target.names)
        k = 0 if of is None else _place(names, of)
        if kind == "numbers":
            return names[k], lambda raw: target.decode(raw)[:, k]
        return f"Chance of {names[k]}", lambda raw: target.probabilities(raw)[:, k]
    assert target.classes is not None
    known = target.classes.names.tolist()
    usual = 1 if kind == "binary" else int(target.counts.argmax())
    k = usual if of is None else _place(known, of)
    name = f"Chance of {target.name} {known[k]}"
    if kind == "binary":
        sign = 1 if k else -1
        return name, lambda raw: target.probabilities(sign * raw)
    return name, lambda raw: target.probabilities(raw)[:, k]


def _place(known: Sequence[Any], of: Any) -> int:
    texts = [str(name) for name in known]
    if str(of) not in texts:
        some = ", ".join(map(repr, known[:8]))
        raise BadInput(f"of={of!r} came; wanted one of {some}")
    return texts.index(str(of))


def _axis(
    table: Table, one: Field, columns: dict[str, pl.Series], points: int, paired: bool
) -> Axis:
    held = values(table, one, columns)
    if one.numbers:
        return _of_number(one.name, held, min(points, 12) if paired else points)
    category = table.categories[one.codes[0]]
    vocab, counts = category.vocab, category.counts[Vocab.FIRST :]
    line = category.ordered and len(vocab) <= _ORDERED  # more are names, whatever their order
    most = 12 if paired else _ORDERED if line else _LEVELS
    kept = np.sort(np.argsort(-counts, kind="stable")[:most])
    gap = [None] if category.counts[Vocab.MISSING] else []
    kept, ordered = _in_order(vocab.names[kept].tolist(), kept, line)
    names = vocab.names[kept].tolist()
    at = pl.Series(one.name, [*names, *gap], dtype=None if names else pl.String, strict=False)
    rows, wanted = category.rows(held), [*(kept + Vocab.FIRST), *([Vocab.MISSING] if gap else [])]
    share = np.array([float((rows == row).mean()) for row in wanted])
    labels = tuple(_MISSING if name is None else cell(name) for name in [*names, *gap])
    return Axis(
        one.name,
        at,
        labels,
        not gap and at.dtype.is_numeric(),
        ordered,
        share,
        len(vocab) - len(kept),
    )


def _in_order(
    names: Sequence[Any], at: NDArray[np.int64], ordered: bool
) -> tuple[NDArray[np.int64], bool]:
    "Places of levels, by size where all are texts of numbers; and whether they have an order."
    if ordered or not names or not isinstance(names[0], str):
        return at, ordered
    try:
        sizes = [float(name) for name in names]
    except (TypeError, ValueError):
        return at, False
    return at[np.argsort(sizes, kind="stable")], True


def _of_number(name: str, held: pl.Series, points: int) -> Axis:
    "Values that rows really hold, about equally many rows apart, without the outermost."
    known = np.sort(held.cast(pl.Float64, strict=False).drop_nulls().drop_nans().to_numpy())
    if not len(known):
        raise BadInput(f"column {name!r} has no value in these rows to go through")
    different = np.unique(known)
    if len(different) > points:
        inner = np.quantile(known, np.linspace(0.01, 0.99, points), method="inverted_cdf")
        different = _more(np.unique(inner), known, points)
    if (different == different.round()).all():
        different = different.astype(np.int64)
    edges = np.concatenate([[-np.inf], (different[1:] + different[:-1]) / 2, [np.inf]])
    share = np.diff(np.searchsorted(known, edges)) / max(len(held), 1)
    labels = tuple(f"{value:.6g}" for value in different.tolist())
    return Axis(name, pl.Series(name, different), labels, True, True, share)


def _more(found: Floats, known: Floats, points: int) -> Floats:
    "Where few values hold most rows, some of the others, too."
    rest = np.unique(known[~np.isin(known, found)])
    lack = points - len(found)
    if lack < 2 or not len(rest):
        return found
    others = np.quantile(rest, np.linspace(0, 1, lack), method="inverted_cdf")
    return np.union1d(found, others)


def _members(held: pl.Series) -> dict[str, NDArray[np.bool_]]:
    "Masks (n,) of the rows of each group, the most frequent first."
    texts = np.array([_MISSING if v is None else cell(v) for v in held.to_list()])
    names, counts = np.unique(texts, return_counts=True)
    first = names[np.argsort(-counts, kind="stable")[:_GROUPS]]
    return {str(name): texts == name for name in first}


def _notes(axes: Sequence[Axis]) -> tuple[str, ...]:
    rare = tuple(
        f"The {len(axis.at) - (_MISSING in axis.labels):,} most frequent levels of {axis.name}; "
        f"{axis.left:,} rarer ones are left out."
        for axis in axes
        if axis.left
    )
    alone = "All else stays as it is in the rows, even where the values never come together."
    if len(axes) == 2:
        return (*rare, alone)
    return (*rare, alone, "Dashed: the mean answer to the rows as they are.")


def _told(axis: Axis) -> pl.Series:
    return axis.at.rename(axis.name) if axis.number else pl.Series(axis.name, axis.labels)
