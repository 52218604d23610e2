"Errors tell the way out as it is typed."

import pytest
from typer.main import get_command

from entable.cli import app
from entable.cli.spelt import spelt


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("a shorter window by length=", "a shorter window by --length"),
        ('say so, as encoding="latin-1"; else', "say so, as --encoding latin-1; else"),
        ("temperature=-1 came; 0 takes", "--temperature -1 came; 0 takes"),
        ("pass strict=False, or tables=2", "pass --anything, or tables=2"),
        ("pass lower=False, or force=False", "pass lower=False, or force=False"),
        ("as top_k=5.", "as --top-k 5."),
        ('text=["a"] came', 'text=["a"] came'),
        ("replace it by force=True", "replace it by --force"),
        ("x = 3, a=b", "x = 3, a=b"),
    ],
)
def test_a_setting_is_told_as_the_option_of_the_command(said, typed):
    assert spelt(said, get_command(app).commands["text"]) == typed


def test_the_program_tells_it_so(run, tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("abcdefgh")
    result = run("text", "fit", path, "-o", tmp_path / "m.entable")
    assert result.exit_code == 2
    assert "a shorter window by --length" in result.stderr
