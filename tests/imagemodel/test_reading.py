"Models of pictures judged and read."

import numpy as np
import pytest

from entable.data.images import Images
from entable.errors import BadInput, UnknownName
from entable.evaluate.tables import METRICS

KINDS = ("classes", "labels", "number", "numbers")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_judged_beside_an_answer_that_is_always_the_same(model, images, kind):
    found = model(kind).evaluate(images(kind))
    assert found.n == 8
    assert set(found.scores) == set(found.baseline) <= set(METRICS)
    assert found.title.endswith("on 8 pictures")


def test_accuracy_and_confusion_agree(model, images):
    made = model()
    found = made.confusion(images())
    assert found.counts.sum(1).tolist() == [2, 4, 2]
    right = (made.predict(images()) == images().target.classes.names[images().labels]).mean()
    assert np.trace(found.counts) / 8 == right == made.evaluate(images())["accuracy"]
    assert model("binary").confusion(images("binary")).counts.sum() == 8
    with pytest.raises(BadInput, match="no matter of one class"):
        model("labels").confusion(images("labels"))


def test_classes_are_matched_by_name_whatever_their_order(model, pixels):
    made = model()
    some = Images.arrays(pixels[:3], ["tulip", "rose", "tulip"])
    assert made.confusion(some).counts.sum(1).tolist() == [0, 1, 2]
    with pytest.raises(BadInput, match=r"row 2: 'lily' is no class of training"):
        made.evaluate(Images.arrays(pixels[:3], ["tulip", "lily", "tulip"]))


def test_what_is_not_known_cannot_be_judged(model, images, pixels):
    with pytest.raises(BadInput, match="came without their class"):
        model().evaluate(pixels)
    more = {"red": [0, 1], "wet": [1, 1], "dry": [1, 0]}
    made = model("labels")
    several = Images.arrays(pixels[:2], more, kind="labels")
    with pytest.raises(BadInput, match="the label 'dry', which was not learnt"):
        made.evaluate(several)
    less = Images.arrays(pixels[:2], {"red": [0, 1]}, kind="labels")
    with pytest.raises(BadInput, match="wet"):
        made.evaluate(less)


def test_the_largest_losses_come_first(model, images):
    made = model()
    found = made.top_losses(images(), 5)
    chances = made.probabilities(images())
    loss = -np.log(chances[np.arange(8), images().labels])
    assert found.table["loss"].to_list() == pytest.approx(sorted(loss, reverse=True)[:5])
    assert found.table.columns == ["picture", "truth", "predicted", "chance of truth", "loss"]
    at = [int(name.split(".")[0]) for name in found.table["picture"]]
    np.testing.assert_array_equal(found.pictures, images().pixels(at))
    assert found.wrong.tolist() == (found.table["truth"] != found.table["predicted"]).to_list()
    assert found.captions[0].startswith("said ")


@pytest.mark.parametrize("kind", KINDS)
def test_losses_of_every_kind_are_told_in_words(model, images, kind):
    found = model(kind).top_losses(images(kind), 8)
    assert len(found) == 8
    if kind == "labels":
        for text, wrong in zip(found.captions, found.wrong, strict=True):
            assert bool(text) == wrong
    else:
        assert all("said" in text and "is" in text for text in found.captions)
    assert found.plot()


def test_the_nearest_pictures_are_those_of_the_features(model, images, pixels, tmp_path):
    made = model()
    vectors = made.encode(images())
    found = made.similar("3.png", images(), 4)
    near = vectors.nearest("3.png", 4)
    assert found.table["picture"].to_list() == ["3.png", *near.table["picture"]]
    np.testing.assert_array_equal(found.pictures[0], pixels[3])
    np.testing.assert_array_equal(found.pictures[1:], pixels[near.positions])
    assert found.captions[1].startswith(images().target.classes.names[
        images().labels[near.positions[0]]])  # fmt: skip
    again = made.similar("3.png", images(), 4, vectors)
    assert again.table.equals(found.table)
    other = made.similar(pixels[3], images(), 3)
    assert other.table["picture"][1] == "3.png"
    assert other.table["similarity"][1] == pytest.approx(1)


def test_any_one_picture_can_be_asked_about_and_nothing_else(model, images, pixels):
    made = model()
    assert len(made.similar(pixels[:1], pixels, 2)) == 3
    assert made.similar(pixels[0], pixels, 2).captions[1].split("\n")[0] == "0"
    with pytest.raises(BadInput, match="2 pictures came to be compared"):
        made.similar(pixels[:2], images())
    with pytest.raises(BadInput, match="3 vectors came for 8 pictures"):
        made.similar(pixels[0], images(), vectors=made.encode(pixels[:3]))
    with pytest.raises(BadInput, match="no such file"):
        made.similar("none.png", images())


def test_patches_are_where_a_filter_answers_most(model, images, pixels):
    made = model()
    maps = made.scorer.maps(pixels, "conv1")  # (8, 6, 8, 4): 3 x 5 pixels, steps of 2 and 1
    (found,) = made.patches(images(), "conv1", 2, 3)
    best = maps[..., 2].reshape(8, -1)
    order = np.argsort(-best.max(1))[:3]
    assert found.table["picture"].to_list() == [f"{k}.png" for k in order]
    assert found.table["answer"].to_list() == pytest.approx(best.max(1)[order])
    for patch, k in zip(found.pictures, order, strict=True):
        row, column = divmod(int(best[k].argmax()), maps.shape[2])
        a, b = max(2 * row - 1, 0), min(max(column - 1, 0), 5)
        np.testing.assert_array_equal(patch, pixels[k, a : a + 3, b : b + 5])
    assert found.title == "What filter 2 of conv1 answers to"


def test_the_deepest_layer_that_sees_half_of_a_picture_is_shown(model, images):
    found = model().patches(images(), n=2)  # "layer.0.conv1" sees 11 of 12 rows
    assert [one.title for one in found] == [
        f"What filter {k} of conv1 answers to" for k in range(4)
    ]


def test_filters_of_any_layer_can_be_asked_for(model, images):
    made = model()
    assert len(made.patches(images())) == 4
    deep = made.patches(images(), "grouped", [0, 3], 2)
    assert [len(one) for one in deep] == [2, 2]
    with pytest.raises(UnknownName, match=r"it has conv1, layer.0.conv1, layer.0.down, grouped"):
        made.patches(images(), "conv9")
    with pytest.raises(BadInput, match="filter 4 came; conv1 has filters 0 to 3"):
        made.patches(images(), "conv1", 4)
