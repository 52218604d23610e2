"""A table as JSON and typed arrays, and back with everything checked."""

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entable.data.dates import Dates
from entable.data.table.category import Category
from entable.data.table.number import BINS, SCALINGS, Number
from entable.data.table.target import KINDS, Target
from entable.data.vocab import Vocab
from entable.errors import BadModelFile

if TYPE_CHECKING:
    from entable.data.table.table import Table

__all__ = ["parts", "state", "target_of", "target_state"]

_Arrays = dict[str, NDArray[Any]]
_NUMBER = ("name", "fill", "center", "scale", "whole", "gaps", "low", "median", "high", "scaling")


def state(table: "Table") -> tuple[dict[str, Any], _Arrays]:
    "(manifest, arrays) of a table."
    arrays: _Arrays = {}
    categories = [_category(c, f"categories.{k}", arrays) for k, c in enumerate(table.categories)]
    numbers = [_number(x, f"numbers.{k}", arrays) for k, x in enumerate(table.numbers)]
    manifest = {
        "categories": categories,
        "numbers": numbers,
        "dates": [date.state() for date in table.dates],
        "target": None if table.target is None else _target(table.target, arrays),
        "weights": table.weights,
        "gaps": list(table.gaps),
        "size": table.size,
        "notes": list(table.notes),
    }
    return manifest, arrays


def target_state(target: Target) -> tuple[dict[str, Any], _Arrays]:
    "(manifest, arrays) of a target that stands by itself."
    arrays: _Arrays = {}
    return _target(target, arrays), arrays


def target_of(manifest: Any, arrays: Mapping[str, NDArray[Any]]) -> Target:
    """The target that `target_state` stored.

    Raises BadModelFile for anything that it would not have written.
    """
    try:
        return _target_of(manifest, arrays)  # type: ignore[arg-type]
    except BadModelFile:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadModelFile(f"the file describes no target: {error}") from None


def _category(category: Category, key: str, arrays: _Arrays) -> dict[str, Any]:
    arrays |= category.vocab.to_arrays(key)
    arrays[f"{key}.counts"] = category.counts
    told = {"name": category.name, "source": category.source, "ordered": category.ordered}
    return told | {"dtype": category.vocab.dtype}


def _number(number: Number, key: str, arrays: _Arrays) -> dict[str, Any]:
    arrays[f"{key}.edges"] = number.edges
    arrays[f"{key}.knots"] = number.knots
    arrays[f"{key}.counts"] = number.counts
    return {field: getattr(number, field) for field in _NUMBER}


def _target(target: Target, arrays: _Arrays) -> dict[str, Any]:
    arrays |= {"target.center": target.center, "target.scale": target.scale}
    arrays["target.counts"] = target.counts
    if target.balance is not None:
        arrays["target.balance"] = target.balance
    if target.classes is not None:
        arrays |= target.classes.to_arrays("target.classes")
    numbers = [_number(x, f"target.{k}", arrays) for k, x in enumerate(target.numbers)]
    return {
        "numbers": numbers,
        "names": list(target.names),
        "kind": target.kind,
        "dtype": None if target.classes is None else target.classes.dtype,
        "log": target.log,
        "offset": target.offset,
        "range": None if target.range is None else list(target.range),
        "seen": list(target.seen),
    }


def parts(manifest: Any, arrays: _Arrays) -> dict[str, Any]:
    """What a table is made of, by the names of its fields.

    Raises BadModelFile for anything that `state` would not have written.
    """
    try:
        return _parts(manifest, arrays)
    except BadModelFile:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadModelFile(f"the file describes no table: {error}") from None


def _parts(manifest: Any, arrays: _Arrays) -> dict[str, Any]:
    told = [
        _category_of(m, f"categories.{k}", arrays) for k, m in enumerate(manifest["categories"])
    ]
    numbers = [_number_of(m, f"numbers.{k}", arrays) for k, m in enumerate(manifest["numbers"])]
    target, weights = manifest["target"], manifest["weights"]
    _is(manifest["size"], int)
    for text in (*manifest["gaps"], *manifest["notes"], weights or ""):
        _is(text, str)
    return {
        "categories": tuple(told),
        "numbers": tuple(numbers),
        "dates": tuple(Dates.of(date) for date in manifest["dates"]),
        "target": None if target is None else _target_of(target, arrays),
        "weights": weights,
        "gaps": tuple(manifest["gaps"]),
        "size": manifest["size"],
        "notes": list(manifest["notes"]),
    }


