"What docs/training.md says is run."

import doctest
import re

import torch


def test_what_the_page_says_is_true(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (root / "docs" / "training.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "training.md", None, 0)
    said = []
    with torch.random.fork_rng(devices=[]):
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert not said, "".join(said)
    assert len(test.examples) > 25
