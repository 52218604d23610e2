"`entable predict`, `recommend` and `similar`: answers as tables, JSON and files."

import json

import polars as pl
import pytest

import entable


@pytest.fixture(scope="module")
def model(files):
    return entable.load(files / "model.entable")


def test_one_pair_is_scored_by_id_or_title(run, files, model):
    want = model.predict([7], [2])[0]
    for item in ("2", "Brazil (1985)"):
        done = run("predict", files / "model.entable", "--user", 7, "--item", item, "--json")
        (row,) = json.loads(done.stdout)["predictions"]
        assert row["score"] == want
        assert row["label"] == "Brazil (1985)"
        assert row["known_user"]
        assert row["low"] <= row["score"] <= row["high"]


def test_a_file_of_pairs_goes_in_and_a_file_comes_out(run, files, model, table, tmp_path):
    pairs = table("pairs.csv", "item,user", [(2, 7), (3, 8), (2, 999)])
    out = tmp_path / "out.csv"
    done = run("predict", files / "model.entable", pairs, "-o", out)
    assert done.exit_code == 0, done.output
    assert "one user is not in the model, first 999" in done.stderr
    found = pl.read_csv(out)
    assert found["score"].to_list() == model.predict([7, 8, 999], [2, 3, 2]).tolist()
    assert found["known_user"].to_list() == [True, True, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "pairs.csv"]


def test_pairs_without_a_header_are_users_and_items(run, files, model, table):
    pairs = table("pairs.txt", "7,2", [(8, 3)])
    rows = json.loads(run("predict", files / "model.entable", pairs, "--json").stdout)
    want = model.predict([7, 8], [2, 3]).tolist()
    assert [row["score"] for row in rows["predictions"]] == want


def test_recommendations_for_one_user_are_those_of_the_model(run, files, model):
    done = run("recommend", files / "model.entable", "--user", 7, "-n", 3, "--json")
    want = model.recommend([7], 3)
    rows = json.loads(done.stdout)["recommendations"]
    assert [row["item"] for row in rows] == want["item"].to_list()
    assert [row["score"] for row in rows] == want["score"].to_list()
    told = run("recommend", files / "model.entable", "--user", 7, "-n", 3).stdout
    assert all(label in told for label in want["label"])


def test_seen_items_come_only_if_asked_for(run, files, model):
    def items(*words):
        done = run("recommend", files / "model.entable", "--user", 7, "-n", 12, "--json", *words)
        return {row["item"] for row in json.loads(done.stdout)["recommendations"]}

    rated, _ = model.history.of_user(model.users.position(7))
    assert items() == set(model.items.names.tolist()) - set(model.items.names[rated].tolist())
    assert items("--seen") == set(model.items.names.tolist())


@pytest.mark.parametrize(
    ("name", "read"), [("all.parquet", pl.read_parquet), ("all.csv", pl.read_csv)]
)
def test_everyone_goes_into_a_file(run, files, model, tmp_path, name, read):
    out = tmp_path / name
    done = run("recommend", files / "model.entable", "--all", "-n", 2, "-o", out, "--json")
    found, want = read(out), model.recommend(model.users.names, 2)
    assert found["item"].to_list() == want["item"].to_list()
    assert json.loads(done.stdout)["rows"] == len(found) == 80


@pytest.mark.parametrize("head", ["user", "7"])
def test_a_file_of_users_one_on_each_line(run, files, table, head):
    users = table("users.txt", head, [(8,), (999,)])
    done = run("recommend", files / "model.entable", "--users", users, "-n", 1, "--json")
    rows = json.loads(done.stdout)["recommendations"]
    assert [row["user"] for row in rows] == [7] * (head == "7") + [8, 999]
    assert "999" in done.stderr


