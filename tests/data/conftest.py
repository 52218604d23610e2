"Settings and small files that the tests of data share."

from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is no failure, and many small properties need few examples each
settings.register_profile("data", deadline=None, max_examples=30)
settings.load_profile("data")


@pytest.fixture
def file(tmp_path):
    "Writes a file of this name and content (text or bytes) and returns its path."

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
