"""Cut: how texts become codes and codes become texts."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._extras import need
from entable.data.checks import at_least_one
from entable.data.vocab import Vocab
from entable.errors import BadInput, BadModelFile

__all__ = ["KINDS", "Cut"]

KINDS = ("characters", "words", "pieces")
_WORD = re.compile(r" ?\w+| ?[^\w\s]|\s")  # together they are the text, nothing is lost
_SURROGATES = range(0xD800, 0xE000)  # halves of characters: no text that can be stored
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_SINGULAR = {"characters": "character", "words": "word", "pieces": "piece"}
Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Cut:
    """How texts are cut and numbered: 0 is unseen, 1 missing (padding), names start at 2.

    kind: "characters"; "words", which keep the space before them, so that nothing is lost; or
    "pieces", the byte pairs of a tokenizer (its JSON text). lower: texts become lower case first.
    counts (rows,): how often each code was in the text it was learnt from; zeros if unknown.
    Raises BadInput for another kind.
    """

    kind: str
    vocab: Vocab
    lower: bool = False
    tokenizer: str | None = None
    counts: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput(f"cut into {self.kind!r} came; {', '.join(KINDS)} were wanted")
        if (self.kind == "pieces") != (self.tokenizer is not None):
            raise BadInput("pieces have a tokenizer; characters and words have none")
        if self.vocab.dtype != "str" and len(self.vocab):
            raise BadInput("the names of a text's codes are texts")
        wide = [name for name in self.vocab.names if len(name) != 1]
        if self.kind == "characters" and wide:
            raise BadInput(f"{wide[0]!r} is no character, but names are characters here")
        counts = np.zeros(self.rows, np.int64) if self.counts is None else self.counts
        if counts.shape != (self.rows,) or counts.min() < 0:
            raise BadInput(f"counts must be {self.rows:,} numbers from 0 on")
        object.__setattr__(self, "counts", counts)

    @property
    def rows(self) -> int:
        "How many codes there are, unseen and missing among them."
        return len(self.vocab) + Vocab.FIRST

    @property
    def unit(self) -> str:
        "What a code stands for: character, word or piece."
        return _SINGULAR[self.kind]

    def __repr__(self) -> str:
        return f"Cut({len(self.vocab):,} {self.kind}{', lower case' if self.lower else ''})"

    @classmethod
    def learn(
        cls, texts: Iterable[str], kind: str = "characters", lower: bool = False, min_count: int = 1
    ) -> "Cut":
        """The characters or words of texts, each that comes min_count times at least.

        Characters stand in the order of their numbers, words by how often they come. Raises
        BadInput where nothing is left.
        """
        at_least_one(min_count, "min_count")
        if kind not in KINDS[:2]:
            raise BadInput(f'cut={kind!r} came; "characters", "words" or a tokenizer was wanted')
        found: Counter[str] = Counter()
        for text in texts:
            text = text.lower() if lower else text
            found.update(text if kind == "characters" else _WORD.findall(text))
        kept = {name: n for name, n in found.items() if n >= min_count and _storable(name)}
        if not kept:
            raise _nothing(found, kind, min_count)
        by_count = sorted(kept, key=lambda name: (-kept[name], name))
        names = sorted(kept) if kind == "characters" else by_count
        rest = sum(found.values()) - sum(kept.values())
        counts = np.array([rest, 0, *(kept[name] for name in names)], np.int64)
        return cls(kind, _vocab(names, kind), lower, counts=counts)

    @classmethod
    def pieces(cls, tokenizer: str, lower: bool = False) -> "Cut":
        "The pieces of a tokenizer, given as its JSON text; BadInput where it cannot be read."
        try:
            made = need("tokenizers").Tokenizer.from_str(tokenizer)
        except Exception as error:
            if isinstance(error, ModuleNotFoundError):
                raise
            raise BadInput(f"this is no tokenizer's JSON: {str(error)[:120]}") from None
        names = [made.id_to_token(n) for n in range(made.get_vocab_size())]
        gone = [n for n, name in enumerate(names) if name is None]
        if gone or not names:
            raise BadInput(f"the tokenizer has no piece number {gone[0] if gone else 0}")
        return cls("pieces", _vocab(names, "pieces"), lower, made.to_str())

    @classmethod
    def learn_pieces(cls, texts: Iterable[str], n: int, lower: bool = False) -> "Cut":
        """n byte pairs (Sennrich et al. 2016) that texts are best cut into, over their UTF-8 bytes.

        Raises BadInput for n below 257: 256 bytes come first.
        """
        if isinstance(n, bool) or n < 257:
            raise BadInput(f"cut={n!r} came; byte pairs are 257 at least, 256 bytes and one pair")
        lib = need("tokenizers")
        made = lib.Tokenizer(lib.models.BPE())
        made.pre_tokenizer = lib.pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = lib.decoders.ByteLevel()
        alphabet = sorted(lib.pre_tokenizers.ByteLevel.alphabet())
        trainer = lib.trainers.BpeTrainer(
            vocab_size=n, initial_alphabet=alphabet, show_progress=False
        )
        made.train_from_iterator((text.lower() if lower else text for text in texts), trainer)
        return cls.pieces(made.to_str(), lower)

    def encode(self, text: str) -> Codes:
        "Codes (n,) of a text; what is not known is 0."
        text = text.lower() if self.lower else text
        if self.kind == "characters":
            return self._characters(text)
        if self.kind == "words":
            index = self._index
            return np.array([index.get(word, Vocab.UNSEEN) for word in _WORD.findall(text)], "i4")
        found = self._made.encode(_clean(text), add_special_tokens=False).ids
        return np.array(found, np.int32) + np.int32(Vocab.FIRST)

    def decode(self, codes: Any) -> str:
        "The text of codes (n,): U+FFFD for unseen, nothing for missing."
        rows = np.asarray(codes, np.int64).reshape(-1)
        if rows.size and not 0 <= rows.min() <= rows.max() < self.rows:
            raise BadInput(f"codes from 0 to {self.rows - 1} were wanted, up to {rows.max()} came")
        if self.kind != "pieces":
            return "".join(self._names[rows])
        ids = (rows[rows >= Vocab.FIRST] - Vocab.FIRST).tolist()
        return str(self._made.decode(ids, skip_special_tokens=False))

    def unknown(self, text: str) -> list[str]:
        "The characters or words of a text that are not known, each once, in order."
        text = text.lower() if self.lower else text
        if self.kind == "pieces":
            return []
        parts = text if self.kind == "characters" else _WORD.findall(text)
        return [part for part in dict.fromkeys(parts) if part not in self._index]

    def _characters(self, text: str) -> Codes:
        "By a table over all numbers of characters up to the highest that is known."
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        table = self._table
        found: Codes = table[np.minimum(points, len(table) - 1)]  # the last one is unseen
        return found

    @cached_property
    def _table(self) -> Codes:
        points = [ord(name) for name in self.vocab.names]
        table = np.zeros(max(points, default=0) + 2, np.int32)
        table[points] = np.arange(Vocab.FIRST, self.rows)
        return table

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: n for n, name in enumerate(self.vocab.names, Vocab.FIRST)}

    @cached_property
    def _names(self) -> NDArray[np.object_]:
        return np.array([_UNKNOWN, "", *self.vocab.names], object)

    @cached_property
    def _made(self) -> Any:
        return need("tokenizers").Tokenizer.from_str(self.tokenizer)

    def same(self, other: "Cut") -> bool:
        "Do both cut a text into the same codes? How often these came does not matter."
        mine, theirs = ((cut.kind, cut.lower, cut.tokenizer) for cut in (self, other))
        return mine == theirs and np.array_equal(self.vocab.names, other.vocab.names)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        "A description and arrays, for a model file."
        assert self.counts is not None
        arrays: dict[str, NDArray[Any]] = {"counts": self.counts.astype("<i8")}
        if self.tokenizer is None:
            arrays |= self.vocab.to_arrays("names")
        else:
            arrays["tokenizer"] = np.frombuffer(self.tokenizer.encode(), np.uint8)
        return {"kind": self.kind, "lower": self.lower}, arrays

    @classmethod
    def of_state(cls, about: Any, arrays: Mapping[str, NDArray[Any]]) -> "Cut":
        """The cut that `state` described.

        Raises BadModelFile for anything that it would not describe.
        """
        if not isinstance(about, dict) or set(about) != {"kind", "lower"}:
            raise BadModelFile("it is not described how texts are cut")
        kind, lower, counts = about["kind"], about["lower"], arrays.get("counts")
        if kind not in KINDS or type(lower) is not bool:
            raise BadModelFile("it is not described how texts are cut")
        if counts is None or counts.dtype != np.dtype("<i8") or counts.ndim != 1:
            raise BadModelFile("the counts of codes are missing or of the wrong type")
        if kind != "pieces":
            names = Vocab.from_arrays(dict(arrays), "names", "str", _SINGULAR[kind])
            return cls(kind, names, lower, counts=counts)
        raw = arrays.get("tokenizer")
        if raw is None or raw.dtype != np.uint8 or raw.ndim != 1:
            raise BadModelFile("the tokenizer is missing or of the wrong type")
        return replace(cls.pieces(raw.tobytes().decode(errors="replace"), lower), counts=counts)


def _vocab(names: list[str], kind: str) -> Vocab:
    return Vocab(pl.Series("", names, dtype=pl.String), "str", _SINGULAR[kind])


def _storable(name: str) -> bool:
    return not any(ord(char) in _SURROGATES for char in name)


def _clean(text: str) -> str:
    "Text without halves of characters."
    return text if _storable(text) else text.encode("utf-8", "replace").decode()


def _nothing(found: Counter[str], kind: str, min_count: int) -> BadInput:
    if not found:
        return BadInput("the text is empty; something to learn from was wanted")
    name, n = found.most_common(1)[0]
    return BadInput(
        f"no {_SINGULAR[kind]} comes {min_count:,} times; the most frequent, {name!r}, comes {n:,} "
        "times: lower min_count"
    )