@pytest.mark.parametrize("head", ["title,rating", "item,rating", "who,item,rating", None])
def test_somebody_new_is_folded_in_from_a_file(run, files, model, table, head):
    mine = [("Brazil (1985)", 5), ("Clue (1985)", 1), ("4", 4)]
    mine = [("me", *row) for row in mine] if head == "who,item,rating" else mine
    path = table("mine.csv", head or ",".join(map(str, mine[0])), mine if head else mine[1:])
    done = run("recommend", files / "model.entable", "--ratings", path, "-n", 4, "--json")
    assert done.exit_code == 0, done.stderr
    want = model.fold_in({2: 5, 3: 1, 4: 4}).recommend(4)
    rows = json.loads(done.stdout)["recommendations"]
    assert [row["item"] for row in rows] == want["item"].to_list()
    assert not {2, 3, 4} & set(want["item"])


def test_what_is_alike_by_id_title_or_user(run, files, model):
    path = files / "model.entable"
    for name in ("2", "Brazil (1985)"):
        rows = json.loads(run("similar", path, name, "-n", 3, "--json").stdout)["similar"]
        assert [row["item"] for row in rows] == model.similar(2, 3)["item"].to_list()
    rows = json.loads(run("similar", path, 7, "--users", "--json").stdout)["similar"]
    assert [row["user"] for row in rows] == model.similar_users(7)["user"].to_list()


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("similar", "Brasil (1985)"), "'Brazil (1985)'"),
        (("similar", "brazil"), "'Brazil (1985)'"),
        (("similar", "77", "--users"), "no user is named 77"),
        (("recommend", "--user", "seven"), "'seven'"),
        (("predict", "--user", "7", "--item", "Alein (1979)"), "'Alien (1979)'"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_proposed(run, files, refused, words, nearest):
    command, *rest = words
    refused(run(command, files / "model.entable", *rest), nearest)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("predict",), "--user and --item"),
        (("predict", "--user", "7"), "--user and --item"),
        (("recommend",), "--users"),
        (("recommend", "--user", "7", "--all"), "one of"),
        (("recommend", "--all"), "-o"),
        (("recommend", "--all", "-o", "out.xls"), "out.xls"),
        (("recommend", "--users", "none.txt"), "none.txt"),
        (("recommend", "--all", "-o", "none/out.csv"), "none"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(run, files, refused, words, told):
    command, *rest = words
    refused(run(command, files / "model.entable", *rest), told)


def test_own_ratings_that_are_no_ratings_are_refused(run, files, refused, table):
    path = files / "model.entable"
    refused(run("recommend", path, "--ratings", table("a.csv", "item,rating", [("2", "good")])),
            "row 1", "'good'")  # fmt: skip
    refused(run("recommend", path, "--ratings", table("b.csv", "title,rating", [("Brasil", 5)])),
            "Brazil")  # fmt: skip
    refused(run("recommend", path, "--ratings", table("c.csv", "a,b,c", [(1, 2, 3)])), "item")


def test_ratings_are_no_model(run, files, refused):
    refused(run("info", files / "ratings.csv"), "ratings.csv")
    refused(run("similar", files / "titles.csv", "x"), "titles.csv")


def test_a_full_disk_leaves_nothing_behind(program, files, tmp_path, refused, small_disk):
    out = small_disk / "all.csv"
    done = program("recommend", files / "model.entable", "--all", "-n", 12, "--seen", "-o", out)
    refused(done, out)
    assert {path.name for path in small_disk.iterdir()} == {"filler"}


def test_titles_with_brackets_and_escapes_are_shown_as_they_are(run, table, tmp_path):
    ratings = table("r.csv", "user,item,rating", [(u, i, (u * i) % 5 + 1)
                                                for u in range(9) for i in range(6)])  # fmt: skip
    titles = table("t.csv", "item,title", [(n, f"[red]Film[/red] \x1b[2J{n}") for n in range(6)])
    out = tmp_path / "m.entable"
    run("fit", ratings, "-o", out, "--names", titles, "--draws", 10, "--factors", 2)
    told = run("similar", out, 0).stdout
    assert "[red]Film[/red]" in told
    assert "\x1b" not in told
