"""A trained net over a table as a scorer that needs no torch."""

from typing import Any

import numpy as np
from torch import nn

from entable.errors import BadInput
from entable.models.numbers import Numbers, Periodic, Pieces, Plain
from entable.models.parts import Range
from entable.models.tabular import Residual, TabularNet
from entable.recipes.records import array, records
from entable.scorers.readers import Reader
from entable.scorers.tablenet import Block, TableNet

__all__ = ["to_tablenet"]


def to_tablenet(net: TabularNet) -> TableNet:
    """What a net computes at rest, with copies of its weights.

    Raises BadInput for a part that cannot be computed without torch.
    """
    return TableNet(
        tables=tuple(map(array, net.tables)),
        reader=_reader(net.numbers) if net.numbers.width else None,
        blocks=tuple(map(_block, net.body)),
        weight=array(net.head.weight),
        bias=array(net.head.bias),
        factors=None if net.members is None else array(net.members.weight),
        additive=None if net.additive is None else array(net.additive.weight),
        centre=np.broadcast_to(array(net.centre), (net.outputs,)),
        scale=np.broadcast_to(array(net.scale), (net.outputs,)),
        y_range=_range(net.range),
    )


def _block(module: nn.Module) -> Block:
    if isinstance(module, Residual):
        return Block(tuple(records(module.inner)), residual=True)
    return Block(tuple(records(module)))


def _reader(numbers: Numbers) -> Reader:
    missing = array(numbers.missing)
    if isinstance(numbers, Plain):
        (scale,) = records(numbers.norm)
        return Reader("plain", scale.arrays, missing[:, None])
    if isinstance(numbers, Pieces):
        names: dict[str, Any] = {"low": numbers.low, "slope": numbers.slope}
        kind = "pieces"
    elif isinstance(numbers, Periodic):
        names, kind = {"frequency": numbers.frequency}, "periodic"
    else:
        raise BadInput(
            f"numbers are read by {type(numbers).__name__}, which cannot be computed without "
            "torch; Plain, Pieces and Periodic can"
        )
    names |= {"weight": numbers.weight, "bias": numbers.bias}
    return Reader(kind, {name: array(tensor) for name, tensor in names.items()}, missing)


def _range(link: nn.Module) -> tuple[float, float] | None:
    if isinstance(link, Range):
        return link.lo, link.hi
    if isinstance(link, nn.Identity):
        return None
    raise BadInput(
        f"the net ends in {type(link).__name__}, which cannot be computed without torch; a Range "
        "or nothing can"
    )
