"Load every golden model and use it, in an environment that has neither Numba nor torch."

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import entable

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
    model = entable.load(path)
    user, item = model.users.names[0], model.items.names[0]
    score = model.predict([user, user], [item, model.items.names[-1]])
    if score.shape != (2,) or not np.isfinite(score).all():
        sys.exit(f"{path.name}: {score} are no scores")
    print(f"{path.name}: user {user}, item {item}: {score[0]:.4f}")
    print(model.recommend(user, n=3))
    print(model.similar(item, n=3))
