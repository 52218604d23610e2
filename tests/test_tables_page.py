"What docs/tables.md says is run, and what it says that it prints is what it prints."

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_limits

PAGE = Path(__file__).parents[1] / "docs" / "tables.md"


@pytest.fixture(scope="module")
def lessons(root):
    path = root / "examples" / "lessons.py"
    spec = importlib.util.spec_from_file_location("lessons", path)
    module = sys.modules["lessons"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def _apart(tmp_path, monkeypatch):
    "A folder for what is written, one thread of BLAS, and torch's random state as it was."
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng(devices=[]), threadpool_limits(1):
        yield


def told(lessons, real):
    "How many blocks of the page ran, each of which printed what it shows."
    done = 0
    for block, printed in lessons.run(PAGE, real):
        assert lessons.agree(block.shown, printed, block.real), (
            f"line {block.line}: the page shows\n{block.shown}\nand prints\n{printed}"
        )
        done += 1
    return done


@pytest.mark.usefixtures("_apart")
def test_what_needs_no_data_is_true(lessons):
    assert told(lessons, False) == sum(
        not block.real for block in lessons.blocks(PAGE.read_text("utf-8"))
    )


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.usefixtures("_apart")
def test_what_it_draws_of_rossmann_is_drawn(lessons, real, monkeypatch):
    monkeypatch.setenv("ROSSMANN", str(real / "rossmann"))
    assert told(lessons, True) == len(lessons.blocks(PAGE.read_text("utf-8"))) > 6
    shown = set(re.findall(r"\]\(([a-z]+\.png)\)", PAGE.read_text("utf-8")))
    assert shown == {path.name for path in Path().glob("*.png")}
    assert all((PAGE.parent / name).is_file() for name in shown)
