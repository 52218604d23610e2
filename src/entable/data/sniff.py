"""How a text table is written: delimiter, quotes, header; found in its first lines."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from entable.data.usual import ROLES, TITLES, plain, usual
from entable.errors import BadInput

__all__ = ["NUMBER", "SINGLE", "Format", "records", "sniffed"]

_WORDS = {",": "comma", "\t": "tab", "|": "|", ";": ";", "::": "::", " ": "blank"}
_LINES = 200
SINGLE = "\x1f"  # stands for "::" where one character is wanted
NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*|nan|[+-]?inf(inity)?", re.I)
_KNOWN = frozenset(name for role in ROLES for name in usual(role)) | TITLES | {"id", "genres"}


@dataclass(frozen=True)
class Format:
    """How a text table is written.

    columns: the header's names, or column_1 ... without header. skip: lines before the first row.
    sample: the first rows as texts.
    """

    separator: str
    quoted: bool
    header: bool
    columns: tuple[str, ...]
    skip: int
    sample: tuple[tuple[str, ...], ...]

    def told(self) -> str:
        "The format in words."
        head = "with a header" if self.header else "no header"
        return f"{_WORDS[self.separator]}-separated, {head}"

    def filled(self) -> tuple[str, ...]:
        "The columns less those at the end that are empty: a delimiter may end every row."
        last = max((k for k, column in enumerate(self.columns) if self.cells(column)), default=-1)
        return self.columns[: last + 1]

    def cells(self, column: str) -> list[str]:
        "The sample of one column, without empty cells."
        k = self.columns.index(column)
        return [row[k] for row in self.sample if k < len(row) and row[k].strip()]


def sniffed(head: bytes, whole: bool, name: str, given: Collection[str] = ()) -> Format:
    """The format of the text that begins with `head`; `given` are columns known to be there.

    Raises BadInput for a header without rows.
    """
    text = head.decode(errors="replace")
    if not whole and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    try:
        separator, quoted = _separator(text, whole)
        found = list(islice(records(_lines(text, separator), separator, quoted), _LINES))
    except csv.Error:
        raise BadInput(f"{name} is no table: it has cells of more than 100,000 letters") from None
    rows = [row for _, _, row in found]
    header = _is_header(rows[0], rows[1:], given)
    if header and len(rows) == 1:
        but = "no rows" if whole else "a row longer than that of any table"
        raise BadInput(f"{name} has a header ({', '.join(rows[0])[:200]}) and {but}")
    columns = _header(rows[0]) if header else _numbered(rows)
    sample = tuple(map(tuple, rows[1:] if header else rows))
    skip = found[1 if header else 0][0] - 1
    return Format(separator, quoted, header, columns, skip, sample)


def records(
    lines: Iterable[str], separator: str, quoted: bool, strict: bool = False
) -> Iterator[tuple[int, int, list[str]]]:
    """(first line, last line, cells) of each row that is not blank; lines count from 1.

    Raises csv.Error for quotes astray if strict.
    """
    delimiter = SINGLE if separator == "::" else separator
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=strict)
    last = 0
    for row in reader:
        if any(row):
            yield last + 1, reader.line_num, row
        last = reader.line_num


def _lines(text: str, separator: str) -> Iterable[str]:
    return io.StringIO(text.replace("::", SINGLE) if separator == "::" else text)


def _separator(text: str, whole: bool) -> tuple[str, bool]:
    "The delimiter that cuts most rows into equally many cells, and whether quotes are in use."
    best, chosen = (0.0, 0), (",", True)
    for separator in _WORDS:
        quoted = _quoted(text, separator, whole)
        rows = islice(records(_lines(text, separator), separator, quoted), _LINES)
        counts = [len(row) for _, _, row in rows]
        cells, times = Counter(counts).most_common(1)[0]
        agree = times / len(counts)
        if cells < 2 or agree < 0.5 or (separator == " " and (cells < 3 or best[1])):
            continue
        if separator == "::" and agree > 0.8:
            return separator, False
        score = (min(agree, 0.9) if counts[0] == cells else agree / 2, cells)
        if score > best:
            best, chosen = score, (separator, quoted)
    return chosen


def _quoted(text: str, separator: str, whole: bool) -> bool:
    "Do quotes enclose cells here, or are they letters like any other?"
    cut = re.escape(separator)
    if separator == "::":
        return False
    rest = re.sub(rf'(^|{cut})"(?:[^"]|"")*"(?={cut}|\r?$)', r"\1", text, flags=re.M)
    stray = re.search(rf'(?:^|{cut})"', rest, flags=re.M)
    if stray is not None:
        return not whole and '"' not in rest[stray.end() :]  # a cell cut off by the end of the head
    return separator in ",;" or len(rest) < len(text)


def _is_header(first: list[str], rest: list[list[str]], given: Collection[str]) -> bool:
    if any(name in first for name in given):
        return True
    named = any(plain(cell) in _KNOWN for cell in first)
    if any(NUMBER.fullmatch(cell) for cell in first):
        return False
    return named or not rest or any(map(_numeric_below, first, zip(*rest, strict=False)))


def _numeric_below(name: str, cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(name.strip() and filled) and all(map(NUMBER.fullmatch, filled))


def _header(first: list[str]) -> tuple[str, ...]:
    "The header's names, each made different from those before it."
    names: list[str] = []
    for k, cell in enumerate(first, 1):
        name = cell.strip() or f"column_{k}"
        names.append(name if name not in names else f"{name}_{k}")
    return tuple(names)


def _numbered(rows: list[list[str]]) -> tuple[str, ...]:
    cells = Counter(map(len, rows)).most_common(1)[0][0]
    return tuple(f"column_{k}" for k in range(1, cells + 1))
