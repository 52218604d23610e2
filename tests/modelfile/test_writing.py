"A model file is written whole or not at all."

import os
import random
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from entable import modelfile
from entable.errors import BadInput


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_same_content_gives_the_same_bytes_in_any_order(tmp_path, about, arrays):
    one = modelfile.write(tmp_path / "one", "tests", about, arrays)
    other = modelfile.write(tmp_path / "two", "tests", about, dict(reversed(arrays.items())))
    assert one.read_bytes() == other.read_bytes()


def test_arrays_of_any_layout_are_written_alike(tmp_path):
    array = np.arange(12, dtype="f8").reshape(3, 4)
    kinds = {"c": array, "fortran": np.asfortranarray(array), "swapped": array.astype(">f8")}
    kinds["strided"] = np.repeat(array, 2, axis=1)[:, ::2]
    path = modelfile.write(tmp_path / "m", "tests", {}, kinds)
    for read in modelfile.read(path).arrays.values():
        np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("dtype", ["O", "bool", "M8[D]", "c16", "f2", "U3"])
def test_other_types_are_refused_before_anything_is_written(tmp_path, dtype):
    with pytest.raises(TypeError, match="the file takes"):
        modelfile.write(tmp_path / "m", "tests", {}, {"a": np.zeros(3, dtype)})
    assert names(tmp_path) == []


def test_a_description_too_large_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(BadInput, match="leave out columns of facts"):
        modelfile.write(tmp_path / "m", "tests", {"notes": "x" * 2_000_000}, {})
    assert names(tmp_path) == []


def test_an_old_file_is_written_over_only_if_asked(good, about, arrays):
    before = good.read_bytes()
    with pytest.raises(BadInput, match=r"good\.entable exists already.*--force"):
        modelfile.write(good, "tests", {"other": 1}, arrays, force=False)
    assert good.read_bytes() == before
    modelfile.write(good, "tests", {"other": 1}, arrays)
    assert modelfile.read(good).manifest == {"other": 1}


def test_a_link_stays_a_link(tmp_path, good, arrays):
    link = tmp_path / "link.entable"
    link.symlink_to(good)
    assert modelfile.write(link, "tests", {"new": 1}, arrays) == good
    assert link.is_symlink()
    assert modelfile.read(good).manifest == {"new": 1}


def test_the_file_has_the_rights_that_any_new_file_has(good, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    assert stat.S_IMODE(good.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("where", ["file/below/m.entable", "nowhere/m.entable", "x" * 300])
def test_a_place_that_cannot_be_written_is_said(tmp_path, arrays, where):
    "A path below a file fails for root, too."
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"could not be written .*choose another place"):
        modelfile.write(tmp_path / where, "tests", {}, arrays)
    assert names(tmp_path) == ["file"]


def test_a_folder_and_a_device_are_never_replaced(tmp_path, arrays):
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path, tmp_path / "pipe", os.devnull):
        with pytest.raises(BadInput, match="no plain file"):
            modelfile.write(target, "tests", {}, arrays)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert names(tmp_path) == ["pipe"]


class Stop(BaseException):
    "What a Ctrl-C would be."


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(good, arrays, monkeypatch):
    before = good.read_bytes()

    def interrupt(handle):
        raise Stop

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(Stop):
        modelfile.write(good, "tests", {}, arrays)
    assert good.read_bytes() == before
    assert names(good.parent) == [good.name]


@pytest.fixture
def small_disk(tmp_path):
    "A file system of one megabyte."
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(small_disk, about, arrays):
    path = modelfile.write(small_disk / "m.entable", "tests", about, arrays)
    before = path.read_bytes()
    with pytest.raises(BadInput, match="No space left"):
        modelfile.write(path, "tests", {}, {"large": np.zeros(1 << 18)})
    assert path.read_bytes() == before
    assert names(small_disk) == ["m.entable"]


WRITER = """
import sys
import numpy as np
from entable import modelfile
number = 0
while True:
    number += 1
    modelfile.write(sys.argv[1], "tests", {"n": number}, {"a": np.full(100_000, number, "f8")})
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path):
    path, rng = tmp_path / "m.entable", random.Random(0)
    modelfile.write(path, "tests", {"n": 0}, {"a": np.zeros(100_000)})
    writer, last = None, 0
    for _ in range(20):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        last = int(writer.stdout.readline())  # it is in its loop, over an old file
        until = time.perf_counter() + rng.random() * 0.01
        while time.perf_counter() < until:
            pass
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            last = int(line)
        writer.stdout.close()
        assert writer.wait() == -signal.SIGKILL
        _, about, arrays = modelfile.read(path)
        assert about["n"] in (last, last + 1)
        assert (arrays["a"] == about["n"]).all()
