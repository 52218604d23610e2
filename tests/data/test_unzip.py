"An archive from elsewhere writes into its folder and nowhere else."

import stat
import zipfile

import pytest

from entable.data.unzip import unzip
from entable.errors import BadInput


def packed(tmp_path, *members):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_files_and_folders_come_out(tmp_path):
    path = packed(tmp_path, ("a/", ""), ("a/b/c.txt", "x"), ("d.txt", "y"))
    out = unzip(path, tmp_path / "out")
    assert (out / "a" / "b" / "c.txt").read_text() == "x"
    assert (out / "d.txt").read_text() == "y"


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/x", "..\\x", "\\\\host\\x", "C:\\x", "C:x", "a/.."]
)
def test_names_that_lead_out_are_refused(tmp_path, name):
    with pytest.raises(BadInput, match="leads out of its folder; refused"):
        unzip(packed(tmp_path, ("fine.txt", "x"), (name, "x")), tmp_path / "o" / "out")
    assert list((tmp_path / "o").rglob("*")) == [tmp_path / "o" / "out"]


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BadInput, match="holds the link 'link'; refused"):
        unzip(packed(tmp_path, (link, "/etc/passwd")), tmp_path / "out")


def test_too_much_is_refused_before_it_is_unpacked(tmp_path):
    path = packed(tmp_path, ("a", bytes(5000)), ("b", bytes(5001)))
    assert path.stat().st_size < 500
    with pytest.raises(BadInput, match=r"would unpack to 2 files of 10,001 bytes; refused"):
        unzip(path, tmp_path / "out", most_bytes=10_000)
    assert list((tmp_path / "out").iterdir()) == []


def test_more_than_was_announced_is_never_written(tmp_path):
    path = packed(tmp_path, ("a", bytes(5000)))
    raw = path.read_bytes()
    size = (5000).to_bytes(4, "little")
    assert raw.count(size) == 2, "in the member's header and in the list at the end"
    path.write_bytes(raw.replace(size, (50).to_bytes(4, "little")))
    with pytest.raises(BadInput, match="no sound zip archive"):
        unzip(path, tmp_path / "out")
    assert sum(file.stat().st_size for file in (tmp_path / "out").iterdir()) <= 50


@pytest.mark.parametrize("cut", [0, 10, -30])
def test_damaged_archives_are_said(tmp_path, cut):
    path = packed(tmp_path, ("a", "x" * 100))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadInput, match=r"^a.zip is no sound zip archive: "):
        unzip(path, tmp_path / "out")


def test_a_damaged_member_is_said(tmp_path):
    path = packed(tmp_path, ("a", "hello " * 100))
    raw = bytearray(path.read_bytes())
    raw[35] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=r"^a.zip is no sound zip archive: "):
        unzip(path, tmp_path / "out")
