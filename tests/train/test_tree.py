"State taken apart and put together again is the same, type by type."

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from entable.train.tree import grown, pruned

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=20,
)


def there_and_back(state):
    tensors = {}
    told = json.loads(json.dumps(pruned(state, tensors), allow_nan=False))
    return grown(told, tensors)


@given(TREES)
def test_a_tree_comes_back_with_its_types(state):
    assert repr(there_and_back(state)) == repr(state)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(3.5), torch.arange(6).reshape(2, 3), torch.zeros(0, 4),
        torch.ones(2, dtype=torch.bfloat16), torch.tensor([True, False]),
        torch.tensor([math.nan, -0.0]),
    ],
)  # fmt: skip
def test_tensors_come_back_as_copies(tensor):
    [back] = there_and_back([tensor])
    assert back.dtype == tensor.dtype
    assert back.shape == tensor.shape
    assert back.numpy(force=True).tobytes() if back.dtype != torch.bfloat16 and back.numel() else 1
    assert torch.equal(back.nan_to_num(7), tensor.nan_to_num(7))
    assert back.data_ptr() != tensor.data_ptr() or not tensor.numel()


@pytest.mark.parametrize("coalesced", [True, False])
def test_sparse_gradients_come_back(coalesced):
    at = [[3, 1, 3]]
    made = torch.sparse_coo_tensor(at, torch.randn(3, 2), (5, 2), check_invariants=True)
    made = made.coalesce() if coalesced else made
    back = there_and_back({"grad": made})["grad"]
    assert back.is_coalesced() == coalesced
    assert torch.equal(back._indices(), made._indices())
    assert torch.equal(back._values(), made._values())
    assert back.shape == made.shape


def test_arrays_and_their_numbers_come_back():
    state = {"a": np.arange(4.0), "n": np.int64(3), "x": np.float32(0.1)}
    back = there_and_back(state)
    assert isinstance(back["a"], np.ndarray)
    assert back["a"].tolist() == [0, 1, 2, 3]
    assert back["n"] == 3
    assert back["x"] == float(np.float32(0.1))


@pytest.mark.parametrize("thing", [object(), {1, 2}, print, b"bytes", 1j])
def test_anything_else_is_refused(thing):
    with pytest.raises(TypeError, match=type(thing).__name__):
        pruned({"deep": [thing]}, {})


@pytest.mark.parametrize(
    "told",
    [
        {}, {"a": 1, "b": 2}, {"eval": "1"}, {"tensor": "9"}, {"dict": [1]}, {"tuple": None},
        {"sparse": ["0", "0"]}, {"dict": [[{"dict": []}, 1]]}, {"float": None},
        {"sparse": ["0", "1", [1, 1], False]},
    ],
)  # fmt: skip
def test_what_is_not_written_so_is_refused(told):
    tensors = {"0": torch.tensor([[5]]), "1": torch.ones(1, 1)}
    with pytest.raises(ValueError, match="its state"):
        grown(told, tensors)
