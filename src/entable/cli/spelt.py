"""The library's way out of an error, as it is typed at the command line."""

import re
from typing import Any

__all__ = ["spelt"]

_SETTING = re.compile(r"""\b([a-z_]+)=(?![\[({])("[^"]*"|'[^']*'|[-\w.]*\w)?""")


def spelt(text: str, command: Any) -> str:
    """`length=32` becomes `--length 32` where the command, or one of its own, has such an option.

    What no option has stays as it is.
    """
    known = _options(command)

    def typed(found: re.Match[str]) -> str:
        option, value = known.get(found[1]), (found[2] or "").strip("\"'")
        if option is None or value == "False":
            return found[0]
        return option if value in ("", "True") else f"{option} {value}"

    return _SETTING.sub(typed, text)


def _options(command: Any) -> dict[str, str]:
    "The option of each parameter of a command and of those below it."
    found: dict[str, str] = {}
    for below in getattr(command, "commands", {}).values():
        found |= _options(below)
    for param in getattr(command, "params", ()):
        if options := [option for option in param.opts if option.startswith("-")]:
            found[param.name] = max(options, key=len)
    return found
