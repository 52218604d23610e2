"""A Recommender: ratings learnt, ready to predict, recommend, compare and take in new users."""

from entable.recommender.folded import FoldedItem, FoldedUser
from entable.recommender.history import History
from entable.recommender.model import Recommender

__all__ = ["FoldedItem", "FoldedUser", "History", "Recommender"]
