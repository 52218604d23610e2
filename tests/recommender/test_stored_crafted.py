"Files with right checksums whose content is wrong: a clear error and little memory."

import tracemalloc

import numpy as np
import pytest

from entable import load, modelfile
from entable.errors import BadModelFile
from entable.recommender.stored import pack

FLOOR = 4 << 20  # bytes


def at(name, index, value):
    def change(about, arrays):
        arrays[name] = arrays[name].copy()
        arrays[name][index] = value

    return change


def to(name, make):
    def change(about, arrays):
        arrays[name] = np.ascontiguousarray(make(arrays[name]))

    return change


def told(*path_and_value):
    *path, last, value = path_and_value

    def change(about, arrays):
        inner = about
        for key in path:
            inner = inner[key]
        inner[last] = value

    return change


def without(name):
    def change(about, arrays):
        del arrays[name]

    return change


def untold(*path):
    def change(about, arrays):
        inner = about
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]

    return change


def extra(name, array):
    def change(about, arrays):
        arrays[name] = array

    return change


def drop_history(about, arrays):
    for name in ("indptr", "items", "ratings"):
        del arrays[f"history.{name}"]


def swap_items(about, arrays):
    "The first two items of a user who has some, in the wrong order."
    items, indptr = arrays["history.items"].copy(), arrays["history.indptr"]
    first = int(indptr[np.flatnonzero(np.diff(indptr) > 1)[0]])
    items[first : first + 2] = items[first : first + 2][::-1]
    arrays["history.items"] = items


def twin_items(about, arrays):
    items, indptr = arrays["history.items"].copy(), arrays["history.indptr"]
    first = int(indptr[np.flatnonzero(np.diff(indptr) > 1)[0]])
    items[first + 1] = items[first]
    arrays["history.items"] = items


def same_names(about, arrays):
    "Text names of which two are alike."
    arrays["user.vocab.bytes"] = np.frombuffer(b"u0u0u2u3u4u5u6", "u1")


def both(*changes):
    def change(about, arrays):
        for each in changes:
            each(about, arrays)

    return change


