"""Arrays and descriptions of a file as they are asked for, each checked."""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput, BadModelFile

__all__ = ["Taken", "bounds", "keyed", "newer", "of_file", "real"]

P = ParamSpec("P")
R = TypeVar("R")


class Taken(Mapping[str, NDArray[Any]]):
    "The arrays of a file, and which of them were asked for."

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays, self.taken = arrays, set[str]()

    def __getitem__(self, name: str) -> NDArray[Any]:
        self.taken.add(name)
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def typed(self, name: str, dtype: str) -> NDArray[Any]:
        "An array of this type, which must be there."
        array = self.get(name)
        if array is None or array.dtype != np.dtype(dtype):
            raise BadModelFile(f"the array {name} is missing or of the wrong type")
        return array

    def done(self) -> None:
        "BadModelFile where there are arrays that nobody asked for."
        if left := sorted(set(self.arrays) - self.taken):
            raise BadModelFile(f"it has arrays that nothing asks for: {', '.join(left[:3])}")


def keyed(told: Any, wanted: set[str], what: str) -> None:
    "BadModelFile unless it is described by these keys."
    if not isinstance(told, dict) or set(told) != wanted:
        raise BadModelFile(f"the {what} is not described as it should be")


def of_file(read: Callable[P, R]) -> Callable[P, R]:
    "Whatever a reader of files refuses (BadInput) is the file's fault: BadModelFile."

    @wraps(read)
    def reads(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except BadInput as error:
            raise BadModelFile(str(error)) from None

    return reads


def real(value: Any, what: str) -> float:
    "The value, if it is a number with a point; BadModelFile otherwise."
    if type(value) is not float:
        raise BadModelFile(f"{what} is no number with a point")
    return value


def bounds(told: Any) -> tuple[float, float] | None:
    "The range of a net, if it has one; BadModelFile for anything else."
    if told is None:
        return None
    if not isinstance(told, list) or len(told) != 2:
        raise BadModelFile("the range of a net is not described")
    return real(told[0], "range"), real(told[1], "range")


def newer(what: str) -> BadModelFile:
    "The error for a file with what only a later version knows."
    told = f"it has {what}, which this version does not know"
    return BadModelFile(f"{told}: upgrade with pip install -U entable")
