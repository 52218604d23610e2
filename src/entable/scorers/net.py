"""A net over the vectors of a user and an item, in NumPy: layers of a short list, nothing else."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entable._cores import blas_at_one, cores
from entable.data.checks import finite, number
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret.best import Best, Catalogue, Seen
from entable.interpret.near import top
from entable.scorers.link import Identity, Link

__all__ = ["KINDS", "Join", "Layer", "Net"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
_BLOCK = 4096  # pairs scored at a time


class Kind(NamedTuple):
    "What a kind of layer does to rows (m, a) -> (m, b), and the dimensions of its arrays."

    apply: Callable[..., Singles]
    arrays: dict[str, int]


def _norm(x: Singles, weight: Singles, bias: Singles, eps: Singles) -> Singles:
    centred = x - x.mean(1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(1, keepdims=True) + eps[0])
    out: Singles = centred / spread * weight + bias
    return out


def _sigmoid(x: Singles) -> Singles:
    half = x.dtype.type(0.5)
    out: Singles = half + half * np.tanh(half * x)
    return out


def _leaky(x: Singles, slope: Singles) -> Singles:
    out: Singles = np.where(x > 0, x, slope[0] * x)
    return out


def _elu(x: Singles) -> Singles:
    out: Singles = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    return out


def _erf(x: Singles) -> Singles:
    "The error function to 1.2e-7 (Press et al. 1992, 6.2: a fit of Chebyshev's)."
    z: Floats = np.abs(x.astype(np.float64))
    t = 1 / (1 + z / 2)
    power = np.polynomial.polynomial.polyval(t, _ERFC)
    rest = t * np.exp(power - z * z)
    return np.asarray(np.copysign(1 - rest, x), x.dtype)


_ERFC = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806,
    0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
)  # fmt: skip


def _gelu(x: Singles) -> Singles:
    out: Singles = x * (x.dtype.type(0.5) + x.dtype.type(0.5) * _erf(x * x.dtype.type(0.5**0.5)))
    return out


def _gelu_tanh(x: Singles) -> Singles:
    inner = x.dtype.type((2 / np.pi) ** 0.5) * (x + x.dtype.type(0.044715) * x * x * x)
    out: Singles = x * (1 + np.tanh(inner)) / 2
    return out


def _mish(x: Singles) -> Singles:
    out: Singles = x * np.tanh(np.logaddexp(x, np.float32(0)))
    return out


KINDS: dict[str, Kind] = {
    "linear": Kind(lambda x, weight, bias: x @ weight.T + bias, {"weight": 2, "bias": 1}),
    "scale": Kind(lambda x, factor, offset: x * factor + offset, {"factor": 1, "offset": 1}),
    "norm": Kind(_norm, {"weight": 1, "bias": 1, "eps": 1}),
    "relu": Kind(lambda x: np.maximum(x, 0), {}),
    "leaky_relu": Kind(_leaky, {"slope": 1}),
    "elu": Kind(_elu, {}),
    "gelu": Kind(_gelu, {}),
    "gelu_tanh": Kind(_gelu_tanh, {}),
    "mish": Kind(_mish, {}),
    "silu": Kind(lambda x: x * _sigmoid(x), {}),
    "sigmoid": Kind(_sigmoid, {}),
    "tanh": Kind(np.tanh, {}),
}


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: its kind, a name of KINDS, and its arrays, float32.

    Raises BadInput for other kinds and arrays.
    """

    kind: str
    arrays: dict[str, Singles] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput(f"layer {self.kind!r} came; one of {', '.join(KINDS)} was wanted")
        wanted = KINDS[self.kind].arrays
        if set(self.arrays) != set(wanted):
            raise BadInput(f"a layer {self.kind!r} has the arrays {', '.join(wanted) or 'none'}")
        shapes = {name: (None,) * n for name, n in wanted.items()}
        kept = {
            name: finite(self.arrays[name], np.float32, shapes[name], f"{self.kind} {name}")
            for name in wanted
        }
        if any(array.size == 0 for array in kept.values()):
            raise BadInput(f"a layer {self.kind!r} has an array without numbers")
        object.__setattr__(self, "arrays", kept)

    def widths(self, given: int) -> int:
        "How many numbers a row has after it; BadInput where `given` do not fit."
        weight = self.arrays.get("weight")
        if self.kind == "linear" and weight is not None:
            fits, after = (given, len(weight)) == weight.shape[::-1], len(weight)
            fits = fits and self.arrays["bias"].shape == (after,)
        else:
            sizes = {n: len(a) for n, a in self.arrays.items() if n not in ("eps", "slope")}
            fits, after = all(size == given for size in sizes.values()), given
        if not fits:
            raise BadInput(f"a layer {self.kind!r} does not fit rows of {given} numbers")
        return after

    def __call__(self, x: Singles) -> Singles:
        "(m, a) -> (m, b)."
        return KINDS[self.kind].apply(x, **self.arrays)


