"`entable axes`, `nearest`, `map`, `compare` and `explain`."

import json

import pytest

import entable

SIGNS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF", ".html": b"<!doctype html>"}


@pytest.fixture(scope="module")
def model(files):
    return files / "model.entable"


@pytest.fixture
def facts(table):
    "A table of facts about the items; the last two are not in the model."
    rows = [(j, ("Drama", "Comedy")[j % 2], 1950 + 3 * j) for j in range(1, 15)]
    return table("facts.csv", "item,genre,year", rows)


def answered(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_axes_have_names_at_their_ends_and_facts(run, model, facts):
    page = run("axes", model, "-k", 2, "--min-count", 1, "--facts", facts)
    assert page.exit_code == 0, page.output
    assert page.stdout.startswith("2 main axes of 12 items")
    assert "genre: Comedy" in page.stdout
    assert "2 of 14 rows belong to no item" in page.stderr
    found = answered(run("axes", model, "-k", 2, "--min-count", 1, "--facts", facts, "--json"))
    assert [row["axis"] for row in found["axes"]] == [1, 2]
    rows = entable.load(model).items.with_facts(str(facts)).pca(2, 1).table.to_dicts()
    assert found["axes"] == json.loads(json.dumps(rows))
    assert not run("axes", model, "--facts", facts, "--quiet", "--json").stderr


def test_axes_of_users(run, model):
    found = answered(run("axes", model, "-k", 1, "--users", "--json"))
    assert "40 users" in found["title"]
    assert found["axes"][0]["facts"] is not None


def test_more_axes_than_numbers_are_refused(run, model, refused):
    refused(run("axes", model, "-k", 9), "9 axes")


def test_the_nearest_are_those_of_the_library(run, model):
    items = entable.load(model).items
    found = answered(run("nearest", model, "Alien (1979)", "-n", 3, "--json"))
    assert found["nearest"] == items.nearest(1, 3).table.to_dicts()
    assert "Dune (1984)" in run("nearest", model, "2", "-n", 11).stdout
    for options, want in (
        (["--metric", "dot"], items.nearest(1, 3, "dot")),
        (["--farthest"], items.farthest(1, 3)),
        (["--min-count", "30"], items.nearest(1, 3, min_count=30)),
        (["--from", "Clue (1985)", "--to", "5"], items.analogy(3, 5, 1, 3)),
    ):
        result = run("nearest", model, 1, "-n", 3, *options, "--json")
        assert answered(result)["nearest"] == want.table.to_dicts(), options


def test_the_nearest_users(run, model):
    found = answered(run("nearest", model, 2, "--users", "-n", 2, "--json"))
    assert [*found["nearest"][0]] == ["user", "similarity", "count"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["Alein (1979)"], "nearest: 'Alien (1979)'"),
        (["1", "--from", "2"], "--from and --to go together"),
        (["1", "--from", "2", "--to", "3", "--farthest"], "leave the rest away"),
        (["1", "--metric", "far"], "far"),
    ],
)
def test_what_is_near_to_nothing_is_refused(run, model, refused, options, words):
    refused(run("nearest", model, *options), words)


@pytest.mark.parametrize("suffix", [*SIGNS])
def test_a_map_is_written_in_the_format_of_its_name(run, model, tmp_path, suffix):
    out = tmp_path / f"map{suffix}"
    done = run("map", model, "-o", out, "--min-count", 1)
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("12 items by their main axes: ")
    first = out.read_bytes()
    assert first.startswith(SIGNS[suffix])
    again = answered(run("map", model, "-o", out, "--min-count", 1, "--force", "--json"))
    assert again == {"model": str(model), "out": str(out), "points": 12}
    assert out.read_bytes() == first, "the same map is the same file"
    assert [*tmp_path.iterdir()] == [out]


def test_a_picture_holds_the_names(run, model, tmp_path):
    out = tmp_path / "map.html"
    assert run("map", model, "-o", out, "--quiet").stderr == ""
    assert "Brazil (1985)" in out.read_text("utf-8")


@pytest.mark.parametrize("color", ["genre", "year", "count", "mean", "cluster"])
def test_a_map_is_coloured_as_asked(run, model, facts, tmp_path, color):
    out = tmp_path / "map.html"
    done = run("map", model, "-o", out, "--color", color, "--facts", facts, "--min-count", 1)
    assert done.exit_code == 0, done.output
    assert f'"{color}"' in out.read_text("utf-8") or color in ("genre", "cluster")


def test_a_map_of_users_by_their_neighbours(run, model, tmp_path):
    out = tmp_path / "users.svg"
    done = run("map", model, "-o", out, "--users", "--method", "tsne", "--labels", 0)
    assert done.stderr.startswith("40 users with at least")
    assert " by t-SNE" in done.stderr


@pytest.mark.parametrize(
    ("out", "options", "words"),
    [
        (None, [], "say where the map goes: -o map.png"),
        ("map.gif", [], "ends in none of .png, .svg, .pdf and .html"),
        ("gone/map.png", [], "is no folder"),
        ("map.png", ["--color", "gnre"], "no fact 'gnre'; nearest: 'genre'"),
        ("map.png", ["--method", "umap"], "'pca' or 'tsne' was wanted"),
        ("map.png", ["--min-count", "99999"], "no item has 99,999 ratings"),
    ],
)
def test_a_map_that_cannot_be_is_refused(run, model, tmp_path, facts, refused, out, options, words):
    where = [] if out is None else ["-o", tmp_path / out]
    result = run("map", model, *where, "--facts", facts, "--quiet", *options)
    refused(result, words)
    assert not (tmp_path / "map.png").exists()


