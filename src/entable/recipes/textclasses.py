"""Documents and their classes: a net of its own, or a language model that is taught them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as fn

from entable.data.text import Sequences
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.models.rnn import Body, Drops, LanguageModel, TextClassifier
from entable.recipes.text import TextLearner
from entable.train.metrics import accuracy
from entable.train.padded import Padded

__all__ = ["text_classifier"]

USUAL = Drops(vectors=0.1, last=0.1)


def text_classifier(
    documents: Iterable[Any],
    labels: Iterable[Any],
    valid: float | None = 0.2,
    start: TextLearner | None = None,
    *,
    cut: Any = "characters",
    lower: bool = False,
    most: int | None = None,
    cell: str = "gru",
    hidden: int = 128,
    layers: int = 1,
    width: int = 42,
    both: bool = False,
    drops: Drops = USUAL,
    size: int = 32,
    lr: float = 5e-3,
    seed: int = 0,
    **rest: Any,
) -> TextLearner:
    """A Learner of documents' classes: `text_classifier(texts, labels, start=language_learner)`.

    start: a Learner of a language model, whose body (a copy) and cut are where this begins:
    `unfreeze_gradually` then fine-tunes it. Without it a new net learns from scratch; both: one
    that reads from both ends. most: only the last so many codes of a document. valid: a random
    share that is held out. Raises BadInput for one class, and where there is a label more or less
    than documents.
    """
    if start is not None:
        cut = start.text.cut
    texts = Sequences.of(documents, cut, lower, most=most)
    names, y = _classes(labels, len(texts))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if start is None:
            body = Body(texts.cut.rows, cell, width, hidden, layers, None, drops, both)
        else:
            body = _body_of(start)
        net = TextClassifier(body, len(names))
    batches = _batches(texts, y, names.names.tolist(), valid, size, seed)
    asked: dict[str, Any] = {"metrics": [accuracy], "clip": 1.0, "groups": TextClassifier.parts}
    learner = TextLearner(net, batches, fn.cross_entropy, lr=lr, seed=seed, **(asked | rest))
    learner.text, learner.names = texts, names
    return learner


def _classes(labels: Iterable[Any], n: int) -> tuple[Vocab, np.ndarray]:
    names, rows = Vocab.encode(labels, "class")
    if len(rows) != n:
        raise BadInput(f"{len(rows):,} labels came for {n:,} documents; one for each was wanted")
    if (rows == Vocab.MISSING).any():
        raise BadInput(f"document {int((rows == Vocab.MISSING).argmax())} has no label")
    if len(names) < 2:
        raise BadInput(
            f"all documents are of the class {names.names[0]!r}; two classes at least are needed"
        )
    return names, rows.astype(np.int64) - Vocab.FIRST


def _body_of(start: TextLearner) -> Body:
    "A copy of a language model's body, with nothing remembered."
    if not isinstance(start.model, LanguageModel):
        raise BadInput(f"start has a {type(start.model).__name__}; a LanguageModel was wanted")
    body = start.model.body
    V, width = body.vectors.weight.shape
    first: Any = body.layers[0]
    settings = (body.cell, width, first.hidden_size, len(body.layers), body.width, body.drops)
    made = Body(V, *settings)
    made.load_state_dict(body.state_dict())
    return made


def _batches(
    texts: Sequences, y: np.ndarray, classes: list[Any], share: float | None, size: int, seed: int
) -> Padded:
    if share is None:
        return Padded(texts, y, size, seed, classes=classes)
    n = len(texts)
    held = round(n * share) if 0 < share < 1 else 0
    if not 0 < held < n:
        raise BadInput(f"valid={share} of {n:,} documents leaves nothing on one side")
    order = np.random.default_rng((seed, 1)).permutation(n)
    out, at = np.sort(order[:held]), np.sort(order[held:])
    later = Padded(texts, y, 4 * size, shuffle=False, classes=classes, at=out)
    return Padded(texts, y, size, seed, valid=later, classes=classes, at=at)