NAN, INF = np.nan, np.inf
TEXT = "item_facts.3"
CASES = {
    **{
        f"{value} in {name}": at(name, 0, value)
        for value in (NAN, INF, -INF)
        for name in (
            "item.vectors",
            "user.vectors",
            "item.bias",
            "user.unseen",
            "scorer.user_noise",
            "scorer.item_var",
            "user_prior.mean",
            "item_prior.cov",
            "history.ratings",
        )
    },
    "infinite mean of an item that was rated": at("item.means", slice(None), INF),
    "noise of zero": at("scorer.user_noise", 0, 0),
    "noise negative": at("scorer.item_noise", 0, -1),
    "variance negative": at("scorer.user_var", 0, -1),
    "count negative": at("item.counts", 0, -1),
    "count too large": at("item.counts", 0, 1000),
    "counts moved": both(at("user.counts", 0, 0), at("user.counts", 1, 8)),
    "covariance not positive definite": to("user_prior.cov", lambda c: c - 9 * np.eye(4)),
    "covariance singular": to("user_prior.cov", np.zeros_like),
    "covariance not symmetric": at("user_prior.cov", (0, 3), 0.7),
    "covariance not square": to("user_prior.cov", lambda c: c[:-1]),
    "covariance flat": to("item_prior.cov", np.ravel),
    "covariance of another size": to("item_prior.cov", lambda c: c[:-1, :-1]),
    "prior mean too long": to("item_prior.mean", lambda m: np.r_[m, 0]),
    "priors empty": both(
        *(to(f"{s}_prior.mean", lambda m: m[:0]) for s in ("user", "item")),
        *(to(f"{s}_prior.cov", lambda c: c[:0, :0]) for s in ("user", "item")),
    ),
    "vectors one row short": to("item.vectors", lambda v: v[:-1]),
    "vectors one column short": to("item.vectors", lambda v: v[:, :-1]),
    "vectors flat": to("user.vectors", np.ravel),
    "vectors in double precision": to("user.vectors", lambda v: v.astype("f8")),
    "vectors of integers": to("user.vectors", lambda v: v.astype("i4")),
    "bias too short": to("user.bias", lambda b: b[1:]),
    "bias of two dimensions": to("user.bias", lambda b: b[None]),
    "unseen too long": to("user.unseen", lambda x: np.r_[x, x]),
    "counts too long": to("user.counts", lambda c: np.r_[c, 0]),
    "means too short": to("user.means", lambda m: m[1:]),
    "noise too short": to("scorer.user_noise", lambda m: m[1:]),
    "variances too long": to("scorer.item_var", lambda m: np.r_[m, m]),
    "indptr not monotone": at("history.indptr", 2, 0),
    "indptr beyond the end": at("history.indptr", -1, 10_000),
    "indptr huge inside": at("history.indptr", 3, 1 << 62),
    "indptr negative": at("history.indptr", 0, -1),
    "indptr too short": to("history.indptr", lambda p: p[:-1]),
    "indptr empty": to("history.indptr", lambda p: p[:0]),
    "indptr of two dimensions": to("history.indptr", lambda p: p[None]),
    "item position too large": at("history.items", 0, 9),
    "item position negative": at("history.items", 0, -1),
    "item position huge": at("history.items", 0, 2**31 - 1),
    "items of a user out of order": swap_items,
    "an item twice for one user": twin_items,
    "ratings too few": to("history.ratings", lambda r: r[1:]),
    "items in long integers": to("history.items", lambda i: i.astype("i8")),
    "history announced, not there": drop_history,
    "history there, not announced": told("ratings", None),
    "number of ratings wrong": told("ratings", 24),
    "number of ratings a text": told("ratings", "25"),
    "number of ratings a float": told("ratings", 25.0),
    "a name twice": same_names,
    "a number twice": at("item.vocab.names", 0, 101),
    "names not UTF-8": at("user.vocab.bytes", 1, 0xFF),
    "names cut inside a character": at("user.vocab.bytes", 13, 0xC3),
    "name offsets not monotone": at("user.vocab.offsets", 2, 0),
    "name offsets beyond the end": at("user.vocab.offsets", -1, 999),
    "name offsets negative": at("user.vocab.offsets", 0, -1),
    "name offsets huge inside": at("user.vocab.offsets", 2, 1 << 62),
    "name offsets empty": to("user.vocab.offsets", lambda o: o[:0]),
    "names fewer than rows": to("item.vocab.names", lambda n: n[:-1]),
    "names of another type": told("items", "names", "date"),
    "names of no type": told("items", "names", "pickle"),
    "names typed by a number": told("items", "names", 5),
    "names typed by a list": told("items", "names", ["int"]),
    "number of names wrong": told("users", "count", 8),
    "number of names true": told("users", "count", True),
    "labels fewer than rows": both(
        to("item.labels.0.offsets", lambda o: o[:-1]),
        to("item.labels.0.bytes", lambda b: b[:-7]),
        to("item.labels.0.valid", lambda v: v[:-1]),
    ),
    "labels' gaps too short": to("item.labels.0.valid", lambda v: v[:-1]),
    "labels' gaps of seven": at("item.labels.0.valid", 0, 7),
    "labels not UTF-8": at("item.labels.0.bytes", 0, 0xC0),
    "labels announced, not there": told("users", "labels", True),
    "labels there, not announced": told("items", "labels", False),
    "labels perhaps": told("items", "labels", 1),
    "means announced by a text": told("items", "means", "yes"),
    "means there, not announced": told("items", "means", False),
    "facts of the wrong length": to("item_facts.0.values", lambda v: v[:-1]),
    "facts' gaps of the wrong length": to("item_facts.0.valid", lambda v: v[:-1]),
    "facts of two dimensions": to("item_facts.0.values", lambda v: v[None]),
    "facts of the wrong type": to("item_facts.0.values", lambda v: v.astype("f8")),
    "facts neither true nor false": at("item_facts.2.values", 0, 2),
    "facts not UTF-8": at(f"{TEXT}.bytes", 3, 0xFF),
    "facts' offsets not monotone": at(f"{TEXT}.offsets", 2, 1 << 40),
    "a date beyond the calendar": at("item_facts.4.values", 0, 2**31 - 1),
    "a date before the calendar": at("item_facts.4.values", 0, -(2**31)),
    "a user named by a date beyond the calendar": both(
        told("users", "names", "datetime"),
        without("user.vocab.bytes"),
        without("user.vocab.offsets"),
        extra("user.vocab.names", np.r_[np.arange(6), [-(2**63)]]),
    ),
    "facts of an unknown type": told("frames", "item_facts", [["year", "object"]]),
    "facts without a type": told("frames", "item_facts", [["year"]]),
    "facts with a column twice": told("frames", "item_facts", [["year", "int"]] * 2),
    "facts not a list": told("frames", "item_facts", {"year": "int"}),
    "facts more than there are": told("frames", "user_facts", [["age", "int"], ["b", "int"]]),
    "facts of somebody": told("frames", "other_facts", []),
    "facts forgotten": untold("frames", "item_facts"),
    "frames a list": told("frames", []),
    "trace of two lengths": to("trace.0.values", lambda v: v[:1]),
    "lo above hi": told("scorer", "lo", 6.0),
    "lo infinite the wrong way": told("scorer", "lo", None),
    "lo a text": told("scorer", "lo", "1"),
    "lo an integer": told("scorer", "lo", 1),
    "mean huge": told("scorer", "mean", 1e300),
    "mean null": told("scorer", "mean", None),
    "mean true": told("scorer", "mean", True),
    "unseen noise zero": told("scorer", "unseen_user_noise", 0.0),
    "unseen noise negative": told("scorer", "unseen_item_noise", -1.0),
    "unseen variance negative": told("scorer", "unseen_item_var", -1.0),
    "unseen bias a list": told("users", "unseen_bias", [0.0]),
    "scorer of an unknown type": told("scorer", "type", "net"),
    "scorer a list": told("scorer", []),
    "scorer with an unknown key": told("scorer", "code", "print(1)"),
    "scorer without its mean": untold("scorer", "mean"),
    "factors wrong": told("factors", 4),
    "factors true": told("factors", True),
    "settings a list": told("settings", []),
    "metrics null": told("metrics", None),
    "fingerprint a number": told("fingerprint", 1),
    "unknown key": told("script", "import os"),
    "a key missing": untold("metrics"),
    "side a text": told("users", "u0"),
    "side with an unknown key": told("users", "more", 1),
    "an array nobody asks for": extra("evil", np.zeros(3)),
    "an array nobody asks for among the names": extra("user.vocab.evil", np.zeros(3)),
    **{
        f"{name} missing": without(name)
        for name in (
            "user.vectors",
            "item.bias",
            "item.counts",
            "user.unseen",
            "item.means",
            "user.vocab.bytes",
            "item.vocab.names",
            "scorer.user_noise",
            "item_prior.cov",
            "history.items",
            "item.labels.0.offsets",
            "item_facts.0.values",
        )
    },
}
HARMLESS = {  # another model, but a sound one
    "lo infinite the wrong way",
    "mean huge",
}


@pytest.fixture(scope="module")
def honest(model):
    "What the honest file takes when loaded, so that a crafted one may take twice as much."
    arrays = pack(model)[1]
    return sum(array.nbytes for array in arrays.values())


@pytest.mark.parametrize("case", CASES)
def test_content_that_does_not_add_up_is_refused(model, honest, tmp_path, case):
    about, arrays = pack(model)
    arrays = dict(arrays)
    CASES[case](about, arrays)
    path = modelfile.write(tmp_path / "crafted.entable", "recommender", about, arrays)
    tracemalloc.start()
    try:
        if case in HARMLESS:
            load(path)
        else:
            with pytest.raises(BadModelFile, match=r"crafted\.entable cannot be used: ."):
                load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 2 * honest + FLOOR


def test_there_are_enough_cases():
    assert len(CASES) - len(HARMLESS) >= 100
