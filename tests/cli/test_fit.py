"`entable fit`: what it writes, says and refuses."

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import entable

PROGRAM = str(Path(sys.executable).with_name("entable"))
SMALL = ("--draws", "20", "--factors", "2")


def test_the_file_it_writes_is_the_model_it_tells_of(run, files, tmp_path):
    out = tmp_path / "m.entable"
    done = run("fit", files / "ratings.csv", "-o", out, *SMALL, "--seed", 3, "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    model = entable.load(out)
    assert answer["model"] == str(out)
    assert answer["bytes"] == out.stat().st_size
    assert answer["users"] == len(model.users) == 40
    assert answer["items"] == len(model.items) == 12
    assert answer["ratings"] == model.users.counts.sum()
    assert answer["settings"] == model.settings
    assert answer["settings"]["seed"] == 3
    assert answer["valid"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["m.entable"]


def test_what_was_found_and_what_it_will_cost_is_said_before(run, files, tmp_path):
    done = run("fit", files / "ratings.csv", "-o", tmp_path / "m.entable", *SMALL)
    assert "ratings.csv: comma-separated, with a header" in done.stderr
    assert "MB" in done.stderr
    assert "40 users" in done.stdout


def test_quiet_says_nothing(run, files, tmp_path):
    done = run("fit", files / "ratings.csv", "-o", tmp_path / "m.entable", *SMALL, "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_share_held_out_is_judged_beside_the_baselines(run, files, tmp_path):
    path, out = files / "ratings.csv", tmp_path / "m.entable"
    answer = json.loads(run("fit", path, "-o", out, *SMALL, "--valid", ".25", "--json").stdout)
    everything = len(entable.Ratings.read(str(path)))
    assert answer["ratings"] + answer["valid"]["n"] == everything
    assert answer["valid"]["n"] == pytest.approx(everything / 4, abs=1)
    assert answer["valid"]["rmse"] < answer["valid"]["baselines"]["mean"]["rmse"]
    told = run("fit", path, "-o", out, *SMALL, "--valid", ".25", "--force").stdout
    assert f"{answer['valid']['rmse']:.4f}" in told


@pytest.mark.parametrize("solver", ["bayes", "als", "sgd"])
def test_every_solver_fits_and_the_same_seed_gives_the_same_file(run, files, tmp_path, solver):
    first, second = tmp_path / "1.entable", tmp_path / "2.entable"
    for out, threads in ((first, 1), (second, 2)):
        done = run("fit", files / "ratings.csv", "-o", out, "--solver", solver, "--factors", 2,
                   "--seed", 5, "--threads", threads, "--quiet")  # fmt: skip
        assert done.exit_code == 0, done.output
    one, two = entable.load(first), entable.load(second)
    assert (one.users.vectors == two.users.vectors).all()
    assert (one.items.bias == two.items.bias).all()


def test_columns_range_names_and_facts_are_passed_on(run, table, tmp_path):
    ratings = table("r.csv", "who,what,stars,at,junk", [
        (f"u{n % 7}", n % 5, n % 4 + 1, n, "x") for n in range(35)])  # fmt: skip
    facts = table("facts.csv", "who,age", [(f"u{n}", 20 + n) for n in range(7)])
    titles = table("titles.csv", "what,title", [(n, f"Film {n}") for n in range(5)])
    out = tmp_path / "m.entable"
    done = run("fit", ratings, "-o", out, *SMALL, "--user", "who", "--item", "what", "--rating",
               "stars", "--time", "at", "--names", titles, "--user-facts", facts,
               "--range", "1,5", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    model = entable.load(out)
    assert json.loads(done.stdout)["range"] == [1, 5]
    assert model.users.facts["age"].to_list() == [20 + int(name[1]) for name in model.users.names]
    assert model.items.label([model.items.position(3)])[0] == "Film 3"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--range", "1-5"), "'1-5' is no pair of numbers"),
        (("--range", "3,4"), "outside the given range"),
        (("--range", "4,3"), "range"),
        (("--valid", "2"), "no share"),
        (("--valid", "0"), "no share"),
        (("--user", "nobody"), "'nobody'"),
        (("--solver", "magic"), "magic"),
        (("--seed", "-1"), "'--seed'"),
        (("--factors", "0"), "(entable fit -h says what there is)"),
        (("--names", "missing.csv"), "missing.csv"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(
    run, files, tmp_path, refused, words, told
):
    refused(
        run("fit", files / "ratings.csv", "-o", tmp_path / "m.entable", "--quiet", *words), told
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"user,item,rating\n", "no rows"),
        (b"a,b,c\n1,2,3\n", "no column for the user"),
        (b"user,item,rating\n1,2,good\n", "'good'"),
        (b"user,item,rating\n1,2,3\n1,3,nan\n", "finite"),
        (b"\x00\x01\x02\x03" * 99, "ratings.csv"),
        (b"user,item,rating\n1,1,3\n1,2,3\n2,1,3\n", "every rating is 3, so there is nothing to"),
    ],
)
def test_ratings_that_cannot_be_read_are_refused_in_one_line(run, tmp_path, refused, content, told):
    path = tmp_path / "ratings.csv"
    path.write_bytes(content)
    done = run("fit", path, "-o", tmp_path / "m.entable", "--quiet")
    refused(done, told)
    assert [left.name for left in tmp_path.iterdir()] == ["ratings.csv"]


def test_a_missing_file_a_folder_and_a_model_are_no_ratings(run, files, tmp_path, refused):
    out = tmp_path / "m.entable"
    refused(run("fit", tmp_path / "none.csv", "-o", out, "--quiet"), "none.csv")
    refused(run("fit", tmp_path, "-o", out, "--quiet"), tmp_path)
    refused(run("fit", files / "model.entable", "-o", out, "--quiet"), "model")


def test_an_output_that_exists_is_replaced_only_by_force(run, files, tmp_path, refused):
    out = tmp_path / "m.entable"
    out.write_text("precious")
    words = ("fit", files / "ratings.csv", "-o", out, *SMALL, "--quiet")
    refused(run(*words), "exists", "--force")
    assert out.read_text() == "precious"
    assert run(*words, "--force").exit_code == 0
    assert entable.load(out).users.k


@pytest.mark.parametrize("where", ["file/m.entable", "none/m.entable", ".", "file/below/m.entable"])
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(
    run, tmp_path, refused, where
):
    (tmp_path / "file").write_text("not a folder")
    refused(run("fit", tmp_path / "not-even-there.csv", "-o", tmp_path / where), tmp_path)


def test_ctrl_c_ends_with_the_best_model_so_far(files, tmp_path):
    out = tmp_path / "m.entable"
    command = [PROGRAM, "fit", files / "ratings.csv", "-o", out, "--draws", "100000000"]
    screen, terminal = pty.openpty()
    running = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=terminal, text=True
    )
    os.close(terminal)
    try:
        seen = b""
        while b"noise" not in seen:  # what the bar says once there is a draw
            seen += os.read(screen, 4096)
        running.send_signal(signal.SIGINT)
        rest = drained(screen)
        told, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0, rest
    assert b"interrupted: this is the best model so far" in rest
    assert b"Traceback" not in rest
    assert str(out) in "".join(told.split())
    model = entable.load(out)
    assert model.metrics["stopped"] == "interrupted"
    assert 1 <= model.predict([1], [2])[0] <= 5
    assert [path.name for path in tmp_path.iterdir()] == ["m.entable"]


INTERRUPTED = """
import os, signal, sys
from entable.data import ratings
encode = ratings.encoded
def interrupted(*args):
    os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C would, while names are being read
    return encode(*args)
ratings.encoded = interrupted
from entable.cli import main
sys.argv[0] = "entable"
main()
"""


def test_ctrl_c_while_reading_ends_in_one_line_and_leaves_nothing(files, tmp_path):
    command = [sys.executable, "-c", INTERRUPTED, "fit", files / "ratings.csv", "-o"]
    done = subprocess.run(
        [*map(str, command), str(tmp_path / "m.entable")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines()[-1] == "entable: interrupted; nothing was written"
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def drained(screen):
    "All that still comes on a screen whose program ends."
    seen = b""
    while True:
        try:
            more = os.read(screen, 4096)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not more:
            break
        seen += more
    os.close(screen)
    return seen
