"""TextModel: texts in, texts, chances, vectors or classes out."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.text import Cut, Sequences
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.scorers.chorus import Reader
from entable.textmodel import reading, stored
from entable.textmodel.answers import Next, Score
from entable.textmodel.generating import chances, following

__all__ = ["TextModel"]

Pool = Literal["mean", "last", "largest", "all"]
_LABELS = {" ": "space", "\n": "line end", "\t": "tab"}  # what cannot be seen on a map


@dataclass(frozen=True, eq=False, repr=False)
class TextModel:
    """How texts are cut, and a recurrent net (or several) that reads them; it needs no torch.

    A language model says what comes next: `generate`, `probabilities`, `score`. With `classes` it
    says of whole texts what they are: `predict`, `chances`. Both have `embeddings` of what texts
    are cut into, and `encode` documents. settings: what it was trained with; metrics: what came of
    it; trace: a row for each epoch. Raises BadInput where the parts do not fit.
    """

    cut: Cut
    scorer: Reader
    classes: Vocab | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    trace: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        if len(self.scorer.table) != self.cut.rows:
            raise BadInput("the net is not one of this vocabulary: it has other codes")
        wanted = self.cut.rows if self.classes is None else len(self.classes)
        if self.scorer.whole == (self.classes is None) or self.scorer.outputs != wanted:
            raise BadInput("the head of the net does not answer with what is asked of it")

    def __repr__(self) -> str:
        about = "" if self.classes is None else f" that knows {len(self.classes):,} classes"
        return f"TextModel of {self.cut.kind}{about}: {self.scorer}"

    def generate(
        self,
        prompt: str,
        n: int = 200,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 0,
        strict: bool = True,
    ) -> str:
        """The prompt and n more characters (words, pieces), each drawn by its chance.

        temperature: 0 takes the likeliest every time, 1 draws as learnt, between them it is more
        careful. top_k: draw of the k likeliest only; top_p: of the fewest that have this chance
        together (Holtzman et al. 2020). The same seed gives the same text. strict: refuse a prompt
        with characters that were never seen. Raises BadInput for an empty prompt, a negative
        temperature, n below 1.
        """
        codes = self._prompt(prompt, strict)
        found = following(self.scorer, codes, n, temperature, top_k, top_p, seed)
        if self.cut.kind != "pieces":
            return prompt + self.cut.decode(found)
        return self.cut.decode(np.concatenate([codes, found]))  # a character may be of two pieces

    def probabilities(self, prompt: str, strict: bool = True) -> Next:
        "How likely each character (word, piece) is to come after a prompt."
        scores, _ = self.scorer.scores(self._prompt(prompt, strict)[None])
        found = chances(scores[0, -1])[Vocab.FIRST :]
        return Next(prompt, self.cut.vocab.names, found, self.cut.unit)

    def score(self, text: str, rows: int | None = None) -> Score:
        """How well a text is foreseen: nats, perplexity, bits per character, and each code's cost.

        The first code is not foreseen by anything and does not count. rows: so many parts are read
        side by side, each after 256 codes of what is before it; one for every 4,096 codes if not
        given. What was never seen costs what the net says. Raises BadInput for fewer than 2 codes.
        """
        self._speaks("score")
        return reading.score(self.cut, self.scorer, text, rows)

    @cached_property
    def embeddings(self) -> Embeddings:
        "The vectors of characters (words, pieces), found by name, with how often they came."
        table, counts = self.scorer.table, self.cut.counts
        assert counts is not None
        return Embeddings(
            self.cut.vocab,
            table[Vocab.FIRST :],
            np.zeros(len(self.cut.vocab), np.float32),
            counts[Vocab.FIRST :],
            table[Vocab.UNSEEN],
            labels=np.array([_LABELS.get(name, name) for name in self.cut.vocab.names], object),
            units="occurrences",
        )

    def encode(
        self,
        documents: Iterable[Any] | Mapping[Any, Any],
        names: Any = None,
        pool: Pool = "mean",
        most: int | None = None,
    ) -> Embeddings:
        """Documents as Embeddings: what the net remembers of each, pooled over its steps.

        documents: texts, or {name: text}; names: of texts, numbers from 0 on if not given. pool:
        the "mean" of all steps, the "last", the "largest" of each number, or "all" three side by
        side. most: only the last so many codes of each. What was never seen is read as unseen.
        """
        if isinstance(documents, Mapping):
            names, documents = list(documents), documents.values()
        texts = Sequences.of(documents, self.cut, most=most)
        vectors = reading.pooled(self.scorer, texts, pool)
        kind = "document" if names is None else "item"
        return Embeddings.of(range(len(texts)) if names is None else names, vectors, kind=kind)

    def predict(self, documents: Iterable[Any], details: bool = False) -> Any:
        """The likeliest class of each document (n,); details: a frame with the chances too.

        Raises BadInput for a model that was not taught any classes.
        """
        found = self.chances(documents)
        assert self.classes is not None
        names = self.classes.names[found.argmax(1)]
        if not details:
            return names
        columns = {f"chance of {name}": found[:, k] for k, name in enumerate(self.classes.names)}
        return pl.DataFrame({"predicted": pl.Series(names.tolist()), **columns})

    def chances(self, documents: Iterable[Any]) -> NDArray[np.float64]:
        "Probabilities (n, C) of each class, in the order of `classes`."
        if self.classes is None:
            raise BadInput(
                "this model knows no classes: it says what comes next; text_classifier teaches it"
            )
        return reading.answered(self.scorer, Sequences.of(documents, self.cut))

    @property
    def info(self) -> dict[str, Any]:
        "What the model is, in plain figures."
        assert self.cut.counts is not None
        return {
            "kind": stored.KIND,
            "cut": self.cut.kind,
            "lower": self.cut.lower,
            "names": len(self.cut.vocab),
            "learnt": int(self.cut.counts.sum()),
            "classes": None if self.classes is None else self.classes.names.tolist(),
            "scorer": str(self.scorer),
            "settings": self.settings,
            "metrics": self.metrics,
        }

    def save(self, path: str | os.PathLike[str], force: bool = True) -> Path:
        """Write the model file: how texts are cut, and the net.

        Raises BadInput where the file cannot be written, or exists and force is False.
        """
        return stored.save(self, path, force)

    def _speaks(self, verb: str) -> None:
        if self.classes is not None:
            raise BadInput(
                f"this model answers with classes (predict, chances); {verb} wants a language model"
            )

    def _prompt(self, prompt: str, strict: bool) -> NDArray[np.int32]:
        self._speaks("going on from a prompt")
        if not isinstance(prompt, str) or not prompt:
            raise BadInput(f"the prompt {prompt!r:.60} came; a text to go on from was wanted")
        if strict and (gone := self.cut.unknown(prompt)):
            told = ", ".join(map(repr, gone[:5])) + (" ..." if len(gone) > 5 else "")
            raise BadInput(
                f"{told} in the prompt: never seen in training; leave it out, or pass strict=False "
                "to read it as unseen"
            )
        return self.cut.encode(prompt)
