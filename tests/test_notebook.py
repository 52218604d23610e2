"The notebook runs, and what it shows are its last-line objects."

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.fixture
def notebook(root):
    return nbformat.read(root / "docs" / "reading.ipynb", as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.realdata
@pytest.mark.slow
def test_the_notebook_runs_and_every_cell_shows_something(notebook, real, monkeypatch):
    monkeypatch.setenv("ML100K", str(real / "ml-100k"))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel's own draws into the page
    for cell in code(notebook):
        cell.outputs = []
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    shown = [cell.outputs for cell in code(notebook)]
    assert all(shown)
    pages = [out.data for outs in shown for out in outs if "data" in out]
    tables = [page["text/html"] for page in pages if "<table>" in page.get("text/html", "")]
    assert len(tables) >= 8
    assert "Schindler" in tables[0]
    assert sum("image/png" in page for page in pages) == 5


def test_the_notebook_is_kept_with_its_answers_and_names_no_folder_of_ours(notebook, root):
    for cell in code(notebook):
        assert cell.outputs
        assert not any(out.output_type in ("error", "stream") for out in cell.outputs), cell.source
    assert str(root) not in nbformat.writes(notebook)
