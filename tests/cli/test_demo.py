"`entable demo`: the whole way, on made-up and on real ratings."

import os
import re
import sys
from pathlib import Path

import pytest

import entable


def terminal():
    "The environment of a terminal 80 wide that finds the program by its name."
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"COLUMNS": "80", "PATH": path}


def errors(page):
    "The table of errors: predictor -> RMSE."
    rows = re.findall(r"^(mean|user \+ item means|Entable) +([\d.]+) +[\d.]+$", page, re.MULTILINE)
    return {name: float(error) for name, error in rows}


def held(done, folder):
    "What every demo must show; its model."
    assert done.returncode == 0, done.stderr
    rmse = errors(done.stdout)
    assert rmse["Entable"] < rmse["user + item means"] < rmse["mean"]
    for words in ("Best items", "Worst items", "For user", "because they rated", "entable similar"):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    return entable.load(folder / "demo" / "demo.entable")


def test_made_up_ratings_go_the_whole_way_and_again(program, tmp_path):
    first = program("demo", cwd=tmp_path, env=terminal())
    model = held(first, tmp_path)
    assert model.users.counts.sum() == 270_000
    assert 0.75 < share_inside(first.stdout) < 0.85
    again = program("demo", cwd=tmp_path, env=terminal())
    timeless = re.compile("Learnt in .*? by")
    assert timeless.sub("", again.stdout) == timeless.sub("", first.stdout)


def share_inside(page):
    return float(re.search(r"([\d.]+) % of them lie inside", page)[1]) / 100


@pytest.mark.realdata
def test_real_ratings_with_titles(program, real, tmp_path):
    done = program("demo", "--ratings", real / "ml-100k" / "u.data", "--names",
                   real / "ml-100k" / "u.item", cwd=tmp_path,
                   env=terminal())  # fmt: skip
    assert held(done, tmp_path).items.labels is not None
    assert "Schindler's List (1993)" in done.stdout
    assert "u.item: not UTF-8, read as Latin-1" in done.stdout
    assert "Warning" not in done.stderr


@pytest.mark.realdata
@pytest.mark.slow
def test_a_million_real_ratings_with_the_titles_of_movies_dat(program, real, tmp_path):
    done = program("demo", "--ratings", real / "ml-1m" / "ratings.csv", "--names",
                   real / "ml-1m" / "movies.dat", cwd=tmp_path,
                   env=terminal())  # fmt: skip
    assert held(done, tmp_path).users.counts.sum() == 900_188
    assert re.search(r"Shawshank Redemption, The \(1994\)|Godfather, The \(1972\)", done.stdout)


def test_a_few_ratings_without_titles_are_enough(run, files, tmp_path):
    out = tmp_path / "m.entable"
    done = run("demo", "--ratings", files / "ratings.csv", "-o", out)
    assert done.exit_code == 0, done.output
    assert "For user" in done.stdout
    assert entable.load(out)


def test_an_output_that_cannot_be_written_is_refused_first(run, tmp_path, refused):
    (tmp_path / "file").write_text("")
    refused(run("demo", "-o", tmp_path / "file" / "m.entable"), tmp_path)
