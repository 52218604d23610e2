"""A trained net of pictures and how they come into it: predict and encode without torch."""

from entable.imagemodel.model import ImageModel

__all__ = ["ImageModel"]
