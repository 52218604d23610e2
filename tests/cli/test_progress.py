"A bar is drawn for people only."

import io
import re
import sys

from entable.cli.progress import bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def put(monkeypatch, screen):
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "90")
    return screen


def seen(screen):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())


def test_on_a_terminal_it_shows_what_is_reported(monkeypatch):
    screen = put(monkeypatch, Terminal())
    with bar("Learning", first="soon") as report:
        report(3, 4, "error [.9]")
    assert "Learning" in seen(screen)
    assert "error [.9]" in seen(screen)


def test_nobody_looks_at_a_pipe_and_quiet_is_quiet(monkeypatch):
    for screen, quiet in ((Terminal(), True), (io.StringIO(), False)):
        put(monkeypatch, screen)
        with bar("Learning", quiet) as report:
            assert report is None
        assert screen.getvalue() == ""
