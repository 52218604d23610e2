"Models of pictures: what they answer, features, and bad input."

import numpy as np
import polars as pl
import pytest

from entable.data.images import Images
from entable.errors import BadInput, UnknownName

KINDS = ("classes", "labels", "number", "numbers", "binary")


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_net(model, images, pixels, kind):
    made = model(kind)
    out = made.scorer(pixels)
    raw = made.raw(images(kind))
    one = kind in ("number", "binary")
    np.testing.assert_allclose(raw, out[:, 0] if one else out, rtol=1e-6)
    assert made.predict(pixels).tolist() == made.target.decode(raw).tolist()
    assert made.predict(pixels[0]).tolist() == made.predict(pixels[:1]).tolist()
    assert "ImageModel of" in repr(made)


def test_classes_are_answered_by_name_with_their_chances(model, images):
    made = model()
    found = made.predict(images(), details=True)
    names = ["daisy", "rose", "tulip"]
    assert found.columns == ["picture", "predicted", *(f"chance of {name}" for name in names)]
    assert found["picture"].to_list() == [f"{k}.png" for k in range(8)]
    chances = found.select(pl.col("^chance.*$")).to_numpy()
    np.testing.assert_allclose(chances.sum(1), 1)
    assert found["predicted"].to_list() == [names[k] for k in chances.argmax(1)]
    np.testing.assert_allclose(made.probabilities(images()), chances)


def test_labels_and_numbers_have_a_column_each(model, pixels):
    labels = model("labels").predict(pixels, details=True)
    assert labels.columns == ["picture", "predicted red", "predicted wet", "chance of red",
                              "chance of wet"]  # fmt: skip
    assert labels["predicted red"].dtype == pl.Boolean
    numbers = model("numbers").predict(pixels, details=True)
    assert numbers.columns == ["picture", "predicted x", "predicted y"]
    with pytest.raises(BadInput, match="no probabilities"):
        model("number").probabilities(pixels)


def test_two_classes_by_one_output_have_two_chances(model, pixels):
    found = model("binary").probabilities(pixels)
    assert found.shape == (8, 2)
    np.testing.assert_allclose(found.sum(1), 1)


def test_several_looks_are_averaged(model, pixels):
    plain, mirrored = model(), model(mirrored=True)
    np.testing.assert_allclose(mirrored.raw(pixels), plain.raw(pixels))
    both = mirrored.raw(pixels, tta=True)
    turned = mirrored.raw(pixels[:, :, ::-1], tta=True)
    np.testing.assert_allclose(both, turned, atol=1e-5)  # the mean does not mind the mirror
    assert abs(plain.raw(pixels, tta=True) - both).max() > 1e-3
    wide = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    parts = [(1, 1), (2, 1), (0, 1), (1, 2), (1, 0)]
    moved = [plain.raw(wide[:, a : a + 12, b : b + 10]) for a, b in parts]
    np.testing.assert_allclose(plain.raw(pixels, tta=True), np.mean(moved, 0), atol=1e-6)


def test_pictures_at_a_time_do_not_show(monkeypatch, model, pixels):
    made = model()
    whole, told = made.raw(pixels), []
    monkeypatch.setattr("entable.imagemodel.model._TOGETHER", 3)
    found = made.raw(pixels, progress=lambda done, of: told.append((done, of)))
    np.testing.assert_allclose(found, whole, atol=1e-6)
    assert told == [(3, 8), (6, 8), (8, 8)]


def test_features_are_found_by_name_and_told_by_class(model, images, pixels):
    made = model()
    found = made.encode(images())
    np.testing.assert_allclose(found.vectors, made.scorer.features(pixels), rtol=1e-6)
    assert found.names.tolist() == [f"{k}.png" for k in range(8)]
    assert found.vocab.kind == "picture"
    assert found.facts["class"].to_list()[:3] == ["rose", "tulip", "daisy"]
    assert made.encode(pixels, names=list("abcdefgh")).names.tolist() == list("abcdefgh")
    assert made.encode(pixels).facts is None
    digits = Images.arrays(pixels, [3, 1, 2, 3, 1, 2, 3, 3])
    assert made.encode(digits).facts["class"].to_list()[:2] == ["class 3", "class 1"]  # no amounts
    with pytest.raises(BadInput, match="different names"):
        made.encode(pixels, names=["a"] * 8)


