"""A Recommender as a manifest and arrays, and back with everything checked."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entable import modelfile
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput, BadModelFile
from entable.recommender.history import History
from entable.recommender.typed import pack_frame, pack_labels, unpack_frame, unpack_labels
from entable.scorers import Dot, Prior

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["KIND", "save", "unpack"]

KIND = "recommender"
_SIDES = ("user", "item")
_FLOATS = (
    "mean",
    "unseen_user_noise",
    "unseen_item_noise",
    "unseen_user_var",
    "unseen_item_var",
)
_VECTORS = ("user_noise", "item_noise", "user_var", "item_var")
_OPTIONAL = ("means", "bias_std")
_FRAMES = ("user_facts", "item_facts", "trace")
_ABOUT = {"users", "items", "factors", "scorer", "ratings", "frames", "settings", "metrics"}
_ABOUT |= {"fingerprint"}
Arrays = dict[str, NDArray[Any]]


def save(model: "Recommender", path: str | os.PathLike[str], history: bool, force: bool) -> Path:
    "See Recommender.save."
    about, arrays = pack(model, history)
    return modelfile.write(path, KIND, about, arrays, force)


def pack(model: "Recommender", history: bool = True) -> tuple[dict[str, Any], Arrays]:
    "What the file says of the model, and its arrays."
    users, arrays = _pack_side(model.users, "user")
    items, more = _pack_side(model.items, "item")
    scorer, noise = _pack_scorer(model.scorer)
    arrays |= more | noise
    frames = {}
    found = (model.users.facts, model.items.facts, model.trace)
    for name, frame in zip(_FRAMES, found, strict=True):
        if frame is not None:
            frames[name], more = pack_frame(frame, name)
            arrays |= more
    kept = model.history if history else None
    if kept is not None:
        for name in ("indptr", "items", "ratings"):
            arrays[f"history.{name}"] = getattr(kept, name)
    about = {
        "users": users,
        "items": items,
        "factors": model.scorer.k,
        "scorer": scorer,
        "ratings": None if kept is None else len(kept),
        "frames": frames,
        "settings": plain(model.settings),
        "metrics": plain(model.metrics),
        "fingerprint": model.fingerprint,
    }
    return about, arrays


def _pack_side(rows: Embeddings, side: str) -> tuple[dict[str, Any], Arrays]:
    arrays = rows.vocab.to_arrays(f"{side}.vocab")
    for name in ("vectors", "bias", "counts", "unseen", *_OPTIONAL):
        if getattr(rows, name) is not None:
            arrays[f"{side}.{name}"] = getattr(rows, name)
    if rows.labels is not None:
        arrays |= pack_labels(rows.labels, f"{side}.labels")
    about = {
        "names": rows.vocab.dtype,
        "count": len(rows),
        "unseen_bias": rows.unseen_bias,
        **{name: getattr(rows, name) is not None for name in _OPTIONAL},
        "labels": rows.labels is not None,
    }
    return about, arrays


def _pack_scorer(scorer: Dot) -> tuple[dict[str, Any], Arrays]:
    about: dict[str, Any] = {"type": "dot"} | {name: getattr(scorer, name) for name in _FLOATS}
    for end in ("lo", "hi"):
        value = getattr(scorer, end)
        about[end] = value if np.isfinite(value) else None
    arrays = {f"scorer.{name}": getattr(scorer, name) for name in _VECTORS}
    for side in _SIDES:
        prior = getattr(scorer, f"{side}_prior")
        arrays |= {f"{side}_prior.mean": prior.mean, f"{side}_prior.cov": prior.cov}
    return about, arrays


def plain(value: Any) -> Any:
    "The same as plain JSON: NumPy's numbers as Python's, what is not finite as null."
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)


class _Taken(Mapping[str, NDArray[Any]]):
    "The arrays of a file, and which of them were asked for."

    def __init__(self, arrays: Arrays) -> None:
        self.arrays, self.taken = arrays, set[str]()

    def __getitem__(self, name: str) -> NDArray[Any]:
        self.taken.add(name)
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def typed(self, name: str, dtype: str) -> NDArray[Any]:
        "An array of this type, which must be there."
        array = self.get(name)
        if array is None or array.dtype != np.dtype(dtype):
            raise BadModelFile(f"the array {name} is missing or of the wrong type")
        return array


def unpack(about: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The arguments of the Recommender that `pack` stored.

    Raises BadModelFile for anything that `pack` would not have stored.
    """
    file = _Taken(arrays)
    try:
        found = _unpack(about, file)
    except BadInput as error:
        raise BadModelFile(str(error)) from None
    if left := sorted(set(arrays) - file.taken):
        raise BadModelFile(f"it has arrays that nothing asks for: {', '.join(left[:3])}")
    return found


