"The page about a model of pictures: what it says is what the model says, and nothing escapes."

import re
from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import numpy as np
import polars as pl
import pytest

from entable.data.images import Images
from entable.data.table.source import source_of
from entable.data.table.target import Target
from entable.errors import BadInput
from entable.export.report import write
from entable.export.report.images import image_report
from entable.export.report.thumbs import source
from entable.imagemodel import ImageModel
from entable.scorers.conv import Conv, ConvNet, Flat, PoolTo
from entable.scorers.net import Layer

Image = pytest.importorskip("PIL.Image")
EVIL = "</script><script>alert(1)</script>"
CLASSES = ["rose", "tulip", EVIL, "lily"]
N = 40


def images(kind="classes"):
    rng = np.random.default_rng(0)
    known = {
        "classes": {"class": [CLASSES[k % 4] for k in range(N)]},
        "labels": {"red": rng.integers(0, 2, N), "wet": rng.integers(0, 2, N)},
        "number": {"size": rng.normal(size=N)},
    }[kind]
    names = [f"{EVIL}/{k}.png" for k in range(N)]
    return Images.arrays(rng.integers(0, 256, (N, 20, 16, 3), np.uint8), known, names, kind)


def model(kind="classes"):
    rng = np.random.default_rng(1)
    target = images(kind).target

    def some(*shape):
        return rng.standard_normal(shape).astype("f4")

    parts = (
        Conv(some(3, 3, 3, 4), some(4), name="conv1"), Layer("relu"),
        Conv(some(3, 3, 4, 8), some(8), (2, 2), name="conv2"), PoolTo("mean"), Flat(),
    )  # fmt: skip
    net = ConvNet(parts, some(target.outputs, 8), some(target.outputs), (20, 16, 3),
                  [0.5] * 3, [0.25] * 3)  # fmt: skip
    trace = pl.DataFrame({"epoch": [1, 2], "train_loss": [0.5, 0.25], "valid_loss": [0.6, 0.5]})
    return ImageModel(target, net, learnt=N, metrics={"seconds": 1.5}, trace=trace)


@pytest.fixture(scope="module")
def page():
    told = []
    made = image_report(model(), "Flowers & <more>", images(), lambda *step: told.append(step))
    assert [done for done, _, _ in told] == [*range(7)]
    return made


def titles(page):
    return re.findall(r"<h2[^>]*>([^<]*)</h2>", page)


def test_every_section_is_there_and_none_lacks_anything(page):
    assert titles(page) == [
        "The data", "Error beside a baseline", "What is taken for what", "Learning",
        "The pictures that are most wrong", "The map of classes", "Pictures that are alike",
        "What filters answer to",
    ]  # fmt: skip
    assert 'class="lacking"' not in page


def test_it_says_what_the_model_says(page):
    made, seen = model(), images()
    judged = made.evaluate(seen)
    assert f"accuracy is {judged['accuracy']:.4g} on {N} pictures" in page
    assert made.confusion(seen).title in page
    assert made.top_losses(seen, 24).title in page
    assert "What filter 0 of conv2 answers to" in page


def test_every_picture_is_in_the_page(page):
    found = re.findall(r'<img src="data:image/png;base64,([^"]*)"', page)
    assert len(found) == 24 + 3 * 8 + 6 * 8
    worst = model().top_losses(images(), 24)
    first = Image.open(BytesIO(b64decode(found[0])))
    np.testing.assert_array_equal(np.asarray(first), worst.pictures[0])


def test_nothing_escapes(page):
    assert EVIL not in page
    assert "&lt;/script&gt;" in page
    assert page.count("<script") == 1
    assert "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize("kind", ["labels", "number"])
def test_other_targets_have_no_confusion_and_say_so(kind):
    made = image_report(model(kind), "A page", images(kind))
    assert "no matter of one class among several" in made
    assert "said" in made or "is red" in made


def test_without_pictures_what_is_lacking_is_said():
    made = image_report(replace(model(), trace=None))
    assert made.count('class="lacking"') == 5
    assert "entable image report" in made
    assert "no pictures were brought" in made.lower()
    assert "says nothing of how it was learnt" in made


def test_classes_that_were_not_learnt_are_said_before_the_work():
    other = Images.arrays(images().pixels(), [f"kind {k % 3}" for k in range(N)])
    with pytest.raises(BadInput, match="'kind 0' is no class of training"):
        image_report(model(), "A page", other)


def test_two_classes_have_no_map_and_a_page():
    two = Target.fit(source_of({"class": ["a", "b"]}), ["class"], "classes")
    net = model().scorer
    made = replace(model(), target=two, scorer=replace(net, weight=net.weight[:2],
                                                       bias=net.bias[:2]))  # fmt: skip
    page = image_report(made)
    assert "2 vectors cannot be mapped" in page


def test_large_pictures_become_small_and_gray_ones_stay_gray():
    rng = np.random.default_rng(0)
    large = source(rng.integers(0, 256, (400, 300, 3), np.uint8))
    assert large.startswith("data:image/jpeg")
    opened = Image.open(BytesIO(b64decode(large.partition(",")[2])))
    assert opened.size == (120, 160)
    gray = source(rng.integers(0, 256, (8, 8, 1), np.uint8))
    assert Image.open(BytesIO(b64decode(gray.partition(",")[2]))).mode == "L"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_every_picture_and_complains_of_nothing(chromium, page, tmp_path, width):
    file, complaints = write(page, tmp_path / "page.html"), []
    tab = chromium.new_page(viewport={"width": width, "height": 800})
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(file.as_uri())
    sizes = tab.evaluate("[...document.images].map(one => [one.naturalWidth, one.clientWidth])")
    assert all(natural > 0 and 40 < shown < 200 for natural, shown in sizes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()
    assert complaints == []
