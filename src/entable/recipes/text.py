"""Texts: a stream in, a Learner that becomes a TextModel out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import torch

from entable.data.text import Cut, Sequences, Text
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.models.rnn import Drops, LanguageModel
from entable.recipes.textserved import to_recurrent
from entable.scorers.chorus import Chorus
from entable.textmodel import TextModel
from entable.train.learner import Learner
from entable.train.losses import sequence_cross_entropy
from entable.train.reading import Shown
from entable.train.streams import Streams

__all__ = ["TextLearner", "text_learner", "text_model"]

_BLOCK = 1 << 22  # codes counted at a time
_ROWS, _STEPS = 16, 256  # held out: few rows, for each begins with an empty memory


class TextLearner(Learner):
    "A Learner of texts, which knows how they are cut, and the classes if it is taught any."

    text: Text | Sequences
    names: Vocab | None = None

    def text_model(self) -> TextModel:
        "What was learnt, without torch: generate, score, encode, predict, save."
        return text_model(self)

    def unfreeze_gradually(
        self, epochs: Sequence[int] = (1, 1, 2), lr: float = 1e-2, less: float = 2.6
    ) -> None:
        """Fine-tune from the head down (Howard & Ruder 2018): one more group thaws each time.

        epochs: of each stage, the last one with everything. Each group has `less` times the rate of
        the one above it, and each stage half the rate of the one before.
        """
        groups = len(self.groups)
        for stage, n in enumerate(epochs):
            self.freeze_to(0 if stage + 1 == len(epochs) else -min(stage + 1, groups))
            rate = lr / 2**stage
            self.fit_one_cycle(n, [rate / less ** (groups - 1 - g) for g in range(groups)])


def text_learner(
    text: Text | str | os.PathLike[str],
    valid: float | Text | None = 0.2,
    cell: str = "gru",
    *,
    hidden: int = 256,
    layers: int = 1,
    width: int = 42,
    drops: Drops = Drops(last=0.1),  # noqa: B008  it never changes
    tied: bool = False,
    model: Callable[[int], torch.nn.Module] | None = None,
    size: int = 64,
    length: int = 64,
    lr: float = 1e-2,
    clip: float | None = 0.25,
    seed: int = 0,
    **rest: Any,
) -> TextLearner:
    """A Learner of what comes next in a text: `text_learner(text).fit_one_cycle(9)`.

    text: a Text, or the path of one. valid: the last share of it that is held out, or another Text
    of the same cut. cell: "rnn", "gru" or "lstm"; hidden, layers, width, drops, tied: see
    `models.rnn`; or model: what makes a net of the number of codes, such as
    `partial(LanguageModel, cell="lstm")`. size: rows that are read side by side; length: steps
    that are learnt from at a time. The loss is in nats for each character. rest: see Learner.
    Raises BadInput for a text of one window or less, or of only one character.
    """
    whole = text if isinstance(text, Text) else Text.read(text)
    learnt, held = whole.split(valid) if isinstance(valid, (int, float)) else (whole, valid)
    _check(learnt, held)
    show = partial(_shown, whole.cut)
    batches = Streams(learnt.codes, size, length, seed, show=show)
    if held is not None:
        steps = min(_STEPS, len(held) - 1)
        batches.valid = Streams(held.codes, _ROWS, steps, shuffle=False, show=show)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rows = whole.cut.rows
        net = model(rows) if model is not None else LanguageModel(
            rows, tied, cell=cell, width=width, hidden=hidden, layers=layers, drops=drops
        )  # fmt: skip
    rest = {"groups": lambda net: [[net]]} | rest
    learner = TextLearner(net, batches, sequence_cross_entropy, lr=lr, clip=clip, seed=seed, **rest)
    learner.text = learnt
    return learner


def _shown(cut: Cut, batch: Any, pred: Any, n: int) -> Shown:
    "Rows of a batch as texts: what is read, what comes next, and what the model says of it."
    x, _, y = batch
    columns = {"text": x, "next": y} | ({} if pred is None else {"predicted": pred})
    texts = {name: [cut.decode(row) for row in part[:n]] for name, part in columns.items()}
    return Shown("A batch" if pred is None else "What comes next", pl.DataFrame(texts))


def _check(text: Text, held: Any) -> None:
    if len(text.vocab) < 2:
        raise BadInput(
            f"the text is made of one {text.cut.unit} only, {text.vocab.names[0]!r}, so there is "
            "nothing to tell apart; two at least are needed"
        )
    if held is not None and (not isinstance(held, Text) or held.cut is not text.cut):
        raise BadInput(
            "valid: a share (.2), or a Text of the same cut was wanted: Text.read(path, text.cut)"
        )


def text_model(*learners: TextLearner) -> TextModel:
    """What a Learner of texts, or several of the same text, have learnt, without torch.

    Several answer with the mean of their chances. Raises BadInput for none, for Learners of texts
    that are cut otherwise or of other classes, and for nets that cannot be computed without torch.
    """
    _check_alike(learners)
    first = learners[0]
    counts = _counted(first.text.codes, first.text.cut.rows)
    nets = tuple(to_recurrent(one.model, counts) for one in learners)
    made = nets[0] if len(nets) == 1 else Chorus(nets)
    cut = replace(first.text.cut, counts=counts)  # of what was learnt, not of what was held out
    settings = {
        "model": type(first.model).__name__,
        "epochs": first.trained,
        "lr": first.lr,
        "wd": first.wd,
        "size": getattr(first.batches, "size", None),
        "length": getattr(first.batches, "length", None),
        "seeds": [one.seed for one in learners],
    }
    rows = first.recorder.epochs
    took = sum(row["seconds"] for one in learners for row in one.recorder.epochs)
    metrics: dict[str, Any] = {"seconds": round(took, 4)}
    if rows:
        metrics |= {k: v for k, v in rows[-1].items() if k != "seconds"}
    trace = first.recorder.table if rows else None
    return TextModel(cut, made, first.names, settings, metrics, trace)


def _check_alike(learners: Sequence[TextLearner]) -> None:
    if not learners:
        raise BadInput("no Learners came; one or several of the same text were wanted")
    first = learners[0]
    told = [None if one.names is None else one.names.names.tolist() for one in learners]
    for one, classes in zip(learners[1:], told[1:], strict=True):
        if not one.text.cut.same(first.text.cut):
            raise BadInput("the Learners cut texts in different ways; the same cut was wanted")
        if classes != told[0]:
            raise BadInput(f"the Learners know {classes} and {told[0]}: the same were wanted")


def _counted(codes: np.ndarray, rows: int) -> np.ndarray:
    "How often each code comes (rows,), block by block, for the codes may lie in a file."
    found = np.zeros(rows, np.int64)
    for a in range(0, len(codes), _BLOCK):
        found += np.bincount(codes[a : a + _BLOCK], minlength=rows)
    return found
