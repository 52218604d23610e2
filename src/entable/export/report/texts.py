"""Names as a page can hold them."""

import re

__all__ = ["clean", "cut"]

_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # turns round the text of others, too
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    "The text without what would turn other text round, and without control characters."
    return _CONTROL.sub("\ufffd", _STEERING.sub("", text))


def cut(text: str, most: int) -> str:
    "A clean text on one line, of no more than `most` characters."
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
