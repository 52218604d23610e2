"Files of table models: the same answers after as before, and nothing from a file believed."

import copy

import numpy as np
import pytest

from entable import load, modelfile
from entable.errors import BadModelFile
from entable.tablemodel.stored import KIND, pack, unpack


@pytest.mark.parametrize("target", ["sold", "grade", "back"])
@pytest.mark.parametrize("nets", [1, 2])
def test_what_is_loaded_answers_like_what_was_saved(model, frame, tmp_path, target, nets):
    made = model(target, nets)
    again = load(made.save(tmp_path / "m.entable"))
    np.testing.assert_array_equal(again.raw(frame), made.raw(frame))
    assert again.predict(frame).tolist() == made.predict(frame).tolist()
    assert again.predict(frame, details=True).equals(made.predict(frame, details=True))
    assert again.encode(frame).equals(made.encode(frame))
    assert again.info == made.info
    assert again.trace.equals(made.trace)
    assert again.save(tmp_path / "n.entable").read_bytes() == (tmp_path / "m.entable").read_bytes()


def test_what_is_loaded_lies_in_the_file(model, tmp_path):
    again = load(model().save(tmp_path / "m.entable"))
    assert not again.scorer.tables[0].flags.writeable
    assert not again.scorer.weight.flags.owndata


def described(change):
    "A change of the description, at a path of keys."

    def spoil(about, arrays):
        *path, last, value = change
        inner = about
        for key in path:
            inner = inner[key]
        inner[last] = value

    return spoil


SPOILT = [
    ("scorer", []),
    ("scorer", "net"),
    ("settings", None),
    ("extra", 1),
    ("trace", "none"),
    ("scorer", 0, "widths", [2]),
    ("scorer", 0, "widths", [2, 4]),
    ("scorer", 0, "widths", [2, 3.0]),
    ("scorer", 0, "reader", "spline"),
    ("scorer", 0, "reader", None),
    ("scorer", 0, "reader", "plain"),
    ("scorer", 0, "blocks", None),
    ("scorer", 0, "blocks", 0, {"layers": ["linear"]}),
    ("scorer", 0, "blocks", 0, "layers", ["linear", "convolution"]),
    ("scorer", 0, "blocks", 0, "layers", ["relu"]),
    ("scorer", 0, "blocks", 0, "residual", True),
    ("scorer", 0, "blocks", 0, "residual", 1),
    ("scorer", 0, "y_range", [3.0, -2.0]),
    ("scorer", 0, "y_range", [1, 2]),
    ("scorer", 0, "y_range", "wide"),
    ("scorer", 0, "factors", False),
    ("scorer", 0, "additive", 0),
    ("table", {}),
    ("table", "categories", []),
]


@pytest.mark.parametrize("change", SPOILT, ids=lambda change: "-".join(map(str, change)))
def test_a_crafted_description_is_refused(model, change):
    about, arrays = pack(model())
    about = copy.deepcopy(about)
    described(change)(about, arrays)
    with pytest.raises(BadModelFile):
        unpack(about, arrays)


def test_crafted_arrays_are_refused(model):
    about, arrays = pack(model())
    for name, array in arrays.items():
        if not name.startswith("table."):
            missing = {other: a for other, a in arrays.items() if other != name}
            with pytest.raises(BadModelFile):
                unpack(about, missing)
            longer = np.concatenate([array, array[:1]]) if array.ndim else array
            with pytest.raises(BadModelFile):
                unpack(about, arrays | {name: longer})
            with pytest.raises(BadModelFile):
                unpack(about, arrays | {name: array.astype("<i4")})
    with pytest.raises(BadModelFile, match="nothing asks for: more"):
        unpack(about, arrays | {"more": np.zeros(1)})


def test_numbers_that_are_not_finite_are_refused(model):
    about, arrays = pack(model())
    for name in ("net.0.vectors", "net.0.weight", "net.0.numbers.slope", "net.0.scale"):
        with pytest.raises(BadModelFile, match="only finite numbers"):
            unpack(about, arrays | {name: np.full_like(arrays[name], np.nan)})


def test_a_damaged_file_is_said_to_be(model, tmp_path):
    path = model().save(tmp_path / "m.entable")
    about, arrays = pack(model())
    about["scorer"] = []
    modelfile.write(path, KIND, about, arrays)
    with pytest.raises(BadModelFile, match="cannot be used: its nets are not described"):
        load(path)
