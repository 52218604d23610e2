"""What `factorize` was asked for, checked before any work."""

import inspect
import math
from collections.abc import Callable
from numbers import Integral, Real
from types import NoneType
from typing import Any, get_args

from entable.data.ratings import Ratings
from entable.errors import BadInput

_MAY_BE_ZERO = {"rank", "burn", "reg"}


def options(solver: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    "The settings of a solver: its parameters that have a default."
    own = inspect.signature(solver).parameters
    return {name: p for name, p in own.items() if p.default is not p.empty}


def check_ratings(ratings: Any, valid: Any, factors: int | None) -> None:
    "Raises BadInput unless there is something to learn from, and what is held out fits it."
    for name, value in (("", ratings), ("valid: ", valid)):
        if not isinstance(value, Ratings) and not (name and value is None):
            kind = type(value).__name__
            raise BadInput(f"{name}{kind} came, Ratings were wanted: Ratings.read(...)")
    if not len(ratings):
        raise BadInput("there are no ratings to learn from")
    if valid is not None and (valid.users != ratings.users or valid.items != ratings.items):
        raise BadInput("valid: its users and items must be those of the ratings, as split() gives")
    if factors is not None and factors > len(ratings):
        raise BadInput(
            f"factors={factors} came for {len(ratings):,} ratings; there can be no more factors "
            "than ratings, and far fewer are of use"
        )


def check_whole(name: str, value: Any, least: int) -> None:
    "Raises BadInput unless value is a whole number of at least `least`."
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise BadInput(f"{name}={value!r} came; a whole number of at least {least} was wanted")


def check_settings(name: str, solver: Callable[..., Any], settings: dict[str, Any]) -> None:
    "Raises BadInput for a setting that the solver does not have, or that it cannot work with."
    known = options(solver)
    if unknown := sorted(set(settings) - set(known)):
        raise BadInput(f"{name} has no setting {unknown[0]!r}; it has {', '.join(known)}")
    for key, value in settings.items():
        kinds = get_args(known[key].annotation) or (known[key].annotation,)
        if value is not None or NoneType not in kinds:
            _check_setting(key, value, int not in kinds)


def plain(value: Any) -> Any:
    "A checked setting as a number of Python's own, for the model file."
    if value is None:
        return None
    return int(value) if isinstance(value, Integral) else float(value)


def _check_setting(name: str, value: Any, broken: bool) -> None:
    if not broken:
        return check_whole(name, value, 0 if name in _MAY_BE_ZERO else 1)
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise BadInput(f"{name}={value!r} came; a finite number was wanted")
    if value < 0 or (value == 0 and name not in _MAY_BE_ZERO):
        least = "at least 0" if name in _MAY_BE_ZERO else "more than 0"
        raise BadInput(f"{name}={value!r} came; {least} was wanted")
    return None
