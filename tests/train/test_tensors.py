"Tensors of any type and rank become arrays of a file, and come back bit for bit."

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from entable.train.tensors import packed, unpacked

TYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
    torch.int16, torch.int8, torch.uint8, torch.bool, torch.complex64, torch.complex128,
]  # fmt: skip


@given(st.sampled_from(TYPES), st.lists(st.integers(0, 3), max_size=6), st.integers(0, 99))
def test_bits_come_back(dtype, shape, seed):
    generator = torch.Generator().manual_seed(seed)
    tensor = (torch.randn(shape, generator=generator) * 3).to(dtype)
    about, arrays = packed({"a": tensor})
    assert arrays["a"].dtype in (np.float64, np.float32, np.int64, np.int32, np.uint8)
    for array in arrays.values():
        array.flags.writeable = False  # as those of a file
    found = unpacked(about, arrays)["a"]
    assert found.dtype == dtype
    assert torch.equal(found, tensor)


def test_bits_that_are_no_numbers_and_strides_come_back():
    odd = torch.tensor([torch.nan, -0.0, torch.inf])
    tensor = torch.arange(6.0).reshape(2, 3).T
    found = unpacked(*packed({"odd": odd, "turned": tensor}))
    assert found["odd"].numpy().tobytes() == odd.numpy().tobytes()
    assert torch.equal(found["turned"], tensor)


def test_what_cannot_be_kept_or_read_is_refused():
    with pytest.raises(TypeError, match="sparse_coo"):
        packed({"a": torch.eye(2).to_sparse()})
    about, arrays = packed({"a": torch.zeros(2, 3)})
    for wrong in (
        {},
        {"a": ["float32", 7]},
        {"a": ["object", 6]},
        {"a": ["float32", -1]},
        {"a": 3},
    ):
        with pytest.raises(ValueError, match="it"):
            unpacked(wrong, arrays)
    assert unpacked(about, arrays)["a"].shape == (2, 3)
    flags = unpacked({"b": ["bool", 3]}, {"b": np.array([0, 1, 255], np.uint8)})["b"]
    assert flags.tolist() == [False, True, True]
