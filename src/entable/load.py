"""Loading a model file: the kind is in its manifest."""

import os

from entable import modelfile
from entable.errors import BadInput, BadModelFile
from entable.recommender import Recommender
from entable.recommender.stored import KIND, unpack

__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> Recommender:
    """Load a model from its `*.entable` file; nothing in the file is ever run.

    Arrays stay in the file and are shared by the processes that load it. Raises BadInput where
    there is no such file, BadModelFile where it is damaged, newer, or something else.
    """
    kind, about, arrays = modelfile.read(path)
    if kind != KIND:
        raise BadModelFile(f"{path} holds a {kind[:50]!r}; this version loads a {KIND!r}")
    try:
        return Recommender(**unpack(about, arrays))
    except (BadInput, BadModelFile) as error:
        raise BadModelFile(f"{path} cannot be used: {error}") from None
