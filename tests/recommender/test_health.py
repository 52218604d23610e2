"A model's health is that of its items, its users and its size."

import numpy as np
import pytest

from entable.errors import BadInput
from entable.interpret.ladder import climb


def test_both_sides_are_examined(model):
    found = model.health()
    assert found.items.table.equals(model.items.health().table)
    assert found.users.table.equals(model.users.health().table)
    assert "stable neighbours" not in found.table["figure"]
    assert found.ladder is None


def test_a_twin_gives_stability_to_both(made):
    found = made().health(twin=made(seed=1))
    rows = found.table.filter(found.table["figure"] == "stable neighbours")
    assert rows["of"].to_list() == ["items", "users"]


def test_a_ladder_is_told_in_it(model):
    noise = np.random.default_rng(0).standard_normal(50)
    found = model.health(ladder=climb({3: noise, 6: noise / 2}, 3))
    assert found.table["figure"].to_list()[-1] == "number of factors"
    assert "6 factors instead of 3 would help" in found.notes[-1]


def test_a_model_without_vectors_cannot_be_examined(made):
    with pytest.raises(BadInput, match="have a vector that is not 0"):
        made(k=0).health()
