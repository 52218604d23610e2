"""Made-up models of a given size for timing; their numbers are random, their shapes are not."""

import numpy as np

from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.recommender import History, Recommender
from entable.scorers import Dot, Prior


def random_model(users: int, items: int, k: int, ratings: int, seed: int = 0) -> Recommender:
    "A model with integer names, normal vectors and distinct random ratings of one to five."
    rng = np.random.default_rng(seed)
    history, u, i = _history(users, items, ratings, rng)

    def rows(kind: str, n: int, seen: np.ndarray) -> Embeddings:
        vectors = 0.1 * rng.standard_normal((n, k), dtype=np.float32)
        bias = 0.3 * rng.standard_normal(n, dtype=np.float32)
        vocab = Vocab.of(np.arange(n) + 1, kind)
        return Embeddings(vocab, vectors, bias, np.bincount(seen, minlength=n), vectors.mean(0))

    prior = Prior(np.zeros(k + 1), 0.01 * np.eye(k + 1))
    ones = {f"{side}_noise": np.ones(n) for side, n in (("user", users), ("item", items))}
    none = {f"{side}_var": np.zeros(n) for side, n in (("user", users), ("item", items))}
    unseen = dict.fromkeys(("unseen_user_noise", "unseen_item_noise"), 1.0)
    unseen |= dict.fromkeys(("unseen_user_var", "unseen_item_var"), 0.0)
    scorer = Dot(3.5, 1, 5, **ones, **none, **unseen, user_prior=prior, item_prior=prior)
    return Recommender(rows("user", users, u), rows("item", items, i), scorer, history)


def _history(
    users: int, items: int, n: int, rng: np.random.Generator
) -> tuple[History, np.ndarray, np.ndarray]:
    pairs = rng.integers(0, users * items, n + n // 10) if n else np.zeros(0, np.int64)
    pairs = rng.permutation(np.unique(pairs))[:n]
    u, i = pairs // items, pairs % items
    ratings = rng.integers(1, 6, len(pairs)).astype(np.float32)
    return History.of(u, i, ratings, users, items), u, i
