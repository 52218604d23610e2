"""Tables: columns learnt once, applied to one row or ten million with the same answer."""

from entable.data.table.category import Category
from entable.data.table.encoded import Encoded
from entable.data.table.joined import Joined, join
from entable.data.table.number import Number
from entable.data.table.table import Table
from entable.data.table.target import Target

__all__ = ["Category", "Encoded", "Joined", "Number", "Table", "Target", "join"]
