"""Figures of health: what is measured of vectors, and when it is a worry."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entable._cores import blas_at_one
from entable.errors import BadInput
from entable.interpret.compare import rotation
from entable.interpret.near import FEW, nearest_of_many, unit
from entable.interpret.rows import Rows, chosen

__all__ = [
    "Figure",
    "NEAR",
    "correlation",
    "of_columns",
    "of_counts",
    "of_places",
    "of_twin",
    "sample",
]

Floats = NDArray[np.float64]
NEAR = 10  # neighbours that hubness and stability look at
_MOST = 20_000  # rows whose neighbours are looked for; of more, a sample
_DEAD = 0.01  # of the largest column's root mean square
_DOUBLE = 0.95  # |correlation| of two columns


class Figure(NamedTuple):
    "One figure of health."

    figure: str
    value: float
    verdict: Literal["fine", "look"]
    meaning: str


def sample(n: int) -> NDArray[np.int64]:
    "All of n rows, or a seeded sample in order."
    return np.sort(np.random.default_rng(0).permutation(n)[:_MOST]).astype(np.int64)


_MEANING = {
    "effective rank": "How many directions the {k} numbers really use (Roy & Vetterli 2007); below "
    "a quarter of them, most are idle and fewer factors may do.",
    "dead factors": "Columns of less than a hundredth of the largest one's size; they cost memory "
    "and say nothing.",
    "duplicated factors": "Pairs of columns whose correlation is beyond ±.95; one of each pair "
    "would do.",
    "hubness": "Skewness of how often a row is among the 10 nearest of another (Radovanović et al. "
    "2010); beyond 3, a few hubs stand in most lists of neighbours.",
    "anti-hubs": "Share of rows among nobody's 10 nearest: lists of neighbours never show them; "
    "look when it is above a quarter.",
    "anisotropy": "Mean cosine of two rows; far from 0 (beyond ±.3) all lie in one narrow cone and "
    "cosines tell little.",
    "length and count": "Correlation of a vector's length with the log of its ratings; some is "
    "natural, as few ratings keep a vector short; beyond ±.8 length is little else than "
    "popularity.",
    "bias and count": "Correlation of the bias with the log of the ratings; above 0 where people "
    "rate what is good; beyond ±.6 a ranking by score is nearly one by popularity.",
    "under-trained rows": "Share of rows learnt from fewer than 10 ratings: they lie near the mean "
    "taste and their neighbours mean little; look when it is above a quarter.",
    "under-trained length": "Median length of under-trained vectors against that of the others; "
    "above 1.1 they were not held back, and noise passes for taste: regularise more.",
    "change with the seed": "How far rows with enough ratings move when the model is learnt with "
    "another seed and turned onto this one (Procrustes), as a share of their size; above .5, axes "
    "are chance.",
    "stable neighbours": "Share of the 10 nearest rows that another seed finds too, among rows "
    "with enough ratings; below a half, lists of neighbours are mostly chance.",
}


def _figure(name: str, value: float, worry: bool, k: int = 0) -> Figure:
    return Figure(name, float(value), "look" if worry else "fine", _MEANING[name].format(k=k))


def of_columns(V: Floats, gram: Floats, spectrum: Floats) -> Iterator[Figure]:
    "Of the columns: vectors V (n, k), V' V, and their singular values (k,)."
    k, share = len(gram), spectrum / spectrum.sum()
    effective = float(np.exp(-np.sum(share * np.log(np.where(share > 0, share, 1)))))
    yield _figure("effective rank", effective, effective < k / 4, k)
    size = np.sqrt(np.diag(gram))
    alive = size >= _DEAD * size.max()
    yield _figure("dead factors", k - alive.sum(), not alive.all())
    doubled = _doubled(V[:, alive])
    yield _figure("duplicated factors", doubled, doubled > 0)


def _doubled(V: Floats) -> int:
    spread = V - V.mean(0)
    with blas_at_one():
        cov = spread.T @ spread
    size = np.sqrt(np.diag(cov))
    pairs = np.abs(cov) > _DOUBLE * np.outer(size, size)
    return int(np.triu(pairs & (size > 0) & (size[:, None] > 0), 1).sum())


def of_places(V: Floats, occurrences: NDArray[np.int64]) -> Iterator[Figure]:
    "Of where rows (n, k) lie to each other; occurrences (m,) in lists of nearest rows."
    skew = _skewness(occurrences.astype(np.float64))
    yield _figure("hubness", skew, skew > 3)
    anti = float((occurrences == 0).mean())
    yield _figure("anti-hubs", anti, anti > 0.25)
    n, total = len(V), unit(V).sum(0)
    cone = float((total @ total - n) / (n * (n - 1)))  # as |sum of unit rows|^2 holds all cosines
    yield _figure("anisotropy", cone, abs(cone) > 0.3)


def _skewness(values: Floats) -> float:
    spread = values - values.mean()
    deviation = float(np.sqrt(np.mean(spread**2)))
    return float(np.mean(spread**3)) / deviation**3 if deviation > 0 else 0.0


def of_counts(rows: Rows, rated: NDArray[np.int64], V: Floats) -> Iterator[Figure]:
    "Of rows at positions `rated` (n,), with vectors V (n, k), and how many ratings they have."
    counts, bias = rows.counts[rated], rows.bias[rated].astype(np.float64)
    norms, log = np.sqrt(np.einsum("nk,nk->n", V, V)), np.log(counts)
    r = correlation(norms, log)
    yield _figure("length and count", r, abs(r) > 0.8)
    if bias.any():
        r = correlation(bias, log)
        yield _figure("bias and count", r, abs(r) > 0.6)
    few = counts < FEW
    yield _figure("under-trained rows", few.mean(), few.mean() > 0.25)
    if few.any() and not few.all():
        ratio = float(np.median(norms[few]) / np.median(norms[~few]))
        yield _figure("under-trained length", ratio, ratio > 1.1)


def correlation(a: Floats, b: Floats) -> float:
    "Pearson's; 0 where either is constant."
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 1e-12 * max(len(a), 1) else 0.0


def of_twin(rows: Rows, twin: Rows) -> Iterator[Figure]:
    "Of what another seed leaves as it is; BadInput where there are not two common names."
    A, B = _pairs(rows, twin)
    turn = rotation(B, A)
    with blas_at_one():
        gap = A @ turn - B
    sizes = float(np.sqrt((A**2).sum() + (B**2).sum()))
    apart = float(np.sqrt(2 * (gap**2).sum())) / max(sizes, 1e-300)
    yield _figure("change with the seed", apart, apart > 0.5)
    here, there = (nearest_of_many(unit(X), np.arange(len(X)), NEAR) for X in (A, B))
    same = float((here[:, :, None] == there[:, None]).sum() / here.size)
    yield _figure("stable neighbours", same, same < 0.5)


def _pairs(rows: Rows, twin: Rows) -> tuple[Floats, Floats]:
    "Vectors (m, k) of common rows with enough ratings, the narrower ones filled up with zeros."
    at, _ = chosen(rows, None)
    at = at[sample(len(at))]
    vocab = twin.titled.vocab
    there = vocab.rows(rows.titled.vocab.names[at], strict=False).astype(np.int64) - vocab.FIRST
    at, there = at[there >= 0], there[there >= 0]
    if len(at) < 2:
        raise BadInput(
            f"the twin has {len(at)} of the {rows.titled.kinds} with enough ratings; it must be "
            "learnt from the same names"
        )
    k = max(rows.k, twin.k)
    A, B = np.zeros((len(at), k)), np.zeros((len(at), k))
    A[:, : rows.k], B[:, : twin.k] = rows.vectors[at], twin.vectors[there]
    return A, B
