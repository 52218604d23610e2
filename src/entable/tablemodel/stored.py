"""A TableModel as a manifest and arrays, and back with everything checked."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from entable import modelfile
from entable.data.table import Table
from entable.modelfile.record import RECORD, pack_record, unpack_record
from entable.modelfile.taken import Taken, keyed, of_file
from entable.tablemodel.nets import pack_scorer, unpack_scorer

if TYPE_CHECKING:
    from entable.tablemodel.model import TableModel

__all__ = ["KIND", "pack", "save", "unpack"]

KIND = "table model"
_ABOUT = {"table", "scorer", *RECORD}
Arrays = dict[str, NDArray[Any]]


def save(model: "TableModel", path: str | os.PathLike[str], force: bool) -> Path:
    "See TableModel.save."
    about, arrays = pack(model)
    return modelfile.write(path, KIND, about, arrays, force)


def pack(model: "TableModel") -> tuple[dict[str, Any], Arrays]:
    "What the file says of the model, and its arrays."
    table, columns = model.table.state()
    arrays: Arrays = {f"table.{name}": array for name, array in columns.items()}
    scorer, more = pack_scorer(model.scorer)
    record, trace = pack_record(model.settings, model.metrics, model.trace)
    about = {"table": table, "scorer": scorer, "trace": None}  # in the order that files have
    return about | record, arrays | more | trace


@of_file
def unpack(about: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The arguments of the TableModel that `pack` stored.

    Raises BadModelFile for anything that `pack` would not have stored.
    """
    keyed(about, _ABOUT, "model")
    columns = {n.removeprefix("table."): a for n, a in arrays.items() if n.startswith("table.")}
    file = Taken({n: a for n, a in arrays.items() if not n.startswith("table.")})
    table = Table.of(about["table"], columns)
    levels = [category.levels for category in table.categories]
    scorer = unpack_scorer(about["scorer"], file, levels)
    record = unpack_record(about, file)
    file.done()
    return {"table": table, "scorer": scorer, **record}
