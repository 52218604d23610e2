"Tables for people, on stdout, as wide as the terminal or, in a pipe, as wide as they need."

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from entable.cli.say import printable

ENDLESS = 1000


def show(page: RenderableType) -> None:
    "Print on stdout; what goes into a pipe is never cut."
    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else ENDLESS
    console = Console(width=wide, highlight=False)
    with console.capture() as drawn:
        console.print(page)
    for line in drawn.get().splitlines():
        print(line.rstrip())


def cell(value: object) -> Text:
    "A value as a cell: numbers to a few digits, nothing for None."
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, float):
        return Text(f"{value:.2f}")
    return Text(printable(value))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    "Print rows under headings; columns whose name starts with > are set to the right."
    page = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        right = name.startswith(">")
        side: Literal["left", "right"] = "right" if right else "left"
        page.add_column(name.removeprefix(">"), justify=side, overflow="fold")
    for row in rows:
        page.add_row(*map(cell, row))
    show(page)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    "Print pairs of a word and what there is to say of it."
    page = Table.grid(padding=(0, 2))
    page.add_column(style="bold", no_wrap=True)
    page.add_column(overflow="fold")
    for word, text in rows:
        page.add_row(Text(word), Text(printable(text)))
    show(page)


def lines(*texts: str, indent: int = 0, style: str = "") -> None:
    "Print texts, each continued under itself where the terminal ends."
    for text in texts:
        show(Padding(Text(printable(text), style), (0, 0, 0, indent)))