def _unpack(about: dict[str, Any], file: _Taken) -> dict[str, Any]:
    _check_keys(about, _ABOUT, "model")
    users, items = (_unpack_side(about[f"{side}s"], file, side) for side in _SIDES)
    scorer = _unpack_scorer(about["scorer"], file)
    frames = about["frames"]
    if not isinstance(frames, dict) or not set(frames) <= set(_FRAMES):
        raise BadModelFile("its frames are not described")
    rows = {"user_facts": len(users), "item_facts": len(items), "trace": None}
    read = {name: unpack_frame(frames[name], file, name, rows[name]) for name in frames}
    for name in ("settings", "metrics"):
        if not isinstance(about[name], dict):
            raise BadModelFile(f"its {name} are not described")
    if not isinstance(about["fingerprint"], str) or about["factors"] != scorer.k:
        raise BadModelFile("its fingerprint or number of factors is wrong")
    return {
        "users": replace(users, facts=read.get("user_facts")),
        "items": replace(items, facts=read.get("item_facts")),
        "scorer": scorer,
        "history": _unpack_history(about["ratings"], file),
        "settings": about["settings"],
        "metrics": about["metrics"],
        "fingerprint": about["fingerprint"],
        "trace": read.get("trace"),
    }


def _check_keys(told: Any, wanted: set[str], what: str) -> None:
    if not isinstance(told, dict) or set(told) != wanted:
        raise BadModelFile(f"the {what} is not described as it should be")


def _unpack_side(told: Any, file: _Taken, side: str) -> Embeddings:
    told = {"bias_std": False} | told if isinstance(told, dict) else told  # not in format 1
    _check_keys(told, {"names", "count", "unseen_bias", "labels", *_OPTIONAL}, side)
    if not isinstance(told["names"], str) or type(told["count"]) is not int:
        raise BadModelFile(f"the names of the {side}s are not described")
    if any(type(told[name]) is not bool for name in ("labels", *_OPTIONAL)):
        raise BadModelFile(f"the {side}s are not described as they should be")
    vocab = Vocab.from_arrays(file, f"{side}.vocab", told["names"], side)  # type: ignore[arg-type]
    if told["count"] != len(vocab):
        raise BadModelFile(f"{told['count']} {side}s were announced, {len(vocab):,} are there")
    labels = unpack_labels(file, f"{side}.labels", len(vocab)) if told["labels"] else None
    return Embeddings(
        vocab,
        vectors=file.typed(f"{side}.vectors", "<f4"),
        bias=file.typed(f"{side}.bias", "<f4"),
        counts=file.typed(f"{side}.counts", "<i8"),
        unseen=file.typed(f"{side}.unseen", "<f4"),
        unseen_bias=_number(told["unseen_bias"], "unseen_bias"),
        means=file.typed(f"{side}.means", "<f8") if told["means"] else None,
        labels=labels,
        bias_std=file.typed(f"{side}.bias_std", "<f4") if told["bias_std"] else None,
    )


def _number(value: Any, what: str) -> float:
    if type(value) is not float:
        raise BadModelFile(f"{what} is no number with a point")
    return value


def _unpack_scorer(told: Any, file: _Taken) -> Dot:
    _check_keys(told, {"type", "lo", "hi", *_FLOATS}, "scorer")
    if told["type"] != "dot":
        raise BadModelFile("its scorer is of an unknown type")
    numbers: dict[str, Any] = {name: _number(told[name], name) for name in _FLOATS}
    for end, infinite in (("lo", -np.inf), ("hi", np.inf)):
        numbers[end] = infinite if told[end] is None else _number(told[end], end)
    priors: dict[str, Any] = {
        f"{side}_prior": Prior(
            file.typed(f"{side}_prior.mean", "<f8"), file.typed(f"{side}_prior.cov", "<f8")
        )
        for side in _SIDES
    }
    vectors: dict[str, Any] = {name: file.typed(f"scorer.{name}", "<f4") for name in _VECTORS}
    return Dot(**numbers, **vectors, **priors)


def _unpack_history(ratings: Any, file: _Taken) -> History | None:
    if ratings is None:
        return None
    history = History(
        file.typed("history.indptr", "<i8"),
        file.typed("history.items", "<i4"),
        file.typed("history.ratings", "<f4"),
    )
    if type(ratings) is not int or ratings != len(history):
        raise BadModelFile(f"{ratings} ratings were announced, {len(history):,} are there")
    return history