def test_facts_of_other_items_are_refused(run, model, table, tmp_path, refused):
    other = table("other.csv", "item,genre", [(901, "Drama"), (902, "War")])
    refused(run("map", model, "-o", tmp_path / "m.png", "--facts", other), "no item")


def test_an_existing_map_is_kept_unless_forced(run, model, tmp_path, refused):
    out = tmp_path / "map.png"
    out.write_text("mine")
    refused(run("map", model, "-o", out), "exists; --force replaces it")
    assert out.read_text() == "mine"


def test_a_full_disk_leaves_nothing(run, model, small_disk, refused):
    refused(run("map", model, "-o", small_disk / "map.html"), "No space left")
    refused(run("map", model, "-o", small_disk / "map.png"), "No space left")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_two_models_beside_each_other(run, files, model, tmp_path):
    other = tmp_path / "other.entable"
    table = files / "ratings.csv"
    done = run("fit", table, "-o", other, "--draws", 30, "--factors", 3, "--seed", 9, "--quiet")
    assert done.exit_code == 0, done.output
    page = run("compare", model, other)
    assert page.exit_code == 0, page.output
    for words in ("Predictions of 480 common pairs", "12 common items", "40 common users"):
        assert words in page.stdout
    found = answered(run("compare", model, other, "--json"))
    want = entable.load(model).compare(entable.load(other))
    assert found["rms"] == pytest.approx(want.rms)
    assert len(found["predictions"]["rows"]) == len(want.table)
    assert len(found["items"]["rows"]) == 12
    assert found["other"] == str(other)


def test_a_model_beside_itself_differs_in_nothing(run, model):
    assert answered(run("compare", model, model, "--json"))["rms"] == 0


def test_models_of_other_things_are_not_compared(run, model, table, tmp_path, refused):
    rows = [(f"u{j % 9}", f"i{j % 7}", j % 5 + 1) for j in range(63)]
    other = tmp_path / "other.entable"
    path = table("r.csv", "user,item,rating", rows)
    assert run("fit", path, "-o", other, "--draws", 5, "--quiet").exit_code == 0
    refused(run("compare", model, other), "in common")


def test_a_score_is_explained_by_parts_axes_and_past_ratings(run, model):
    page = run("explain", model, "--user", 2, "--item", "Alien (1979)", "-n", 3)
    assert page.exit_code == 0, page.output
    for words in ("Alien (1979): ", "user bias", "item bias", "taste", "range", "axes that add"):
        assert words in page.stdout
    assert "past ratings that weigh most" in page.stdout
    assert "score without it" in page.stdout


def test_an_explanation_for_programs_sums_to_the_score(run, model):
    found = answered(run("explain", model, "--user", 2, "--item", 1, "-n", 3, "--json"))
    assert sum(found["parts"].values()) == pytest.approx(found["score"], abs=1e-6)
    assert sum(axis["product"] for axis in found["axes"]) == pytest.approx(found["parts"]["taste"])
    assert len(found["past"]) == 3 < found["past_ratings"]
    assert {"item", "label", "rating", "share", "without"} <= {*found["past"][0]}
    assert found["sentence"].startswith("Alien (1979): ")


def test_without_history_the_parts_are_left(run, model, tmp_path):
    bare = tmp_path / "bare.entable"
    entable.load(model).save(bare, history=False)
    page = run("explain", bare, "--user", 2, "--item", 1)
    assert page.exit_code == 0, page.output
    assert "user bias" in page.stdout
    assert "past ratings that weigh" not in page.stdout
    assert "no history" in page.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--user", "2"], "say which score: --user ID and --item ID"),
        (["--item", "2"], "say which score"),
        (["--user", "999", "--item", "2"], "999"),
        (["--user", "2", "--item", "Alein (1979)"], "nearest: 'Alien (1979)'"),
    ],
)
def test_a_score_that_is_not_there_is_not_explained(run, model, refused, options, words):
    refused(run("explain", model, *options), words)


def test_names_cannot_steer_the_terminal(run, table, tmp_path):
    rows = [(j % 9 + 1, j % 7 + 1, j % 5 + 1) for j in range(63)]
    titles = [(j, f"\x1b[31mred {j}\x07") for j in range(1, 8)]
    ratings, names = table("r.csv", "user,item,rating", rows), table("n.csv", "item,title", titles)
    out = tmp_path / "m.entable"
    fit = run("fit", ratings, "--names", names, "-o", out, "--draws", 5, "--factors", 2, "--quiet")
    assert fit.exit_code == 0, fit.output
    for command in (
        ["axes", out, "-k", 1, "--min-count", 0],
        ["nearest", out, 1],
        ["explain", out, "--user", 1, "--item", 1],
        ["compare", out, out],
    ):
        page = run(*command)
        assert page.exit_code == 0, page.output
        assert "red" in page.stdout
        assert "\x1b" not in page.stdout
        assert "\x07" not in page.stdout
