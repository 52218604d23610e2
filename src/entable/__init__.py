"""Embeddings from tables: ratings and business tables in, models that know names out.

The public names are loaded on first use, so `import entable` costs next to nothing.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from entable.data.dates import date_parts
    from entable.data.events import elapsed, rolling
    from entable.data.fetch import fetch
    from entable.data.images import Images
    from entable.data.ratings import Ratings
    from entable.data.sample import sample_ratings
    from entable.data.table import Table
    from entable.data.text import Text
    from entable.data.vocab import Vocab
    from entable.embeddings import Embeddings
    from entable.errors import BadInput, BadModelFile, EntableError, UnknownName
    from entable.factorize import factorize
    from entable.imagemodel import ImageModel
    from entable.load import load
    from entable.recipes.collab import collab_learner
    from entable.recipes.tabular import tabular_learner
    from entable.recipes.text import text_learner
    from entable.recipes.textclasses import text_classifier
    from entable.recipes.vision import vision_learner
    from entable.recommender import Recommender
    from entable.tablemodel import TableModel
    from entable.textmodel import TextModel
    from entable.train.batches import Batches
    from entable.train.callbacks import Callback
    from entable.train.learner import Learner
    from entable.train.schedule import Schedule

__version__ = "0.1.0"

__all__ = [
    "BadInput",
    "BadModelFile",
    "Batches",
    "Callback",
    "Embeddings",
    "EntableError",
    "ImageModel",
    "Images",
    "Learner",
    "Ratings",
    "Recommender",
    "Schedule",
    "Table",
    "TableModel",
    "Text",
    "TextModel",
    "UnknownName",
    "Vocab",
    "collab_learner",
    "date_parts",
    "elapsed",
    "factorize",
    "fetch",
    "load",
    "rolling",
    "sample_ratings",
    "tabular_learner",
    "text_classifier",
    "text_learner",
    "vision_learner",
]

_HOME = {
    "BadInput": "errors",
    "BadModelFile": "errors",
    "Batches": "train.batches",
    "Callback": "train.callbacks",
    "Embeddings": "embeddings",
    "EntableError": "errors",
    "ImageModel": "imagemodel",
    "Images": "data.images",
    "Learner": "train.learner",
    "Ratings": "data.ratings",
    "Recommender": "recommender",
    "Schedule": "train.schedule",
    "Table": "data.table",
    "TableModel": "tablemodel",
    "Text": "data.text",
    "TextModel": "textmodel",
    "UnknownName": "errors",
    "Vocab": "data.vocab",
    "collab_learner": "recipes.collab",
    "date_parts": "data.dates",
    "elapsed": "data.events",
    "factorize": "factorize",
    "fetch": "data.fetch",
    "load": "load",
    "rolling": "data.events",
    "sample_ratings": "data.sample",
    "tabular_learner": "recipes.tabular",
    "text_classifier": "recipes.textclasses",
    "text_learner": "recipes.text",
    "vision_learner": "recipes.vision",
}

_BY_TORCH = ("train.", "recipes.")  # homes that need it


class _Face(ModuleType):
    "Keeps `entable.load` and `entable.factorize` functions once the modules so named are imported."

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'entable' has no attribute {name!r}")
    if _HOME[name].startswith(_BY_TORCH):
        import_module("entable._extras").need("torch")
    value = globals()[name] = getattr(import_module(f"entable.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
