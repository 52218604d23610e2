"""What sections of a page are made of: tables, pictures, words; the template knows each by kind."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import polars as pl

from entable._answer import cell
from entable.errors import EntableError
from entable.export.report.texts import cut

__all__ = [
    "Block", "Column", "Folded", "Lacking", "Lines", "MapView", "Picture", "Quote",
    "Section", "Table", "Thumb", "Thumbs", "Tile", "Tiles", "told",
]  # fmt: skip

_LONG = 110  # characters of a text in a cell
_WIDE, _SHORT = 24, 12  # from, up to so many a column keeps some width, or is never broken
_SENTENCE = 44  # characters that are no mere name
_NUMBERED = {"user", "item", "axis", "cluster"}  # numbers that are names
_COUNTED = {"n", "count", "size", "rank", "mean_rank"}
_NAMES = {"n": "ratings", "count": "ratings", "se": "std. error", "rmse": "RMSE", "mae": "MAE"}


@dataclass(frozen=True)
class Block:
    """A part of a section, with notes below it.

    half: beside another one, where the screen is wide; tall: beside two that are one below the
    other.
    """

    kind: ClassVar[str] = ""
    half: bool = field(default=False, kw_only=True)
    tall: bool = field(default=False, kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Column:
    "The head of a column and how it is set: number, wide or neither."

    name: str
    kind: str = ""

    @property
    def number(self) -> bool:
        "Whether it is set to the right."
        return self.kind == "number"


@dataclass(frozen=True)
class Table(Block):
    "A table with texts in its cells."

    kind: ClassVar[str] = "table"
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    @property
    def wordy(self) -> bool:
        "Whether a column holds sentences, which narrow screens show one below the other."
        columns = zip(*self.rows, strict=True)
        return any(sorted(map(len, texts))[len(texts) // 2] >= _SENTENCE for texts in columns)

    @classmethod
    def of(
        cls,
        title: str,
        frame: pl.DataFrame,
        most: int = 10,
        digits: int | None = None,
        long: int = _LONG,
        **more: Any,
    ) -> "Table":
        """The first rows of a frame; names give way to the labels beside them.

        digits: of numbers after the point, if not by their size; long: characters of a text.
        """
        if "label" in frame.columns:
            frame = frame.with_columns(_named(frame)).drop("label")
        series = frame.head(most).get_columns()
        texts = [_texts(each, digits, long) for each in series]
        columns = [
            Column(_NAMES.get(each.name, each.name.replace("_", " ")), _kind(each, column))
            for each, column in zip(series, texts, strict=True)
        ]
        return cls(title, columns, [*zip(*texts, strict=True)], **more)


def _named(frame: pl.DataFrame) -> pl.Series:
    "The label where there is one, else the name, in the column before the labels."
    at = frame.columns.index("label")
    names = frame[frame.columns[at - 1]]
    pairs = zip(names, frame["label"], strict=True)
    texts = [str(name) if label is None else label for name, label in pairs]
    return pl.Series(names.name, texts, pl.String)


def _texts(series: pl.Series, digits: int | None, long: int) -> list[str]:
    "The cells of a column; numbers with as many digits in each."
    if series.dtype.is_float():
        known = series.drop_nulls().drop_nans()
        digits = _digits(known) if digits is None else digits
        shown = ("" if x is None or math.isnan(x) else f"{x:,.{digits}f}" for x in series)
        return [text.replace("-", "\N{MINUS SIGN}") for text in shown]
    if series.dtype.is_integer():
        plain = series.name not in _COUNTED  # an id is no amount
        return ["" if x is None else str(x) if plain else f"{x:,}" for x in series]
    return [cut(cell(value), long) for value in series]


def _digits(known: pl.Series) -> int:
    if not len(known) or (known == known.round()).all():
        return 0
    return 2 if float(known.abs().max()) >= 0.5 else 3  # type: ignore[arg-type]


def _kind(series: pl.Series, texts: list[str]) -> str:
    if series.dtype.is_numeric() and series.name not in _NUMBERED:
        return "number"
    longest = max(map(len, texts), default=0)
    return "wide" if longest >= _WIDE else "short" if longest <= _SHORT else ""


@dataclass(frozen=True)
class Folded(Block):
    "A table that is opened by a click."

    kind: ClassVar[str] = "folded"
    table: Table


@dataclass(frozen=True)
class Picture(Block):
    "A drawn figure; svg may stand in the page as it is."

    kind: ClassVar[str] = "picture"
    title: str
    svg: Any


@dataclass(frozen=True)
class Thumb:
    "A small picture: its bytes as a data URI, lines below it, and whether it is a mistake."

    src: str
    lines: Sequence[str]
    wrong: bool = False


@dataclass(frozen=True)
class Thumbs(Block):
    "Small pictures beside each other; coarse: their pixels are to be seen."

    kind: ClassVar[str] = "thumbs"
    title: str
    thumbs: Sequence[Thumb]
    coarse: bool = False


@dataclass(frozen=True)
class Tile:
    "One figure of a summary."

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Tiles(Block):
    "Figures beside each other."

    kind: ClassVar[str] = "tiles"
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Lines(Block):
    "Sentences, one below the other."

    kind: ClassVar[str] = "list"
    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Quote(Block):
    "A sentence that stands out below a heading."

    kind: ClassVar[str] = "quote"
    title: str
    text: str


@dataclass(frozen=True)
class Lacking(Block):
    "Why something is not there, and the way to it."

    kind: ClassVar[str] = "lacking"
    text: str


@dataclass(frozen=True)
class MapView(Block):
    "The map; data is JSON that may stand in a script."

    kind: ClassVar[str] = "map"
    noun: str
    data: Any


@dataclass(frozen=True)
class Section:
    "A part of the page: where links lead to, what they say, its title, and what it shows."

    id: str
    name: str
    title: str
    lead: str
    blocks: Sequence[Block]


def told(build: Callable[[], Iterable[Block]]) -> list[Block]:
    "What is built, as far as it goes; where something is lacking, a sentence that says what."
    blocks: list[Block] = []
    try:
        blocks.extend(build())
    except EntableError as error:
        text = str(error)
        blocks.append(Lacking(f"{text[:1].upper()}{text[1:]}."))
    return blocks
