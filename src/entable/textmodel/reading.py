"""Texts read by a net, many at a time: scored, pooled, classified."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import at_least_one
from entable.data.text import Cut, Sequences
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.scorers.chorus import Reader
from entable.textmodel.answers import Score

__all__ = ["answered", "pooled", "score"]

_PART, _BEFORE = 4096, 256  # codes of a part of a long text, and what is read before it
_STEPS = 128  # codes of a row that are scored at a time
_TOGETHER = 1 << 16  # codes of documents that are read at a time
_POOLS = ("last", "largest", "mean")


def score(cut: Cut, scorer: Reader, text: str, rows: int | None) -> Score:
    "See TextModel.score."
    if not isinstance(text, str):
        raise BadInput(f"a {type(text).__name__} came; a text (str) was wanted")
    codes = cut.encode(text)
    if len(codes) < 2:
        raise BadInput(
            f"a text of {len(codes)} {cut.unit}s came; 2 at least are needed, for the first one is "
            "not foreseen by anything"
        )
    parts = max(len(codes) // _PART, 1) if rows is None else at_least_one(rows, "rows")
    each = _costs(scorer, codes, min(parts, len(codes) - 1))
    first = len(cut.decode(codes[:1])) if cut.kind != "characters" else 1
    unseen = int((codes[1:] == Vocab.UNSEEN).sum())
    return Score(each, len(text) - first, unseen, cut.unit)


def _costs(scorer: Reader, codes: NDArray[np.int32], parts: int) -> NDArray[np.float64]:
    "-log chance of every code but the first (n - 1,), parts of the text being read side by side."
    n = len(codes) - 1
    steps = -(-n // parts)
    before = min(_BEFORE, n - steps) if parts > 1 else 0
    ends = np.minimum(steps * np.arange(1, parts + 1), n)
    begins = np.maximum(ends - steps - before, 0)  # all parts are equally long
    at = begins[:, None] + np.arange(steps + before)
    x, y = codes[at], codes[at + 1]
    state: Any = None
    found = np.empty(at.shape)
    for a in range(0, at.shape[1], _STEPS):
        scores, state = scorer.scores(x[:, a : a + _STEPS], state)
        found[:, a : a + _STEPS] = _cost(scores, y[:, a : a + _STEPS])
    costs = np.empty(n)
    for part in range(parts):  # what was read only to remember it is overwritten or left out
        first = part * steps
        kept = slice(first - begins[part], ends[part] - begins[part])
        costs[first : ends[part]] = found[part, kept]
    return costs


def _cost(scores: NDArray[np.float32], y: NDArray[np.int32]) -> NDArray[np.float64]:
    raised = scores.astype(np.float64)
    raised -= raised.max(-1, keepdims=True)
    told = np.take_along_axis(raised, y[..., None].astype(np.int64), -1)[..., 0]
    out: NDArray[np.float64] = np.log(np.exp(raised).sum(-1)) - told
    return out


def pooled(scorer: Reader, texts: Sequences, pool: str) -> NDArray[np.float32]:
    "Vectors (n, H), or (n, 3 H), of documents; see TextModel.encode."
    if pool not in (*_POOLS, "all"):
        raise BadInput(f'pool={pool!r} came; "mean", "last", "largest" or "all" was wanted')
    found = _by_length(texts, scorer.pooled)
    if pool == "all":
        return found
    return np.split(found, 3, 1)[_POOLS.index(pool)]


def answered(scorer: Reader, texts: Sequences) -> NDArray[np.float64]:
    "Probabilities (n, C) of classes."
    scores = _by_length(texts, scorer.answers).astype(np.float64)
    scores -= scores.max(1, keepdims=True)
    found: NDArray[np.float64] = np.exp(scores)
    found /= found.sum(1, keepdims=True)
    return found


def _by_length(
    texts: Sequences,
    reads: Callable[[NDArray[np.int32], NDArray[np.int64]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    "What is read of each document, those of like length together."
    lengths = texts.lengths
    order = np.argsort(lengths, kind="stable")
    found: list[NDArray[np.float32]] = []
    a = 0
    while a < len(order):
        b = a + 1
        while b < len(order) and (b + 1 - a) * lengths[order[b]] <= _TOGETHER:
            b += 1
        found.append(reads(*texts.padded(order[a:b])))
        a = b
    out = np.concatenate(found)
    back = np.empty_like(out)
    back[order] = out
    return back
