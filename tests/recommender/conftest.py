"Small models with random numbers and readable names."

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.recommender import History, Recommender
from entable.scorers import Dot, Join, Layer, Net, Prior, Sigmoid


def make(users=7, items=9, k=3, ratings=25, seed=0, titles=False, history=True, scale=0.5):
    "A model of users u0, u1, ... and items 100, 101, ...; titles are shared by items 2 and 3."
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(users * items)[:ratings]
    u, i = pairs // items, pairs % items
    r = rng.integers(1, 6, len(pairs)).astype(np.float32)

    def rows(kind, names, seen, facts, labels=None, std=None):
        n = len(names)
        vectors = scale * rng.standard_normal((n, k))
        bias, unseen = rng.standard_normal(n), scale * rng.standard_normal(k)
        counts = np.bincount(seen, minlength=n)
        with np.errstate(invalid="ignore"):
            means = np.bincount(seen, r, minlength=n) / counts
        vocab = Vocab.of(names, kind)
        return Embeddings(vocab, vectors, bias, counts, unseen, 0.25, means, labels, std, facts)

    def prior():
        A = rng.standard_normal((k + 1, 2 * k + 2))
        return Prior(rng.standard_normal(k + 1) / 4, A @ A.T / (2 * k + 2) + 0.1 * np.eye(k + 1))

    called = np.array([None if j == 0 else f"Title {max(j, 3)}" for j in range(items)], object)
    scorer = Dot(
        mean=3.5,
        lo=1,
        hi=5,
        user_noise=rng.gamma(5, 0.2, users),
        item_noise=rng.gamma(5, 0.2, items),
        unseen_user_noise=0.9,
        unseen_item_noise=1.1,
        user_var=rng.gamma(1, 0.1, users),
        item_var=rng.gamma(1, 0.1, items),
        unseen_user_var=0.3,
        unseen_item_var=0.4,
        user_prior=prior(),
        item_prior=prior(),
    )
    facts = pl.DataFrame(
        {
            "year": [None if j == 1 else 1980 + j for j in range(items)],
            "score": [j / 8 for j in range(items)],
            "good": [j % 2 == 0 if j else None for j in range(items)],
            "genre": ["Drama|Ünlü" if j % 3 else None for j in range(items)],
            "out": [date(1969, 12, 30 + j % 2) for j in range(items)],
        }
    )
    ages = pl.DataFrame({"age": [j % 90 for j in range(users)]})
    about = (facts, called, np.arange(items) / 64) if titles else (None,)
    return Recommender(
        users=rows("user", [f"u{j}" for j in range(users)], u, ages),
        items=rows("item", [100 + j for j in range(items)], i, *about),
        scorer=scorer,
        history=History.of(u, i, r, users, items) if history else None,
        settings={"solver": "made", "factors": k, "seed": seed},
        metrics={"seconds": 0.5},
        trace=pl.DataFrame({"pass": [1, 2], "rmse_valid": [0.95, 0.91]}),
        fingerprint="f" * 64,
    )


def layer(rng, kind, **shapes):
    return Layer(kind, {name: rng.standard_normal(shape) for name, shape in shapes.items()})


def make_net(k=3, seed=0, **shape):
    "The same rows under a net: a product, and two layers over both vectors."
    model, rng = make(k=k, seed=seed, **shape), np.random.default_rng(seed + 1)
    product = Join((0, k), (0, k), "product", (layer(rng, "linear", weight=(1, k), bias=1),))
    layers = (
        layer(rng, "linear", weight=(5, k + 2), bias=5),
        Layer("relu"),
        layer(rng, "scale", factor=5, offset=5),
        layer(rng, "linear", weight=(1, 5), bias=1),
    )
    beside = Join((0, 2), (0, k), "concat", layers)
    link = Sigmoid(0.5, 5.5)
    return replace(model, scorer=Net(0.25, 1, 5, (product, beside), 0.8, 0.1, 0.2, link))


@pytest.fixture(scope="session")
def made_net():
    "The function that makes models whose scores come from a net."
    return make_net


@pytest.fixture(scope="session")
def made():
    "The function that makes models."
    return make


@pytest.fixture(scope="session")
def model(made):
    "A small model with titles and facts."
    return made(titles=True)
