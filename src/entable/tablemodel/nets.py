"""Nets over a table as a description and arrays, and back with everything checked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadModelFile
from entable.modelfile.taken import Taken, bounds, keyed, newer
from entable.scorers.net import KINDS, Layer
from entable.scorers.readers import READERS, Reader
from entable.scorers.tablenet import Block, Ensemble, TableNet

__all__ = ["pack_scorer", "unpack_scorer"]

Arrays = dict[str, NDArray[Any]]
_ALWAYS = ("weight", "bias", "centre", "scale")
_MAYBE = ("factors", "additive")
_ABOUT = {"widths", "reader", "blocks", "y_range", *_MAYBE}


def pack_scorer(scorer: TableNet | Ensemble) -> tuple[list[dict[str, Any]], Arrays]:
    "What the file says of each net, and the arrays of all."
    nets = scorer.nets if isinstance(scorer, Ensemble) else (scorer,)
    about, arrays = [], Arrays()
    for j, net in enumerate(nets):
        about.append(_pack(net, f"net.{j}", arrays))
    return about, arrays


def _pack(net: TableNet, key: str, arrays: Arrays) -> dict[str, Any]:
    "The vectors of all categories lie in one array, one after the other."
    flat = [table.ravel() for table in net.tables]
    arrays[f"{key}.vectors"] = np.concatenate([*flat, np.empty(0, np.float32)])
    for name in (*_ALWAYS, *_MAYBE):
        if getattr(net, name) is not None:
            arrays[f"{key}.{name}"] = getattr(net, name)
    if net.reader is not None:
        arrays |= {f"{key}.numbers.{name}": a for name, a in net.reader.arrays.items()}
        arrays[f"{key}.numbers.missing"] = net.reader.missing
    for b, block in enumerate(net.blocks):
        for at, layer in enumerate(block.layers):
            arrays |= {f"{key}.{b}.{at}.{name}": a for name, a in layer.arrays.items()}
    return {
        "widths": [table.shape[1] for table in net.tables],
        "reader": None if net.reader is None else net.reader.kind,
        "blocks": [
            {"layers": [layer.kind for layer in block.layers], "residual": block.residual}
            for block in net.blocks
        ],
        "y_range": None if net.y_range is None else list(map(float, net.y_range)),
        **{name: getattr(net, name) is not None for name in _MAYBE},
    }


def unpack_scorer(told: Any, file: Taken, levels: Sequence[int]) -> TableNet | Ensemble:
    """The scorer that `pack_scorer` stored, for categories of so many levels.

    Raises BadModelFile, or BadInput for parts that do not fit each other.
    """
    if not isinstance(told, list) or not told:
        raise BadModelFile("its nets are not described")
    nets = tuple(_unpack(one, file, f"net.{j}", levels) for j, one in enumerate(told))
    return nets[0] if len(nets) == 1 else Ensemble(nets)


def _unpack(told: Any, file: Taken, key: str, levels: Sequence[int]) -> TableNet:
    keyed(told, _ABOUT, "net")
    if any(type(told[name]) is not bool for name in _MAYBE) or not isinstance(told["blocks"], list):
        raise BadModelFile("a net is not described as it should be")
    kept = [*_ALWAYS, *(name for name in _MAYBE if told[name])]
    arrays: dict[str, Any] = {name: file.typed(f"{key}.{name}", "<f4") for name in kept}
    return TableNet(
        tables=_tables(told["widths"], file, key, levels),
        reader=_reader(told["reader"], file, key),
        blocks=tuple(_block(one, file, f"{key}.{b}") for b, one in enumerate(told["blocks"])),
        y_range=bounds(told["y_range"]),
        **arrays,
    )


def _tables(
    widths: Any, file: Taken, key: str, levels: Sequence[int]
) -> tuple[NDArray[np.float32], ...]:
    if not isinstance(widths, list) or any(type(k) is not int or k < 0 for k in widths):
        raise BadModelFile("the widths of vectors are not described")
    flat = file.typed(f"{key}.vectors", "<f4")
    if len(widths) != len(levels) or flat.ndim != 1:
        raise BadModelFile("the vectors of a net are not those of the table's categories")
    sizes = [n * k for n, k in zip(levels, widths, strict=True)]
    if sum(sizes) != len(flat):
        raise BadModelFile("the vectors of a net are not those of the table's levels")
    parts = np.split(flat, np.cumsum(sizes))[:-1]
    shaped = zip(parts, levels, widths, strict=True)
    return tuple(part.reshape(n, k) for part, n, k in shaped)


def _reader(kind: Any, file: Taken, key: str) -> Reader | None:
    if kind is None:
        return None
    if not isinstance(kind, str) or kind not in READERS:
        raise newer(f"numbers read as {str(kind)[:50]!r}")
    arrays = {name: file.typed(f"{key}.numbers.{name}", "<f4") for name in READERS[kind].arrays}
    return Reader(kind, arrays, file.typed(f"{key}.numbers.missing", "<f4"))


def _block(told: Any, file: Taken, key: str) -> Block:
    keyed(told, {"layers", "residual"}, "block of layers")
    if not isinstance(told["layers"], list) or type(told["residual"]) is not bool:
        raise BadModelFile("a block of layers is not described as it should be")
    layers = tuple(_layer(kind, file, f"{key}.{at}") for at, kind in enumerate(told["layers"]))
    return Block(layers, told["residual"])


def _layer(kind: Any, file: Taken, key: str) -> Layer:
    if not isinstance(kind, str) or kind not in KINDS:
        raise newer(f"a layer {str(kind)[:50]!r}")
    return Layer(kind, {name: file.typed(f"{key}.{name}", "<f4") for name in KINDS[kind].arrays})