@pytest.mark.parametrize("kind", KINDS)
def test_class_vectors_lie_among_the_features(model, pixels, kind):
    made = model(kind)
    found, features = made.embeddings, made.encode(pixels)
    assert len(found) == made.scorer.outputs
    assert found.k == features.k
    scores = features.vectors @ found.vectors.T + found.bias
    raw = made.raw(pixels).reshape(8, -1)
    if kind == "classes":  # up to what all classes share
        raw, scores = (x - x.mean(1, keepdims=True) for x in (raw, scores))
        assert found.names.tolist() == ["daisy", "rose", "tulip"]
        assert found.counts.tolist() == [2, 4, 2]
        assert found.vocab.kinds == "classes"
    np.testing.assert_allclose(scores, raw, atol=1e-4)
    assert found.nearest(found.names[0], 1) if len(found) > 1 else True


def test_paths_arrays_and_folders_come_in_the_size_of_the_net(model, pixels, tmp_path):
    pil = pytest.importorskip("PIL.Image")
    made = model()
    for k, one in enumerate(pixels):
        pil.fromarray(one).save(tmp_path / f"{k}.png")
    want = made.raw(pixels)
    np.testing.assert_allclose(made.raw(tmp_path), want, rtol=1e-6)
    np.testing.assert_allclose(made.raw(tmp_path / "0.png"), want[:1], rtol=1e-6)
    np.testing.assert_allclose(made.raw([tmp_path / "1.png", tmp_path / "0.png"]), want[[1, 0]])
    np.testing.assert_allclose(made.raw([pil.fromarray(one) for one in pixels]), want, rtol=1e-6)
    large = np.kron(pixels, np.ones((1, 3, 3, 1), np.uint8))
    assert made.raw(large).shape == (8, 3)
    assert made.raw(large[..., 0]).shape == (8, 3)  # gray ones, too
    assert made.images(large).size == (12, 10)


def test_images_of_another_size_or_color_are_refused(model, pixels):
    made = model()
    with pytest.raises(BadInput, match=r"12 x 10 x 1, the model was learnt from 12 x 10 x 3"):
        made.predict(Images.arrays(pixels[..., :1]))
    with pytest.raises(BadInput, match=r"read them with size=\(12, 10\), channels=3"):
        made.predict(Images.arrays(pixels[:, :8]))


def test_broken_pictures_are_named_or_left_out(model, pixels, tmp_path):
    pil = pytest.importorskip("PIL.Image")
    pil.fromarray(pixels[0]).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture at all")
    (tmp_path / "empty.png").write_bytes(b"")
    made = model()
    with pytest.raises(BadInput, match=r"2 of 3 pictures cannot be read: bad.png.*empty.png"):
        made.predict(tmp_path)
    found = made.predict(tmp_path, details=True, broken="skip")
    assert found["picture"].to_list() == ["good.png"]
    assert made.encode(tmp_path, broken="skip").names.tolist() == ["good.png"]
    with pytest.raises(BadInput, match="ask for details=True"):
        made.predict(tmp_path, broken="skip")
    with pytest.raises(BadInput, match="no such file"):
        made.predict(tmp_path / "none.png")


def test_a_net_and_a_target_that_do_not_fit_are_refused(model):
    made = model()
    from dataclasses import replace

    with pytest.raises(BadInput, match=r"3 outputs; red, wet \(labels\) wants 2"):
        replace(made, target=model("labels").target)
    for wrong in ({"fit": "stretch"}, {"mirrored": 1}, {"learnt": -1}):
        with pytest.raises(BadInput):
            replace(made, **wrong)
    with pytest.raises(BadInput, match="1 or 3 channels, not 2"):
        model(shape=(12, 10, 2))


def test_what_the_model_is_in_figures(model):
    told = model().info
    assert told["kind"] == "images"
    assert told["classes"] == ["daisy", "rose", "tulip"]
    assert told["size"] == [12, 10, 3]
    assert told["scorer"] == "a net of 4 convolutions"
    assert told["pictures"] == 8


def test_unknown_names_propose_the_nearest(model):
    with pytest.raises(UnknownName, match="nearest: 'rose'"):
        model().embeddings.nearest("roses")
