"Fixtures that every folder of tests shares."

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    "The checkout."
    return ROOT


@pytest.fixture(scope="session")
def real() -> Path:
    "The folder of public data sets; a test that asks for it fails where there is none."
    folder = Path(os.environ.get("ENTABLE_DATA", ROOT.parent / "shared" / "data"))
    assert folder.is_dir(), f"{folder} is no folder; ENTABLE_DATA names another"
    return folder
