"Files of models of pictures: the same answers after as before, and nothing from a file believed."

import copy

import numpy as np
import pytest

from entable import load, modelfile
from entable.errors import BadModelFile
from entable.imagemodel.stored import KIND, pack, unpack


@pytest.mark.parametrize("kind", ["classes", "labels", "number", "numbers", "binary"])
def test_what_is_loaded_answers_like_what_was_saved(model, pixels, tmp_path, kind):
    made = model(kind, mirrored=True, y_range=(-3.0, 3.0))
    again = load(made.save(tmp_path / "m.entable"))
    np.testing.assert_array_equal(again.raw(pixels, tta=True), made.raw(pixels, tta=True))
    assert again.predict(pixels, details=True).equals(made.predict(pixels, details=True))
    assert again.info == made.info
    assert again.trace.equals(made.trace)
    assert (again.fit, again.mirrored, again.learnt) == ("squish", True, 8)
    assert again.save(tmp_path / "n.entable").read_bytes() == (tmp_path / "m.entable").read_bytes()


def test_what_is_loaded_lies_in_the_file(model, tmp_path):
    again = load(model().save(tmp_path / "m.entable"))
    weight = again.scorer.convolutions["conv1"].weight
    assert not weight.flags.writeable
    assert not weight.flags.owndata


SPOILT = [
    ("settings", None),
    ("extra", 1),
    ("trace", "none"),
    ("fit", "stretch"),
    ("fit", 3),
    ("mirrored", 1),
    ("learnt", -1),
    ("learnt", 2.0),
    ("target", {}),
    ("target", "kind", "labels"),
    ("target", "names", []),
    ("net", []),
    ("net", "shape", [12, 10]),
    ("net", "shape", [12, 10, 2]),
    ("net", "shape", [0, 10, 3]),
    ("net", "shape", [1 << 30, 1 << 30, 3]),
    ("net", "shape", [2, 2, 3]),
    ("net", "shape", [12.0, 10, 3]),
    ("net", "y_range", [3.0, -2.0]),
    ("net", "y_range", [1, 2]),
    ("net", "y_range", "wide"),
    ("net", "parts", {}),
    ("net", "parts", []),
    ("net", "parts", 0, "conv"),
    ("net", "parts", 0, "part", "attention"),
    ("net", "parts", 0, "part", ["conv"]),
    ("net", "parts", 0, "more", 1),
    ("net", "parts", 0, "name", 3),
    ("net", "parts", 0, "groups", 2),
    ("net", "parts", 0, "groups", "1"),
    ("net", "parts", 0, "stride", [0, 1]),
    ("net", "parts", 0, "stride", 2),
    ("net", "parts", 0, "stride", [2, True]),
    ("net", "parts", 0, "padding", [1 << 11, 1]),
    ("net", "parts", 0, "dilation", [1 << 40, 1]),
    ("net", "parts", 1, "kind", "lambda"),
    ("net", "parts", 1, "kind", "norm"),
    ("net", "parts", 1, "kind", "relu"),
    ("net", "parts", 2, "how", "sum"),
    ("net", "parts", 2, "how", []),
    ("net", "parts", 2, "counted", 0),
    ("net", "parts", 3, "how", "concat"),
    ("net", "parts", 3, "of", []),
    ("net", "parts", 3, "of", {}),
    ("net", "parts", 3, "of", 1, []),
    ("net", "parts", 6, "of", 0, 0, "to", [65, 1]),
    ("net", "parts", 6, "of", 0, 0, "how", "median"),
]


@pytest.mark.parametrize("change", SPOILT, ids=lambda change: "-".join(map(str, change)))
def test_a_crafted_description_is_refused(model, tmp_path, change):
    about, arrays = pack(model())
    *keys, last, value = change
    inner = about = copy.deepcopy(about)
    for key in keys:
        inner = inner[key]
    inner[last] = value
    path = modelfile.write(tmp_path / "m.entable", KIND, about, arrays)
    with pytest.raises(BadModelFile, match="cannot be used: "):
        load(path)


def test_crafted_arrays_are_refused(model):
    about, arrays = pack(model())
    for name, array in arrays.items():
        missing = {other: a for other, a in arrays.items() if other != name}
        if not name.endswith("valid"):
            with pytest.raises(BadModelFile):
                unpack(about, missing)
        if name.startswith("net."):
            with pytest.raises(BadModelFile):
                unpack(about, arrays | {name: array.astype("<f8")})
            with pytest.raises(BadModelFile, match="finite"):
                unpack(about, arrays | {name: np.full_like(array, np.inf)})
            with pytest.raises(BadModelFile):
                unpack(about, arrays | {name: array[..., None]})
    with pytest.raises(BadModelFile, match=r"nothing asks for: net.99.weight"):
        unpack(about, arrays | {"net.99.weight": arrays["net.weight"]})


def test_a_damaged_file_is_said_to_be(model, tmp_path):
    about, arrays = pack(model())
    path = modelfile.write(tmp_path / "m.entable", KIND, about | {"net": []}, arrays)
    with pytest.raises(BadModelFile, match="cannot be used: the net is not described"):
        load(path)


def test_a_part_of_a_later_version_is_said(model):
    about, arrays = pack(model())
    about["net"]["parts"][0]["part"] = "attention"
    with pytest.raises(BadModelFile, match="'attention', which this version does not know"):
        unpack(about, arrays)
