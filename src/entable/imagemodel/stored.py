"""An ImageModel as a manifest and arrays, and back with everything checked."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from entable import modelfile
from entable.data.table.stored import target_of, target_state
from entable.errors import BadModelFile
from entable.imagemodel.nets import pack_net, unpack_net
from entable.modelfile.record import RECORD, pack_record, unpack_record
from entable.modelfile.taken import Taken, keyed, of_file

if TYPE_CHECKING:
    from entable.imagemodel.model import ImageModel

__all__ = ["KIND", "pack", "save", "unpack"]

KIND = "images"
_PLAIN = ("fit", "mirrored", "learnt")
_ABOUT = {"target", "net", *RECORD, *_PLAIN}
Arrays = dict[str, NDArray[Any]]


def save(model: "ImageModel", path: str | os.PathLike[str], force: bool) -> Path:
    "See ImageModel.save."
    about, arrays = pack(model)
    return modelfile.write(path, KIND, about, arrays, force)


def pack(model: "ImageModel") -> tuple[dict[str, Any], Arrays]:
    "What the file says of the model, and its arrays."
    target, arrays = target_state(model.target)
    net, more = pack_net(model.scorer)
    record, trace = pack_record(model.settings, model.metrics, model.trace)
    about = {"target": target, "net": net, "trace": None}  # in the order that files have
    about |= {name: getattr(model, name) for name in _PLAIN}
    return about | record, arrays | more | trace


@of_file
def unpack(about: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The arguments of the ImageModel that `pack` stored.

    Raises BadModelFile for anything that `pack` would not have stored.
    """
    keyed(about, _ABOUT, "model")
    file = Taken(arrays)
    target, net = target_of(about["target"], file), unpack_net(about["net"], file)
    if not isinstance(about["fit"], str):
        raise BadModelFile("how pictures are fitted is not described")
    record = unpack_record(about, file)
    file.done()
    return {"target": target, "scorer": net, **record, **{name: about[name] for name in _PLAIN}}
