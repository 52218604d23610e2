"examples/join.py: vectors joined by name in DuckDB tell another model what names alone do not."

import importlib.util

import pytest


@pytest.fixture
def example(root):
    spec = importlib.util.spec_from_file_location("join", root / "examples" / "join.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_runs_and_vectors_beat_names(example, tmp_path, capsys):
    found = example.main(tmp_path)
    assert found["vector"] > 0.7
    assert found["name"] < 0.1
    assert "160 of 161 rows have a shop with a vector" in capsys.readouterr().out
    assert (tmp_path / "sales.entable").exists()
