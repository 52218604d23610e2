"""Sequences: many short texts side by side, each of its own length."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import at_least_one
from entable.data.text.cut import Cut
from entable.data.text.text import cut_of
from entable.data.vocab import Vocab
from entable.errors import BadInput

__all__ = ["Sequences"]


@dataclass(frozen=True, eq=False)
class Sequences:
    """n documents as codes, one after the other: document d is codes[offsets[d]:offsets[d + 1]].

    codes (m,) int32, offsets (n + 1,) int64. An empty or missing document is one missing code.
    """

    codes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    cut: Cut

    @classmethod
    def of(
        cls,
        documents: Iterable[Any],
        cut: Any = "characters",
        lower: bool = False,
        min_count: int = 1,
        most: int | None = None,
    ) -> "Sequences":
        """Texts (None is an empty one) as codes, by a cut that is given or learnt from them.

        cut, lower, min_count: see `Text.read`. most: so many codes of each, the last ones. Raises
        BadInput for no documents, and for what is no text.
        """
        if isinstance(documents, str):
            raise BadInput("one text came; a list of documents was wanted")
        texts = ["" if text is None else text for text in documents]
        odd = next((k for k, text in enumerate(texts) if not isinstance(text, str)), None)
        if odd is not None:
            raise BadInput(f"document {odd} is {texts[odd]!r:.60}; texts were wanted")
        if not texts:
            raise BadInput("there are no documents; one at least is needed")
        made = cut_of(cut, lambda: texts, lower, min_count)
        first = 0 if most is None else -at_least_one(most, "most")
        missing = np.array([Vocab.MISSING], np.int32)
        parts = [found[first:] if len(found := made.encode(t)) else missing for t in texts]
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))
        offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
        return cls(np.concatenate(parts), offsets, made)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __repr__(self) -> str:
        return f"Sequences({len(self):,} documents, {len(self.codes):,} {self.cut.kind})"

    @property
    def lengths(self) -> NDArray[np.int64]:
        "(n,) codes of each document."
        return np.diff(self.offsets)

    def __getitem__(self, d: int) -> NDArray[np.int32]:
        return self.codes[self.offsets[d] : self.offsets[d + 1]]

    def take(self, rows: Any) -> "Sequences":
        "Some of the documents, in this order."
        at = np.asarray(rows)
        at = np.flatnonzero(at) if at.dtype == bool else at.astype(np.int64)
        parts = [self[d] for d in at.tolist()]
        offsets = np.concatenate([np.zeros(1, np.int64), self.lengths[at].cumsum()])
        codes = np.concatenate([*parts, np.empty(0, np.int32)]).astype(np.int32)
        return replace(self, codes=codes, offsets=offsets)

    def padded(self, rows: Any) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        "Some documents as one array (B, longest), missing codes behind each, and their lengths."
        at = np.asarray(rows, np.int64)
        lengths = self.lengths[at]
        steps = np.arange(lengths.max(initial=1))
        inside = steps < lengths[:, None]  # (B, T)
        found = np.full(inside.shape, Vocab.MISSING, np.int32)
        found[inside] = self.codes[(self.offsets[at][:, None] + steps)[inside]]
        return found, lengths
