"Reading gives back what was written, or says what is wrong; never anything else."

import gzip
import os
import pickle
import random
import subprocess
import sys
import zipfile

import numpy as np
import polars as pl
import pytest

from entable import modelfile
from entable.errors import BadInput, BadModelFile


def content(path):
    "All that a file says, comparable byte by byte."
    kind, about, arrays = modelfile.read(path)
    told = {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in arrays.items()}
    return kind, about, told


def test_what_was_written_comes_back(good, about, arrays):
    kind, told, read = modelfile.read(good)
    assert (kind, told) == ("tests", about)
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_arrays_are_read_only_views_that_start_where_they_can_be_used(good):
    for array in modelfile.read(good).arrays.values():
        assert not array.flags.writeable
        assert not array.size or array.ctypes.data % array.itemsize == 0
    assert modelfile.peek(good).start % 64 == 0


def test_the_library_of_the_format_reads_the_same_arrays(good, arrays):
    from safetensors.numpy import load_file

    read = load_file(good)
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype


def test_a_peek_tells_without_the_arrays(good, about, arrays):
    told = modelfile.peek(good)
    assert (told.kind, told.about, told.size) == ("tests", about, good.stat().st_size)
    assert {name: slot.shape for name, slot in told.slots.items()} == {
        name: array.shape for name, array in arrays.items()
    }


def test_a_peek_does_not_mind_a_damaged_array_but_reading_does(good):
    whole = bytearray(good.read_bytes())
    whole[-1] ^= 1
    good.write_bytes(whole)
    assert modelfile.peek(good).kind == "tests"
    with pytest.raises(BadModelFile, match="damaged: the checksum of 'raw'"):
        modelfile.read(good)


def mutated(whole: bytes, rng: random.Random) -> bytes:
    "A file with something flipped, inserted, removed, cut off or swapped."
    b, at = bytearray(whole), rng.randrange(len(whole))
    length = rng.choice([1, 1, 2, 8, 64])
    match rng.randrange(6):
        case 0:
            for _ in range(length):
                b[rng.randrange(len(b))] ^= 1 << rng.randrange(8)
        case 1:
            b[at:at] = rng.randbytes(length)
        case 2:
            del b[at : at + length]
        case 3:
            del b[at:]
        case 4:
            other = rng.randrange(len(b))
            b[at : at + length], b[other : other + length] = (
                b[other : other + length],
                b[at : at + length],
            )
        case 5:
            b[at] = rng.randrange(256)
    return bytes(b)


def test_a_thousand_mutated_files_give_an_error_or_the_same_content(good, tmp_path):
    want, whole = content(good), good.read_bytes()
    rng, path, refused = random.Random(0), tmp_path / "mutated.entable", 0
    for _ in range(1000):
        path.write_bytes(mutated(whole, rng))
        try:
            got = content(path)
        except BadModelFile:
            refused += 1
        else:
            assert got == want
    assert 900 < refused < 1000  # some swap a byte with itself


def test_every_place_where_a_file_may_be_cut_off(good, tmp_path):
    whole, path = good.read_bytes(), tmp_path / "cut.entable"
    for end in range(0, len(whole), 3):
        path.write_bytes(whole[:end])
        with pytest.raises(BadModelFile):
            modelfile.read(path)


def ratings_files(folder):
    table = pl.DataFrame({"user": [1, 2], "item": [3, 4], "rating": [5.0, 1.0]})
    table.write_csv(folder / "r.csv")
    table.write_csv(folder / "r.tsv", separator="\t", include_header=False)
    table.write_parquet(folder / "r.parquet")
    table.write_ipc(folder / "r.arrow")
    table.write_ndjson(folder / "r.jsonl")
    (folder / "r.csv.gz").write_bytes(gzip.compress(b"user,item,rating\n1,2,3\n"))
    (folder / "r.latin").write_bytes("Amélie;Brazil;3\n".encode("latin-1") * 20)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("r.csv", "looks like text; ratings are read by"),
        ("r.tsv", "looks like text; ratings are read by"),
        ("r.latin", "looks like text; ratings are read by"),
        ("r.jsonl", "ratings are read by"),
        ("r.parquet", "Parquet table; ratings are read by"),
        ("r.arrow", "Arrow table; ratings are read by"),
        ("r.csv.gz", "gzip; ratings are read by"),
    ],
)
def test_ratings_given_as_a_model_are_said_to_be_so(tmp_path, name, what):
    ratings_files(tmp_path)
    with pytest.raises(BadModelFile, match=f"{name} is no Entable model file: .*{what}"):
        modelfile.read(tmp_path / name)


def test_other_files_are_named_for_what_they_are(tmp_path):
    from safetensors.numpy import save_file

    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("a", "b")
    (tmp_path / "pickle").write_bytes(pickle.dumps([1, 2], protocol=4))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "short").write_bytes(b"\x08\0\0")
    (tmp_path / "zeros").write_bytes(bytes(100))
    np.save(tmp_path / "array.npy", np.zeros(3))
    save_file({"a": np.zeros(3)}, tmp_path / "tensors")
    said = {
        "zip": "zip archive",
        "pickle": "pickle, which is never opened",
        "empty": "empty",
        "short": "no safetensors file",
        "zeros": "no safetensors file",
        "array.npy": "NumPy array",
        "tensors": "not one that Entable wrote",
    }
    for name, what in said.items():
        with pytest.raises(BadModelFile, match=what):
            modelfile.read(tmp_path / name)


def test_no_file_and_a_folder_are_said_so(tmp_path):
    with pytest.raises(BadInput, match=r"no file .*nothing\.entable; a model file was expected"):
        modelfile.read(tmp_path / "nothing.entable")
    with pytest.raises(BadInput, match="is a folder"):
        modelfile.peek(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="no plain file"):
        modelfile.read(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="could not be opened"):
        modelfile.read(tmp_path / "file" / "below")


def test_a_process_that_reads_shares_the_pages_and_needs_no_pickle(good):
    code = f"""
import sys
from entable import modelfile
held = modelfile.read({str(good)!r})
assert "pickle" not in vars(modelfile), "pickle"
assert open("/proc/self/maps").read().count({good.name!r}) == 1
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_arrays_outlive_the_file_that_is_replaced(good, about, arrays):
    "A running server keeps the old model while a new one is written over it."
    old = modelfile.read(good).arrays["a"]
    modelfile.write(good, "tests", about, arrays | {"a": np.zeros((9, 9), "f4")})
    np.testing.assert_array_equal(old, arrays["a"])
