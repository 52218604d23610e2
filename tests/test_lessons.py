"The lessons run from top to bottom, and what they say that they print is what they print."

import importlib.util
import re
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "docs" / "lessons"
PAGES = sorted(LESSONS.glob("[0-9]*.md"))


def script(name):
    "A script of examples/, which is no part of the package."
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lessons = script("lessons")


def asks(page):
    "The page, marked if it reads real data."
    real = any(block.real for block in lessons.blocks(page.read_text("utf-8")))
    marks = [pytest.mark.realdata, pytest.mark.slow] if real else []
    return pytest.param(page, id=page.stem, marks=marks)


@pytest.fixture
def _apart(tmp_path, monkeypatch):
    "A folder for pictures, one thread of BLAS, and torch's random state as it was."
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng(devices=[]), threadpool_limits(1):
        yield


@pytest.mark.usefixtures("_apart")
@pytest.mark.parametrize("page", [asks(page) for page in PAGES])
def test_what_the_page_says_is_true(page, request, monkeypatch):
    if request.node.get_closest_marker("realdata"):
        monkeypatch.setenv("MNIST", str(request.getfixturevalue("real") / "mnist"))
    done = 0
    for block, printed in lessons.run(page):
        assert lessons.agree(block.shown, printed, block.real), (
            f"{page.name}, line {block.line}: the page shows\n{block.shown}\nand prints\n{printed}"
        )
        done += 1
    assert done == len(lessons.blocks(page.read_text("utf-8"))) >= 5
    drawn = {path.name for path in Path().glob("*.png")}
    shown = set(re.findall(r"\]\(([a-z]+\.png)\)", page.read_text("utf-8")))
    assert shown <= drawn


@pytest.mark.parametrize("page", [*PAGES, LESSONS / "README.md"], ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert targets
    for target in targets:
        assert (LESSONS / target).is_file(), f"{page.name} points to {target}"
    for path in re.findall(r"`((?:src|examples|benchmarks)/[\w/]+\.py)`", text):
        assert (ROOT / path).is_file(), f"{page.name} names {path}"


def test_pages_follow_each_other_and_the_list_has_all_of_them():
    names = [page.name for page in PAGES]
    assert len(names) == 16
    listed = re.findall(r"^\d+\. \[[^\]]+\]\((.+?)\)", (LESSONS / "README.md").read_text(), re.M)
    assert listed == names
    for page, following in pairwise(PAGES):
        assert re.findall(r"^Next: .*\((.+?)\)", page.read_text("utf-8"), re.M) == [following.name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short(page):
    assert len(page.read_text("utf-8").splitlines()) < 200


def test_no_picture_lies_about_that_no_page_shows():
    told = "".join(page.read_text("utf-8") for page in PAGES)
    kept = [path.name for path in LESSONS.iterdir() if path.suffix in (".png", ".gif")]
    assert [name for name in kept if f"]({name})" not in told] == []


def test_the_animation_moves_and_is_small():
    with Image.open(LESSONS / "line.gif") as kept:
        assert kept.n_frames > 30
        assert (LESSONS / "line.gif").stat().st_size < 300_000


def test_the_path_of_the_animation_is_that_of_the_first_lesson():
    x = np.random.default_rng(0).uniform(0, 1, 50)
    path = script("line").path(x, 3 * x + 8)
    assert path.shape == (151, 3)
    assert np.all(np.diff(path[:, 2]) < 0)
    assert np.allclose(path[-1, :2], (3, 8), atol=0.3)


# the runner itself


PAGE = """# A page

```python
a = 2
print(a, 0.123)
```

```text
2 0.123
```

Words.

```python real
print("seen")
```
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE, "utf-8")
    return path


def test_blocks_are_found_with_their_lines_and_what_they_print():
    first, second = lessons.blocks(PAGE)
    assert (first.line, first.real, first.shown) == (4, False, "2 0.123\n")
    assert (second.code, second.real, second.shown) == ('print("seen")\n', True, "")


def test_blocks_share_their_names_and_real_ones_are_left_out_if_asked(page):
    assert [printed for _, printed in lessons.run(page)] == ["2 0.123\n", "seen\n"]
    assert [printed for _, printed in lessons.run(page, real=False)] == ["2 0.123\n"]


def test_an_error_names_the_page_and_its_line(page):
    page.write_text(PAGE.replace("a = 2", "a = 2 / 0"), "utf-8")
    with pytest.raises(ZeroDivisionError) as caught:
        list(lessons.run(page))
    frame = caught.traceback[-1]
    assert (Path(frame.path).name, frame.lineno + 1) == ("page.md", 4)


def test_a_page_is_written_with_what_it_prints(page):
    page.write_text(PAGE.replace("2 0.123\n```", "old\n```"), "utf-8")
    lessons.write(page)
    assert page.read_text("utf-8") == PAGE + "\n```text\nseen\n```\n"


@pytest.mark.parametrize(
    ("shown", "printed", "loose", "same"),
    [
        ("loss 0.0724", "loss 0.0725", False, True),  # another processor, another last digit
        ("loss 0.0724", "loss 0.0774", False, False),
        ("3 rows", "4 rows", False, False),
        ("1,682 films", "1,683 films", False, False),
        ("1.1e+27", "1.2e+27", False, True),
        ("1.1e+27", "1.1e+26", False, False),
        ("a 1.0", "b 1.0", False, False),
        ("a 1.0", "a 1.0 2.0", False, False),
        ("97.1% right", "96.9% right", False, True),
        ("97.1% right", "95.9% right", False, False),
        ("97.1% right", "95.9% right", True, True),  # what was trained on real data
        ("97.1% right", "57.1% right", True, False),
        ("10 classes", "11 classes", True, False),
        ("", "", False, True),
    ],
)
def test_numbers_may_differ_in_their_last_digits_and_words_not_at_all(shown, printed, loose, same):
    assert lessons.agree(shown, printed, loose) is same
