"""Scorers as a description and arrays, and back with everything checked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadModelFile
from entable.modelfile.taken import Taken, keyed, real
from entable.scorers import Dot, Identity, Join, Layer, Link, Net, Ordinal, Prior, Scorer, Sigmoid
from entable.scorers.net import KINDS

__all__ = ["pack_scorer", "unpack_scorer"]

Arrays = dict[str, NDArray[Any]]
_SIDES = ("user", "item")
_UNSEEN = ("unseen_user_var", "unseen_item_var")
_DOT = ("mean", "unseen_user_noise", "unseen_item_noise", *_UNSEEN)
_NET = ("mean", "noise", *_UNSEEN)
_VECTORS = ("user_noise", "item_noise", "user_var", "item_var")


def pack_scorer(scorer: Scorer) -> tuple[dict[str, Any], Arrays]:
    "What the file says of a scorer, and its arrays."
    dot = isinstance(scorer, Dot)
    about: dict[str, Any] = {"type": "dot" if dot else "net"}
    about |= {name: getattr(scorer, name) for name in (_DOT if dot else _NET)}
    for end in ("lo", "hi"):
        value = getattr(scorer, end)
        about[end] = value if np.isfinite(value) else None
    about["link"], arrays = _link(scorer.link)
    more, others = ({}, _dot(scorer)) if isinstance(scorer, Dot) else _net(scorer)
    return about | more, arrays | others


def _link(link: Link) -> tuple[dict[str, Any] | None, Arrays]:
    if isinstance(link, Sigmoid):
        return {"kind": "sigmoid", "lo": link.lo, "hi": link.hi}, {}
    if isinstance(link, Ordinal):
        return {"kind": "ordinal"}, {"link.levels": link.levels, "link.cuts": link.cuts}
    return None, {}


def _dot(scorer: Dot) -> Arrays:
    arrays = {f"scorer.{name}": getattr(scorer, name) for name in _VECTORS}
    for side in _SIDES:
        prior = getattr(scorer, f"{side}_prior")
        arrays |= {f"{side}_prior.mean": prior.mean, f"{side}_prior.cov": prior.cov}
    return arrays


def _net(scorer: Net) -> tuple[dict[str, Any], Arrays]:
    joins: list[dict[str, Any]] = []
    arrays: Arrays = {}
    for j, join in enumerate(scorer.joins):
        kinds = [layer.kind for layer in join.layers]
        sides = {"users": list(join.users), "items": list(join.items)}
        joins.append(sides | {"how": join.how, "layers": kinds})
        for at, layer in enumerate(join.layers):
            arrays |= {_key(j, at, name): array for name, array in layer.arrays.items()}
    return {"joins": joins}, arrays


def _key(join: int, layer: int, name: str) -> str:
    return f"scorer.{join}.{layer}.{name}"


def unpack_scorer(told: Any, file: Taken) -> Scorer:
    """The scorer that `pack_scorer` stored.

    Raises BadModelFile, or BadInput for parts that do not fit each other.
    """
    kind = told.get("type") if isinstance(told, dict) else None
    if kind not in ("dot", "net"):
        raise BadModelFile("its scorer is of an unknown type")
    told = {"link": None} | told  # not in formats 1 and 2
    floats = _DOT if kind == "dot" else _NET
    parts = {"type", "lo", "hi", "link", *floats} | ({"joins"} if kind == "net" else set())
    keyed(told, parts, "scorer")
    found: dict[str, Any] = {name: real(told[name], name) for name in floats}
    for end, infinite in (("lo", -np.inf), ("hi", np.inf)):
        found[end] = infinite if told[end] is None else real(told[end], end)
    found["link"] = _read_link(told["link"], file)
    if kind == "net":
        return Net(joins=_read_joins(told["joins"], file), **found)
    priors: dict[str, Any] = {f"{side}_prior": _read_prior(side, file) for side in _SIDES}
    vectors: dict[str, Any] = {name: file.typed(f"scorer.{name}", "<f4") for name in _VECTORS}
    return Dot(**found, **vectors, **priors)


def _read_prior(side: str, file: Taken) -> Prior:
    return Prior(file.typed(f"{side}_prior.mean", "<f8"), file.typed(f"{side}_prior.cov", "<f8"))


def _read_link(told: Any, file: Taken) -> Link:
    if told is None:
        return Identity()
    if told == {"kind": "ordinal"}:
        return Ordinal(file.typed("link.levels", "<f8"), file.typed("link.cuts", "<f8"))
    keyed(told, {"kind", "lo", "hi"}, "link")
    if told["kind"] != "sigmoid":
        raise BadModelFile("its link is of an unknown kind")
    return Sigmoid(real(told["lo"], "link lo"), real(told["hi"], "link hi"))


def _read_joins(told: Any, file: Taken) -> tuple[Join, ...]:
    if not isinstance(told, list):
        raise BadModelFile("its joins are not described")
    return tuple(_read_join(j, join, file) for j, join in enumerate(told))


def _read_join(j: int, told: Any, file: Taken) -> Join:
    keyed(told, {"users", "items", "how", "layers"}, "join")
    users, items = (_read_columns(told[side]) for side in ("users", "items"))
    kinds = told["layers"]
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise BadModelFile("the layers of a join are not described")
    layers = tuple(_read_layer(j, at, kind, file) for at, kind in enumerate(kinds))
    if not isinstance(told["how"], str):
        raise BadModelFile("a join does not say how")
    return Join(users, items, told["how"], layers)


def _read_columns(told: Any) -> tuple[int, int]:
    if not isinstance(told, list) or len(told) != 2 or any(type(n) is not int for n in told):
        raise BadModelFile("the columns of a join are not described")
    return told[0], told[1]


def _read_layer(j: int, at: int, kind: str, file: Taken) -> Layer:
    if kind not in KINDS:
        raise BadModelFile(
            f"it has a layer {kind[:50]!r}, which this version does not know: "
            "upgrade with pip install -U entable"
        )
    names = KINDS[kind].arrays
    return Layer(kind, {name: file.typed(_key(j, at, name), "<f4") for name in names})
