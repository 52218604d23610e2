"""Loading a model file: the kind is in its manifest."""

import os
from collections.abc import Callable
from typing import Any

from entable import modelfile
from entable.errors import BadInput, BadModelFile
from entable.imagemodel import ImageModel
from entable.imagemodel import stored as images
from entable.recommender import Recommender
from entable.recommender import stored as ratings
from entable.tablemodel import TableModel
from entable.tablemodel import stored as tables
from entable.textmodel import TextModel
from entable.textmodel import stored as texts

__all__ = ["load"]

_KINDS: dict[str, tuple[Callable[..., Any], Callable[..., dict[str, Any]]]] = {
    ratings.KIND: (Recommender, ratings.unpack),
    tables.KIND: (TableModel, tables.unpack),
    images.KIND: (ImageModel, images.unpack),
    texts.KIND: (TextModel, texts.unpack),
}


def load(path: str | os.PathLike[str]) -> Any:
    """Load a model from its `*.entable` file, whatever its kind; nothing in it is ever run.

    A Recommender, a TableModel, an ImageModel or a TextModel. Arrays stay in the file and are
    shared by the processes that load it. Raises BadInput where there is no such file, BadModelFile
    where it is damaged, newer, or something else.
    """
    kind, about, arrays = modelfile.read(path)
    if kind not in _KINDS:
        known = ", ".join(map(repr, _KINDS))
        raise BadModelFile(f"{path} holds a {kind[:50]!r}; this version loads {known}")
    make, unpack = _KINDS[kind]
    try:
        return make(**unpack(about, arrays))
    except (BadInput, BadModelFile) as error:
        raise BadModelFile(f"{path} cannot be used: {error}") from None
