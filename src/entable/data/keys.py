"""Keys: what stands for a name of each type, such as days since 1970 for a date, and back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["key_of", "names_of", "parsed"]


def key_of(name: Any, dtype: str) -> Any:
    "What stands for a name in the index; None for one of another type."
    if dtype == "str":
        return name if isinstance(name, str) else None
    if dtype == "int":
        return _whole(name)
    if dtype == "uuid":
        return str(name) if isinstance(name, UUID) else None
    if dtype == "bool":
        return int(name) if isinstance(name, (bool, np.bool_)) else None
    if dtype == "float":
        number = isinstance(name, (int, float, np.integer, np.floating))
        return float(name) if number and not isinstance(name, bool) else None
    return _instant(name, dtype)


def _whole(name: Any) -> int | None:
    if isinstance(name, (int, np.integer)):
        return None if isinstance(name, bool) else int(name)
    whole = isinstance(name, (float, np.floating)) and float(name).is_integer()
    return int(name) if whole else None


def _instant(name: Any, dtype: str) -> int | None:
    if isinstance(name, np.datetime64):
        if np.isnat(name) or (name.dtype == "datetime64[D]") != (dtype == "date"):
            return None
    elif isinstance(name, date):
        if isinstance(name, datetime) != (dtype == "datetime"):
            return None
        name = name.replace(tzinfo=None) if isinstance(name, datetime) else name
    else:
        return None
    return int(np.datetime64(name, "D" if dtype == "date" else "us").astype(np.int64))


def names_of(series: pl.Series, dtype: str) -> NDArray[Any]:
    "Names (n,) as people see them, of what stands for them."
    if dtype == "str":
        return np.array([*series.to_list(), None], dtype=object)[:-1]
    if dtype == "uuid":
        return np.array([*map(UUID, series.to_list()), None], dtype=object)[:-1]
    names = series.to_numpy(writable=True)
    as_type = {"bool": "bool", "date": "datetime64[D]", "datetime": "datetime64[us]"}
    return names.astype(as_type[dtype]) if dtype in as_type else names


_PARSE: dict[str, Any] = {
    "int": int,
    "str": str,
    "float": float,
    "uuid": UUID,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
}


def parsed(text: str, dtype: str) -> Any:
    "A name of this type from what a person typed; ValueError or KeyError where it is none."
    return _PARSE[dtype](text if dtype == "str" else text.strip())
