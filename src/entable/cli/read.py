"Ratings from a path, with what was found said on stderr."

import warnings
from typing import TYPE_CHECKING, Any

import entable
from entable.cli import say

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.embeddings import Embeddings


def read(path: str, quiet: bool, time: str | None = None, **columns: Any) -> "Ratings":
    'Ratings from a file or pattern; the time "none" leaves times out.'
    from entable.data.content import NotUtf8

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotUtf8)  # the notes say so, too
        found = entable.Ratings.read(path, time=False if time == "none" else time, **columns)
    for text in found.notes:
        say.note(text, quiet)
    return found


def with_facts(rows: "Embeddings", path: str | None, quiet: bool) -> "Embeddings":
    "The same rows with the facts in a file (None: those of the model); says what did not match."
    if path is None:
        return rows
    from dataclasses import replace

    from entable.data.content import NotUtf8
    from entable.data.side import facts

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotUtf8)
        found, notes = facts(path, rows.vocab)
    for text in notes:
        say.note(text, quiet)
    return replace(rows, facts=found)
