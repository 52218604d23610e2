"""What the colours of points say: a number of each, or which of a few groups it is in."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._plots import GROUPS, PALE
from entable.errors import BadInput
from entable.interpret.facts import numeric
from entable.interpret.rows import Rows

__all__ = ["Coloring", "colored"]


_LEVELS = 100  # more different texts than this are no groups


@dataclass(frozen=True, eq=False)
class Coloring:
    """Numbers (n,) with NaN where unknown, or groups (n,) as texts or None; `name` says of what.

    Without either all points have one colour. centred: 0 is the middle of the scale.
    """

    name: str = ""
    numbers: NDArray[np.float64] | None = None
    texts: tuple[str | None, ...] | None = None
    centred: bool = False
    notes: tuple[str, ...] = ()

    def at(self, positions: NDArray[np.int64]) -> "Coloring":
        "The colours of some of the points."
        numbers = None if self.numbers is None else self.numbers[positions]
        texts = None if self.texts is None else tuple(self.texts[p] for p in positions)
        return Coloring(self.name, numbers, texts, self.centred, self.notes)

    @cached_property
    def column(self) -> pl.Series | None:
        "The values as a column of a table."
        if self.numbers is not None:
            return pl.Series(self.name, self.numbers).fill_nan(None)
        return None if self.texts is None else pl.Series(self.name, self.texts, pl.String)

    @cached_property
    def limits(self) -> tuple[float, float]:
        "What the ends of the scale stand for; a few extreme values lie beyond them."
        known = self.numbers[np.isfinite(self.numbers)] if self.numbers is not None else np.zeros(0)
        if not len(known):
            return -1.0, 1.0
        low, high = np.percentile(known, (2, 98))
        if self.centred:
            high = max(abs(low), abs(high)) or 1.0
            return -float(high), float(high)
        return (float(low), float(high)) if low < high else (float(low) - 1, float(high) + 1)

    @cached_property
    def groups(self) -> list[tuple[str, str, NDArray[np.int64]]]:
        """Name, colour and positions of each group, the largest first.

        Where there are more groups than colours the rest is one group, as is what is not known.
        """
        texts = self.texts or ()
        counted = Counter(text for text in texts if text is not None)
        ranked = sorted(counted, key=lambda text: (-counted[text], text))
        most = len(GROUPS) if len(ranked) <= len(GROUPS) else len(GROUPS) - 1
        code = {text: min(at, most) for at, text in enumerate(ranked)}
        named = [*ranked[:most], "other"]
        codes = np.array([-1 if text is None else code[text] for text in texts], np.int64)
        found = [
            (named[c], GROUPS[c], np.flatnonzero(codes == c)) for c in sorted({*code.values()})
        ]
        gone = np.flatnonzero(codes < 0)
        return [*found, ("not known", PALE, gone)] if len(gone) else found


def colored(rows: Rows, color: Any) -> Coloring:
    """The colouring that was asked for: "bias", "count", "mean", a fact, n numbers or texts, None.

    Raises BadInput for what is no fact, for text of too many levels, for means that are not known
    and for another length than n.
    """
    if color is None:
        return Coloring()
    if isinstance(color, str):
        return _own(rows, color) or _fact(rows, color)
    return _given(rows, color)


def _own(rows: Rows, name: str) -> Coloring | None:
    if name == "bias":
        if not rows.bias.any():
            return Coloring()
        return Coloring("bias", rows.bias.astype(np.float64), centred=True)
    if name == "count":
        return Coloring("count", rows.counts.astype(np.float64))
    if name != "mean":
        return None
    if rows.means is None:
        raise BadInput(f"the plain means of these {rows.titled.kinds} are not known; color by bias")
    return Coloring("mean", np.asarray(rows.means, np.float64))


def _fact(rows: Rows, name: str) -> Coloring:
    series = None if rows.facts is None else rows.facts.to_dict().get(name)
    if series is not None and series.dtype == pl.Boolean:
        words = {True: name, False: f"not {name}", None: None}
        return Coloring(name, texts=tuple(words[value] for value in series.to_list()))
    try:
        return Coloring(name, numeric(rows, name))
    except BadInput:
        if series is None or series.dtype != pl.String:
            raise
    return _grouped(name, series.to_list())


def _grouped(name: str, values: list[str | None]) -> Coloring:
    "Texts as groups; of a list such as Action|Comedy the first counts."
    firsts = tuple(value.partition("|")[0] if value else None for value in values)
    different = len({*firsts} - {None})
    if different > _LEVELS:
        raise BadInput(
            f"{name!r} has {different:,} different texts, too many for colours; name another fact"
        )
    listed = any(value and "|" in value for value in values)
    notes = (f"{name}: of several in one text the first gives the colour",) if listed else ()
    return Coloring(name, texts=firsts, notes=notes)


def _given(rows: Rows, values: Any) -> Coloring:
    series = values if isinstance(values, pl.Series) else pl.Series(np.asarray(values).tolist())
    if len(series) != len(rows):
        raise BadInput(
            f"{len(series):,} colours came for {len(rows):,} {rows.titled.kinds}; "
            "one number or text for each was wanted"
        )
    name = series.name or "color"
    if series.dtype.is_numeric():
        return Coloring(name, series.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy())
    return Coloring(name, texts=tuple(None if v is None else str(v) for v in series.to_list()))
