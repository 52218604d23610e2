"Load every golden model and use it, in an environment that has neither Numba nor torch."

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import entable
from entable._extras import MissingExtra
from entable.export.report import report
from entable.imagemodel import ImageModel
from entable.tablemodel import TableModel
from entable.textmodel import TextModel

present = [package for package in ("numba", "torch", "typer", "rich") if find_spec(package)]
if present:
    sys.exit(f"this environment should be bare and has {', '.join(present)}")

root = Path(__file__).parents[1]
if root / "src" in Path(entable.__file__).parents:
    sys.exit("this tests the checkout, not the installed package")

golden = sorted((root / "tests" / "golden").glob("*.entable"))
if not golden:
    sys.exit("there is no golden model in tests/golden")


def recommends(model: entable.Recommender, want: dict[str, Any]) -> int:
    "Predict all pairs as before, recommend and find alike; how many pairs."
    users = [*model.users.names.tolist(), "nobody"]
    items = [*model.items.names.tolist(), -1]
    found = model.predict([user for user in users for _ in items], items * len(users))
    np.testing.assert_allclose(found, want["predict"], rtol=1e-5)
    print(model.recommend(users[0], n=3), model.similar(items[0], n=3), sep="\n")
    return len(found)


def reads_tables(model: TableModel, want: dict[str, Any]) -> int:
    "Predict and encode the rows of a table as before; how many rows."
    rows = pl.DataFrame(want["rows"]).with_columns(pl.col("when").str.to_date())
    np.testing.assert_allclose(model.raw(rows), want["raw"], rtol=1e-5, atol=1e-5)
    print(model.predict(rows, details=True), model.encode(rows), sep="\n")
    return len(rows)


def writes(model: TextModel, want: dict[str, Any]) -> int:
    "Score, go on and encode as before; how many characters."
    scores, _ = model.scorer.scores(model.cut.encode(want["text"])[None])
    np.testing.assert_allclose(scores[0], want["scores"], atol=1e-5)
    if model.generate(want["prompt"], 30, temperature=0) != want["greedy"]:
        sys.exit("a model of text goes on otherwise than it did")
    print(model.encode(want["documents"]), model.probabilities(want["prompt"]), sep="\n")
    return len(want["text"])


def sees(model: ImageModel, want: dict[str, Any]) -> int:
    "Say what pictures show and encode them as before; how many pictures."
    pictures = np.array(want["pictures"], np.uint8)
    np.testing.assert_allclose(model.raw(pictures), want["raw"], atol=1e-4)
    np.testing.assert_allclose(model.encode(pictures).vectors, want["features"], atol=1e-4)
    print(model.predict(pictures, details=True), model.embeddings.nearest("rose"), sep="\n")
    return len(pictures)


for path in golden:
    model, want = entable.load(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
    used: Any = {TableModel: reads_tables, TextModel: writes, ImageModel: sees}.get(
        type(model), recommends
    )
    print(f"{path.name}: {used(model, want)} predictions as they were")

parts = Path(report.__code__.co_filename).parent
lacking = [
    name
    for name in ("page.html.j2", "page.css", "page.js", "map.js")
    if not (parts / name).is_file()
]
if lacking:
    sys.exit(f"the installed package lacks {', '.join(lacking)}")
try:
    report(model)
except MissingExtra as error:
    print(error)
else:
    sys.exit("a report was made without Matplotlib and Jinja")
