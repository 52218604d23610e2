"""Made-up ratings of made-up films, with tastes planted in them that a solver should find."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable.data.ratings import Ratings
from entable.data.titles import GENRES, titles
from entable.data.vocab import Vocab
from entable.errors import BadInput

__all__ = ["TASTES", "Truth", "sample_ratings", "sample_truth"]

_PAIRS = len(GENRES) // 2
TASTES = (  # what the planted factors mean, in order
    *(f"{a} or {b}" for a, b in zip(GENRES[::2], GENRES[1::2], strict=True)),
    "dark or gentle",
)
_MEAN, _NOISE = 3.3, 0.6
_USER_BIAS, _ITEM_BIAS, _LIKING = 0.35, 0.4, 0.8  # standard deviations, in stars
_START, _SPAN = 1_577_836_800, 3 * 365 * 86_400  # three years from 2020 on, in seconds


@dataclass(frozen=True)
class Truth:
    """What was planted, in the order of the sample's vocabs.

    mean: stars. bu (users,), bi (items,): biases in stars. U (users, 5), V (items, 5): tastes and
    traits, one column for each of TASTES, positive for the first word. noise: standard deviation
    of a rating, in stars.
    """

    mean: float
    bu: NDArray[np.float64]
    bi: NDArray[np.float64]
    U: NDArray[np.float64]
    V: NDArray[np.float64]
    noise: float

    def score(self, u: NDArray[np.int32], i: NDArray[np.int32]) -> NDArray[np.float64]:
        "The planted score of pairs, before noise and rounding, in stars."
        taste = np.einsum("nk,nk->n", self.U[u], self.V[i])
        return np.asarray(self.mean + self.bu[u] + self.bi[i] + taste)


def sample_truth(users: int = 3000, items: int = 1200, seed: int = 0) -> Truth:
    "The biases and tastes planted in `sample_ratings` of the same users, items and seed."
    return _planted(users, items, seed)[0]


def sample_ratings(
    n: int = 300_000, users: int = 3000, items: int = 1200, seed: int = 0
) -> Ratings:
    """n made-up ratings of films, 1 to 5 in half stars, the same for the same seed.

    Few users and films have many ratings, most have few. Titles show what was planted, and facts
    name it. Raises BadInput for sizes that do not go together.
    """
    _check(n, users, items)
    truth, genre = _planted(users, items, seed)
    random = np.random.default_rng([seed, n, 1])
    u, i = _who_saw_what(truth, n, random)
    score = truth.score(u, i) + random.normal(0, truth.noise, n)
    r = np.clip(np.round(score * 2) / 2, 1, 5).astype(np.float32)
    time = _times(u, users, random)
    order = np.argsort(time, kind="stable")
    width = len(str(users))
    shown, facts = titles(genre, truth.V[:, -1] > 0, seed)
    return Ratings(
        Vocab.of([f"u{k:0{width}d}" for k in range(1, users + 1)], "user"),
        Vocab.of(np.arange(1, items + 1), "item"),
        *(u[order], i[order], r[order], time[order]),
        scale=(1.0, 5.0),
        step=0.5,
        item_labels=shown,
        user_facts=pl.DataFrame({"favourite": _favourites(truth.U[:, :_PAIRS])}),
        item_facts=facts,
        notes=(f"made-up ratings with {len(TASTES)} planted tastes: {', '.join(TASTES)}",),
    )


def _favourites(U: NDArray[np.float64]) -> NDArray[np.str_]:
    "The genre that each user likes most."
    axis = np.abs(U).argmax(1)
    below = U[np.arange(len(U)), axis] < 0
    liked: NDArray[np.str_] = np.array(GENRES)[2 * axis + below]
    return liked


def _check(n: int, users: int, items: int) -> None:
    if users < 2 or items < 2:
        raise BadInput(f"a sample needs 2 users and 2 items at least; {users} and {items} came")
    if not users <= n <= users * items // 2:
        raise BadInput(
            f"{n:,} ratings of {items:,} items by {users:,} users cannot be sampled; wanted one "
            "per user at least and half of all pairs at most"
        )


@lru_cache(maxsize=4)
def _planted(users: int, items: int, seed: int) -> tuple[Truth, NDArray[np.int64]]:
    "Truth, and the main genre of each item."
    random = np.random.default_rng([seed, users, items])
    genre = random.permutation(np.arange(items) % len(GENRES))
    traits = np.zeros((items, len(TASTES)))
    traits[np.arange(items), genre // 2] = random.uniform(0.8, 1.2, items) * _sign(genre)
    second = (genre + random.integers(2, len(GENRES) - 1, items)) % len(GENRES)
    traits[np.arange(items), second // 2] += random.uniform(0, 0.6, items) * _sign(second)
    traits[:, -1] = random.choice([-0.5, 0.5], items) * random.uniform(0.6, 1.4, items)
    traits -= traits.mean(0)
    U = random.normal(size=(users, len(TASTES)))
    V = traits * (_LIKING / np.sqrt((traits**2).sum(1).mean()))
    bu, bi = random.normal(0, _USER_BIAS, users), random.normal(0, _ITEM_BIAS, items)
    return Truth(_MEAN, bu, bi, U, V, _NOISE), genre


def _sign(genre: NDArray[np.int64]) -> NDArray[np.int64]:
    return 1 - 2 * (genre % 2)


def _who_saw_what(
    truth: Truth, n: int, random: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    "n different pairs: long-tailed on both sides, and people see a little more of what they like."
    users, items = len(truth.bu), len(truth.bi)
    fame = -0.8 * np.log(random.permutation(items) + 10) + 0.5 * truth.bi
    counts = _activity(n, users, items, random)
    seen = [np.empty(0, np.int32)]
    for a in range(0, users, 512):  # in blocks: the whole users x items matrix may be large
        some = counts[a : a + 512]
        wish = random.gumbel(size=(len(some), items)).astype(np.float32)
        wish += (fame + 0.5 * truth.U[a : a + 512] @ truth.V.T).astype(np.float32)
        best = np.argsort(-wish, axis=1).astype(np.int32)
        seen.append(best[np.arange(items) < some[:, None]])
    return np.repeat(np.arange(users, dtype=np.int32), counts), np.concatenate(seen)


def _activity(n: int, users: int, items: int, random: np.random.Generator) -> NDArray[np.int64]:
    "How many ratings each user gives: long-tailed, from 1 to all items, n together."
    weight = random.lognormal(0, 0.8, users)
    counts: NDArray[np.int64] = np.clip(np.round(weight * (n / weight.sum())), 1, items).astype(
        np.int64
    )
    while (gap := n - int(counts.sum())) != 0:
        free = np.flatnonzero(counts < items if gap > 0 else counts > 1)
        counts[random.permutation(free)[: abs(gap)]] += np.sign(gap)
    return counts


def _times(u: NDArray[np.int32], users: int, random: np.random.Generator) -> NDArray[np.int64]:
    "Seconds since 1970: each user begins on some day and goes on for some weeks."
    moments = random.integers(_START, _START + _SPAN, users)[u]
    moments += random.exponential(20 * 86_400, len(u)).astype(np.int64)
    return moments
