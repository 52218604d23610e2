"""Where rows go in a plane: along their two main axes, or beside their neighbours by t-SNE."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from entable._cores import blas_at_one
from entable._extras import need
from entable.errors import BadInput
from entable.interpret.axes import Axes, find_axes, principal
from entable.interpret.rows import Rows

__all__ = ["Plane", "by_axes", "by_neighbours"]

Floats = NDArray[np.float64]

_NEIGHBOURS = 30.0  # what t-SNE calls the perplexity, where there are rows enough
_MOST = 50_000  # rows that t-SNE does in minutes
_FEW = 2000  # rows for which threads cost more than they help
_FACTS = 2  # that name an axis


class Plane(NamedTuple):
    'Points (m, 2), and what their directions are called ("" where they mean nothing).'

    xy: Floats
    axes: tuple[str, str] = ("", "")


def by_axes(rows: Rows, at: NDArray[np.int64], least: int) -> Plane:
    """The rows at positions (those with `least` ratings) along the two axes of most variance.

    Where there are facts both axes are turned within their plane, which leaves all distances as
    they are, to the facts that they tell of best. Fewer axes than two leave a line or a point.
    """
    vectors = rows.vectors[at]
    if min(len(at) - 1, rows.k) < 2 or (vectors == vectors[0]).all():
        return _line(vectors)
    found = find_axes(rows, 2, least, turned=True)
    return Plane(found.scores[at], (_title(found, 1), _title(found, 2)))


def _line(vectors: NDArray[np.float32]) -> Plane:
    components, _, center = principal(vectors, 2)
    with blas_at_one():
        scores = (vectors - center) @ components.T
    return Plane(np.pad(scores, ((0, 0), (0, 2 - scores.shape[1]))))


def _title(found: Axes, axis: int) -> str:
    "What an axis is called: its share of the variance, and the facts that go with it."
    facts = found.facts_of(axis, _FACTS).iter_rows()
    told = ", ".join(f"{fact} {r:+.2f}" for fact, r, _ in facts)
    share = f"axis {axis}, {100 * found.shares[axis - 1]:.0f} % of variance"
    return f"{share} ({told})" if told else share


def by_neighbours(rows: Rows, at: NDArray[np.int64], start: Floats, seed: int) -> Plane:
    """The rows at positions so that neighbours stay together (van der Maaten & Hinton 2008).

    start: points (m, 2) to begin from, which give the picture its orientation. Directions and long
    distances mean nothing. Raises BadInput for more rows than it does in minutes.
    """
    if len(at) > _MOST:
        raise BadInput(
            f"t-SNE of {len(at):,} {rows.titled.kinds} would take an hour; raise min_count so that "
            f"{_MOST:,} are left at most, or use method='pca'"
        )
    spread = start[:, 0].std()
    if spread == 0:
        return Plane(np.zeros((len(at), 2)))
    near = min(_NEIGHBOURS, (len(at) - 1) / 3)
    begin = (1e-4 / spread * start).astype(np.float32)
    threads = 1 if len(at) < _FEW else None  # the same points with any number of them
    with blas_at_one(), threadpool_limits(threads, "openmp"):
        made = need("sklearn.manifold").TSNE(init=begin, perplexity=near, random_state=seed)
        found = made.fit_transform(rows.vectors[at])
    return Plane(np.asarray(found, np.float64))
