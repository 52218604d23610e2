"""A Recommender as a manifest and arrays, and back with everything checked."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from entable import modelfile
from entable.data.typed import pack_frame, pack_labels, unpack_frame, unpack_labels
from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadModelFile
from entable.modelfile.record import plain
from entable.modelfile.taken import Taken, keyed, of_file, real
from entable.recommender.history import History
from entable.recommender.scoring import pack_scorer, unpack_scorer

if TYPE_CHECKING:
    from entable.recommender.model import Recommender

__all__ = ["KIND", "save", "unpack"]

KIND = "recommender"
_SIDES = ("user", "item")
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
    scorer, noise = pack_scorer(model.scorer)
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


@of_file
def unpack(about: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The arguments of the Recommender that `pack` stored.

    Raises BadModelFile for anything that `pack` would not have stored.
    """
    file = Taken(arrays)
    keyed(about, _ABOUT, "model")
    users, items = (_unpack_side(about[f"{side}s"], file, side) for side in _SIDES)
    scorer = unpack_scorer(about["scorer"], file)
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
    history = _unpack_history(about["ratings"], file)
    file.done()
    return {
        "users": replace(users, facts=read.get("user_facts")),
        "items": replace(items, facts=read.get("item_facts")),
        "scorer": scorer,
        "history": history,
        "settings": about["settings"],
        "metrics": about["metrics"],
        "fingerprint": about["fingerprint"],
        "trace": read.get("trace"),
    }


def _unpack_side(told: Any, file: Taken, side: str) -> Embeddings:
    told = {"bias_std": False} | told if isinstance(told, dict) else told  # not in format 1
    keyed(told, {"names", "count", "unseen_bias", "labels", *_OPTIONAL}, side)
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
        unseen_bias=real(told["unseen_bias"], "unseen_bias"),
        means=file.typed(f"{side}.means", "<f8") if told["means"] else None,
        labels=labels,
        bias_std=file.typed(f"{side}.bias_std", "<f4") if told["bias_std"] else None,
    )


def _unpack_history(ratings: Any, file: Taken) -> History | None:
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
