"""The one door for optional packages."""

from importlib import import_module
from types import ModuleType

from entable.errors import EntableError

_EXTRA = {
    "PIL": "images",
    "duckdb": "sql",
    "fastapi": "serve",
    "jinja2": "plot",
    "matplotlib": "plot",
    "plotly": "plot",
    "sklearn": "sklearn",
    "tokenizers": "text",
    "torch": "neural",
}


class MissingExtra(EntableError, ModuleNotFoundError):
    "An optional package is not installed."


def need(package: str) -> ModuleType:
    """Import an optional package, or say in one sentence how to install it.

    Raises MissingExtra.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package.partition(".")[0]:
            raise
        extra = _EXTRA.get(package.partition(".")[0], package)
        raise MissingExtra(
            f"{package} is not installed: pip install 'entable[{extra}]'", name=package
        ) from None
