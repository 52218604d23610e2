"""Delimited text -> columns; ids as dictionary codes, so that a text is kept once."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import Any, BinaryIO

import polars as pl

from entable.data.content import Content
from entable.data.part import Part
from entable.data.sniff import NUMBER, SINGLE, Format, records, sniffed
from entable.data.usual import by_name, by_position, told
from entable.errors import BadInput

__all__ = ["read_delimited", "read_texts"]

_SPARE = 2  # so many columns more than wanted are read too, which finds rows that are too long


def read_delimited(
    content: Content, given: Mapping[str, str | bool | None], kinds: Mapping[str, pl.DataType]
) -> Part:
    """Read ratings from delimited text; `kinds` are the types of user and item.

    Raises BadInput for missing columns and for rows of the wrong length, and says where.
    """
    named = [name for name in given.values() if isinstance(name, str)]
    form = sniffed(content.head, content.whole, content.name, named)
    find = by_name if form.header else by_position
    roles = find(form.columns, given, content.name)
    types = {roles["user"]: kinds["user"], roles["item"]: kinds["item"]}
    types |= _number_types(form, roles)
    content, frame = _read(content, form, types)
    frame = frame.select(**{role: pl.col(column) for role, column in roles.items()})
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))  # blank lines
    words = f"{form.told()}; columns taken as {told(roles)}"
    return Part(frame, words, _Place(content, form), text=True, latin=content.latin)


def read_texts(content: Content) -> tuple[Content, Format, pl.DataFrame]:
    """Read a whole delimited table with all columns as text.

    Raises BadInput as `read_delimited` does.
    """
    form = sniffed(content.head, content.whole, content.name)
    content, frame = _read(content, form, dict.fromkeys(form.columns, pl.String()))
    return content, form, frame.filter(~pl.all_horizontal(pl.all().is_null()))


def _number_types(form: Format, roles: Mapping[str, str]) -> dict[str, pl.DataType]:
    "Numbers where the sample shows numbers; else text, which is looked at later, value by value."
    types: dict[str, pl.DataType] = {}
    for role, whole in (("rating", False), ("time", True)):
        if role in roles:
            cells = form.cells(roles[role])
            if all(_is_whole(c) for c in cells) if whole else all(map(NUMBER.fullmatch, cells)):
                types[roles[role]] = pl.Int64() if whole else pl.Float32()
    return types


def _is_whole(cell: str) -> bool:
    return cell.strip().lstrip("-").isdecimal()


def _read(
    content: Content, form: Format, types: Mapping[str, pl.DataType]
) -> tuple[Content, pl.DataFrame]:
    """Read with the types wanted, else numbers as text, else as Latin-1.

    What is no number then comes out as text and is refused with its line.
    """
    try:
        return content, _scan(content, form, types)
    except (pl.exceptions.PolarsError, OSError) as error:
        latin = None if content.latin else content.as_latin()
        if latin is not None:
            return _read(latin, form, types)
        texts = {c: pl.String() if t.is_numeric() else t for c, t in types.items()}
        if texts != types:
            return _read(content, form, texts)
        raise _refusal(content, form, error) from None


def _scan(content: Content, form: Format, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    comma = form.separator == ";" and _decimal_comma(form, types)
    wanted = [c for c in form.columns if c in types]
    data: Any = content.data
    if form.separator == "::":
        data = content.as_bytes().replace(b"::", SINGLE.encode())
    return pl.read_csv(
        data,
        separator=SINGLE if form.separator == "::" else form.separator,
        has_header=False,
        skip_lines=form.skip,
        quote_char='"' if form.quoted else None,
        schema={c: types.get(c, pl.String()) for c in form.columns},
        columns=None if len(form.columns) <= len(wanted) + _SPARE else wanted,
        decimal_comma=comma,
        glob=False,
    )


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
        short = f" ({len(cells)} cells instead of {wanted})" if len(cells) < wanted else ""
        return f"{self.content.name}, line {first:,}{short}"


def _walk(content: Content, form: Format) -> Iterator[tuple[int, int, list[str]]]:
    packed = isinstance(content.data, bytes) or form.separator == "::"
    with ExitStack() as stack:
        raw = io.BytesIO(content.as_bytes()) if packed else stack.enter_context(_binary(content))
        lines = io.TextIOWrapper(raw, "utf-8", errors="replace", newline="\n")
        double = form.separator == "::"
        source = (line.replace("::", SINGLE) for line in lines) if double else lines
        yield from records(source, form.separator, form.quoted)


def _binary(content: Content) -> BinaryIO:
    return content.path.open("rb")


def _refusal(content: Content, form: Format, error: Exception) -> BadInput:
    "Why Polars cannot read the text: a row too long, a quote astray, or its own words."
    wanted = len(form.columns)
    try:
        for first, _, cells in _walk(content, form):
            if len(cells) > wanted:
                return BadInput(
                    f"{content.name}, line {first:,}: {len(cells)} cells instead of {wanted} "
                    f"({form.separator.join(cells)[:80]!r}); a text that holds the delimiter "
                    "must stand in quotes"
                )
    except csv.Error:
        pass
    return BadInput(f"{content.name} cannot be read as a table: {str(error).splitlines()[0]}")
