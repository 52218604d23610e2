"`entable table ...`, and the commands that know the kind of a model by themselves."

import json
import os
import random
import signal

import numpy as np
import polars as pl
import pytest

import entable
from entable import Batches, _extras

HEAD = "day,shop,promo,visits,sold"
FAST = ("--epochs", "2", "--batch", "16", "--quiet")


def sales(n=160):
    "Shop b sells twice what shop a sells, promotions add a half; some visits are unknown."
    mood = random.Random(0)
    rows = []
    for k in range(n):
        shop, promo = "abc"[k % 3], k % 2
        sold = round((10 if shop == "a" else 20) * (1 + promo / 2) + mood.gauss(0, 1), 2)
        visits = "?" if k % 10 == 0 else round(2 * sold + mood.gauss(0, 2), 1)
        rows.append((f"2015-{1 + k // 28:02}-{1 + k % 28:02}", shop, promo, visits, sold))
    return rows


@pytest.fixture
def learn(run, table, tmp_path):
    "Fit in a fresh folder: learn('--log', ...) -> result, with the model at m.entable."
    path = table("sales.csv", HEAD, sales())
    out = tmp_path / "m.entable"
    return lambda *more: run(
        "table", "fit", path, "-o", out, "--target", "sold", "--missing", "?", *FAST, *more
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    "A folder with rows.csv and a model of its table, m.entable."
    from typer.testing import CliRunner

    from entable.cli import app

    folder = tmp_path_factory.mktemp("table")
    lines = [HEAD, *(",".join(map(str, row)) for row in sales())]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    command = ["table", "fit", folder / "rows.csv", "-o", folder / "m.entable", "--target", "sold",
               "--missing", "?", *FAST]  # fmt: skip
    done = CliRunner().invoke(app, [str(part) for part in command])
    assert done.exit_code == 0, done.output
    return folder


def test_the_whole_way_from_rows_to_a_model_and_its_errors(learn, tmp_path):
    done = learn("--json", "--valid", ".25", "--metrics", "rmse,mape")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["predicts"] == "number"
    assert told["rows"] == 120
    assert set(told["valid"]) == {"rows", "rmse", "mape", "unseen", "baselines"}
    assert told["settings"]["epochs"] == 2
    assert set(told["metrics"]) >= {"seconds", "rmse", "mape", "valid_loss"}
    assert entable.load(tmp_path / "m.entable").target.name == "sold"


def test_the_same_seed_gives_the_same_answers(learn, tmp_path):
    path, found = tmp_path / "m.entable", []
    for _ in range(2):
        assert learn("--force").exit_code == 0
        found.append(entable.load(path).predict(tmp_path / "sales.csv"))
    np.testing.assert_array_equal(*found)


def test_rows_are_held_out_by_time_where_there_is_one_column_of_dates(learn, tmp_path):
    assert learn("--valid", "2015-05-01").exit_code == 0
    days = [row[0] for row in sales()]
    table = entable.load(tmp_path / "m.entable").table
    assert table.size == sum(day < "2015-05-01" for day in days)
    assert next(number.name for number in table.numbers) == "visits"  # no text, in either part


@pytest.mark.parametrize("how", [("--time", "none"), ("--group", "shop")])
def test_or_at_random_or_by_group(learn, tmp_path, how):
    assert learn("--valid", ".3", *how).exit_code == 0
    table = entable.load(tmp_path / "m.entable").table
    shops = next(c for c in table.categories if c.name == "shop").vocab.names
    assert len(shops) == (2 if "--group" in how else 3)


def test_or_by_a_file(learn, table):
    held = table("held.csv", HEAD, sales()[:30])
    told = json.loads(learn("--valid", held, "--json").stdout)
    assert (told["rows"], told["valid"]["rows"]) == (160, 30)


def test_settings_reach_the_table_and_the_net(learn, tmp_path):
    asked = ("--log", "--layers", "8,4", "--nets", "2", "--ignore", "day", "--categories", "promo")
    assert learn(*asked).exit_code == 0
    made = entable.load(tmp_path / "m.entable")
    assert made.target.log
    assert [len(net.blocks) for net in made.scorer.nets] == [2, 2]
    assert {c.source for c in made.table.categories} >= {"promo", "shop"}
    assert not made.table.dates
    linear = learn("--layers", "0", "--force")
    assert linear.exit_code == 0
    assert not entable.load(tmp_path / "m.entable").scorer.blocks


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--valid", "soon"), "no file, no share (.2) and no day"),
        (("--valid", "1.5"), "wanted"),
        (("--time", "day"), "add --valid .2"),
        (("--valid", ".2", "--time", "dy"), "'dy'"),
        (("--layers", "8,x"), "--layers '8,x' is no list of widths"),
        (("--kind", "binary"), "binary has two"),
        (("--ignore", "shp"), "nearest: 'shop'"),
        (("--metrics", "auc", "--valid", ".2"), "'auc' is none of 'sold' (number)"),
        (("--weights", "shop"), "shop"),
        (("--lr", "-1"), "--lr -1 came; a learning rate is above 0"),
        (("--lr", "0"), "--lr 0 came"),
        (("--epochs", "0"), "'--epochs'"),
        (("--seed", "-1"), "'--seed'"),
        (("--target", ","), "--target COLUMN -o MODEL"),
        (("--valid", "nan"), "a share between 0 and 1"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(learn, refused, tmp_path, more, words):
    refused(learn(*more), words)
    assert not (tmp_path / "m.entable").exists()


def test_a_target_and_a_place_are_wanted(run, table, refused):
    path = table("sales.csv", HEAD, sales())
    refused(run("table", "fit", path), "--target COLUMN -o MODEL")
    refused(run("table", "fit", path, "--target", "sld", "-o", path.parent / "m"), "'sold'")
    refused(run("table", "fit", path, "--target", "sold", "-o", path), "--force replaces it")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"shop,sold\n", "has a header (shop, sold) and no rows"),
        (b"shop,sold\na,1\n", "two rows at least"),
        (b"shop,sold\na,5\nb,5\n", "'sold' is 5 in every row: nothing to learn"),
        (bytes(range(256)), "is a binary file; tables are read from text"),
        (None, "there is no file"),
    ],
)
def test_files_that_hold_nothing_to_learn_are_refused(run, refused, tmp_path, body, words):
    path, out = tmp_path / "rows.csv", tmp_path / "m.entable"
    if body is not None:
        path.write_bytes(body)
    refused(run("table", "fit", path, "--target", "sold", "-o", out, "--quiet"), words)
    assert not out.exists()


