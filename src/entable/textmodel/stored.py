"""A TextModel as a manifest and arrays, and back with everything checked."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from entable import modelfile
from entable.data.text import Cut
from entable.data.vocab import Vocab
from entable.errors import BadModelFile
from entable.modelfile.record import RECORD, pack_record, unpack_record
from entable.modelfile.taken import Taken, keyed, newer, of_file
from entable.scorers.chorus import Chorus, Reader
from entable.scorers.net import KINDS, Layer
from entable.scorers.recurrent import ARRAYS, GATES, Cell, Recurrent

if TYPE_CHECKING:
    from entable.textmodel.model import TextModel

__all__ = ["KIND", "pack", "save", "unpack"]

KIND = "text"
_ABOUT = {"cut", "scorer", "classes", *RECORD}
_NET = {"cell", "layers", "both", "head", "tied", "whole"}
Arrays = dict[str, NDArray[Any]]


def save(model: "TextModel", path: str | os.PathLike[str], force: bool) -> Path:
    "See TextModel.save."
    about, arrays = pack(model)
    return modelfile.write(path, KIND, about, arrays, force)


def pack(model: "TextModel") -> tuple[dict[str, Any], Arrays]:
    "What the file says of the model, and its arrays."
    cut, columns = model.cut.state()
    arrays: Arrays = {f"cut.{name}": array for name, array in columns.items()}
    classes = None
    if model.classes is not None:
        classes = model.classes.dtype
        arrays |= model.classes.to_arrays("classes")
    about = {"cut": cut, "scorer": _pack_scorer(model.scorer, arrays), "classes": classes}
    record, trace = pack_record(model.settings, model.metrics, model.trace)
    return about | record, arrays | trace


def _pack_scorer(scorer: Reader, arrays: Arrays) -> dict[str, Any] | list[dict[str, Any]]:
    "One net as itself, several as a list."
    if isinstance(scorer, Recurrent):
        return _pack_net(scorer, "net", arrays)
    return [_pack_net(net, f"nets.{j}", arrays) for j, net in enumerate(scorer.nets)]


def _pack_net(net: Recurrent, key: str, arrays: Arrays) -> dict[str, Any]:
    "Vectors that are also the answer's weights are stored once."
    arrays[f"{key}.table"] = net.table
    for k, cells in enumerate(net.layers):
        for d, cell in enumerate(cells):
            arrays |= {f"{key}.{k}.{d}.{name}": getattr(cell, name) for name in ARRAYS}
    weight = net.head[0].arrays.get("weight")
    tied = len(net.head) == 1 and weight is not None and weight is net.table
    for j, layer in enumerate(net.head):
        kept = {n: a for n, a in layer.arrays.items() if not (tied and n == "weight")}
        arrays |= {f"{key}.head.{j}.{name}": array for name, array in kept.items()}
    return {
        "cell": net.layers[0][0].kind,
        "layers": len(net.layers),
        "both": net.both,
        "head": [layer.kind for layer in net.head],
        "tied": tied,
        "whole": net.whole,
    }


@of_file
def unpack(about: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The arguments of the TextModel that `pack` stored.

    Raises BadModelFile for anything that `pack` would not have stored.
    """
    keyed(about, _ABOUT, "model")
    file = Taken(arrays)
    names = [name for name in arrays if name.startswith("cut.")]
    cut = Cut.of_state(about["cut"], {name.removeprefix("cut."): file[name] for name in names})
    scorer = _unpack_scorer(about["scorer"], file)
    classes = None
    if about["classes"] is not None:
        if not isinstance(about["classes"], str):
            raise BadModelFile("its classes are not described")
        kept = {name: file[name] for name in arrays if name.startswith("classes.")}
        classes = Vocab.from_arrays(kept, "classes", about["classes"], "class")
    record = unpack_record(about, file)
    file.done()
    return {"cut": cut, "scorer": scorer, "classes": classes, **record}


def _unpack_scorer(told: Any, file: Taken) -> Reader:
    if not isinstance(told, list):
        return _unpack_net(told, "net", file)
    if len(told) < 2:
        raise BadModelFile("the nets are not described as they should be")
    return Chorus(tuple(_unpack_net(one, f"nets.{j}", file) for j, one in enumerate(told)))


def _unpack_net(told: Any, key: str, file: Taken) -> Recurrent:
    keyed(told, _NET, "net")
    n, kind = told["layers"], told["cell"]
    if (
        any(type(told[name]) is not bool for name in ("both", "tied", "whole"))
        or type(n) is not int
    ):
        raise BadModelFile("the net is not described as it should be")
    if not isinstance(kind, str) or kind not in GATES:
        raise newer(f"a recurrent layer {str(kind)[:50]!r}")
    if not 1 <= n <= len(file):
        raise BadModelFile("the net is not described as it should be")
    cells = tuple(
        tuple(
            Cell(kind, *(file.typed(f"{key}.{k}.{d}.{name}", "<f4") for name in ARRAYS))
            for d in range(1 + told["both"])
        )
        for k in range(n)
    )
    table = file.typed(f"{key}.table", "<f4")
    if not isinstance(told["head"], list) or (told["tied"] and len(told["head"]) != 1):
        raise BadModelFile("the head of the net is not described as it should be")
    tied = {"weight": table} if told["tied"] else {}
    head = tuple(_layer(kind, file, f"{key}.head.{j}", tied) for j, kind in enumerate(told["head"]))
    return Recurrent(table, cells, head, told["whole"])


def _layer(kind: Any, file: Taken, key: str, given: Arrays) -> Layer:
    if not isinstance(kind, str) or kind not in KINDS:
        raise newer(f"a layer {str(kind)[:50]!r}")
    names = [name for name in KINDS[kind].arrays if name not in given]
    return Layer(kind, given | {name: file.typed(f"{key}.{name}", "<f4") for name in names})
