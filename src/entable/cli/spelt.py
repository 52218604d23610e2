"""The library's way out of an error, as it is typed at the command line."""

import re
from typing import Any

__all__ = ["spelt"]

_SETTING = re.compile(r"""\b([a-z_]+)=(?![\[({])("[^"]*"|'[^']*'|[-\w.]*\w)?""")


def spelt(text: str, command: Any) -> str:
    """`length=32` becomes `--length 32` where the command, or one of its own, has such an option.

    A switch that turns something off stands for `name=False`. What no option has stays as it is.
    """
    known, off = _options(command, "opts"), _options(command, "secondary_opts")

    def typed(found: re.Match[str]) -> str:
        value = (found[2] or "").strip("\"'")
        if value == "False":
            return off.get(found[1], found[0])
        option = known.get(found[1])
        if option is None:
            return found[0]
        return option if value in ("", "True") else f"{option} {value}"

    return _SETTING.sub(typed, text)


def _options(command: Any, kind: str) -> dict[str, str]:
    "The option of each parameter of a command and of those below it; kind: Click's list of them."
    found: dict[str, str] = {}
    for below in getattr(command, "commands", {}).values():
        found |= _options(below, kind)
    for param in getattr(command, "params", ()):
        if options := [option for option in getattr(param, kind) if option.startswith("-")]:
            found[param.name] = max(options, key=len)
    return found
