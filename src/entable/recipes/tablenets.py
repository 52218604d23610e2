"""Makers of nets over a table: what fits its columns, its target and given vectors."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from entable.data.table import Encoded, Table
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.models.numbers import Numbers, Periodic, Pieces, Plain
from entable.models.parts import Embedding
from entable.models.tabular import TabularNet, Widths, usual_width

__all__ = ["linear", "periodic", "pieces", "plain", "start_from", "tabular_net", "usual_range"]

Span = tuple[float, float]
Reading = Callable[[Table], Numbers]
UNSEEN = 0.05  # the share of levels that training hides, if nothing else is said


def plain(table: Table) -> Plain:
    "Numbers as they are, through batch norm."
    return Plain(len(table.numbers))


def pieces(table: Table, k: int = 32) -> Numbers:
    "Numbers piece by piece between their quantiles, k numbers each."
    if not table.numbers:
        return Plain(0)
    return Pieces([number.edges for number in table.numbers], k)


def periodic(table: Table, k: int = 24, waves: int = 32, sigma: float = 0.1) -> Numbers:
    "Numbers as sines and cosines of learnt frequencies, k numbers each."
    n = len(table.numbers)
    return Periodic(n, k, waves, sigma) if n else Plain(0)


def tabular_net(
    table: Table,
    rows: Encoded,
    numbers: Reading = pieces,
    widths: Widths | Mapping[str, int] = usual_width,
    layers: Sequence[int] = (256, 256),
    y_range: Span | None = None,
    start: Mapping[str, Embeddings] | None = None,
    frozen: bool | Collection[str] = False,
    unseen: float | Mapping[str, float] = UNSEEN,
    **settings: Any,
) -> TabularNet:
    """A net that fits a table: every category a vector, numbers piece by piece, two layers.

    numbers: `pieces`, `plain`, `periodic`, or what else makes a module of the table. widths: of
    vectors; by name for some, the others by the rule. y_range: `usual_range` if not given,
    (-inf, inf) for none. start: given Embeddings by the category's name, matched by level; frozen:
    whether they stand still, or which. unseen: the share of levels that training hides; by name for
    some (a date that would be learnt by heart, say), the others .05. settings: see
    `models.TabularNet`.
    """
    target = table.target
    if target is None:
        raise BadInput('the table has no target, so no net fits it: Table.fit(..., target="...")')
    sizes = _widths(table, widths, start or {})
    span = usual_range(table) if y_range is None else y_range
    bounds = None if span is None or all(map(np.isinf, span)) else span
    centre, scale = _begin(table, bounds)
    gaps = [bool(category.counts[Vocab.MISSING]) for category in table.categories]
    fixed: dict[str, Any] = {"outputs": target.outputs, "widths": sizes, "layers": layers}
    fixed["unseen"] = _shares(table, unseen)
    fixed |= {"y_range": bounds, "centre": centre, "scale": scale, "gaps": gaps}
    net = TabularNet([c.levels for c in table.categories], numbers(table), **fixed | settings)
    for name, given in (start or {}).items():
        still = frozen if isinstance(frozen, bool) else name in frozen
        start_from(net, table, name, given, still)
    return net


def linear(table: Table, rows: Encoded, **settings: Any) -> TabularNet:
    """No hidden layer: linear regression, or logistic regression for classes.

    Each level adds a number of its own, and numbers come as they are.
    """
    usual: dict[str, Any] = {
        "layers": (),
        "numbers": plain,
        "dropout_in": 0.0,
        "additive": True,
        "widths": 1,
    }
    return tabular_net(table, rows, **usual | settings)


def usual_range(table: Table) -> Span | None:
    """0 to 1.2 times the largest for a positive number, in the units that models see; else None.

    A range that the table was given is used with a twentieth more on both sides, because a sigmoid
    never arrives.
    """
    target = table.target
    if target is None or target.kind != "number":
        return None
    if target.range is not None:
        lo, hi = _seen(table, target.range)
        if np.isfinite([lo, hi]).all():
            return lo - (hi - lo) / 20, hi + (hi - lo) / 20
    lo, hi = _seen(table, target.seen)
    return (0.0, 1.2 * hi) if lo > 0 else None


def _seen(table: Table, ends: Span) -> Span:
    "Numbers as models see them."
    target = table.target
    if target is None or not target.log:
        return ends
    with np.errstate(divide="ignore", invalid="ignore"):
        lo, hi = np.log(np.array(ends) + target.offset)
    return float(lo), float(hi)


def _begin(table: Table, bounds: Span | None) -> tuple[NDArray[Any], NDArray[Any]]:
    "Where outputs stand before anything is learnt, and what a step of 1 of the last layer is."
    target = table.target
    assert target is not None
    if target.kind in ("number", "numbers"):
        if bounds is None:
            return target.center, target.scale
        lo, hi = bounds
        share = np.clip((target.center - lo) / (hi - lo), 0.01, 0.99)
        slope = (hi - lo) * share * (1 - share)
        return np.log(share / (1 - share)), target.scale / slope
    share = np.clip(target.counts / max(table.size, 1), 1e-4, 1 - 1e-4)
    if target.kind == "classes":
        odds = np.log(share)
    else:
        share = share[1:] if target.kind == "binary" else share
        odds = np.log(share / (1 - share))
    return odds, np.ones_like(odds)


def _widths(
    table: Table, widths: Widths | Mapping[str, int], start: Mapping[str, Embeddings]
) -> list[int]:
    names = _known(table, start)
    found = _all_widths(table, widths)
    return [start[n].k if n in start else k for n, k in zip(names, found, strict=True)]


def _all_widths(table: Table, widths: Widths | Mapping[str, int]) -> list[int]:
    levels = [category.levels for category in table.categories]
    if isinstance(widths, Mapping):
        _known(table, widths)
        return [widths.get(c.name, usual_width(c.levels)) for c in table.categories]
    if callable(widths):
        return [widths(n) for n in levels]
    found = [widths] * len(levels) if isinstance(widths, int) else list(widths)
    if len(found) != len(levels):
        raise BadInput(f"{len(found)} widths came for {len(levels)} categories; one each is needed")
    return found


def _shares(table: Table, unseen: float | Mapping[str, float]) -> list[float]:
    "What training hides of each category."
    if not isinstance(unseen, Mapping):
        return [unseen] * len(table.categories)
    return [unseen.get(name, UNSEEN) for name in _known(table, unseen)]


def _known(table: Table, given: Collection[str]) -> list[str]:
    "Names of the categories; those given are among them."
    names = [category.name for category in table.categories]
    if unknown := [name for name in given if name not in names]:
        raise BadInput(f"no category is named {unknown[0]!r}; there are {', '.join(names)}")
    return names


def start_from(
    net: TabularNet, table: Table, name: str, given: Embeddings, frozen: bool = False
) -> int:
    """Let a category's vectors begin with given ones, matched by level; how many were found.

    frozen: these stand still. Raises BadInput where no level matches or the width is another.
    """
    at = next((c for c, one in enumerate(table.categories) if one.name == name), None)
    if at is None:
        names = ", ".join(category.name for category in table.categories)
        raise BadInput(f"no category is named {name!r}; there are {names}")
    places = given.positions(table.categories[at].vocab.names, strict=False)
    found = np.flatnonzero(places >= 0)
    if not len(found):
        raise BadInput(
            f"none of the {len(places):,} levels of {name!r} is among the {len(given):,} given "
            "embeddings; names are strict in type: 1 is not '1'"
        )
    vectors = torch.from_numpy(np.array(given.vectors[places[found]]))
    vectors_of: Embedding = net.vectors[at]  # type: ignore[assignment]
    vectors_of.start_from(torch.from_numpy(found + Vocab.FIRST), vectors, frozen)
    return len(found)
