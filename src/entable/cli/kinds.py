"Models by their kind: which commands go with which."

from pathlib import Path
from typing import TYPE_CHECKING, Any

import entable
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.imagemodel import ImageModel
    from entable.recommender import Recommender
    from entable.tablemodel import TableModel
    from entable.textmodel import TextModel

KINDS = RATINGS, TABLE, TEXT, PICTURES = "ratings", "a table", "text", "pictures"
_KINDS = {  # by the model's class: what it is of, and what makes it
    "Recommender": (RATINGS, "entable fit"),
    "TableModel": (TABLE, "entable table fit"),
    "TextModel": (TEXT, "entable text fit"),
    "ImageModel": (PICTURES, "entable image fit"),
}


def kind_of(model: Any) -> str:
    "What a model is of: ratings, a table, text or pictures."
    return _KINDS[type(model).__name__][0]


def of_table(model: Any) -> bool:
    "Is it a model of a table, not of ratings?"
    return kind_of(model) == TABLE


def loaded(path: Path, command: str, *wanted: str) -> Any:
    "The model in a file; BadInput where it is of another kind than is wanted."
    model = entable.load(path)
    kind = kind_of(model)
    if kind in wanted:
        return model
    more = f" that predicts {model.target.name}" if kind == TABLE else ""
    makers = [maker for kind, maker in _KINDS.values() if kind in wanted]
    raise BadInput(
        f"{path} is a model of {kind}{more}; {command} wants a model of {' or '.join(wanted)}, as "
        f"{' or '.join(makers)} makes it"
    )


def ratings_model(path: Path, command: str) -> "Recommender":
    "The model of ratings in a file; BadInput for any other."
    found: Recommender = loaded(path, command, RATINGS)
    return found


def table_model(path: Path, command: str) -> "TableModel":
    "The model of a table in a file; BadInput for any other."
    found: TableModel = loaded(path, command, TABLE)
    return found


def text_model(path: Path, command: str) -> "TextModel":
    "The model of text in a file; BadInput for any other."
    found: TextModel = loaded(path, command, TEXT)
    return found


def image_model(path: Path, command: str) -> "ImageModel":
    "The model of pictures in a file; BadInput for any other."
    found: ImageModel = loaded(path, command, PICTURES)
    return found


def only(command: str, kind: str, **options: Any) -> None:
    "BadInput for options that were given (not None, not False) and go with another kind of model."
    given = [name for name, value in options.items() if value is not None and value is not False]
    if given:
        option = given[0].replace("_", "-")
        raise BadInput(f"--{option} goes with a model of {kind}; leave it out of {command} here")
