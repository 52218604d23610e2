"""A table's preprocessing and its scorer: predict and encode without torch."""

from entable.tablemodel.model import TableModel

__all__ = ["TableModel"]
