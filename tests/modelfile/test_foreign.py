"Weights that others wrote are read number for number, and whatever is wrong with a file is said."

import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from entable.errors import BadInput, BadModelFile
from entable.modelfile.foreign import read_tensors

KINDS = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
         torch.int16, torch.int8, torch.uint8)  # fmt: skip


def write(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def told(shape=(2,), begin=0, end=8, dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def test_every_type_is_read_as_torch_reads_it(tmp_path):
    torch.manual_seed(0)
    given = {str(kind): (10 * torch.randn(3, 4)).to(kind) for kind in KINDS}
    given |= {"none": torch.zeros(0, 3), "one": torch.tensor(7), "deep": torch.randn(2, 1, 3, 3, 1)}
    save_file(given, tmp_path / "a.safetensors", {"format": "pt"})
    found = read_tensors(tmp_path / "a.safetensors")
    assert found.keys() == given.keys()
    for name, value in given.items():
        half = value.dtype in (torch.float16, torch.bfloat16)
        expected = (value.float() if half else value).numpy()
        assert found[name].dtype == expected.dtype, name
        assert np.array_equal(found[name], expected), name


@pytest.mark.parametrize(
    ("header", "data", "why"),
    [
        (b"[]", b"", "its header is missing"),
        (b"{nonsense}", b"", "cannot be read as safetensors"),
        ({"a": 1}, b"", "'a' is not described"),
        ({"a": told() | {"more": 1}}, b"x" * 8, "'a' is not described"),
        ({"a": told(dtype="C64")}, b"x" * 8, "of type 'C64', none of F64"),
        ({"a": told((3,))}, b"x" * 8, "8 bytes for the shape (3,)"),
        ({"a": told((-2,))}, b"x" * 8, "no sound shape"),
        ({"a": told((2.0,))}, b"x" * 8, "no sound shape"),
        ({"a": told((1,) * 9, 0, 4)}, b"x" * 4, "no sound shape"),
        ({"a": told((True, 2))}, b"x" * 8, "no sound shape"),
        ({"a": told(begin=8, end=16)}, b"x" * 16, "overlaps another or leaves a gap"),
        ({"a": told(), "b": told(begin=4, end=12)}, b"x" * 12, "overlaps another"),
        ({"a": told()}, b"x" * 9, "its tensors have 8 bytes, the file has 9"),
        ({"a": told()}, b"x" * 7, "its tensors have 8 bytes, the file has 7"),
        (b'{"a": {}, "a": {}}', b"", "names something twice"),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", b"", "cannot be read"),
    ],
)
def test_damaged_and_crafted_files_are_refused(tmp_path, header, data, why):
    with pytest.raises(BadModelFile) as caught:
        read_tensors(write(tmp_path / "a.safetensors", header, data))
    assert why in str(caught.value)


def test_what_is_no_safetensors_file_is_recognised(tmp_path):
    path = tmp_path / "a.safetensors"
    with pytest.raises(BadInput, match="there is no file"):
        read_tensors(path)
    path.write_bytes(b"")
    with pytest.raises(BadModelFile, match="it is empty"):
        read_tensors(path)
    path.write_bytes(pickle.dumps({"a": 1}) + b"more")
    with pytest.raises(BadModelFile, match="a pickle, which is never opened"):
        read_tensors(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("data.pkl", b"x")
    with pytest.raises(BadModelFile, match=r"as torch\.save writes; .* as \.safetensors"):
        read_tensors(path)
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    with pytest.raises(BadModelFile, match="no safetensors file"):
        read_tensors(path)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 300), st.binary(min_size=1, max_size=12))
def test_any_damage_is_said_or_does_no_harm(tmp_path_factory, at, junk):
    path = tmp_path_factory.mktemp("damaged") / "a.safetensors"
    save_file({"a": torch.ones(4, 4), "b": torch.arange(5)}, path)
    data = path.read_bytes()
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    try:
        found = read_tensors(path)
    except BadModelFile:
        return
    assert sum(value.nbytes for value in found.values()) == 64 + 40
