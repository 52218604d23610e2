"""Text: one stream of codes, in memory or in a file, and how it was cut."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.replacing import replacing
from entable.data.text.cut import KINDS, Cut
from entable.data.text.source import pieces, whole
from entable.data.vocab import Vocab
from entable.errors import BadInput

__all__ = ["Text", "cut_of"]

Cutting = "str | int | os.PathLike[str] | Cut"


@dataclass(frozen=True, eq=False)
class Text:
    """One stream of codes (n,) int32, which may be a memory map, and the Cut they are by.

    Raises BadInput for no codes at all.
    """

    codes: NDArray[np.int32]
    cut: Cut

    def __post_init__(self) -> None:
        if self.codes.ndim != 1 or self.codes.dtype != np.int32:
            raise BadInput("the codes of a text are one row of int32")
        if not len(self.codes):
            raise BadInput("the text is empty; something to learn from was wanted")

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        cut: "str | int | os.PathLike[str] | Cut" = "characters",
        lower: bool = False,
        min_count: int = 1,
        encoding: str = "utf-8",
        to: str | os.PathLike[str] | None = None,
    ) -> "Text":
        """A file of text as codes: `Text.read("book.txt", lower=True)`.

        cut: "characters", "words", how many byte pairs to learn (from 257 on), the JSON file of a
        tokenizer, or the Cut of another text. lower: in lower case. min_count: what comes less
        often is unseen. to: a file for the codes, which then stay there as a memory map, so that
        the text may be larger than memory; it is read in pieces, twice. Raises BadInput for what is
        empty, binary or in another encoding.
        """
        if to is None:
            return cls.of(whole(path, encoding), cut, lower, min_count)
        made = cut_of(cut, lambda: pieces(path, encoding), lower, min_count)
        target = Path(to)
        with replacing(target) as draft:
            with draft.open("wb") as out:
                for piece in pieces(path, encoding):
                    made.encode(piece).astype("<i4").tofile(out)
            if not draft.stat().st_size:
                raise BadInput(f"{path}: the text is empty; something to learn from was wanted")
        return cls(np.memmap(target, np.dtype("<i4"), "r"), made)

    @classmethod
    def of(
        cls,
        text: str,
        cut: "str | int | os.PathLike[str] | Cut" = "characters",
        lower: bool = False,
        min_count: int = 1,
    ) -> "Text":
        "A text that is at hand, with the options of `read`."
        if not isinstance(text, str):
            raise BadInput(f"a {type(text).__name__} came; a text (str) was wanted")
        if not text:
            raise BadInput("the text is empty; something to learn from was wanted")
        made = cut_of(cut, lambda: [text], lower, min_count)
        return cls(made.encode(text), made)

    @property
    def vocab(self) -> Vocab:
        "The characters, words or pieces; row 0 is unseen, row 1 missing."
        return self.cut.vocab

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        where = ", in a file" if isinstance(self.codes, np.memmap) else ""
        return f"Text({len(self):,} {self.cut.kind} of {len(self.vocab):,} different{where})"

    def encode(self, text: str) -> NDArray[np.int32]:
        "Codes (m,) of another text by the same cut; what is not known is 0."
        return self.cut.encode(text)

    def decode(self, codes: Any) -> str:
        "The text of codes (m,)."
        return self.cut.decode(codes)

    def split(self, share: float = 0.2) -> "tuple[Text, Text]":
        "The first part and the last `share` of it, which is not learnt from."
        held = round(len(self) * share) if 0 < share < 1 else 0
        if not 0 < held < len(self):
            raise BadInput(
                f"split({share}) of {len(self):,} {self.cut.kind} came; a share between 0 and 1 "
                "that leaves something on both sides was wanted"
            )
        at = len(self) - held
        return replace(self, codes=self.codes[:at]), replace(self, codes=self.codes[at:])


def cut_of(
    cut: Any, texts: Callable[[], Iterable[str]], lower: bool = False, min_count: int = 1
) -> Cut:
    "The Cut that was given, or one that is learnt from texts; see `Text.read`."
    if isinstance(cut, Cut):
        return cut
    if isinstance(cut, int) and not isinstance(cut, bool):
        return Cut.learn_pieces(texts(), cut, lower)
    if isinstance(cut, os.PathLike) or (isinstance(cut, str) and cut.endswith(".json")):
        return Cut.pieces(whole(cut), lower)
    if cut not in KINDS[:2]:
        raise BadInput(
            f'cut={cut!r} came; "characters", "words", a number of byte pairs, a tokenizer\'s '
            "*.json or the cut of another text was wanted"
        )
    return Cut.learn(texts(), cut, lower, min_count)
