"Where a net of pictures looks, by the names of its classes."

import numpy as np
import pytest

from entable.data.images import Images
from entable.errors import BadInput, UnknownName
from entable.recipes.vision import vision_learner
from entable.recipes.visionread import looked_at


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (12, 16, 16, 3), np.uint8)
    return Images.arrays(pixels, ["rose", "tulip"] * 6)


def test_pictures_are_shown_with_what_was_looked_for(images):
    learner = vision_learner(images)
    found = looked_at(learner, images, n=5)
    assert len(found) == 5
    assert found.pictures.shape == (5, 16, 16, 3)
    said = learner.predict(images, decode=True)[:5].tolist()
    assert found.table["of"].to_list() == said
    assert found.wrong.tolist() == [a != b for a, b in zip(said, ["rose", "tulip"] * 3)]  # noqa: B905
    asked = looked_at(learner, images, "tulip")
    assert set(asked.table["of"]) == {"tulip"}
    assert looked_at(learner, images.pixels()[:2]).wrong is None
    with pytest.raises(UnknownName, match="nearest: 'tulip'"):
        looked_at(learner, images, "tulips")


def test_numbers_have_names_too():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (12, 16, 16, 1), np.uint8)
    learner = vision_learner(Images.arrays(pixels, {"a": rng.normal(size=12),
                                                    "b": rng.normal(size=12)}))  # fmt: skip
    assert set(looked_at(learner, pixels, "b").table["of"]) == {"b"}
    with pytest.raises(BadInput, match="the model has a, b"):
        looked_at(learner, pixels, "c")
