"Models by their kind: which commands go with which."

from pathlib import Path
from typing import TYPE_CHECKING, Any

import entable
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.recommender import Recommender
    from entable.tablemodel import TableModel


def of_table(model: Any) -> bool:
    "Is it a model of a table, not of ratings?"
    from entable.tablemodel import TableModel

    return isinstance(model, TableModel)


def ratings_model(path: Path, command: str) -> "Recommender":
    "The model of ratings in a file; BadInput for one of a table."
    model = entable.load(path)
    if of_table(model):
        raise BadInput(
            f"{path} is a model of a table that predicts {model.target.name}; {command} wants a "
            "model of ratings, as entable fit makes it"
        )
    found: Recommender = model
    return found


def table_model(path: Path, command: str) -> "TableModel":
    "The model of a table in a file; BadInput for one of ratings."
    model = entable.load(path)
    if not of_table(model):
        raise BadInput(
            f"{path} is a model of ratings; {command} wants a model of a table, as entable table "
            "fit makes it"
        )
    found: TableModel = model
    return found


def only(command: str, kind: str, **options: Any) -> None:
    "BadInput for options that were given (not None, not False) and go with another kind of model."
    given = [name for name, value in options.items() if value is not None and value is not False]
    if given:
        option = given[0].replace("_", "-")
        raise BadInput(f"--{option} goes with a model of {kind}; leave it out of {command} here")
