"""Pictures of any kind, read, checked and turned into numbers of one size."""

from entable.data.images.images import Images

__all__ = ["Images"]
