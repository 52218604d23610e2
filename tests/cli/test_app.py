"The program as a whole: help, version, completion, and how it ends when something goes wrong."

import os
import subprocess
import sys
from pathlib import Path

import pytest

import entable

PROGRAM = str(Path(sys.executable).with_name("entable"))

COMMANDS = [
    *("fit", "predict", "recommend", "similar", "info", "evaluate", "data", "demo"),
    *("axes", "nearest", "map", "compare", "explain", "report", "table", "text", "image"),
]


def test_it_has_these_commands_and_each_is_described(run):
    page = run("--help").stdout
    told = [line.split(maxsplit=1) for line in page.partition("Commands:")[2].splitlines() if line]
    assert {words[0]: len(words) for words in told} == dict.fromkeys(COMMANDS, 2)


TABLE = ("fit", "encode", "vectors", "importance", "partial", "worst", "profile")


@pytest.mark.parametrize("command", [*COMMANDS, *(f"table {name}" for name in TABLE)])
def test_every_command_has_a_help_page_that_describes_each_option(run, command):
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    options = [line for line in result.stdout.splitlines() if line.startswith("  -")]
    assert options
    for line in options:
        assert "  " in line.strip() or len(line) > 40, f"no help: {line}"


def test_without_arguments_it_shows_help(run):
    assert "Commands:" in run().output


def test_it_says_its_version(run):
    assert run("--version").stdout == f"entable {entable.__version__}\n"


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete"), ("zsh", "compdef"), ("fish", "complete")]
)
def test_the_completion_script_is_printed(program, shell, word):
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # else it is the shell around us
    done = program("--show-completion", shell, env=os.environ | named)
    assert done.returncode == 0, done.stderr
    assert word in done.stdout
    assert "_ENTABLE_COMPLETE" in done.stdout


def test_completion_proposes_commands(program):
    words = {"_ENTABLE_COMPLETE": "complete_bash", "COMP_WORDS": "entable re", "COMP_CWORD": "1"}
    assert program(env=os.environ | words).stdout.split() == ["recommend", "report"]


def test_a_misspelt_command_gets_the_nearest_proposed(run):
    result = run("recomend")
    assert result.exit_code == 2
    assert "recommend" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fit",), "missing argument 'RATINGS'"),
        (("table", "fit", "a.csv", "--epoch", "3"), "no such option: --epoch"),
        (("info", "m", "n"), "n)"),
    ],
)
def test_what_is_typed_wrong_is_refused_in_one_line(run, refused, words, told):
    refused(run(*words), told, " -h says what there is")


def test_a_group_without_a_command_shows_its_page(run):
    result = run("table")
    assert result.exit_code in (0, 2)
    assert "Commands:" in result.output


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (MemoryError(), 2, "memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "m.entable"), 2, "m.entable: No space left"),
        (OSError("odd"), 2, "odd"),
    ],
)
def test_what_goes_wrong_outside_is_one_line(run, monkeypatch, error, code, words):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("entable.load", fail)
    result = run("info", "m.entable")
    assert result.exit_code == code
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [["info", "MODEL"], ["info", "MODEL", "--json"], ["--help"]])
def test_a_reader_that_has_seen_enough_is_no_error(files, words):
    read, write = os.pipe()
    os.close(read)
    command = [PROGRAM, *(files / "model.entable" if word == "MODEL" else word for word in words)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 1


def test_a_terminal_that_knows_no_accents_gets_question_marks(program, files):
    surroundings = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = program("similar", files / "model.entable", 2, "-n", 11, env=surroundings)
    assert done.returncode == 0, done.stderr
    assert "?lisa (1995)" in done.stdout
