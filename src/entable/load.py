"""Loading a model file: the kind is in its manifest."""

import os
from typing import Any

from entable import modelfile
from entable.errors import BadInput, BadModelFile
from entable.recommender import Recommender
from entable.recommender import stored as ratings
from entable.tablemodel import TableModel
from entable.tablemodel import stored as tables

__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> Any:
    """Load a Recommender or a TableModel from its `*.entable` file; nothing in it is ever run.

    Arrays stay in the file and are shared by the processes that load it. Raises BadInput where
    there is no such file, BadModelFile where it is damaged, newer, or something else.
    """
    kind, about, arrays = modelfile.read(path)
    try:
        if kind == ratings.KIND:
            return Recommender(**ratings.unpack(about, arrays))
        if kind == tables.KIND:
            return TableModel(**tables.unpack(about, arrays))
    except (BadInput, BadModelFile) as error:
        raise BadModelFile(f"{path} cannot be used: {error}") from None
    known = f"{ratings.KIND!r} and {tables.KIND!r}"
    raise BadModelFile(f"{path} holds a {kind[:50]!r}; this version loads {known}")
