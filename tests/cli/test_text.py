"`entable text`: from a text to a model, and what it writes, judges and encodes."

import json

import polars as pl
import pytest

from entable import load

LINES = ["the cat sat on the mat", "a dog sat on the log", "the cat saw the dog"] * 40
SMALL = ("--hidden", 8, "--width", 4, "--epochs", 1, "--batch", 4, "--length", 16, "--quiet")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    "A folder with book.txt and a model of it, m.entable."
    from typer.testing import CliRunner

    from entable.cli import app

    folder = tmp_path_factory.mktemp("text")
    (folder / "book.txt").write_text("\n".join(LINES))
    path = folder / "m.entable"
    args = ["text", "fit", folder / "book.txt", "-o", path, *SMALL]
    done = CliRunner().invoke(app, list(map(str, args)))
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def refused(run):
    "Run it; it must end with 2 and say these words in one line."

    def call(words, *args):
        done = run(*args)
        assert done.exit_code == 2, done.output
        assert words in done.stderr
        assert done.stderr.count("\n") == 1

    return call


def test_a_model_is_made_and_described(run, made):
    done = run("info", made / "m.entable")
    assert "different characters, learnt from" in done.stdout
    assert "gru of 8" in done.stdout
    told = json.loads(run("info", made / "m.entable", "--json").stdout)
    assert told["kind"] == "text"
    assert told["settings"]["epochs"] == 1


def test_the_same_seed_gives_the_same_text(run, made):
    path = made / "m.entable"
    one, two, other = (
        run("text", "generate", path, "the cat", "-n", 30, "--seed", seed).stdout
        for seed in (1, 1, 2)
    )
    assert one == two != other
    assert one.startswith("the cat")
    told = json.loads(run("text", "generate", path, "the", "--temperature", 0, "--json").stdout)
    assert len(told["text"]) == 203


def test_evaluate_knows_that_a_model_is_of_text(run, refused, made):
    asked = [made / "m.entable", made / "book.txt"]
    for how in ([], ["--json"]):
        assert run("evaluate", *asked, *how).stdout == run("text", "score", *asked, *how).stdout
    refused(
        "--metrics goes with a model of a table or pictures",
        "evaluate",
        *asked,
        "--metrics",
        "rmse",
    )


def test_a_text_is_scored(run, made):
    done = run("text", "score", made / "m.entable", made / "book.txt")
    assert "nats per character, perplexity" in done.stdout
    told = json.loads(run("text", "score", made / "m.entable", made / "book.txt", "--json").stdout)
    assert told["n"] == len("\n".join(LINES)) - 1
    assert told["unseen"] == 0


def test_documents_become_vectors(run, made, tmp_path, table):
    path = made / "m.entable"
    out = tmp_path / "v.csv"
    done = run("text", "encode", path, made / "book.txt", "-o", out)
    assert "120 rows written" in done.stderr
    assert pl.read_csv(out).width == 9
    films = table("films.csv", "film,title", [(7, "the cat"), (9, "a dog")])
    asked = ("--text", "title", "--names", "film", "--json")
    told = json.loads(run("text", "encode", path, films, *asked).stdout)
    assert [row["item"] for row in told["vectors"]] == [7, 9]


def test_classes_of_documents_are_learnt(run, table, tmp_path):
    rows = [(line, "cat" if "cat" in line else "dog") for line in LINES]
    docs, path = table("docs.csv", "text,animal", rows), tmp_path / "c.entable"
    asked = ("--text", "text", "--target", "animal", "-o", path)
    done = run("text", "fit", docs, *asked, "--hidden", 8, "--epochs", 1, "--batch", 8)
    assert done.exit_code == 0, done.output
    assert "classes" in done.stdout
    told = json.loads(run("text", "encode", path, docs, "--text", "text", "--json").stdout)
    assert told["vectors"][0]["predicted"] in ("cat", "dog")
    assert load(path).classes.names.tolist() == ["cat", "dog"]


def test_characters_are_read_like_items_are(run, made):
    done = run("similar", made / "m.entable", "a")
    assert done.exit_code == 2
    assert "is a model of text; similar wants a model of ratings" in done.stderr
    done = run("map", made / "m.entable", "-o", made / "map.png")
    assert done.exit_code == 0, done.output


def test_what_makes_no_text_is_said_in_a_line(refused, made):
    model = made / "m.entable"
    ask = ("text", "generate", model)
    refused("--temperature -1 came; 0 takes the likeliest", *ask, "the", "--temperature", -1)
    refused("never seen in training", *ask, "zebra")
    refused("the prompt '' came", *ask, "")
    refused("--names is a column", "text", "encode", model, made / "book.txt", "--names", "x")
    refused("--pool sum came", "text", "encode", model, made / "book.txt", "--pool", "sum")


def test_what_cannot_be_learnt_is_said_and_nothing_is_written(refused, tmp_path, made):
    out = tmp_path / "m.entable"
    empty, odd, latin = (tmp_path / name for name in ("empty.txt", "cat.jpg", "old.txt"))
    empty.touch()
    odd.write_bytes(b"\xff\xd8\0\0")
    latin.write_bytes(b"caf\xe9\n")
    fit = ("text", "fit")
    refused("the text is empty", *fit, empty, "-o", out)
    refused("binary file", *fit, odd, "-o", out)
    refused("no UTF-8", *fit, latin, "-o", out)
    refused("fewer than one window", *fit, made / "book.txt", "-o", out, "--length", 9999)
    refused("--cell 'tree'", *fit, made / "book.txt", "-o", out, "--cell", "tree")
    refused("say where the model goes", *fit, made / "book.txt")
    refused("need both columns", *fit, made / "book.txt", "-o", out, "--text", "x")
    refused("exists; --force", *fit, made / "book.txt", "-o", made / "m.entable")
    assert not out.exists()


@pytest.mark.parametrize("command", ["predict", "recommend", "explain", "report"])
def test_what_models_of_text_cannot_is_refused(refused, made, command):
    more = {
        "predict": (made / "book.txt",),
        "recommend": ("--user", 1),
        "explain": ("--user", 1, "--item", 1),
    }.get(command, ())
    refused(f"is a model of text; {command} wants", command, made / "m.entable", *more)


def test_several_nets_answer_together(run, tmp_path):
    (tmp_path / "t.txt").write_text("the cat sat on the mat. " * 60, "utf-8")
    fit = ["text", "fit", tmp_path / "t.txt", "-o", tmp_path / "m.entable", "--hidden", 8]
    run(*fit, "--epochs", 1, "--length", 8, "--batch", 8, "--nets", 2, "--seed", 5)
    told = json.loads(run("info", tmp_path / "m.entable", "--json").stdout)
    assert told["settings"]["seeds"] == [5, 6]
    assert told["scorer"].startswith("2 nets")
    assert "by the first net" in run("info", tmp_path / "m.entable").stdout


def test_what_was_never_seen_has_its_way_out(run, refused, made):
    asked = ["text", "generate", made / "m.entable", "日", "-n", 3]
    refused("pass --anything to read it as unseen", *asked)
    assert run(*asked, "--anything").stdout.startswith("日")


def test_an_empty_text_is_named(refused, made, tmp_path):
    (tmp_path / "none.txt").touch()
    none = tmp_path / "none.txt"
    refused("none.txt: the text is empty", "text", "fit", none, "-o", "m.entable")
    for command in (["text", "score"], ["evaluate"]):
        refused("none.txt: the text is empty", *command, made / "m.entable", none)