def test_rows_count_by_their_weights_where_a_model_is_judged(learn, run, tmp_path):
    done = learn("--weights", "promo", "--valid", ".25", "--json")
    assert done.exit_code == 0, done.output
    told = "Rows count by their weight 'promo'."
    assert json.loads(done.stdout)["valid"]["weights"] == told
    model, rows = tmp_path / "m.entable", tmp_path / "sales.csv"
    assert told in " ".join(run("evaluate", model, rows).stdout.split())
    half = json.loads(run("evaluate", model, rows, "--json").stdout)
    some = rows.with_name("some.csv")
    lines = rows.read_text().splitlines()
    some.write_text("\n".join([lines[0], *lines[2::2]]) + "\n")  # those of weight 1
    assert json.loads(run("evaluate", model, some, "--json").stdout)["rmse"] == half["rmse"]


def pressed(monkeypatch, times):
    "Ctrl-C is pressed so often while the second epoch learns."
    order = Batches._order

    def epoch(self, epoch):
        for _ in range(times if epoch == 1 else 0):
            os.kill(os.getpid(), signal.SIGINT)
        return order(self, epoch)

    monkeypatch.setattr(Batches, "_order", epoch)


def test_ctrl_c_ends_with_the_model_so_far(learn, tmp_path, monkeypatch):
    pressed(monkeypatch, 1)
    done = learn("--epochs", "50", "--json", "--nets", "2")
    assert done.exit_code == 0, done.output
    assert "interrupted: this is the model so far" in done.stderr
    model = entable.load(tmp_path / "m.entable")
    assert model.metrics["stopped"] == "interrupted"
    assert model.settings["seeds"] == [0]
    assert np.isfinite(model.predict(tmp_path / "sales.csv")).all()


def test_ctrl_c_pressed_again_ends_at_once_and_leaves_nothing(learn, tmp_path, monkeypatch):
    pressed(monkeypatch, 2)
    done = learn("--epochs", "50", "--quiet")
    assert done.exit_code == 130
    assert done.stderr == "entable: interrupted; nothing was written\n"
    assert {path.name for path in tmp_path.iterdir()} == {"sales.csv"}