def _category_of(told: Any, key: str, arrays: _Arrays) -> Category:
    name, source = _is(told["name"], str), _is(told["source"], str)
    vocab = Vocab.from_arrays(arrays, key, told["dtype"], name)
    counts = _array(arrays, f"{key}.counts", "<i8", (len(vocab) + Vocab.FIRST,))
    return Category(name, vocab, counts, _is(told["ordered"], bool), source)


def _number_of(told: Any, key: str, arrays: _Arrays) -> Number:
    edges = _array(arrays, f"{key}.edges", "<f4", (None,))
    knots = _array(arrays, f"{key}.knots", "<f8", (2, None))
    counts = _array(arrays, f"{key}.counts", "<i8", (BINS,))
    for field in ("fill", "center", "scale", "low", "median", "high"):
        _is(told[field], float)
    for field, kind in (("name", str), ("whole", bool), ("gaps", int)):
        _is(told[field], kind)
    if told["scaling"] not in SCALINGS or told["scale"] <= 0 or not _rising(edges):
        raise BadModelFile(f"the number {told['name']!r} has no sound scale")
    if (told["scaling"] == "quantile") != (knots.shape[1] > 0) or not _rising(knots[0], 0):
        raise BadModelFile(f"the number {told['name']!r} has no sound quantiles")
    plain = {field: told[field] for field in _NUMBER}
    return Number(edges=edges, counts=counts, knots=knots, **plain)


def _target_of(told: Any, arrays: _Arrays) -> Target:
    names, kind, dtype = told["names"], told["kind"], told["dtype"]
    many = len([_is(name, str) for name in names])
    if kind not in KINDS or not many or (kind in ("binary", "classes")) != (dtype is not None):
        raise BadModelFile(f"the target is of no known kind: {kind!r}")
    classes = None
    if dtype is not None:
        classes = Vocab.from_arrays(arrays, "target.classes", dtype, names[0])
    numbers = [_number_of(m, f"target.{k}", arrays) for k, m in enumerate(told["numbers"])]
    if [x.name for x in numbers] != (names if kind in ("number", "numbers") else []):
        raise BadModelFile("the target is described by other numbers than its own")
    sizes = many if kind == "labels" else 0 if classes is None else len(classes)
    center = _array(arrays, "target.center", "<f8", (None,))
    balance = None
    if "target.balance" in arrays:
        balance = _array(arrays, "target.balance", "<f4", (sizes,))
    return Target(
        tuple(names), kind, classes, _is(told["log"], bool), _is(told["offset"], float),
        None if told["range"] is None else _pair(told["range"]), _pair(told["seen"]), center,
        _array(arrays, "target.scale", "<f8", center.shape),
        _array(arrays, "target.counts", "<i8", (sizes,)), balance, tuple(numbers),
    )  # fmt: skip


def _is(value: Any, kind: type) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or (isinstance(value, float) and not isfinite(value)):
        raise BadModelFile(f"the table in the file holds {value!r} where {kind.__name__} belongs")
    return value


def _pair(values: Any) -> tuple[float, float]:
    low, high = values
    return _is(low, float), _is(high, float)


def _array(arrays: _Arrays, key: str, dtype: str, shape: tuple[int | None, ...]) -> NDArray[Any]:
    array = arrays.get(key)
    if array is None:
        raise BadModelFile(f"the table in the file lacks {key}")
    wrong = array.dtype != np.dtype(dtype) or array.ndim != len(shape)
    if wrong or any(w not in (None, n) for w, n in zip(shape, array.shape, strict=True)):
        raise BadModelFile(f"{key} in the file is of the wrong type or shape")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadModelFile(f"{key} in the file is not finite")
    return array


def _rising(edges: NDArray[Any], least: int = 2) -> bool:
    return len(edges) >= least and bool((np.diff(edges) > 0).all())
