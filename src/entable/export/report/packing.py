"""What the map of a page knows: places, names, neighbours and facts, packed as typed arrays."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.embeddings import Embeddings
from entable.export.report.texts import cut
from entable.interpret.best import Catalogue, Seen, best
from entable.interpret.facts import features

__all__ = ["Group", "neighbours", "pack", "script_text"]

Floats = NDArray[np.float64]

MOST = 20_000  # items on a map: the most rated ones
_LONG = (60, 40, 26, 16)  # characters of a name on the map, the first that has room
_ROOM = 2_400_000  # bytes for all names
_NEAR = 10  # neighbours of each item
_NUMBERS, _FLAGS = 8, 60  # facts to colour by, at most
_STEPS = 32_000  # places along an axis


@dataclass(frozen=True, eq=False)
class Group:
    "A colouring in groups: what it is called, the names of the groups, and the group of each row."

    name: str
    levels: Sequence[str]
    codes: NDArray[np.integer]  # (n,), -1 for none


def pack(
    items: Embeddings,
    scores: Floats,
    axes: Sequence[dict[str, Any]],
    least: int,
    groups: Sequence[Group] = (),
) -> dict[str, Any]:
    """All that the map of some items draws, as JSON's types, arrays as base64.

    Shapes: scores (n, k), the places of the n items; axes: k of title, low and high (what is at
    both ends); least: the ratings that an item needs at first. Of more than 20,000 items the most
    rated ones are on the map.
    """
    at = np.argsort(-items.counts, kind="stable")[:MOST]
    near, likeness = neighbours(items.vectors[at], _NEAR)
    return {
        "kind": items.vocab.kind,
        "of": len(items),
        "names": _names(items.label(at)),
        "counts": _array(items.counts[at].clip(max=2**32 - 1), np.uint32),
        "least": least,
        "axes": list(axes),
        "places": _places(scores[at]),
        "width": near.shape[1],
        "near": _array(near, np.uint16),
        "likeness": _array(np.round(likeness * 100), np.int8),
        **_colors(items, at),
        "groups": [_group(group, at) for group in groups],
    }


def script_text(value: Any) -> str:
    "JSON that may stand in a <script>: no name can end it or begin a comment."
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _names(labels: NDArray[np.object_]) -> list[str]:
    "Names as long as there is room for all."
    names: list[str] = []
    for most in _LONG:
        names = [cut(str(text), most) for text in labels]
        if sum(len(name.encode("utf-8")) for name in names) <= _ROOM:
            break
    return names


def neighbours(vectors: NDArray[np.float32], n: int) -> tuple[NDArray[np.int64], Floats]:
    """The n nearest rows of every row by cosine, (m, n) positions and cosines, exactly.

    Equal ones in row order; a row is not its own neighbour. Fewer columns where there are fewer
    rows.
    """
    m, n = len(vectors), min(n, len(vectors) - 1)
    if n < 1:
        return np.zeros((m, 0), np.int64), np.zeros((m, 0))
    exact = vectors.astype(np.float64)
    norms = np.sqrt(np.einsum("nk,nk->n", exact, exact))[:, None]
    exact = np.divide(exact, norms, out=np.zeros_like(exact), where=norms > 0)
    unit = exact.astype(np.float32)
    itself = Seen(np.arange(m + 1), np.arange(m))
    found = best(
        unit,
        np.zeros(m),
        Catalogue(unit, np.zeros(m, np.float32)),
        n,
        lambda r, c: np.einsum("nk,nk->n", exact[r], exact[c]),
        itself,
    )
    return found.columns.reshape(m, n).astype(np.int64), found.scores.reshape(m, n).clip(-1, 1)


def _array(values: NDArray[Any], dtype: type[np.generic]) -> str:
    "An array as base64 of its little-endian bytes."
    kind = np.dtype(dtype).newbyteorder("<")
    return b64encode(np.ascontiguousarray(values, kind).tobytes()).decode("ascii")


def _places(scores: Floats) -> list[dict[str, Any]]:
    "Each axis in steps of 1/32,000 of its largest value."
    far = np.abs(scores).max(axis=0, initial=1e-12)
    steps = np.round(scores / far * _STEPS)
    columns = zip(far, steps.T, strict=True)
    return [{"far": float(most), "at": _array(column, np.int16)} for most, column in columns]


def _colors(items: Embeddings, at: NDArray[np.int64]) -> dict[str, Any]:
    "Numbers and flags to colour points by."
    numbers = []
    if items.bias.any():
        numbers.append(_number("bias", items.bias[at].astype(np.float64), True))
    if items.means is not None:
        numbers.append(_number("mean rating", items.means[at]))
    flags = []
    made = features(items)
    for name, values in zip(made.names, made.values.T, strict=True):
        known = values[np.isfinite(values)]
        if np.isin(known, (0, 1)).all():
            flags.append({"name": cut(name, 40), "bits": _bits(values[at] == 1)})
        else:
            numbers.append(_number(cut(name, 40), values[at]))
    return {"numbers": numbers[:_NUMBERS], "flags": flags[:_FLAGS]}


def _number(name: str, values: Floats, centred: bool = False) -> dict[str, Any]:
    "Values with the ends of their scale, beyond which a few extreme ones lie."
    known = values[np.isfinite(values)]
    low, high = (float(x) for x in np.percentile(known, (2, 98))) if len(known) else (0.0, 0.0)
    if centred:
        high = max(abs(low), abs(high))
        low = -high
    packed = _array(values, np.float32)
    return {"name": name, "low": low, "high": max(high, low + 1e-9), "values": packed}


def _bits(flags: NDArray[np.bool_]) -> str:
    return _array(np.packbits(flags, bitorder="little"), np.uint8)


def _group(group: Group, at: NDArray[np.int64]) -> dict[str, Any]:
    codes = np.asarray(group.codes)[at]
    levels = [cut(level, 80) for level in group.levels]
    return {"name": group.name, "levels": levels, "codes": _array(codes, np.int8)}
