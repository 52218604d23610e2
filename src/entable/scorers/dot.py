"""How a score comes from rows: mean, biases and a dot product, with noise and priors."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import finite, number
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret.best import Best, Catalogue, Seen, best
from entable.scorers.link import Identity, Link

__all__ = ["Dot", "Fold", "Parts", "Prior", "dots", "fold"]

Floats = NDArray[np.float64]
_BLOCK = 16_384  # pairs scored at a time
_NEAR = 256  # of them multiplied at a time


@dataclass(frozen=True, eq=False)
class Prior:
    """What is believed of a row before its ratings: a normal, factors first and then the bias.

    Shapes: mean (k + 1,), cov (k + 1, k + 1). Raises BadInput unless cov is positive definite.
    """

    mean: Floats
    cov: Floats

    def __post_init__(self) -> None:
        mean = finite(self.mean, np.float64, (None,), "prior mean")
        cov = finite(self.cov, np.float64, (len(mean), len(mean)), "prior covariance")
        try:
            np.linalg.cholesky(cov)
        except np.linalg.LinAlgError:
            raise BadInput("prior covariance: it must be positive definite") from None
        if not len(mean):
            raise BadInput("prior mean: it must hold the bias at least")
        if not np.allclose(cov, cov.T, rtol=1e-6, atol=1e-9 * np.abs(cov).max()):
            raise BadInput("prior covariance: it must be symmetric")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "cov", cov)

    @cached_property
    def precision(self) -> Floats:
        "(k + 1, k + 1) inverse of cov."
        inverse = np.linalg.inv(self.cov)
        return (inverse + inverse.T) / 2

    @cached_property
    def pull(self) -> Floats:
        "(k + 1,) precision times mean: the prior's part of the right side of a ridge solve."
        return self.precision @ self.mean


@dataclass(frozen=True, eq=False)
class Fold:
    "A row found from its ratings: z (k + 1,) factors then bias, and what it was found from."

    z: Floats
    prior: Prior
    X: Floats  # (m, k + 1) the other side of its ratings, ones last
    weights: Floats  # (m,)

    @cached_property
    def precision(self) -> Floats:
        "(k + 1, k + 1) of the row given its ratings: inv(C) + X' W X."
        return self.prior.precision + (self.X.T * self.weights) @ self.X


def fold(
    prior: Prior,
    vectors: NDArray[Any],
    weights: NDArray[np.floating],
    residuals: NDArray[np.floating],
) -> Fold:
    """One ridge solve: the most likely row given the other side of its ratings.

    With X = [vectors, 1] (m, k + 1) and W = diag(weights):
    z = solve(inv(C) + X' W X, inv(C) m0 + X' W residuals), (m0, C) the prior.
    Residuals are ratings less the mean and the other side's biases. Few ratings take the same
    solve in its other form (Woodbury), of the size of the ratings.
    """
    X = np.ones((len(vectors), len(prior.mean)))
    X[:, :-1] = vectors
    if len(X) < X.shape[1]:
        CX = prior.cov @ X.T
        inner = X @ CX
        inner.flat[:: len(X) + 1] += 1 / weights
        z = prior.mean + CX @ np.linalg.solve(inner, residuals - X @ prior.mean)
    else:
        XW = X.T * weights
        z = np.linalg.solve(prior.precision + XW @ X, prior.pull + XW @ residuals)
    return Fold(z.astype(np.float64), prior, X, np.asarray(weights, np.float64))


def dots(U: NDArray[Any], V: NDArray[Any]) -> Floats:
    """Row by row dot products (m,) in float64 of (m, k) with (m, k), or of one row with all.

    The order of the sum depends on k alone, so a pair has the same bits in any company.
    """
    sums = np.empty(len(V))
    products = np.empty((min(len(V), _NEAR), V.shape[1]))  # small enough to stay in the cache
    for a in range(0, len(V), _NEAR):
        v, out = V[a : a + _NEAR], sums[a : a + _NEAR]
        u = U if len(U) == 1 else U[a : a + _NEAR]
        p = np.multiply(u, v, out=products[: len(v)], dtype=np.float64)
        np.add.reduce(p, axis=1, out=out)
    return sums


class Parts(NamedTuple):
    "What a raw score is the sum of: mean, biases and one product (k,) for each factor."

    mean: float
    user_bias: float
    item_bias: float
    products: Floats


@dataclass(frozen=True, eq=False)
class Dot:
    """score = clip(link(mean + user bias + item bias + user vector . item vector), lo, hi).

    The noise of a rating has the variance 1 / (user_noise * item_noise), and a prediction varies by
    user_var + item_var beside it; user arrays are (nu,), item arrays (ni,) float32. Priors are what
    new users and items are folded in with. lo and hi are infinite where there is no range.
    Raises BadInput for shapes that disagree, numbers that are not finite, noise that is not above 0
    (1e-20, so that its inverse is finite too).
    """

    mean: float
    lo: float
    hi: float
    user_noise: NDArray[np.float32]
    item_noise: NDArray[np.float32]
    unseen_user_noise: float
    unseen_item_noise: float
    user_var: NDArray[np.float32]
    item_var: NDArray[np.float32]
    unseen_user_var: float
    unseen_item_var: float
    user_prior: Prior
    item_prior: Prior
    link: Link = Identity()  # noqa: RUF009  it is frozen

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "mean", number(self.mean, "mean"))
        keep(self, "lo", float(self.lo))
        keep(self, "hi", float(self.hi))
        if not self.lo <= self.hi or self.lo == np.inf or self.hi == -np.inf:
            raise BadInput(f"range: {self.lo} to {self.hi} came, lowest and highest were wanted")
        if self.user_prior.mean.shape != self.item_prior.mean.shape:
            raise BadInput("priors: those of users and items must be of one size")
        for side in ("user", "item"):
            for name, least in (("noise", 1e-20), ("var", -1e-30)):
                key = f"{side}_{name}"
                keep(self, key, finite(getattr(self, key), np.float32, (None,), key, least))
                keep(self, f"unseen_{key}", number(getattr(self, f"unseen_{key}"), key, least))
            if getattr(self, f"{side}_var").shape != getattr(self, f"{side}_noise").shape:
                raise BadInput(f"{side}_var: it must be as long as {side}_noise")

    @property
    def k(self) -> int:
        "Numbers per vector."
        return len(self.user_prior.mean) - 1

    def __str__(self) -> str:
        return f"{self.k} factors"

    def check(self, users: Embeddings, items: Embeddings) -> None:
        "BadInput where these are not the rows that it scores."
        for side, rows in (("user", users), ("item", items)):
            noise = getattr(self, f"{side}_noise")
            if rows.k != self.k or len(rows) != len(noise):
                raise BadInput(
                    f"{len(rows):,} {side}s of {rows.k} numbers do not fit a scorer "
                    f"of {len(noise):,} and {self.k}"
                )

    def raw(self, users: Embeddings, items: Embeddings, u: NDArray[Any], i: NDArray[Any]) -> Floats:
        "Scores (m,) before the link, for positions u and i (m,); -1 is the unseen row."
        out = np.empty(len(u))
        for a in range(0, len(u), _BLOCK):
            block = slice(a, a + _BLOCK)
            out[block] = self.combine(*users.rows(u[block]), *items.rows(i[block]))
        return out

    def combine(
        self, U: NDArray[Any], bu: Any, V: NDArray[Any], bi: NDArray[np.floating]
    ) -> Floats:
        "Scores before the link from gathered rows: (m, k) or (1, k), (m,), (m, k), (m,)."
        scores: Floats = dots(U, V)
        scores += bi
        scores += self.mean + bu
        return scores

    def parts(self, users: Embeddings, items: Embeddings, u: int, i: int) -> Parts:
        "The parts, float64, of the raw score of the pair at positions u and i; -1 is unseen."
        (U, bu), (V, bi) = users.rows(np.array([u])), items.rows(np.array([i]))
        products = U[0].astype(np.float64) * V[0].astype(np.float64)
        return Parts(self.mean, float(bu[0]), float(bi[0]), products)

    def centre(self, raw: Floats) -> Floats:
        "Ratings before they are cut to the range."
        return self.link(raw)

    def score(self, raw: Floats) -> Floats:
        "Ratings cut to the range."
        return np.clip(self.link(raw), self.lo, self.hi)

    def best(
        self,
        U: NDArray[Any],
        bu: Floats,
        catalogue: Catalogue,
        n: int,
        seen: Seen | None = None,
    ) -> Best:
        "The n best columns for rows (m, k) with biases (m,), by raw score: see interpret.best."
        V, bi = catalogue.vectors, catalogue.bias

        def exact(rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Floats:
            return self.combine(U[rows], bu[rows], V[columns], bi[columns])

        return best(U, self.mean + bu, catalogue, n, exact, seen)

    def noise(self, side: str, positions: NDArray[Any]) -> Floats:
        'Precisions (m,) of one side ("user" or "item") at positions, -1 for the unseen.'
        return self._at(f"{side}_noise", positions)

    def var(self, side: str, positions: NDArray[Any]) -> Floats:
        "Parameter variances (m,) of one side at positions, -1 for the unseen."
        return self._at(f"{side}_var", positions)

    def _at(self, key: str, positions: NDArray[Any]) -> Floats:
        values, unseen = getattr(self, key), getattr(self, f"unseen_{key}")
        out = np.full(len(positions), unseen)
        known = positions >= 0
        out[known] = values[positions[known]]
        return out

    def std(self, u: NDArray[Any], i: NDArray[Any]) -> Floats:
        "Standard deviations (m,) of a rating around its prediction: noise and parameters."
        noise = self.noise("user", u) * self.noise("item", i)
        return np.sqrt(1 / noise + self.var("user", u) + self.var("item", i))
