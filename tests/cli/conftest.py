"A small model and its files, the program in this process, and the program as a process."

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from entable.cli import app

TITLES = {
    1: "Alien (1979)",
    2: "Brazil (1985)",
    3: "Clue (1985)",
    4: "Dune (1984)",
    5: "Élisa (1995)",
}
PROGRAM = str(Path(sys.executable).with_name("entable"))


def rows(users=40, items=12):
    "Even users love even items, more or less; each misses some of both."
    mood = random.Random(0)
    return [
        (user, item, min(max(round(4 - 2 * ((user + item) % 2) + mood.gauss(0, 0.8)), 1), 5))
        for user in range(1, users + 1)
        for item in range(1, items + 1)
        if (3 * user + 5 * item) % 4
    ]


def csv(path, head, body):
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in body)]) + "\n")
    return path


@pytest.fixture
def table(tmp_path):
    "Write a small CSV file: table('a.csv', 'user,item', [(1, 2), ...]) -> its path."
    return lambda name, head, body: csv(tmp_path / name, head, body)


@pytest.fixture
def run():
    "Run the program in this process: run('fit', ...) -> result with exit_code, stdout, stderr."
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def program():
    "Run the program as a process: program('fit', ...) -> CompletedProcess."

    def call(*args, **options):
        command = [PROGRAM, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, **options)

    return call


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    "A folder with ratings.csv, titles.csv and a model learnt from them, model.entable."
    folder = tmp_path_factory.mktemp("cli")
    csv(folder / "ratings.csv", "user,item,rating", rows())
    names = TITLES | {item: f"Film {item}" for item in range(6, 13)}
    csv(folder / "titles.csv", "item,title", names.items())
    done = CliRunner().invoke(
        app,
        ["fit", f"{folder}/ratings.csv", "-o", f"{folder}/model.entable", "--names",
         f"{folder}/titles.csv", "--draws", "30", "--factors", "4", "--quiet"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def refused():
    "Checks that a result is a refusal: exit code 2, one line on stderr that holds some words."

    def check(result, *words):
        code = result.exit_code if hasattr(result, "exit_code") else result.returncode
        assert code == 2, result
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 1, result.stderr
        assert lines[0].startswith("entable: ")
        assert not result.stdout
        for word in words:
            assert str(word) in lines[0]

    return check


@pytest.fixture
def small_disk(tmp_path):
    "A folder on a disk of its own that is all but full."
    if os.geteuid():
        pytest.skip("only root can mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        (folder / "filler").write_bytes(bytes(60 * 1024))
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
