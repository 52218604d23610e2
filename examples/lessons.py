"""Run the pages of docs/lessons from top to bottom, as CI does, and write what they print and draw.

    MNIST=folder python examples/lessons.py docs/lessons [page ...]

MNIST names the folder with the four files of this data set, as they come.

A page is Markdown. Its ```python blocks are one script; a ```text block below one holds what that
one prints; blocks marked ```python real need data.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")

_FENCED = re.compile(r"^```(python(?: real)?)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
_NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Block:
    "A block of a page: its code, where it stands, and what the page says that it prints."

    code: str
    line: int  # of its first line in the page
    real: bool
    shown: str
    span: tuple[int, int]  # characters of the page, from the first fence to the last


def blocks(text: str) -> list[Block]:
    "The blocks of a page, in order."
    return [
        Block(
            m[2], text.count("\n", 0, m.start(2)) + 1, m[1].endswith("real"), m[3] or "", m.span()
        )
        for m in _FENCED.finditer(text)
    ]


def run(page: Path, real: bool = True) -> Iterator[tuple[Block, str]]:
    "Each block of a page and what it printed; those that need data only if `real`."
    space: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page.read_text("utf-8")):
        if block.real and not real:
            continue
        said = StringIO()
        with redirect_stdout(said):  # errors name the page and its line
            exec(compile("\n" * (block.line - 1) + block.code, str(page), "exec"), space)
        yield block, said.getvalue()


def agree(shown: str, printed: str, loose: bool = False) -> bool:
    """Whether two texts have the same words, and numbers within 2 of the last digit shown.

    loose: numbers that are not whole may be 5 % apart, for what was trained on real data.
    """
    if _NUMBER.sub("#", shown).split() != _NUMBER.sub("#", printed).split():
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(_near(a, b, loose) for a, b in pairs)


def _near(shown: str, printed: str, loose: bool) -> bool:
    digits, _, power = shown.replace(",", "").partition("e")
    unit = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    whole = "." not in digits and not power
    a, b = (float(number.replace(",", "")) for number in (shown, printed))
    share = 0.05 * abs(a) if loose else 0.0
    return abs(a - b) <= (0 if whole else max(2.01 * unit, share))


def write(page: Path) -> None:
    "Run a page and put what it prints and draws where the reader sees it."
    text, done = page.read_text("utf-8"), 0
    parts = []
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for block, printed in run(page):
            kind = "python real" if block.real else "python"
            tail = f"\n```text\n{printed.rstrip()}\n```\n" if printed.strip() else ""
            fenced = f"```{kind}\n{block.code}```\n{tail}"
            parts += [text[done : block.span[0]], fenced]
            done = block.span[1]
        for picture in Path(folder).glob("*.png"):
            if f"]({picture.name})" in text:
                (page.parent / picture.name).write_bytes(picture.read_bytes())
    page.write_text("".join([*parts, text[done:]]), "utf-8")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the steps are small: threads would only wait
    folder = Path(sys.argv[1]).resolve()
    for name in sys.argv[2:] or sorted(path.name for path in folder.glob("[0-9]*.md")):
        print(name)
        write(folder / name)
