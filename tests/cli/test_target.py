"Where a command writes is looked at before it works, and nothing is left by looking."

from contextlib import suppress

import pytest

from entable.cli import target
from entable.errors import BadInput


def test_a_new_file_in_a_folder_is_fine_and_not_made_yet(tmp_path):
    target.check(tmp_path / "m.entable", force=False)
    assert not list(tmp_path.iterdir())


def test_a_file_that_exists_needs_force(tmp_path):
    out = tmp_path / "m.entable"
    out.write_text("old")
    with pytest.raises(BadInput, match="--force"):
        target.check(out, force=False)
    target.check(out, force=True)
    assert out.read_text() == "old"


@pytest.mark.parametrize(
    ("where", "told"),
    [("file/m", "is a file, not a folder"), ("none/m", "is no folder"), (".", "is a folder")],
)
def test_other_places_are_refused_with_force_too(tmp_path, where, told):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=told):
        target.check(tmp_path / where, force=True)


def test_a_full_disk_is_found_out(small_disk):
    with (small_disk / "filler").open("ab", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(1024)):
            pass
    with pytest.raises(BadInput, match="No space left"):
        target.check(small_disk / "m.entable", force=False)
