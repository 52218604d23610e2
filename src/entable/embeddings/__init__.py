"""Embeddings: names and their vectors, the narrow waist between learning and use."""

from entable.embeddings.embeddings import Embeddings

__all__ = ["Embeddings"]
