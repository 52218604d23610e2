"A file that is there as a whole or not at all."

import os
import stat

import pytest

from entable.data.replacing import replacing


def test_what_was_written_becomes_the_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with replacing(path) as draft:
        draft.write_text("after")
        assert path.read_text() == "before"
        assert draft.parent == tmp_path
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "after")]


def test_what_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")

    def interrupted():
        with replacing(path) as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "before")]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_others_may_read_it_as_any_new_file(tmp_path, mask, mode):
    old = os.umask(mask)
    try:
        with replacing(tmp_path / "a.txt") as draft:
            draft.write_text("text")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode
