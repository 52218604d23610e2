"`entable image ...`, and the commands that know the kind of a model by themselves."

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import entable
from entable.cli import app
from entable.data.images import Images

Image = pytest.importorskip("PIL.Image")
PROGRAM = str(Path(sys.executable).with_name("entable"))
FAST = ("--epochs", "2", "--batch", "16", "--lr", "0.01", "--threads", "1", "--quiet")


def picture(kind, seed):
    "Stripes across or down, of chance colours, with some noise."
    rng = np.random.default_rng(seed)
    lines = (np.arange(16) // 2 % 2)[:, None] if kind == "across" else (np.arange(16) // 2 % 2)
    plain = np.broadcast_to(lines, (16, 16))[..., None] * rng.integers(90, 220, 3)
    return np.clip(plain + rng.integers(0, 30, (16, 16, 3)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    "A folder with stripes/ (class folders), list.csv and a model of them, m.entable."
    folder = tmp_path_factory.mktemp("image")
    rows = ["file,kind,tilt"]
    for kind in ("across", "down"):
        (folder / "stripes" / kind).mkdir(parents=True)
        for k in range(24):
            name = f"stripes/{kind}/{k}.png"
            Image.fromarray(picture(kind, k)).save(folder / name)
            rows.append(f"{name},{kind},{0.5 if kind == 'down' else 1.5}")
    (folder / "list.csv").write_text("\n".join(rows) + "\n")
    command = ["image", "fit", folder / "stripes", "-o", folder / "m.entable", *FAST]
    done = CliRunner().invoke(app, [str(part) for part in command])
    assert done.exit_code == 0, done.output
    return folder


def test_the_whole_way_from_pictures_to_a_model_and_its_errors(made, run, tmp_path):
    out = tmp_path / "m.entable"
    done = run("image", "fit", made / "stripes", "-o", out, "--valid", ".25", "--json", *FAST)
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kind"] == "images"
    assert told["classes"] == ["across", "down"]
    assert told["size"] == [16, 16, 3]
    assert told["pictures"] == 36
    assert told["valid"]["pictures"] == 12
    assert set(told["valid"]["baselines"]) == {"always the same"}
    assert told["skipped"] == []
    assert entable.load(out).class_names == ["across", "down"]


def test_the_same_seed_gives_the_same_file(made, run, tmp_path):
    files = []
    for name in ("a.entable", "b.entable"):
        done = run("image", "fit", made / "stripes", "-o", tmp_path / name, "--seed", "3", *FAST)
        assert done.exit_code == 0, done.stderr
        files.append(entable.load(tmp_path / name).raw(made / "stripes" / "down"))
    np.testing.assert_array_equal(*files)


def test_lists_judge_and_are_learnt_from(made, run, tmp_path):
    out, listed = tmp_path / "m.entable", made / "list.csv"
    done = run("image", "fit", listed, "-o", out, "--target", "tilt", "--valid", "0",
               "--size", "12x14", "--gray", "--change", "drawings", *FAST)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert entable.load(out).info["size"] == [12, 14, 1]
    assert entable.load(out).info["predicts"] == "number"
    done = run("image", "fit", made / "stripes", "-o", out, "--force", "--valid", listed,
               "--target", "kind", *FAST)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    done = run("image", "fit", listed, "-o", out, "--force", "--valid", made / "stripes",
               "--target", "kind", "--json", *FAST)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["valid"]["pictures"] == 48


def test_predictions_are_told_written_or_given_to_programs(made, run, tmp_path):
    model, some = made / "m.entable", made / "stripes" / "down"
    done = run("image", "predict", model, some)
    assert done.exit_code == 0, done.stderr
    assert "0.png" in done.stdout
    told = json.loads(run("image", "predict", model, some / "1.png", some / "2.png", "--tta",
                          "--json").stdout)  # fmt: skip
    assert [row["predicted"] for row in told["predictions"]] == ["down", "down"]
    assert set(told["predictions"][0]) == {
        "picture", "predicted", "chance of across", "chance of down"}  # fmt: skip
    done = run("image", "predict", model, some, "-o", tmp_path / "p.csv", "--json")
    assert json.loads(done.stdout)["rows"] == 24
    assert pl.read_csv(tmp_path / "p.csv").columns[:2] == ["picture", "predicted"]


def test_features_are_written_by_name(made, run, tmp_path):
    out = tmp_path / "v.parquet"
    done = run("image", "encode", made / "m.entable", made / "stripes", "-o", out, "--quiet")
    assert done.exit_code == 0, done.stderr
    found = pl.read_parquet(out)
    assert len(found) == 48
    assert found.columns[:2] == ["picture", "picture_1"]
    assert found["picture"][0] == "across/0.png"


def test_broken_pictures_are_named_or_skipped(made, run, refused, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    Image.fromarray(picture("down", 1)).save(tmp_path / "good.png")
    model = made / "m.entable"
    for command in ("predict", "encode"):
        refused(run("image", command, model, tmp_path), "bad.png", "no picture")
        done = run("image", command, model, tmp_path, "--broken", "skip", "--json")
        assert done.exit_code == 0, done.stderr
        assert "left out bad.png" in done.stderr
        assert json.loads(done.stdout)["skipped"][0]["picture"] == "bad.png"
    refused(run("image", "predict", model, tmp_path, "--broken", "mend"), "refuse or skip")
    refused(run("image", "predict", model, tmp_path / "none.png"), "no such file")


def test_what_cannot_be_learnt_is_refused_before_the_work(made, run, refused, tmp_path):
    out, stripes = tmp_path / "m.entable", made / "stripes"
    refused(run("image", "fit", stripes), "-o MODEL")
    refused(run("image", "fit", stripes, "-o", out, "--net", "vgg"), "resnet18")
    refused(run("image", "fit", stripes, "-o", out, "--change", "all"), "photos")
    refused(run("image", "fit", stripes, "-o", out, "--size", "big"), "64x96")
    refused(run("image", "fit", stripes, "-o", out, "--target", "kind"), "goes with a list")
    refused(run("image", "fit", stripes, "-o", out, "--valid", "2"), "share below 1")
    refused(run("image", "fit", tmp_path / "none", "-o", out), "no file or folder")
    refused(run("image", "fit", made / "list.csv", "-o", out), "target")
    (tmp_path / "one" / "class").mkdir(parents=True)
    Image.fromarray(picture("down", 1)).save(tmp_path / "one" / "class" / "1.png")
    refused(run("image", "fit", tmp_path / "one", "-o", out), "one class")
    assert not out.exists()
    refused(run("image", "fit", stripes, "-o", made / "m.entable"), "--force")


def test_weights_of_another_net_are_refused_with_what_is_missing(made, run, refused, tmp_path):
    from safetensors.numpy import save_file

    weights = tmp_path / "w.safetensors"
    save_file({"conv1.weight": np.zeros((4, 3, 3, 3), "f4"), "odd": np.zeros(3, "f4")}, weights)
    command = "image", "fit", made / "stripes", "-o", tmp_path / "m.entable", "--weights", weights
    refused(run(*command, *FAST), "missing", "odd")
    refused(run(*command[:-1], tmp_path / "none.safetensors", *FAST), "none.safetensors")
    (tmp_path / "p.pth").write_bytes(b"\x80\x02}q")
    refused(run(*command[:-1], tmp_path / "p.pth", *FAST), "p.pth")
    assert not (tmp_path / "m.entable").exists()


def test_models_of_other_kinds_are_refused(made, files, run, refused):
    ratings, stripes = files / "model.entable", made / "stripes"
    for command in ("predict", "encode"):
        refused(run("image", command, ratings, stripes), "model of ratings", "entable image fit")
    refused(run("recommend", made / "m.entable", "--user", "1"), "a model of pictures")
    refused(run("predict", made / "m.entable", made / "list.csv"), "a model of pictures")
    refused(run("evaluate", made / "m.entable", files / "ratings.csv"), "columns 'item', 'rating'")
    refused(run("image", "evaluate", ratings, stripes), "model of ratings", "entable image fit")


def test_a_model_is_judged_by_pictures_and_evaluate_knows_its_kind(made, run, refused):
    model, stripes = made / "m.entable", made / "stripes"
    done = run("image", "evaluate", model, stripes, "--metrics", "accuracy,log_loss", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    truth = entable.load(model).evaluate(Images.folder(stripes))
    assert told["pictures"] == 48
    assert told["accuracy"] == pytest.approx(truth["accuracy"])
    assert told["log_loss"] < told["baselines"]["always the same"]["log_loss"]
    assert told["skipped"] == []
    listed = ("--picture", "file", "--target", "kind")
    by_list = run("image", "evaluate", model, made / "list.csv", *listed, "--metrics", "accuracy")
    assert f"accuracy {told['accuracy']:.4f}" in by_list.stdout
    by_kind = run("evaluate", model, stripes, "--metrics", "accuracy")
    assert "48 pictures" in by_kind.stdout
    assert f"accuracy {told['accuracy']:.4f}" in by_kind.stdout
    refused(run("image", "evaluate", model, stripes, "--target", "kind"), "--target")
    refused(run("evaluate", model, stripes, "--user", "u"), "--user goes with a model of ratings")
    refused(run("evaluate", model, made / "nowhere"), "nowhere")


def test_evaluate_says_how_to_leave_broken_pictures_out(made, files, run, refused, tmp_path):
    model, stripes = made / "m.entable", tmp_path / "stripes"
    shutil.copytree(made / "stripes", stripes)
    (stripes / "down" / "bad.png").write_text("x")
    refused(run("evaluate", model, stripes), "bad.png", "leave them out by --broken skip")
    done = run("evaluate", model, stripes, "--broken", "skip")
    assert "48 pictures" in done.stdout
    assert "left out down/bad.png" in done.stderr
    ratings = run("evaluate", files / "model.entable", files / "ratings.csv", "--broken", "skip")
    refused(ratings, "--broken goes with a model of pictures")


def test_info_and_nearest_know_the_kind(made, run):
    done = run("info", made / "m.entable")
    assert done.exit_code == 0, done.stderr
    assert "across, down" in done.stdout
    assert "16 x 16, in colour" in done.stdout
    told = json.loads(run("info", made / "m.entable", "--json").stdout)
    assert told["predicts"] == "classes"
    assert "down" in run("nearest", made / "m.entable", "across").stdout


def test_a_report_shows_mistakes_and_pictures(made, run, refused, tmp_path):
    page = tmp_path / "page.html"
    done = run("image", "report", made / "m.entable", made / "stripes", "-o", page, "--json")
    assert done.exit_code == 0, done.stderr
    text = page.read_text("utf-8")
    assert json.loads(done.stdout)["bytes"] == page.stat().st_size
    assert "data:image/png;base64" in text
    assert "What is taken for what" in text
    again = tmp_path / "again.html"
    done = run("report", made / "m.entable", "--pictures", made / "stripes", "-o", again)
    assert done.exit_code == 0, done.stderr
    assert len(again.read_text("utf-8")) == len(text)
    refused(run("report", made / "m.entable", "--rows", made / "list.csv", "-o", again, "--force"),
            "--rows")  # fmt: skip
    refused(run("image", "report", made / "m.entable", "-o", tmp_path / "p.txt"), ".html")


def test_a_report_of_unknown_classes_is_refused(made, run, refused, tmp_path):
    for kind in ("across", "lily"):
        (tmp_path / "other" / kind).mkdir(parents=True)
        Image.fromarray(picture("down", 1)).save(tmp_path / "other" / kind / "1.png")
    out = tmp_path / "p.html"
    refused(run("image", "report", made / "m.entable", tmp_path / "other", "-o", out), "'lily'")
    assert not out.exists()


def test_ctrl_c_while_it_learns_ends_with_the_model_so_far(made, tmp_path):
    out = tmp_path / "m.entable"
    leader, follower = pty.openpty()
    command = [PROGRAM, "image", "fit", str(made / "stripes"), "-o", str(out), "--batch", "8"]
    command += ["--epochs", "100000", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    shown = b""
    while b"loss" not in shown:  # the bar, and a rate
        shown += os.read(leader, 4096)
    process.send_signal(signal.SIGINT)
    with suppress(OSError):
        while piece := os.read(leader, 4096):
            shown += piece
    os.close(leader)
    assert process.wait() == 0
    assert b"interrupted: this is the model so far" in shown
    assert entable.load(out).class_names == ["across", "down"]


def test_ctrl_c_leaves_nothing_half_written(made, run, monkeypatch, tmp_path):
    def stop(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("entable.imagemodel.ImageModel.predict", stop)
    out = tmp_path / "p.csv"
    done = run("image", "predict", made / "m.entable", made / "stripes", "-o", out)
    assert done.exit_code == 130
    assert "nothing was written" in done.stderr
    assert not [*tmp_path.iterdir()]
