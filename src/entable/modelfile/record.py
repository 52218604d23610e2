"""How a model was learnt, as files of every kind tell it: settings, metrics and the trace."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.typed import pack_frame, unpack_frame
from entable.errors import BadModelFile
from entable.modelfile.taken import Taken

__all__ = ["RECORD", "pack_record", "plain", "unpack_record"]

RECORD = {"trace", "settings", "metrics"}


def pack_record(
    settings: Mapping[str, Any], metrics: Mapping[str, Any], trace: pl.DataFrame | None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    "What the file says of it, and the trace's arrays."
    columns, arrays = (None, {}) if trace is None else pack_frame(trace, "trace")
    return {"settings": plain(settings), "metrics": plain(metrics), "trace": columns}, arrays


def unpack_record(about: dict[str, Any], file: Taken) -> dict[str, Any]:
    "The settings, metrics and trace of `pack_record`; BadModelFile for anything else."
    for name in ("settings", "metrics"):
        if not isinstance(about[name], dict):
            raise BadModelFile(f"its {name} are not described")
    columns = about["trace"]
    trace = None if columns is None else unpack_frame(columns, file, "trace", None)
    return {"settings": about["settings"], "metrics": about["metrics"], "trace": trace}


def plain(value: Any) -> Any:
    "The same as plain JSON: NumPy's numbers as Python's, what is not finite as null."
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)
