"What the README says is run; so are the commands that it shows, as far as their options go."

import doctest
import re
import shlex

import pytest
from typer.main import get_command

from entable.cli import app


@pytest.fixture
def readme(root):
    return (root / "README.md").read_text("utf-8")


def test_what_the_readme_says_is_true(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", "README.md", 0)
    said = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)
    assert len(blocks) == 10
    assert runner.tries >= 15


def test_the_commands_in_the_readme_exist_with_these_options(readme):
    lines = re.findall(r"^    (entable .*?)(?:  +#.*)?$", readme, re.MULTILINE)
    assert len(lines) >= 8
    commands = get_command(app).commands
    for line in lines:
        _, name, *words = shlex.split(line)
        command = commands[name]
        if hasattr(command, "commands"):  # entable table fit
            command = command.commands[words[0]]
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


def test_the_make_targets_in_the_readme_exist(readme, root):
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([a-z]+)", readme, re.MULTILINE)) <= targets