def test_without_torch_it_says_what_to_install(learn, refused, tmp_path, monkeypatch):
    def gone(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(_extras, "import_module", gone)
    refused(learn(), "torch is not installed: pip install 'entable[neural]'")
    assert not (tmp_path / "m.entable").exists()


def test_a_column_that_the_rows_to_predict_lack_is_refused(learn, refused, table):
    later = table("later.csv", "day,shop,promo", [row[:3] for row in sales()])
    refused(learn("--like", later), "has no 'visits'", "ignore=")


def test_predictions_stand_beside_the_columns_that_are_kept(run, made):
    model = entable.load(made / "m.entable")
    done = run("predict", made / "m.entable", made / "rows.csv", "--json", "--keep", "day,shop")
    rows = json.loads(done.stdout)["predictions"]
    assert list(rows[0]) == ["day", "shop", "predicted", "unseen", "missing"]
    assert rows[0]["day"] == "2015-01-01"
    said = model.predict(made / "rows.csv")
    np.testing.assert_allclose([row["predicted"] for row in rows], said)
    assert [row["missing"] for row in rows[:3]] == [1, 0, 0]  # "?" was a gap


def test_predictions_go_into_a_file_and_what_is_new_is_said(run, made, table):
    rows = table("new.csv", "day,shop,promo,visits,weather",
                 [("2015-02-01", "z", 1, 30, "wet")])  # fmt: skip
    out = rows.with_name("p.parquet")
    done = run("predict", made / "m.entable", rows, "-o", out)
    assert done.exit_code == 0, done.stderr
    assert pl.read_parquet(out)["unseen"].to_list() == [1]
    assert "weather" in done.stderr
    assert "one row holds a level that was not learnt" in done.stderr


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([("2016-01-01", "a", 1, "many")], ("'visits', row 1", "'many'")),
        ([("soon", "a", 1, 30)], ("day", "soon")),
    ],
)
def test_rows_that_cannot_be_read_are_refused_by_row_and_value(
    run, made, table, refused, body, words
):
    path = table("bad.csv", "day,shop,promo,visits", body)
    out = path.with_name("p.csv")
    refused(run("predict", made / "m.entable", path, "-o", out), *words)
    assert not out.exists()


def test_columns_that_are_absent_are_named(run, made, table, refused):
    path = table("few.csv", "day,shop", [("2016-01-01", "a")])
    refused(run("predict", made / "m.entable", path), "lacks 2 of the 4", "'promo', 'visits'")
    whole = made / "rows.csv"
    refused(run("predict", made / "m.entable", whole, "--keep", "dy"), "no column 'dy'")


def test_a_model_is_described_and_judged_by_its_kind(run, made):
    told = json.loads(run("info", made / "m.entable", "--json").stdout)
    assert told["kind"] == "table model"
    assert told["target"] == "sold"
    assert "sold (number), learnt from 160 rows" in run("info", made / "m.entable").stdout
    judged = run("evaluate", made / "m.entable", made / "rows.csv", "--metrics", "rmse,mae")
    assert judged.exit_code == 0, judged.stderr
    assert "always the same" in judged.stdout
    both = json.loads(run("evaluate", made / "m.entable", made / "rows.csv", "--json").stdout)
    assert both["rmse"] < 1.5 * both["baselines"]["always the same"]["rmse"]


def test_features_and_vectors_have_the_same_names(run, made, tmp_path):
    out = tmp_path / "features.parquet"
    done = run(
        "table", "encode", made / "m.entable", made / "rows.csv", "--keep", "sold", "-o", out
    )
    assert done.exit_code == 0, done.stderr
    features = pl.read_parquet(out)
    assert features.columns[0] == "sold"
    model = entable.load(made / "m.entable")
    assert features.drop("sold").equals(model.encode(made / "rows.csv"))
    done = run("table", "vectors", made / "m.entable", "shop", "-o", tmp_path / "shop.csv")
    assert done.exit_code == 0, done.stderr
    vectors = pl.read_csv(tmp_path / "shop.csv")
    assert vectors["shop"].to_list() == ["a", "b", "c"]
    assert set(vectors.columns[1:]) <= set(features.columns)
    only = run("table", "encode", made / "m.entable", made / "rows.csv", "--vectors-only", "--json")
    assert "visits" not in json.loads(only.stdout)["features"][0]


