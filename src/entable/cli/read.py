"Ratings from a path, with what was found said on stderr."

import warnings
from typing import TYPE_CHECKING, Any

import entable
from entable.cli import say

if TYPE_CHECKING:
    from entable.data.ratings import Ratings


def read(path: str, quiet: bool, time: str | None = None, **columns: Any) -> "Ratings":
    'Ratings from a file or pattern; the time "none" leaves times out.'
    from entable.data.content import NotUtf8

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotUtf8)  # the notes say so, too
        found = entable.Ratings.read(path, time=False if time == "none" else time, **columns)
    for text in found.notes:
        say.note(text, quiet)
    return found
