"Vectors of a fold know nothing of its targets, and all of them lie in one space."

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
import pytest
import torch

from entable.data.table import Table
from entable.errors import BadInput
from entable.recipes.crossfit import cross_fit, decoder
from entable.recipes.tablenets import tabular_net

NET = partial(tabular_net, layers=(16,), widths=3)
QUICK = {"model": NET, "steps": 60, "epochs": 1, "refit_epochs": 1}


@pytest.fixture(scope="module")
def towns():
    rng = np.random.default_rng(0)
    town, kind = rng.integers(0, 20, 600), rng.integers(0, 3, 600)
    y = rng.normal(size=20)[town] * (1 + 0.3 * kind) + 0.2 * rng.normal(size=600)
    frame = pl.DataFrame({"town": [f"t{i}" for i in town], "kind": [f"k{i}" for i in kind], "y": y})
    table = Table.fit(frame, "y")
    return table, table.apply(frame, target=True), rng.integers(0, 3, 600)


def test_vectors_of_a_fold_do_not_depend_on_its_targets(towns):
    table, rows, fold = towns
    torch.manual_seed(0)
    made = decoder(table, rows, **QUICK)
    held = fold == 1
    target = np.where(held, 1000.0, rows.target).astype(np.float32)
    other = made._replace(first=_of(made.first, replace(rows, target=target)))
    np.testing.assert_array_equal(made.vectors(fold)[held], other.vectors(fold)[held])
    assert (made.vectors(fold)[~held] != other.vectors(fold)[~held]).any()


def _of(learner, rows):
    "The same Learner, but of these rows."
    other = object.__new__(type(learner))
    vars(other).update(vars(learner), rows=rows)
    return other


def test_layers_stand_still_and_vectors_move(towns):
    table, rows, _ = towns
    made = decoder(table, rows, **QUICK)
    again = made.again(rows.take(slice(0, 300))).model
    before, after = made.first.model.state_dict(), again.state_dict()
    for name in before:
        if not name.startswith("vectors."):
            assert torch.equal(before[name], after[name]), name
    for old, new in zip(made.first.model.tables, again.tables, strict=True):
        assert not torch.equal(old, new)


def test_a_level_without_rows_has_the_mean(towns):
    table, rows, _ = towns
    made = decoder(table, rows, **QUICK)
    level = int(rows.codes[0, 0])
    learnt = made.again(rows.take(rows.codes[:, 0] != level)).model.tables[0].detach()
    mean = made.first.model.tables[0].detach().mean(0)
    torch.testing.assert_close(learnt[level], mean)
    assert not torch.allclose(learnt[level + 1], mean, atol=1e-3)


def test_folds_lie_in_one_coordinate_system(towns):
    table, rows, fold = towns
    model, vectors = cross_fit(table, rows, fold, **QUICK | {"steps": 200})
    whole = rows.vectors(model.scorer.tables)
    assert vectors.shape == whole.shape == (600, 6)
    assert vectors.dtype == np.float32
    along = [np.corrcoef(a, b)[0, 1] for a, b in zip(vectors.T[:3], whole.T[:3], strict=True)]
    assert min(along) > 0.5  # of nets that know nothing of each other: about 0
    said = model.scorer(rows.codes, rows.numbers, rows.missing)
    assert np.corrcoef(said, rows.target)[0, 1] > 0.5


def test_twice_the_same(towns):
    table, rows, fold = towns
    first, second = (cross_fit(table, rows, fold, **QUICK).vectors for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_what_cannot_be_folded_is_refused(towns):
    table, rows, fold = towns
    with pytest.raises(BadInput, match="one fold came"):
        cross_fit(table, rows, 0 * fold, **QUICK)
    numbers = Table.fit({"x": np.arange(50.0), "y": np.arange(50.0)}, "y", numbers=["x"])
    with pytest.raises(BadInput, match="no categories"):
        decoder(numbers, numbers.apply({"x": np.arange(50.0), "y": np.arange(50.0)}))
    with pytest.raises(BadInput, match="a TabularNet was wanted, Odd came"):
        decoder(table, rows, model=Odd())


class Odd(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(1))

    def forward(self, codes, numbers, missing):
        return self.w.expand(len(codes))
