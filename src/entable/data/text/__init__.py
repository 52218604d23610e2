"""Text: characters, words or byte pairs as one stream of codes, or as many short sequences."""

from entable.data.text.cut import Cut
from entable.data.text.sequences import Sequences
from entable.data.text.text import Text

__all__ = ["Cut", "Sequences", "Text"]
