"""How texts are cut and a recurrent net: generate, score, encode and classify without torch."""

from entable.textmodel.model import TextModel

__all__ = ["TextModel"]
