"""Weights that others learnt, for a body of the same layers; the head is new."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from entable.data.fetch import cache_folder, fetch_file
from entable.errors import BadInput
from entable.modelfile import peek, read
from entable.modelfile.foreign import read_tensors
from entable.train.tensors import unpacked

__all__ = ["HUB", "load_body", "weights_file"]

HUB = "ENTABLE_HUB"  # the environment variable that names a host of weights
_TOLD = 4  # names told of each kind of difference
_LEFT = "num_batches_tracked"  # of batch norms; nothing depends on it
_KNOWN: dict[
    tuple[tuple[int, ...], bool], str
] = {  # blocks of each layer, and whether they are bottlenecks
    ((2, 2, 2, 2), False): "ResNet-18",
    ((3, 4, 6, 3), False): "ResNet-34",
    ((3, 4, 6, 3), True): "ResNet-50",
}
State = Mapping[str, Tensor]


def weights_file(given: str | os.PathLike[str], cache: str | Path | None = None) -> Path:
    """The file of weights: a path, an address (https://...), or "hub:NAME".

    "hub:NAME" is NAME below the address in the environment variable ENTABLE_HUB. What is fetched is
    kept in the cache folder. Raises BadInput for an address that is not there, FetchError for what
    goes wrong on the way.
    """
    text = os.fspath(given)
    if text.startswith("hub:"):
        host = os.environ.get(HUB)
        if not host:
            raise BadInput(
                f"{text} came, and no host is named: set {HUB} to its address, or give the "
                "path of a safetensors file"
            )
        text = f"{host.rstrip('/')}/{text.removeprefix('hub:').lstrip('/')}"
    if not text.startswith(("http://", "https://")):
        return Path(text)
    name = text.partition("://")[2].partition("?")[0].replace(":", "_")
    return fetch_file(text, f"weights/{name}", cache or cache_folder())


def load_body(model: nn.Module, path: str | os.PathLike[str], head: Iterable[nn.Module]) -> bool:
    """Put the weights of a file into a model, but for those of its head; whether others wrote it.

    path: a safetensors file, or what `Learner.save` wrote. Filters for colour are added up for gray
    pictures. Raises BadInput where names or shapes differ, and lists what is missing and what is
    extra; the model is then as it was.
    """
    (given, public), own = _tensors(Path(path)), model.state_dict()
    heads = _heads(model, head)
    state = {name: value for name, value in given.items() if not name.startswith(heads)}
    wanted = {name: value for name, value in own.items() if not name.startswith(heads)}
    state = {name: _fitting(value, wanted.get(name)) for name, value in state.items()}
    if told := _differences(state, wanted):
        raise BadInput(
            f"{path} holds weights of another architecture than {type(model).__name__}: "
            f"{told}{_likely(given)}"
        )
    model.load_state_dict(state, strict=False)
    return public


def _tensors(path: Path) -> tuple[dict[str, Tensor], bool]:
    "By name, from either kind of file, and whether others wrote it."
    try:
        ours = peek(path).kind == "weights"
    except (BadInput, ValueError):
        ours = False
    if ours:
        _, about, arrays = read(path)
        return unpacked(about["tensors"], arrays), False
    return {name: torch.tensor(array) for name, array in read_tensors(path).items()}, True


def _heads(model: nn.Module, head: Iterable[nn.Module]) -> tuple[str, ...]:
    parts = set(map(id, head))
    return tuple(f"{name}." for name, module in model.named_modules() if id(module) in parts)


def _fitting(value: Tensor, own: Tensor | None) -> Tensor:
    "Filters (F, 3, h, w) added up to (F, 1, h, w) where pictures are gray."
    gray = own is not None and own.ndim == 4 and own.shape[1] == 1 and value.shape[1:2] == (3,)
    return value.sum(1, keepdim=True) if gray and value.ndim == 4 else value


def _differences(state: State, wanted: State) -> str:
    missing = [name for name in wanted if name not in state and not name.endswith(_LEFT)]
    extra = [name for name in sorted(state) if name not in wanted and not name.endswith(_LEFT)]
    other = [
        f"{name} is {_shape(state[name])} there and {_shape(wanted[name])} here"
        for name in wanted
        if name in state and state[name].shape != wanted[name].shape
    ]
    kinds = (("missing", missing), ("extra", extra), ("of another shape", other))
    return "; ".join(
        f"{len(names):,} {what} ({', '.join(names[:_TOLD])}{', ...' * (len(names) > _TOLD)})"
        for what, names in kinds
        if names
    )


def _shape(value: Tensor) -> str:
    return " x ".join(map(str, value.shape)) or "one number"


def _likely(given: State) -> str:
    "What the weights look like, if they are of a net that is known here."
    blocks = {name.rsplit(".", 2)[0] for name in given if re.match(r"layer[1-4]\.\d+\.conv1", name)}
    depths = tuple(sum(block.startswith(f"layer{k}.") for block in blocks) for k in range(1, 5))
    told = _KNOWN.get((depths, "layer1.0.conv3.weight" in given))
    return f". They look like those of a {told}" if told else ""
