"Streams of codes out of texts and files."

import numpy as np
import pytest

from entable.data.text import Cut, Text, source
from entable.errors import BadInput


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.txt"
    path.write_bytes("\ufeffOne line,\r\nand änother.\n".encode())
    return path


def test_a_file_is_one_stream(book):
    text = Text.read(book)
    assert text.decode(text.codes) == "One line,\nand änother.\n"
    assert len(text) == 23
    assert "characters" in repr(text)


def test_a_larger_file_stays_in_a_file(book, tmp_path, monkeypatch):
    monkeypatch.setattr(source, "PIECE", 4)
    text = Text.read(book, to=tmp_path / "book.codes", lower=True)
    assert isinstance(text.codes, np.memmap)
    assert text.decode(text.codes) == "one line,\nand änother.\n"
    assert text.codes.tolist() == Text.read(book, lower=True).codes.tolist()
    first, last = text.split(0.5)
    assert isinstance(last.codes, np.memmap)
    assert "in a file" in repr(first)


@pytest.mark.parametrize("cut", ["characters", "words", 260])
def test_pieces_of_a_file_give_what_the_whole_gives(book, cut, tmp_path, monkeypatch):
    book.write_text("".join(f"line {n} of a text\n" for n in range(50)))
    whole = Text.read(book, cut)
    monkeypatch.setattr(source, "PIECE", 20)
    parts = Text.read(book, whole.cut, to=tmp_path / "codes")
    assert parts.codes.tolist() == whole.codes.tolist()


def test_a_tokenizer_is_a_file(book, tmp_path):
    cut = Cut.learn_pieces(["one line, and another"] * 9, 270)
    path = tmp_path / "tokenizer.json"
    path.write_text(cut.tokenizer)
    assert Text.read(book, path).decode(cut.encode("one")) == "one"
    assert Text.read(book, str(path)).vocab == cut.vocab


def test_the_last_part_is_held_out():
    text = Text.of("abcdefghij")
    learnt, held = text.split(0.2)
    assert held.decode(held.codes) == "ij"
    assert held.cut is learnt.cut is text.cut
    assert text.encode("jj").tolist() == [11, 11]
    for share in (0, 1, 0.01, -1):
        with pytest.raises(BadInput, match="leaves something on both sides"):
            text.split(share)


def test_an_empty_file_or_text_is_refused(tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    for make in (lambda: Text.of(""), lambda: Text.read(path)):
        with pytest.raises(BadInput, match="the text is empty"):
            make()
    with pytest.raises(BadInput, match="the text is empty"):
        Text.read(path, Cut.learn(["a"]), to=tmp_path / "codes")
    assert not (tmp_path / "codes").exists()


def test_what_is_no_file_of_text_is_said(tmp_path, book):
    with pytest.raises(BadInput, match=r"no such file.*Text.of takes text"):
        Text.read("Call me Ishmael.")
    with pytest.raises(BadInput, match="is a folder"):
        Text.read(tmp_path)
    (tmp_path / "cat.jpg").write_bytes(b"line\n\xff\xd8\0\0")
    with pytest.raises(BadInput, match=r"cat.jpg, line 2: there is a byte 0"):
        Text.read(tmp_path / "cat.jpg")
    (tmp_path / "zeros").write_bytes(b"line\n\0\0")
    with pytest.raises(BadInput, match="line 2: there is a byte 0, so this is a binary"):
        Text.read(tmp_path / "zeros")
    with pytest.raises(BadInput, match="a int came"):
        Text.of(3)
    with pytest.raises(BadInput, match="encoding='klingon' came"):
        Text.read(book, encoding="klingon")


def test_bytes_that_are_no_utf8_are_named_and_may_be_another_encoding(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes(b"one\ntwo\nth\xe9e\n")
    with pytest.raises(BadInput, match=r"old.txt, line 3: the byte 0xe9 is no UTF-8.*latin-1"):
        Text.read(path)
    assert Text.read(path, encoding="latin-1").decode([4]) != ""
    path.write_text("hello", "utf-16")
    with pytest.raises(BadInput, match="is UTF-16, not utf-8"):
        Text.read(path)
    assert len(Text.read(path, encoding="utf-16")) == 5


def test_other_cuts_are_refused():
    for cut in ("letters", True, None, 5):
        with pytest.raises(BadInput, match=r"cut="):
            Text.of("some text", cut)


def test_codes_are_what_they_should_be():
    cut = Cut.learn(["ab"])
    with pytest.raises(BadInput, match="one row of int32"):
        Text(np.zeros((2, 2), np.int32), cut)


@pytest.mark.realdata
def test_nietzsche_has_84_characters_and_56_in_lower_case(real):
    path = real / "nietzsche" / "nietzsche.txt"
    assert len(Text.read(path).vocab) + 1 == 85  # the lesson counts one for padding
    assert len(Text.read(path, lower=True).vocab) == len(set(path.read_text("utf-8").lower()))
