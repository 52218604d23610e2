"""Nets over pictures as a description and arrays, and back with everything checked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from entable.errors import BadModelFile
from entable.modelfile.taken import Taken, bounds, keyed, newer
from entable.scorers.conv import Conv, ConvNet, Flat, Part, Paths, Pool, PoolTo
from entable.scorers.net import KINDS, Layer

__all__ = ["pack_net", "unpack_net"]

Arrays = dict[str, NDArray[Any]]
_ENDS = ("weight", "bias", "mean", "std")
_PAIRS = ("stride", "padding", "dilation")


def pack_net(net: ConvNet) -> tuple[dict[str, Any], Arrays]:
    "What the file says of a net, and its arrays; those of parts are numbered as they come."
    arrays: Arrays = {f"net.{name}": getattr(net, name) for name in _ENDS}
    number = iter(range(1 << 20))
    told = {
        "shape": list(net.shape),
        "parts": [_told(part, number, arrays) for part in net.parts],
        "y_range": None if net.y_range is None else list(map(float, net.y_range)),
    }
    return told, arrays


def _told(part: Part, number: Iterator[int], arrays: Arrays) -> dict[str, Any]:
    if isinstance(part, Paths):
        of = [[_told(one, number, arrays) for one in path] for path in part.paths]
        return {"part": "paths", "how": part.how, "of": of}
    if isinstance(part, Conv):
        key = f"net.{next(number)}"
        arrays |= {f"{key}.weight": part.weight, f"{key}.bias": part.bias}
        pairs = {name: list(getattr(part, name)) for name in _PAIRS}
        return {"part": "conv", "name": part.name, "groups": part.groups, **pairs}
    if isinstance(part, Layer):
        key = f"net.{next(number)}" if part.arrays else ""
        arrays |= {f"{key}.{name}": array for name, array in part.arrays.items()}
        return {"part": "layer", "kind": part.kind}
    if isinstance(part, Pool):
        pairs = {name: list(getattr(part, name)) for name in ("size", "stride", "padding")}
        return {"part": "pool", "how": part.how, "counted": part.counted, **pairs}
    if isinstance(part, PoolTo):
        return {"part": "pool_to", "how": part.how, "to": list(part.to)}
    return {"part": "flat"}


def unpack_net(told: Any, file: Taken) -> ConvNet:
    """The net that `pack_net` stored.

    Raises BadModelFile, or BadInput for parts that do not fit each other.
    """
    keyed(told, {"shape", "parts", "y_range"}, "net")
    reader = _Reader(file)
    arrays: dict[str, Any] = {name: file.typed(f"net.{name}", "<f4") for name in _ENDS}
    h, w, channels = _whole(told["shape"], 3)
    if not (1 <= h <= 1 << 14 and 1 <= w <= 1 << 14 and 1 <= channels <= 4):
        raise BadModelFile(f"the net wants pictures of {h} x {w} x {channels}")
    parts = reader.all(told["parts"])
    return ConvNet(parts, shape=(h, w, channels), y_range=bounds(told["y_range"]), **arrays)


@dataclass
class _Reader:
    "Parts out of their descriptions, arrays numbered as they come."

    file: Taken
    number: Iterator[int] = field(default_factory=lambda: iter(range(1 << 20)))

    def all(self, told: Any) -> tuple[Part, ...]:
        if not isinstance(told, list):
            raise BadModelFile("the parts of a net are not described")
        return tuple(map(self.one, told))

    def one(self, told: Any) -> Part:
        kind = told.get("part") if isinstance(told, dict) else None
        if not isinstance(kind, str) or kind not in _PARTS:
            raise newer(f"a part {str(kind)[:50]!r}")
        keys, make = _PARTS[kind]
        keyed(told, {"part", *keys}, f"part {kind} of a net")
        return make(self, told)

    def array(self, key: int, name: str) -> Any:
        return self.file.typed(f"net.{key}.{name}", "<f4")

    def conv(self, told: Any) -> Part:
        pairs: Any = {name: tuple(_whole(told[name], 2)) for name in _PAIRS}
        name, k = told["name"], next(self.number)
        if not isinstance(name, str):
            raise BadModelFile("a convolution has no name")
        arrays = self.array(k, "weight"), self.array(k, "bias")
        return Conv(*arrays, groups=told["groups"], name=name, **pairs)

    def layer(self, told: Any) -> Part:
        kind = told["kind"]
        if not isinstance(kind, str) or kind not in KINDS:
            raise newer(f"a layer {str(kind)[:50]!r}")
        names = KINDS[kind].arrays
        k = next(self.number) if names else 0
        return Layer(kind, {name: self.array(k, name) for name in names})

    def pool(self, told: Any) -> Part:
        pairs: Any = {name: tuple(_whole(told[name], 2)) for name in ("size", "stride", "padding")}
        return Pool(told["how"], counted=told["counted"], **pairs)

    def pool_to(self, told: Any) -> Part:
        a, b = _whole(told["to"], 2)
        return PoolTo(told["how"], (a, b))

    def paths(self, told: Any) -> Part:
        if not isinstance(told["of"], list):
            raise BadModelFile("the paths of a net are not described")
        return Paths(told["how"], tuple(map(self.all, told["of"])))


_PARTS: dict[str, tuple[tuple[str, ...], Callable[[_Reader, Any], Part]]] = {
    "conv": (("name", "groups", *_PAIRS), _Reader.conv),
    "layer": (("kind",), _Reader.layer),
    "pool": (("how", "counted", "size", "stride", "padding"), _Reader.pool),
    "pool_to": (("how", "to"), _Reader.pool_to),
    "flat": ((), lambda reader, told: Flat()),
    "paths": (("how", "of"), _Reader.paths),
}


def _whole(told: Any, many: int) -> Sequence[int]:
    if not isinstance(told, list) or len(told) != many or any(type(n) is not int for n in told):
        raise BadModelFile(
            f"a part of a net has {str(told)[:50]} where {many} whole numbers belong"
        )
    return told
