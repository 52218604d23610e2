"`entable fit --model`: what torch learns, and what is said where it is not there."

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import entable
from entable import _extras
from entable.models.deep import EmbeddingNN
from entable.recipes.collab import collab_learner

PROGRAM = str(Path(sys.executable).with_name("entable"))
FAST = ("--epochs", "2", "--batch", "64")


@pytest.mark.parametrize("model", ["dot", "history", "net", "towers"])
def test_every_model_fits_and_the_same_seed_gives_the_same_answers(run, files, tmp_path, model):
    outs = [tmp_path / "a.entable", tmp_path / "b.entable"]
    path, titles = files / "ratings.csv", files / "titles.csv"
    for out in outs:
        done = run("fit", path, "-o", out, "--model", model, "--names", titles, *FAST, "--json")
        assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["settings"]["solver"] == "torch"
    assert answer["settings"]["epochs"] == 2
    assert answer["settings"]["size"] == 64
    first, again = map(entable.load, outs)
    users = first.users.names.tolist()
    assert first.predict(users, 1).tolist() == again.predict(users, 1).tolist()
    shown = run("recommend", outs[0], "--user", "3", "-n", "2", "--json")
    assert shown.exit_code == 0, shown.output
    assert run("info", outs[0]).exit_code == 0


def test_it_says_what_it_made_and_how_good_it_is(run, files, tmp_path):
    out = tmp_path / "m.entable"
    path = files / "ratings.csv"
    done = run("fit", path, "-o", out, "--model", "dot", "--factors", 3, "--valid", ".25", *FAST)
    assert done.exit_code == 0, done.output
    assert "torch DotBias, 3 factors" in done.stdout
    assert "lie inside their 80 % intervals" in done.stdout


def test_what_learns_is_what_the_library_makes(run, files, tmp_path):
    "The command line adds nothing but defaults."
    out = tmp_path / "m.entable"
    given = ("--lr", ".02", "--wd", ".2", "--factors", "5", "--seed", "7")
    run("fit", files / "ratings.csv", "-o", out, "--model", "net", *FAST, *given)
    ratings = entable.Ratings.read(files / "ratings.csv")
    model, wanted = entable.load(out), {"lr": 0.02, "wd": 0.2, "size": 64, "seed": 7}
    assert wanted.items() <= model.settings.items()

    def maker(ratings, y_range):
        return EmbeddingNN(40, 12, (5, 5), y_range=y_range, dropout=0.3)

    learner = collab_learner(ratings, model=maker, **wanted)
    learner.fit_one_cycle(2)
    assert learner.recommender().predict(3, 4) == pytest.approx(model.predict(3, 4), abs=1e-5)


def test_items_that_only_the_facts_know_are_scored_by_towers(run, files, tmp_path, table):
    facts = table(
        "facts.csv", "item,kind", [(n, "even" if n % 2 == 0 else "odd") for n in range(20)]
    )
    out = tmp_path / "m.entable"
    args = ["--model", "towers", "--item-facts", facts]
    args += ["--epochs", "30", "--batch", "64", "--lr", ".02", "--wd", ".01"]
    done = run("fit", files / "ratings.csv", "-o", out, *args)
    assert done.exit_code == 0, done.output
    model = entable.load(out)
    assert len(model.items) == 20
    even, odd = model.predict(2, 16), model.predict(2, 17)  # nobody has rated them
    assert even > odd + 0.2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--model", "tree"), "no model is called 'tree'; there are dot, history, net, towers"),
        (("--model", "dot", "--draws", "3"), "--draws is for a solver"),
        (("--epochs", "3"), "--epochs is for a torch model"),
        (("--batch", "3"), "--batch is for a torch model"),
        (("--model", "dot", "--solver", "als"), "one of them was wanted"),
        (("--model", "dot", "--lr", "-1"), "--lr -1 came; a learning rate is above 0"),
        (("--model", "dot", "--lr", "0"), "--lr 0 came; a learning rate is above 0"),
        (("--model", "dot", "--lr", "nan"), "--lr nan came"),
        (("--model", "dot", "--epochs", "0"), "'--epochs'"),
        (("--model", "dot", "--seed", "-1"), "'--seed'"),
        (("--modl", "dot"), "no such option: --modl"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(run, refused, files, tmp_path, args, told):
    out = tmp_path / "m.entable"
    refused(run("fit", files / "ratings.csv", "-o", out, *args), told)
    assert not out.exists()


def test_without_torch_it_says_what_to_install(run, refused, files, tmp_path, monkeypatch):
    def gone(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(_extras, "import_module", gone)
    out = tmp_path / "m.entable"
    told = "torch is not installed: pip install 'entable[neural]'"
    refused(run("fit", files / "ratings.csv", "-o", out, "--model", "dot"), told)


def test_a_person_at_a_terminal_sees_how_far_it_is(files, tmp_path):
    leader, follower = pty.openpty()
    command = [PROGRAM, "fit", str(files / "ratings.csv"), "-o", str(tmp_path / "m.entable")]
    command += ["--model", "dot", "--epochs", "40", "--batch", "16"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(leader)
    assert process.wait() == 0
    assert b"Learning" in shown
    assert b"loss" in shown


def test_ctrl_c_ends_with_the_model_so_far(files, tmp_path):
    out = tmp_path / "m.entable"
    leader, follower = pty.openpty()
    command = [PROGRAM, "fit", str(files / "ratings.csv"), "-o", str(out), "--model", "dot"]
    command += ["--epochs", "100000", "--batch", "16"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    shown = b""
    while b"loss" not in shown:
        shown += os.read(leader, 4096)
    process.send_signal(signal.SIGINT)
    while True:
        try:
            shown += os.read(leader, 4096)
        except OSError:
            break
    os.close(leader)
    assert process.wait() == 0
    assert b"interrupted: this is the model so far" in shown
    assert entable.load(out).metrics["stopped"] == "interrupted"


def test_a_rate_that_is_too_high_is_said_in_one_line(run, refused, files, tmp_path):
    out = tmp_path / "m.entable"
    args = ("--model", "net", "--lr", "1e9", "--quiet")
    refused(run("fit", files / "ratings.csv", "-o", out, *args), "learning rate", "epoch")
    assert not out.exists()
