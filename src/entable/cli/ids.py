"Names as people and text files write them, turned into names of the type that a model knows."

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import entable
from entable.errors import UnknownName

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.data.vocab import Vocab
    from entable.embeddings import Embeddings
    from entable.recommender import Recommender


def known(side: "Embeddings", text: str) -> Any:
    """The name that a person meant by an id or a title.

    Raises UnknownName, which proposes the nearest.
    """
    try:
        name = side.vocab.parse(text)
    except UnknownName:
        name = text  # no id of this type, so it can only be a title
    meant = text if name not in side and text in side else name
    return side.names[side.position(meant)]


def parsed(vocab: "Vocab", values: Any) -> list[Any]:
    "Texts or other values as names of a vocab's type; what cannot be one stays as it is."
    return [_parsed(vocab, value) for value in values]


def _parsed(vocab: "Vocab", value: Any) -> Any:
    if vocab.dtype == "str":
        return value if value is None else str(value)
    try:
        return vocab.parse(value) if isinstance(value, str) else value
    except UnknownName:
        return value


def as_in_model(data: "Ratings", model: "Recommender") -> "Ratings":
    "The same ratings with ids of the model's types: a file of digits may hold texts."
    return replace(
        data, users=_like(data.users, model.users.vocab), items=_like(data.items, model.items.vocab)
    )


def _like(vocab: "Vocab", model: "Vocab") -> "Vocab":
    if vocab.dtype == model.dtype:
        return vocab
    return entable.Vocab.of(parsed(model, vocab.names.tolist()), kind=vocab.kind)
