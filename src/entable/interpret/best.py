"""The n best columns for every row, exactly: candidates by float32 blocks, ranks by exact scores.

A block of rows times all columns is one matrix product in float32. Its rounding is bounded, so
every column within twice the bound of the n-th best is a candidate, and the few candidates are
scored again by a function whose result does not depend on the block. So the answer for one row is,
bit by bit, the answer for it among all rows, for any BLAS and any number of threads.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entable._cores import blas_at_one, cores

__all__ = ["Best", "Catalogue", "Seen", "best"]

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
Exact = Callable[[Ints, Ints], Floats]

_ROWS = 256  # rows of a block
_CELLS = 1 << 23  # scores of a block, at most: 32 MiB in float32
_STRIDE = 32  # columns that are compared by their largest score
_HUGE = 1e15  # beyond, a product of float32 could overflow: blocks are done in float64


class Best(NamedTuple):
    "Rows (sorted), columns and scores of what was found; best first within a row."

    rows: Ints
    columns: Ints
    scores: Floats


class Seen(NamedTuple):
    "Columns to leave out for each row: columns[indptr[r]:indptr[r + 1]]; -1 is ignored."

    indptr: Ints
    columns: Ints


@dataclass(frozen=True, eq=False)
class Catalogue:
    "What rows are multiplied with: vectors (n, k) and bias (n,) of the columns."

    vectors: NDArray[np.float32]
    bias: NDArray[np.float32]

    @cached_property
    def table(self) -> NDArray[np.float32]:
        "(k + 1, n) view, biases last."
        return np.concatenate([self.vectors, self.bias[:, None]], axis=1).T

    @cached_property
    def longest(self) -> float:
        "The largest length of a column of the table."
        lengths = np.einsum("kn,kn->n", self.table, self.table, dtype=np.float64)
        return float(np.sqrt(lengths.max(initial=0.0)))


def best(
    vectors: NDArray[np.floating],
    offset: Floats,
    catalogue: Catalogue,
    n: int,
    exact: Exact,
    seen: Seen | None = None,
) -> Best:
    """The n columns with the highest exact scores for each row, equal ones in column order.

    `vectors` (m, k) and `offset` (m,) belong to the rows; `exact(rows, columns)` must give
    offset + vector . column vector + column bias in float64, each pair the same in any company.
    """
    m, columns = len(vectors), len(catalogue.bias)
    if not m or not columns or n < 1:
        return Best(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    height = max(1, min(_ROWS, _CELLS // columns))
    job = _Job(vectors, offset, catalogue, min(n, columns), exact, seen)
    starts = range(0, m, height)
    with blas_at_one():
        if len(starts) == 1:
            found = [job.block(0, m)]
        else:
            with ThreadPoolExecutor(min(min(8, cores()), len(starts))) as pool:
                found = list(pool.map(lambda a: job.block(a, min(a + height, m)), starts))
    return Best(*map(np.concatenate, zip(*found, strict=True)))


@dataclass(frozen=True)
class _Job:
    vectors: NDArray[np.floating]
    offset: Floats
    catalogue: Catalogue
    n: int
    exact: Exact
    seen: Seen | None

    def block(self, a: int, b: int) -> Best:
        "The answer for rows a..b."
        rows = np.ones((b - a, self.vectors.shape[1] + 1))
        rows[:, :-1] = self.vectors[a:b]
        scores, slack = self._approximate(rows, self.offset[a:b])
        if self.seen is not None:
            _leave_out(scores, self.seen, a, b)
        r, c = _candidates(scores, slack, self.n)
        s = self.exact(r + a, c)
        order = _ranked(r, c, s)
        r, c, s = r[order], c[order], s[order]
        keep = np.arange(len(r)) - np.searchsorted(r, r) < self.n
        return Best(r[keep] + a, c[keep], s[keep])

    def _approximate(self, rows: Floats, offset: Floats) -> tuple[NDArray[Any], Floats]:
        "Scores (m, columns) and twice the largest error (m,) that they and the exact ones have."
        k, longest = rows.shape[1], self.catalogue.longest
        product = np.sqrt(np.einsum("mk,mk->m", rows, rows)) * longest
        table, tiny = self.catalogue.table, float(np.finfo(np.float32).eps)
        if product.max() > _HUGE or longest > _HUGE:
            table, tiny = table.astype(np.float64), 0.0
        scores = rows.astype(table.dtype) @ table
        rounding = 2 * (k + 8) * (tiny * product + 2.3e-16 * (product + np.abs(offset)))
        return scores, rounding + float(np.finfo(np.float32).tiny) * k


def _leave_out(scores: NDArray[Any], seen: Seen, a: int, b: int) -> None:
    indptr = seen.indptr[a : b + 1]
    columns = seen.columns[indptr[0] : indptr[-1]]
    rows = np.repeat(np.arange(b - a), np.diff(indptr))
    if len(columns) and columns.min() < 0:
        rows, columns = rows[columns >= 0], columns[columns >= 0]
    scores.reshape(-1)[rows * scores.shape[1] + columns] = -np.inf


def _candidates(scores: NDArray[Any], slack: Floats, n: int) -> tuple[Ints, Ints]:
    "Rows and columns (both ascending) of all scores that may be among the n best of their row."
    m, columns = scores.shape
    groups = columns // _STRIDE
    if groups < 2 * n:
        least = _nth(scores, n) - slack
        r, c = np.nonzero(scores >= _above(least, scores)[:, None])
        return r, c
    # the n-th largest of the groups' maxima is a lower bound of the n-th largest score
    split = groups * _STRIDE
    most = scores[:, :split].reshape(m, _STRIDE, groups).max(axis=1)
    least = _above(_nth(most, n) - slack, scores)[:, None]
    r, g = np.nonzero(most >= least)
    lanes = (r * columns + g)[:, None] + groups * np.arange(_STRIDE)
    inside = scores.reshape(-1).take(lanes) >= least[r]
    at, lane = np.nonzero(inside)
    tail_r, tail_c = np.nonzero(scores[:, split:] >= least)
    rows = np.concatenate([r[at], tail_r])
    return rows, np.concatenate([g[at] + groups * lane, tail_c + split])


def _ranked(r: Ints, c: Ints, s: Floats) -> Ints:
    "By row (below 2^16), then the higher score first, then column: as lexsort, which is slower."
    order = np.argsort(r * (c.max(initial=0) + 1) + c)
    order = order[np.argsort(-s[order], kind="stable")]
    return order[np.argsort(r[order].astype(np.uint16), kind="stable")]


def _nth(scores: NDArray[Any], n: int) -> NDArray[Any]:
    "The n-th largest of every row."
    at = scores.shape[1] - n
    nth: NDArray[Any] = np.partition(scores, at, axis=1)[:, at]
    return nth


def _above(least: Floats, scores: NDArray[Any]) -> NDArray[Any]:
    "A bound rounded down to the type of the scores, so that what was left out (-inf) stays out."
    bound = np.nextafter(least.astype(scores.dtype), scores.dtype.type(-np.inf))
    above: NDArray[Any] = np.maximum(bound, np.finfo(scores.dtype).min)
    return above