@dataclass(frozen=True, eq=False)
class Join:
    """Columns of both sides, side by side ("concat") or multiplied ("product"), then layers.

    users, items: the first column and the one past the last. The last layer gives one number.
    Raises BadInput where the layers do not fit each other.
    """

    users: tuple[int, int]
    items: tuple[int, int]
    how: str
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        sizes = [b - a if 0 <= a < b else 0 for a, b in (self.users, self.items)]
        if self.how not in ("concat", "product") or 0 in sizes:
            raise BadInput('a join is of columns of both sides, by "concat" or "product"')
        if self.how == "product" and sizes[0] != sizes[1]:
            raise BadInput(f"{sizes[0]} and {sizes[1]} columns cannot be multiplied")
        n = sum(sizes) if self.how == "concat" else sizes[0]
        for layer in self.layers:
            n = layer.widths(n)
        if n != 1:
            raise BadInput(f"the layers of a join end in {n} numbers; one was wanted")

    def __call__(self, U: Singles, V: Singles) -> Singles:
        "(m, k) or (1, k) rows of users, (m, l) of items -> (m,)."
        (a, b), (c, d) = self.users, self.items
        U, V = U[:, a:b], V[:, c:d]
        first, rest = self.layers[0], self.layers[1:]
        if self.how == "product":
            x = first(U * V)
        elif first.kind == "linear":  # one row of a user need not be multiplied for every item
            weight, bias = first.arrays["weight"], first.arrays["bias"]
            x = V @ weight[:, b - a :].T + (U @ weight[:, : b - a].T + bias)
        else:
            x = first(np.concatenate([np.broadcast_to(U, (len(V), b - a)), V], 1))
        for layer in rest:
            x = layer(x)
        return x[:, 0]


@dataclass(frozen=True, eq=False)
class Net:
    """score = clip(link(mean + user bias + item bias + sum of joins), lo, hi).

    noise: variance of a rating around its score; unseen_user_var, unseen_item_var: what is added
    where a side is unknown. lo and hi are infinite where there is no range. Computed in float32.
    Raises BadInput for parts that do not fit.
    """

    mean: float
    lo: float
    hi: float
    joins: tuple[Join, ...]
    noise: float
    unseen_user_var: float = 0.0
    unseen_item_var: float = 0.0
    link: Link = Identity()  # noqa: RUF009  it is frozen

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "mean", number(self.mean, "mean"))
        keep(self, "noise", number(self.noise, "noise", 0.0))
        for name in ("unseen_user_var", "unseen_item_var"):
            keep(self, name, number(getattr(self, name), name, -1e-30))
        keep(self, "lo", float(self.lo))
        keep(self, "hi", float(self.hi))
        if not self.lo <= self.hi or self.lo == np.inf or self.hi == -np.inf:
            raise BadInput(f"range: {self.lo} to {self.hi} came, lowest and highest were wanted")
        if not self.joins:
            raise BadInput("a net without joins scores nothing; a Dot needs none")

    @property
    def k(self) -> int:
        "Numbers of an item's vector that it looks at."
        return max(join.items[1] for join in self.joins)

    def __str__(self) -> str:
        return f"a net of {sum(len(join.layers) for join in self.joins)} layers"

    def check(self, users: Embeddings, items: Embeddings) -> None:
        "BadInput where these are not the rows that it scores."
        for rows, side in ((users, "users"), (items, "items")):
            wanted = max(getattr(join, side)[1] for join in self.joins)
            if rows.k != wanted:
                raise BadInput(f"{side} of {rows.k} numbers do not fit a net over {wanted}")

    def raw(self, users: Embeddings, items: Embeddings, u: NDArray[Any], i: NDArray[Any]) -> Floats:
        "Scores (m,) before the link, for positions u and i (m,); -1 is the unseen row."
        out = np.empty(len(u))
        with blas_at_one():
            for at in _blocks(len(u)):
                (U, bu), (V, bi) = users.rows(u[at]), items.rows(i[at])
                out[at] = self._scores(U, bu, V, bi)
        return out

    def _scores(self, U: Singles, bu: Any, V: Singles, bi: NDArray[Any]) -> Floats:
        "(m, k) or (1, k), (m,) or one, (m, l), (m,) -> (m,)."
        scores: Floats = self.mean + bu + bi.astype(np.float64)
        for join in self.joins:
            scores += join(U, V)
        return scores

    def centre(self, raw: Floats) -> Floats:
        "Ratings before they are cut to the range."
        return self.link(raw)

    def score(self, raw: Floats) -> Floats:
        "Ratings cut to the range."
        return np.clip(self.link(raw), self.lo, self.hi)

    def std(self, u: NDArray[Any], i: NDArray[Any]) -> Floats:
        "Standard deviations (m,) of a rating around its prediction."
        more = self.unseen_user_var * (u < 0) + self.unseen_item_var * (i < 0)
        return np.sqrt(self.noise + more)

    def best(
        self, U: Singles, bu: Floats, catalogue: Catalogue, n: int, seen: Seen | None = None
    ) -> Best:
        """The n best columns for every row, by raw score, equal ones in column order.

        Each row is scored by itself against blocks of all columns, so that its answer does not
        depend on who else is asked for.
        """

        def one(r: int) -> tuple[NDArray[np.int64], Floats]:
            scores = np.concatenate([*self._row(U[r : r + 1], bu[r], catalogue), np.empty(0)])
            if seen is not None:
                gone = seen.columns[seen.indptr[r] : seen.indptr[r + 1]]
                scores[gone[gone >= 0]] = -np.inf
            at = top(scores, n)
            return at, scores[at]

        with blas_at_one(), ThreadPoolExecutor(min(8, cores())) as pool:
            found = list(pool.map(one, range(len(U))))
        rows = np.repeat(np.arange(len(U)), [len(at) for at, _ in found])
        return Best(rows, _joined((at for at, _ in found), np.int64), _joined(s for _, s in found))

    def _row(self, U: Singles, bu: float, catalogue: Catalogue) -> Iterator[Floats]:
        for at in _blocks(len(catalogue.bias)):
            yield self._scores(U, bu, catalogue.vectors[at], catalogue.bias[at])


def _blocks(n: int) -> Iterator[slice]:
    return (slice(a, min(a + _BLOCK, n)) for a in range(0, n, _BLOCK))


def _joined(parts: Iterable[NDArray[Any]], dtype: Any = np.float64) -> NDArray[Any]:
    return np.concatenate([*parts, np.empty(0, dtype)])
