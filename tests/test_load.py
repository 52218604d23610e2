"Loading: old files for ever, broken files never."

import json
import random
import shutil
import subprocess
import sys
import tracemalloc

import numpy as np
import polars as pl
import pytest

from entable import load, modelfile
from entable.errors import BadInput, BadModelFile
from entable.modelfile.layout import FORMAT
from entable.recommender.stored import pack

FLOOR = 4 << 20  # bytes


@pytest.fixture
def golden(root):
    "A file of today's format as it was first written, and the answers it gave then."
    return root / "tests" / "golden" / f"v{FORMAT}.entable"


def answering_as_then(golden, rtol):
    "The model of a golden file, whose answers are as they were, and what else it gave then."
    model, want = load(golden), json.loads(golden.with_suffix(".json").read_text("utf-8"))
    users, items = [*model.users.names.tolist(), "nobody"], [*model.items.names.tolist(), -1]
    got = model.predict([u for u in users for _ in items], items * len(users))
    np.testing.assert_allclose(got, want["predict"], rtol=rtol)
    assert model.recommend(model.users.names, n=3)["item"].to_list() == want["recommend"]
    std = model.predict("u1", [100, -1], details=True)["std"]
    np.testing.assert_allclose(std, want["std"], rtol=1e-12)
    return model, want


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_a_file_of_every_format_gives_its_first_answers(root, version):
    golden = root / "tests" / "golden" / f"v{version}.entable"
    model, want = answering_as_then(golden, 1e-12)
    folded = model.fold_in({100: 5, "Title 5": 1}).predict(model.items.names)
    np.testing.assert_allclose(folded, want["fold_in"], rtol=1e-9)
    assert model.items.label(range(6)).tolist() == want["labels"]
    assert model.items.facts["genre"].to_list() == want["genre"]
    assert model.settings == want["settings"]
    std = model.items.bias_std
    assert (None if std is None else std.tolist()) == want.get("bias_std")


def test_a_net_gives_its_first_answers(root):
    answering_as_then(root / "tests" / "golden" / f"v{FORMAT}-net.entable", 1e-5)


def test_a_table_model_gives_its_first_answers(root):
    golden = root / "tests" / "golden" / f"v{FORMAT}-table.entable"
    model, want = load(golden), json.loads(golden.with_suffix(".json").read_text("utf-8"))
    rows = pl.DataFrame(want["rows"]).with_columns(pl.col("when").str.to_date())
    np.testing.assert_allclose(model.raw(rows), want["raw"], rtol=1e-5)
    assert model.predict(rows).tolist() == want["predict"]
    assert model.predict(rows, details=True)["unseen"].to_list() == want["unseen"]
    np.testing.assert_allclose(model.embeddings["city"]["Bonn"], want["city"])
    assert model.settings == want["settings"]


def test_a_text_model_gives_its_first_answers(root):
    golden = root / "tests" / "golden" / f"v{FORMAT}-text.entable"
    model, want = load(golden), json.loads(golden.with_suffix(".json").read_text("utf-8"))
    scores, _ = model.scorer.scores(model.cut.encode(want["text"])[None])
    np.testing.assert_allclose(scores[0], want["scores"], atol=1e-5)
    assert model.generate(want["prompt"], 30, temperature=0) == want["greedy"]
    assert model.generate(want["prompt"], 30, seed=5) == want["drawn"]
    vectors = model.encode(want["documents"]).vectors
    np.testing.assert_allclose(vectors, want["vectors"], atol=1e-6)
    assert model.score("the dog sat there, too").nats == pytest.approx(want["nats"], rel=1e-5)
    assert model.settings == want["settings"]


def test_a_model_of_pictures_gives_its_first_answers(root):
    golden = root / "tests" / "golden" / f"v{FORMAT}-images.entable"
    model, want = load(golden), json.loads(golden.with_suffix(".json").read_text("utf-8"))
    pictures = np.array(want["pictures"], np.uint8)
    np.testing.assert_allclose(model.raw(pictures), want["raw"], atol=1e-4)
    np.testing.assert_allclose(model.raw(pictures, tta=True), want["tta"], atol=1e-4)
    np.testing.assert_allclose(model.encode(pictures).vectors, want["features"], atol=1e-4)
    np.testing.assert_allclose(model.embeddings["rose"], want["rose"], atol=1e-6)
    assert model.predict(pictures).tolist() == want["predict"]
    assert model.settings == want["settings"]


def test_what_is_written_today_is_what_was_written_then(golden, tmp_path):
    "Where this fails, the format has changed: raise FORMAT and keep a golden file of each."
    kinds = ("net", "table", "text", "images")
    for path in (golden, *(golden.with_name(f"v{FORMAT}-{kind}.entable") for kind in kinds)):
        assert load(path).save(tmp_path / "m.entable").read_bytes() == path.read_bytes()


def content(path):
    "The whole model, comparable byte by byte."
    about, arrays = pack(load(path))
    return about, {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in arrays.items()}


def damaged(whole, rng):
    "Bytes flipped, removed, inserted, moved or cut off."
    b, at, n = bytearray(whole), rng.randrange(len(whole)), rng.choice([1, 1, 4, 100])
    match rng.randrange(5):
        case 0:
            b[at] ^= 1 << rng.randrange(8)
        case 1:
            del b[at : at + n]
        case 2:
            b[at:at] = rng.randbytes(n)
        case 3:
            piece = b[at : at + n]
            del b[at : at + n]
            other = rng.randrange(len(b))
            b[other:other] = piece
        case 4:
            del b[at:]
    return bytes(b)


def test_a_thousand_damaged_files_give_an_error_or_the_same_model(golden, tmp_path):
    want, whole = content(golden), golden.read_bytes()
    rng, path, refused = random.Random(1), tmp_path / "m.entable", 0
    tracemalloc.start()
    try:
        for _ in range(1000):
            path.write_bytes(damaged(whole, rng))
            try:
                assert content(path) == want
            except BadModelFile:
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused > 900
    assert peak <= 2 * len(whole) + FLOOR


def test_a_kind_of_a_later_version_is_said(tmp_path):
    path = modelfile.write(tmp_path / "m.entable", "table", {}, {})
    with pytest.raises(BadModelFile, match="holds a 'table'; this version loads 'recommender'"):
        load(path)


def test_no_file_is_said(tmp_path):
    with pytest.raises(BadInput, match="there is no file"):
        load(tmp_path / "m.entable")


def test_serving_needs_neither_numba_nor_torch_nor_a_frame_library_of_the_caller(golden):
    code = f"""
import sys
import entable
model = entable.load({str(golden)!r})
model.recommend(["u1"]), model.predict("u1", 100, details=True), model.explain("u1", 100)
model.fold_in({{100: 5}}).recommend(), model.similar(100)
heavy = {{"numba", "torch", "pandas", "pyarrow", "duckdb", "scipy", "sklearn"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_file_may_be_moved_and_replaced_while_it_is_loaded(golden, tmp_path):
    path = tmp_path / "m.entable"
    shutil.copy(golden, path)
    model = load(path)
    want = model.predict("u1", model.items.names).tolist()
    model.save(path, history=False)
    path.rename(tmp_path / "moved.entable")
    assert model.predict("u1", model.items.names).tolist() == want
    assert load(tmp_path / "moved.entable").history is None
