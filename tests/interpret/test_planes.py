"Points in a plane: main axes by their definition, t-SNE by what it keeps together."

import sys

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from threadpoolctl import threadpool_limits

from entable import Embeddings
from entable._extras import MissingExtra
from entable.errors import BadInput
from entable.interpret import planes
from entable.interpret.planes import by_axes, by_neighbours


def rows(n=60, k=5, seed=0, facts=False):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, k)) * np.linspace(3, 1, k)
    frame = {"name": [*range(n)], "depth": vectors[:, :2].sum(1).tolist()}
    return Embeddings.of([*range(n)], vectors, vectors[:, 0], facts=frame if facts else None)


def everything(embeddings):
    return np.arange(len(embeddings))


@pytest.mark.parametrize("facts", [False, True])
def test_the_plane_is_that_of_most_variance(facts):
    e = rows(facts=facts)
    found = by_axes(e, everything(e), 0)
    centred = e.vectors - e.vectors.mean(0, dtype="f8")
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(pdist(found.xy), pdist(u[:, :2] * s[:2]), rtol=1e-6)


def test_facts_turn_the_plane_and_name_its_directions():
    e = rows(facts=True)
    found = by_axes(e, everything(e), 0)
    assert "(depth +0.99" in found.axes[0] or "(depth +1.00" in found.axes[0]
    assert abs(np.corrcoef(found.xy[:, 0], e.facts["depth"])[0, 1]) > 0.98
    assert "depth" not in by_axes(rows(), everything(e), 0).axes[0]
    assert "% of variance" in found.axes[1]


@pytest.mark.parametrize(
    ("n", "k"), [(1, 5), (2, 5), (1, 0), (5, 0), (5, 1), (2, 1), (1, 1), (3, 2)]
)
def test_few_rows_or_numbers_leave_a_line_or_a_point(n, k):
    e = rows(n, k) if k else Embeddings.of([*range(n)], np.empty((n, 0)))
    at = everything(e)
    found = by_axes(e, at, 0)
    assert found.xy.shape == (n, 2)
    assert np.isfinite(found.xy).all()
    if min(n - 1, k) <= 2 and n > 1:
        np.testing.assert_allclose(pdist(found.xy), pdist(e.vectors), atol=1e-5)
    assert np.isfinite(by_neighbours(e, at, found.xy, 0).xy).all()


def test_rows_at_one_point_stay_there():
    e = Embeddings.of([*range(7)], np.ones((7, 4)))
    found = by_axes(e, everything(e), 0)
    assert not found.xy.any()
    assert not by_neighbours(e, everything(e), found.xy, 0).xy.any()


def test_neighbours_stay_together_whatever_the_threads(monkeypatch):
    monkeypatch.setattr(planes, "_FEW", 0)
    rng = np.random.default_rng(1)
    group = np.arange(30) % 3
    e = Embeddings.of([*range(30)], 6 * np.eye(8)[group] + 0.3 * rng.standard_normal((30, 8)))
    start = by_axes(e, everything(e), 0).xy
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(by_neighbours(e, everything(e), start, 5).xy)
    assert found[0].tobytes() == found[1].tobytes()
    gaps = np.linalg.norm(found[0][:, None] - found[0], axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert (group[gaps.argmin(1)] == group).all()


def test_more_rows_than_it_does_in_minutes_are_refused(monkeypatch):
    monkeypatch.setattr(planes, "_MOST", 50)
    e = rows()
    with pytest.raises(BadInput, match=r"t-SNE of 60 items .* raise min_count .* 50 are left"):
        by_neighbours(e, everything(e), np.zeros((60, 2)), 0)


def test_without_scikit_learn_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    e = rows()
    with pytest.raises(MissingExtra, match=r"pip install 'entable\[sklearn\]'"):
        by_neighbours(e, everything(e), by_axes(e, everything(e), 0).xy, 0)