@pytest.mark.parametrize(
    ("command", "first"),
    [
        (("importance",), "column"),
        (("partial", "shop"), "shop"),
        (("partial", "visits", "--by", "shop"), "visits"),
        (("partial", "shop", "visits"), "shop"),
        (("worst", "-n", "3"), "row"),
    ],
)
def test_what_was_learnt_is_read_as_tables_and_pictures(run, made, tmp_path, command, first):
    name, *rest = command
    start = ("table", name, made / "m.entable", made / "rows.csv", *rest)
    told = json.loads(run(*start, "--json").stdout)
    assert next(iter(told["rows"][0])) == first
    assert run(*start).stdout.strip()
    done = run(*start, "-o", tmp_path / "a.svg")
    assert done.exit_code == 0, done.stderr
    assert "<svg" in (tmp_path / "a.svg").read_text("utf-8")


def test_columns_are_looked_at_before_anything_is_learnt(run, made, tmp_path):
    done = run("table", "profile", made / "rows.csv", "--target", "sold", "--missing", "?",
               "-o", tmp_path / "p.png", "--json")  # fmt: skip
    rows = {row["column"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows["visits"]["missing"] == pytest.approx(0.1)
    assert (tmp_path / "p.png").stat().st_size > 1000


def test_a_category_is_read_like_items_are(run, made, tmp_path, refused):
    model = made / "m.entable"
    near = json.loads(run("nearest", model, "a", "--of", "shop", "--json").stdout)["nearest"]
    assert {row["shop"] for row in near} == {"b", "c"}
    told = run("axes", model, "--of", "shop", "-k", "1")
    assert "3 shops with at least 50 rows" in told.stdout
    done = run("map", model, "--of", "shop", "-o", tmp_path / "map.png")
    assert done.exit_code == 0, done.stderr
    refused(run("nearest", model, "a"), "say of which category: --of; the model has")
    refused(run("nearest", model, "a", "--of", "shp"), "there is no category 'shp'")


@pytest.mark.parametrize(
    "command",
    [
        ("recommend", "--user", "1"),
        ("similar", "1"),
        ("explain", "--user", "1", "--item", "1"),
        ("nearest", "a", "--of", "shop", "--users"),
    ],
)
def test_what_only_models_of_ratings_can_is_refused(run, made, refused, command):
    name, *rest = command
    refused(run(name, made / "m.entable", *rest), "ratings")


@pytest.mark.parametrize(
    "command",
    [
        ("table", "encode", "MODEL", "ROWS"),
        ("table", "importance", "MODEL", "ROWS"),
        ("evaluate", "MODEL", "ROWS", "--metrics", "auc"),
        ("predict", "MODEL", "ROWS", "--keep", "user"),
        ("axes", "MODEL", "--of", "shop"),
    ],
)
def test_what_only_models_of_tables_can_is_refused(run, files, refused, command):
    places = {"MODEL": files / "model.entable", "ROWS": files / "ratings.csv"}
    refused(run(*(places.get(part, part) for part in command)), "a table")


@pytest.mark.parametrize("command", [("importance",), ("worst",)])
def test_rows_without_their_target_cannot_be_judged(run, made, table, refused, command):
    path = table("later.csv", "day,shop,promo,visits", [row[:4] for row in sales()])
    refused(run("table", *command, made / "m.entable", path), "sold")


def test_a_report_knows_the_kind_of_its_model(run, made, tmp_path, refused):
    page = tmp_path / "page.html"
    done = run("report", made / "m.entable", "--rows", made / "rows.csv", "-o", page, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["bytes"] == page.stat().st_size
    assert "What it leans on" in page.read_text("utf-8")
    refused(run("report", made / "m.entable", "--no-train", "-o", tmp_path / "b.html"), "ratings")
    bad = tmp_path / "bad.csv"
    bad.write_text("day,shop\n2015-01-01,a\n")
    refused(run("report", made / "m.entable", "--rows", bad, "-o", tmp_path / "c.html"), "lacks 2")
    assert not (tmp_path / "c.html").exists()
