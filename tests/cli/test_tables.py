"Tables show every name whole, in a pipe and in a narrow terminal."

import pytest

from entable.cli import tables

LONG = "The very long title of a film that does not end, part " + "x" * 200


@pytest.fixture
def pipe(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def test_in_a_pipe_a_row_is_a_line(pipe, capsys):
    tables.table(["item", ">score"], [(LONG, 4.5), ("[b]", None)])
    head, _, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["item", "score"]
    assert LONG in first
    assert first.endswith("4.50")
    assert second == "[b]"


def test_in_a_narrow_terminal_nothing_is_lost(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    tables.table(["item"], [(LONG,)])
    tables.facts([("path", LONG)])
    tables.lines(LONG, indent=4)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert "".join(out.split()).count(LONG.replace(" ", "")) == 3


def test_no_line_ends_in_blanks(pipe, capsys):
    tables.table(["item", "note"], [("a", None), ("b", "c")])
    tables.lines("a", "b", indent=2, style="bold")
    assert not any(line != line.rstrip() for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("name", ["\x1b[2J", "a\tb", "\x07", "\x9b1m", "\u202e"])
def test_a_name_cannot_steer_the_terminal(name):
    assert tables.printable(name).isprintable()
