"How the program speaks: answers on stdout, everything else on stderr."

import json
import math
import sys
from collections.abc import Mapping
from typing import Any

import typer

REPLACED = "\N{REPLACEMENT CHARACTER}"


def complain(text: str) -> None:
    "Say on stderr, in one line, what went wrong."
    typer.echo("entable: " + printable(" ".join(text.split())), err=True)


def note(text: str, quiet: bool = False) -> None:
    "Say something beside the answer, on stderr."
    if not quiet:
        typer.echo(printable(text), err=True)


def document(answer: Mapping[str, Any]) -> None:
    "Print one JSON document on stdout; numbers that JSON does not know become null."
    text = json.dumps(plain(answer), ensure_ascii=False, allow_nan=False, indent=2)
    typer.echo(text)


def printable(value: object) -> str:
    "Text that cannot steer a terminal, whatever a name in a file holds."
    return "".join(char if char.isprintable() else REPLACED for char in str(value))


def plain(value: Any) -> Any:
    "The same value in JSON's own types: arrays to lists, dates and UUIDs to text, NaN to null."
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def size(count: float) -> str:
    "A number of bytes for people."
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def seconds(time: float) -> str:
    "A time for people."
    if time < 0.1:
        return f"{1000 * time:.0f} ms"
    return f"{time:.1f} s" if time < 120 else f"{time / 60:.0f} min"


def to_terminal() -> bool:
    "Whether a person reads stderr as it comes."
    return sys.stderr.isatty()
