"""Delimited text -> columns; ids as dictionary codes, so that a text is kept once."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, BinaryIO

import polars as pl

from entable.data.content import Content
from entable.data.part import Part
from entable.data.sniff import NUMBER, SINGLE, Format, records, sniffed
from entable.data.usual import by_name, by_position, told
from entable.data.words import counted
from entable.errors import BadInput

__all__ = ["read_delimited", "read_texts"]

_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
_SPARE = 2  # so many columns more than wanted are read too, which finds rows that are too long


@dataclass(frozen=True)
class _Plan:
    """How to read a text table.

    types: of columns that are no ids. ids: columns of ids and the type of their codes. whole: those
    of them that look like whole numbers; they are coded after all where one is written otherwise.
    """

    form: Format
    types: Mapping[str, pl.DataType]
    ids: Mapping[str, pl.DataType] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()


def read_delimited(
    content: Content, given: Mapping[str, str | bool | None], kinds: Mapping[str, pl.DataType]
) -> Part:
    """Read ratings from delimited text; `kinds` are the types of user and item.

    Raises BadInput for missing columns and for rows of the wrong length, and says where.
    """
    named = [name for name in given.values() if isinstance(name, str)]
    form = sniffed(content.head, content.whole, content.name, named)
    if form.header:
        roles = by_name(form.columns, given, content.name)
    else:
        roles = by_position(form.filled(), given, content.name)
    ids = {roles[side]: kinds[side] for side in ("user", "item")}
    whole = frozenset(c for c in ids if all(map(_WHOLE.fullmatch, form.cells(c))))
    content, frame = _read(content, _Plan(form, _number_types(form, roles), ids, whole))
    frame = frame.select(**{role: pl.col(column) for role, column in roles.items()})
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))  # blank lines
    words = f"{form.told()}; columns taken as {told(roles)}"
    return Part(frame, words, _Place(content, form), text=True, latin=content.latin)


def read_texts(content: Content) -> tuple[Content, Format, pl.DataFrame]:
    """Read a whole delimited table with all columns as text.

    Raises BadInput as `read_delimited` does.
    """
    form = sniffed(content.head, content.whole, content.name)
    content, frame = _read(content, _Plan(form, dict.fromkeys(form.columns, pl.String())))
    return content, form, frame.filter(~pl.all_horizontal(pl.all().is_null()))


def _number_types(form: Format, roles: Mapping[str, str]) -> dict[str, pl.DataType]:
    "Numbers where the sample shows numbers; else text, which is looked at later, value by value."
    types: dict[str, pl.DataType] = {}
    if all(map(NUMBER.fullmatch, form.cells(roles["rating"]))):
        types[roles["rating"]] = pl.Float32()
    if "time" in roles and all(map(_is_whole, form.cells(roles["time"]))):
        types[roles["time"]] = pl.Int64()
    return {roles[role]: pl.String() for role in ("rating", "time") if role in roles} | types


def _is_whole(cell: str) -> bool:
    return cell.strip().lstrip("-").isdecimal()


def _read(content: Content, plan: _Plan) -> tuple[Content, pl.DataFrame]:
    """Read with the types wanted, else numbers as text, else as Latin-1.

    What is no number then comes out as text and is refused with its line.
    """
    try:
        return content, _scan(content, plan)
    except (pl.exceptions.PolarsError, OSError) as error:
        latin = None if content.latin else content.as_latin()
        if latin is not None:
            return _read(latin, plan)
        texts = dict.fromkeys(plan.types, pl.String())
        if texts != plan.types:
            return _read(content, replace(plan, types=texts))
        raise _refusal(content, plan.form, error) from None


def _scan(content: Content, plan: _Plan) -> pl.DataFrame:
    form, types = plan.form, plan.types
    data: Any = content.data
    if form.separator == "::":
        data = content.as_bytes().replace(b"::", SINGLE.encode())
    lazy = pl.scan_csv(
        data,
        separator=SINGLE if form.separator == "::" else form.separator,
        has_header=False,
        skip_lines=form.skip,
        quote_char='"' if form.quoted and content.has(b'"') else None,
        schema={c: types.get(c, pl.String()) for c in form.columns},
        decimal_comma=form.separator != "," and _decimal_comma(form, types),
        glob=False,
    )
    if len(form.columns) > len(types) + len(plan.ids) + _SPARE:
        lazy = lazy.select(*types, *plan.ids)
    # ids are read as text, which is strict about quotes, and coded piece by piece
    codes = [pl.col(c).cast(t) for c, t in plan.ids.items() if c not in plan.whole]
    lazy = lazy.with_columns(*codes, *(_lost(c).alias(_flag(c)) for c in plan.whole))
    lazy = lazy.with_columns(pl.col(c).cast(pl.Int64, strict=False) for c in plan.whole)
    frame = lazy.collect(engine="streaming")
    kept = frozenset(c for c in plan.whole if not frame[_flag(c)].any())
    if kept != plan.whole:
        return _scan(content, replace(plan, whole=kept))
    return frame.select(*plan.ids, *types)


def _flag(column: str) -> str:
    return f"{column}\0lost"


def _lost(column: str) -> pl.Expr:
    "Would a name change if it were read as a whole number (01, +1, 1.0, text)?"
    name = pl.col(column)
    return (name.cast(pl.Int64, strict=False).cast(pl.String) != name).fill_null(name.is_not_null())


def _decimal_comma(form: Format, types: Mapping[str, pl.DataType]) -> bool:
    return any("," in cell for c, t in types.items() if t.is_float() for cell in form.cells(c))


class _Place:
    "Says where a row stands: only asked for an error, so it may walk through the file."

    def __init__(self, content: Content, form: Format) -> None:
        self.content, self.form = content, form

    def __call__(self, row: int) -> str:
        skip = row + (1 if self.form.header else 0)
        try:
            first, _, cells = next(islice(_walk(self.content, self.form), skip, None))
        except (csv.Error, StopIteration):
            return f"{self.content.name}, row {row + 1:,}"
        wanted = len(self.form.columns)
        short = f" ({_lengths(cells, wanted)})" if len(cells) < wanted else ""
        return f"{self.content.name}, line {first:,}{short}"


def _walk(
    content: Content, form: Format, strict: bool = False
) -> Iterator[tuple[int, int, list[str]]]:
    packed = isinstance(content.data, bytes) or form.separator == "::"
    with ExitStack() as stack:
        raw = io.BytesIO(content.as_bytes()) if packed else stack.enter_context(_binary(content))
        lines = io.TextIOWrapper(raw, "utf-8", errors="replace", newline="\n")
        double = form.separator == "::"
        source = (line.replace("::", SINGLE) for line in lines) if double else lines
        yield from records(source, form.separator, form.quoted, strict)


def _binary(content: Content) -> BinaryIO:
    return content.path.open("rb")


def _refusal(content: Content, form: Format, error: Exception) -> BadInput:
    "Why Polars cannot read the text: a row of the wrong length, a quote astray, or its own words."
    wanted, end = len(form.columns), 0
    try:
        for first, last, cells in _walk(content, form, strict=True):
            if len(cells) != wanted:
                return _wrong_length(content, form, first, cells)
            end = last
    except csv.Error:
        return BadInput(
            f"{content.name}, line {end + 1:,}: a quote stands astray or does not close; a quote "
            "inside a quoted text is written twice"
        )
    return BadInput(f"{content.name} cannot be read as a table: {str(error).splitlines()[0]}")


def _wrong_length(content: Content, form: Format, line: int, cells: list[str]) -> BadInput:
    wanted, text = len(form.columns), form.separator.join(cells)[:80]
    out = "; a text that holds the delimiter must stand in quotes" if len(cells) > wanted else ""
    return BadInput(f"{content.name}, line {line:,}: {_lengths(cells, wanted)} ({text!r}){out}")


def _lengths(cells: list[str], wanted: int) -> str:
    return f"{counted(len(cells), 'cell')} instead of {wanted}"
