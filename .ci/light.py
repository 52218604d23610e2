"Load every golden model and use it, in an environment that has neither Numba nor torch."

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import entable
from entable._extras import MissingExtra
from entable.export.report import report

present = [package for package in ("numba", "torch", "typer", "rich") if find_spec(package)]
if present:
    sys.exit(f"this environment should be bare and has {', '.join(present)}")

root = Path(__file__).parents[1]
if root / "src" in Path(entable.__file__).parents:
    sys.exit("this tests the checkout, not the installed package")

golden = sorted((root / "tests" / "golden").glob("*.entable"))
if not golden:
    sys.exit("there is no golden model in tests/golden")
for path in golden:
    model, want = entable.load(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
    users = [*model.users.names.tolist(), "nobody"]
    items = [*model.items.names.tolist(), -1]
    found = model.predict([user for user in users for _ in items], items * len(users))
    np.testing.assert_allclose(found, want["predict"], rtol=1e-5)
    print(f"{path.name}: {len(found)} predictions as they were")
    print(model.recommend(users[0], n=3), model.similar(items[0], n=3), sep="\n")

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
