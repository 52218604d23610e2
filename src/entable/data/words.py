"""Words about how many there are."""

import re

__all__ = ["counted", "plural", "sentence"]

_WORDS = re.compile(r"[^\W\d_][^\W\d_A-Z]*([ -][^\W\d_A-Z]+)*")  # State, city; not DayOfWeek


def counted(n: int, noun: str) -> str:
    "A number and its noun: 1 user, 2 users."
    return f"{n:,} {noun if n == 1 else plural(noun)}"


def plural(noun: str) -> str:
    "Several of what a column may be called: users, States, cities, values of DayOfWeek."
    if not _WORDS.fullmatch(noun):
        return f"values of {noun}"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    many = noun.endswith("y") and noun[-2:-1] not in "aeiou"
    return f"{noun[:-1]}ies" if many else f"{noun}s"


def sentence(text: str) -> str:
    "The same as a sentence begins."
    return text[:1].upper() + text[1:]
