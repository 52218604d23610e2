"""What reading answers with: a table and words, which show themselves wherever they are asked."""

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import polars as pl

from entable._extras import need

__all__ = ["Answer", "cell", "html_table", "printable"]

_SHOWN = 60  # rows shown of a table; all of them are in `.table`


class Answer:
    """An answer: `.table`, `.title` and `.notes`, shown as text, by Rich and as HTML.

    Those that can be drawn have `.plot(ax=None)`, which returns Matplotlib's Axes.
    """

    title: str
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "The answer as a frame."
        raise NotImplementedError

    @property
    def shown(self) -> pl.DataFrame:
        "What of the table people look at; all of it if nothing else is said."
        return self.table

    def __str__(self) -> str:
        with pl.Config(
            tbl_rows=_SHOWN,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
            tbl_cols=-1,
            fmt_str_lengths=60,
            float_precision=3,
            tbl_width_chars=160,
        ):
            return "\n".join([self.title, str(self.shown), *self.notes])

    __repr__ = __str__

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        text, rich = need("rich.text").Text, need("rich.table")
        yield text(printable(self.title), "bold")
        frame = self.shown
        page = rich.Table(box=need("rich.box").SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for name in frame.columns:
            side = "right" if frame[name].dtype.is_numeric() else "left"
            page.add_column(text(name), justify=side, overflow="fold")
        for row in frame.head(_SHOWN).iter_rows():
            page.add_row(*(text(printable(cell(value))) for value in row))
        yield page
        for note in self.notes:
            yield text(printable(note), "dim")

    def _repr_html_(self) -> str:
        notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes)
        title = f"<p><b>{escape(self.title)}</b></p>"
        return f"<div>{title}{html_table(self.shown.head(_SHOWN))}{notes}</div>"


def cell(value: object) -> str:
    "A value for people: numbers to a few digits, nothing for None and NaN."
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) >= 0.095 or value == 0 else f"{value:.2g}"
    if isinstance(value, (list, tuple, pl.Series)):
        return ", ".join(map(cell, value))
    return str(value)


def printable(text: str) -> str:
    "Text that cannot steer a terminal, whatever a name holds."
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def html_table(frame: pl.DataFrame) -> str:
    "A frame as an HTML table; everything in it is escaped."
    right = [dtype.is_numeric() for dtype in frame.dtypes]
    head = _row("th", frame.columns, right)
    body = "".join(_row("td", map(cell, row), right) for row in frame.iter_rows())
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(tag: str, texts: Iterable[str], right: list[bool]) -> str:
    sides = (' style="text-align:right"' if side else "" for side in right)
    cells = (f"<{tag}{s}>{escape(t)}</{tag}>" for s, t in zip(sides, texts, strict=True))
    return f"<tr>{''.join(cells)}</tr>"
