"`entable info` and `entable evaluate`: the numbers are those of the model."

import json

import pytest

import entable


def test_info_tells_what_a_model_holds(run, files):
    path = files / "model.entable"
    model = entable.load(path)
    answer = json.loads(run("info", path, "--json").stdout)
    assert answer["users"] == 40
    assert answer["items"] == 12
    assert answer["factors"] == model.items.k
    assert answer["settings"]["solver"] == "bayes"
    assert answer["history"]
    assert answer["bytes"] == path.stat().st_size
    told = run("info", path).stdout
    assert "40, ids of type int" in told
    assert model.fingerprint[:16] in told


def test_info_says_what_a_model_without_history_cannot_do(run, files, tmp_path, refused):
    path = tmp_path / "m.entable"
    entable.load(files / "model.entable").save(path, history=False)
    assert "seen items cannot be left out" in " ".join(run("info", path).stdout.split())
    refused(run("recommend", path, "--user", 7), "history")
    assert run("recommend", path, "--user", 7, "--seen").exit_code == 0


def test_evaluate_prints_the_errors_of_the_model(run, files):
    path, ratings = files / "model.entable", files / "ratings.csv"
    want = entable.load(path).evaluate(entable.Ratings.read(str(ratings)))
    answer = json.loads(run("evaluate", path, ratings, "--json").stdout)
    assert answer["rmse"] == want.rmse
    assert answer["coverage80"] == want.coverage80
    assert answer["baselines"] == want.baselines
    assert f"{want.rmse:.4f}" in run("evaluate", path, ratings).stdout


def test_evaluate_says_how_many_users_are_unknown(run, files, table):
    ratings = table("r.csv", "user,item,rating", [(7, 2, 5), (999, 2, 1)])
    told = run("evaluate", files / "model.entable", ratings).stdout
    assert "1 of an unknown user" in told


def test_ids_of_digits_are_texts_where_the_model_has_texts(run, table, tmp_path):
    body = [(u if u else "x", i, (u * i) % 5 + 1) for u in range(9) for i in range(6)]
    ratings, out = table("r.csv", "user,item,rating", body), tmp_path / "m.entable"
    assert run("fit", ratings, "-o", out, "--draws", 5, "--factors", 2).exit_code == 0
    digits = table("d.csv", "user,item,rating", [row for row in body if row[0] != "x"])
    answer = json.loads(run("evaluate", out, digits, "--json").stdout)
    assert answer["unknown_users"] == 0


@pytest.mark.parametrize("command", ["info", "evaluate"])
def test_a_damaged_model_is_refused(run, files, tmp_path, refused, command):
    path = tmp_path / "m.entable"
    path.write_bytes((files / "model.entable").read_bytes()[:-100])
    rest = [files / "ratings.csv", "--quiet"] if command == "evaluate" else []
    refused(run(command, path, *rest), path)
