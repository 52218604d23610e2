"What holds for the whole package: a light face, a typed one, and contracts that name every part."

import ast
import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import entable

LIGHT = {
    "_cores",
    "_extras",
    "_stopping",
    "data",
    "embeddings",
    "errors",
    "evaluate",
    "export",
    "imagemodel",
    "interpret",
    "load",
    "modelfile",
    "recommender",
    "scorers",
    "serve",
    "tablemodel",
}


def loaded_by(code: str) -> set[str]:
    "The top-level packages that a fresh Python holds after `code`."
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def test_importing_entable_imports_nothing_heavy():
    heavy = {"numpy", "polars", "narwhals", "torch", "numba", "pandas", "typer", "rich"}
    assert not loaded_by("import entable") & heavy


def test_the_help_page_imports_nothing_heavy():
    code = "\n".join(
        [
            "import sys; sys.argv = ['entable', '--help']",
            "from entable.cli import main",
            "try: main()",
            "except SystemExit as end: assert not end.code",
        ]
    )
    assert not loaded_by(code) & {"numpy", "polars", "narwhals", "torch", "numba", "pandas"}


def test_reading_and_serving_reaches_neither_numba_nor_torch():
    "The contract of the import linter holds for what Python really loads, too."
    loaded = loaded_by("import entable; entable.Ratings, entable.load, entable.Embeddings")
    assert "numpy" in loaded
    assert not loaded & {"numba", "torch"}


@pytest.mark.parametrize("name", entable.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(entable, name)
    assert not isinstance(value, type(sys)), f"entable.{name} is a module"
    assert value.__doc__


def test_the_face_lists_what_it_has_and_editors_see_the_same():
    tree = ast.parse(Path(entable.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (name.name, node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert seen == {(name, f"entable.{home}") for name, home in entable._HOME.items()}
    assert set(entable.__all__) == set(entable._HOME) <= set(dir(entable))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'factorise'"):
        _ = entable.factorise


@pytest.mark.parametrize("name", ["Learner", "Schedule", "collab_learner"])
def test_without_torch_what_needs_it_says_what_to_install(name):
    code = f"""
import sys
sys.modules["torch"] = None
import entable
try:
    entable.{name}
except entable.EntableError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "torch is not installed: pip install 'entable[neural]'"


@pytest.mark.parametrize("name", ["load", "factorize"])
def test_a_function_is_not_hidden_by_the_module_of_its_name(name):
    importlib.import_module(f"entable.{name}")
    assert callable(getattr(entable, name))


def test_every_light_part_stands_in_the_contract(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    light = settings["tool"]["importlinter"]["contracts"][1]["source_modules"]
    named = {module.split(".")[1] for module in light}
    there = {path.stem for path in (root / "src" / "entable").iterdir()}
    assert LIGHT & there <= named
    assert not named & {"cli", "factorize", "kernels", "models", "recipes", "scale", "train"}


def test_the_core_does_not_ask_for_torch(root):
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert not any(line.startswith("torch") for line in project["dependencies"])
    assert any(line.startswith("torch") for line in project["optional-dependencies"]["neural"])


def test_every_extra_but_the_developers_is_in_all(root):
    extras = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = extras["optional-dependencies"]
    inside = extras["all"][0].removeprefix("entable[").removesuffix("]").split(",")
    assert set(inside) == set(extras) - {"all", "dev"}


def test_every_dependency_is_pinned_for_ci(root):
    pins = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (root / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {line.partition(">=")[0] for line in wanted} <= pins


def linted(root, folder, module, line):
    "What the import linter says of a copy of the sources in which a module has one line more."
    shutil.copytree(root / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", folder)
    with (folder / "src" / "entable" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\ndef _crossed():\n    {line}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    surroundings = os.environ | {"PYTHONPATH": str(folder / "src")}
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("module", "line", "told"),
    [
        ("errors.py", "pass", "0 broken"),
        ("evaluate/metrics.py", "import numba", "evaluate.metrics -> numba"),
        ("load.py", "from entable.kernels import ridge", "load -> entable.kernels.ridge"),
        ("data/vocab.py", "from entable import embeddings", "data.vocab -> entable.embeddings"),
        ("kernels/ridge.py", "import entable.cli", "kernels.ridge -> entable.cli"),
    ],
)
def test_the_contracts_catch_an_import_hidden_in_a_function(root, tmp_path, module, line, told):
    done = linted(root, tmp_path, module, line)
    assert told in done.stdout, done.stdout + done.stderr
    assert done.returncode == (line != "pass")
