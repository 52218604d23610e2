"A table through JSON and arrays is the same table; anything else is refused."

import copy
import datetime as dt
import json

import numpy as np
import pytest

from entable.data.table import Table
from entable.errors import BadModelFile

FRAME = {
    "city": ["Ulm", "Bonn", None, "Ulm"],
    "area": [30.5, 40, None, 81.25],
    "level": [1.5, 2.5, 2.5, 9],
    "day": [dt.date(2015, 1, k) for k in (1, 9, 17, 30)],
    "w": [1, 2, 1, 1],
    "y": ["no", "yes", "no", "no"],
    "price": [10.0, 20, 0, 40],
}
FITS = {
    "binary": {"target": "y", "weights": "w", "class_weights": "balanced"},
    "number": {"target": "price", "log": True, "range": (0, 50)},
    "numbers": {"target": ["price", "level"]},
    "none": {"scaling": {"area": "quantile"}, "missing": ["?"], "repeated": 2},
}


def fitted(name):
    return Table.fit(FRAME, **FITS[name])


def through(table):
    manifest, arrays = table.state()
    return Table.of(json.loads(json.dumps(manifest)), {k: v.copy() for k, v in arrays.items()})


@pytest.mark.parametrize("name", FITS)
def test_what_was_learnt_survives(name):
    table = fitted(name)
    again = through(table)
    a, b = table.apply(FRAME), again.apply(FRAME)
    for field in ("codes", "numbers", "missing", "unseen", "target", "weights"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field), field)
    assert repr(again) == repr(table)
    assert again.columns == table.columns
    assert str(again.profile()) == str(table.profile())
    if table.target is not None:
        raw = np.linspace(-1, 1, 4).astype(np.float32)
        raw = raw if table.target.outputs == 1 else np.stack([raw, raw], 1)
        assert again.target.decode(raw).tolist() == table.target.decode(raw).tolist()
    manifest, arrays = again.state()
    assert manifest == table.state()[0]
    for key, array in table.state()[1].items():
        np.testing.assert_array_equal(arrays[key], array)


def changed(manifest, path, value):
    manifest = copy.deepcopy(manifest)
    part = manifest
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return manifest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["categories"], None),
        (["categories", 0, "name"], 7),
        (["categories", 0, "ordered"], 1),
        (["categories", 0, "dtype"], "blob"),
        (["numbers", 0, "scale"], 0.0),
        (["numbers", 0, "scale"], float("nan")),
        (["numbers", 0, "fill"], "median"),
        (["numbers", 0, "scaling"], "quantile"),
        (["numbers", 0, "scaling"], "cube"),
        (["numbers", 0, "whole"], 1),
        (["dates"], [{"name": "day"}]),
        (["target", "kind"], "labels"),
        (["target", "kind"], "guess"),
        (["target", "names"], []),
        (["target", "range"], [1]),
        (["target", "seen"], [0, None]),
        (["target", "numbers"], [{}]),
        (["weights"], 3),
        (["gaps"], [3]),
        (["notes"], [None]),
        (["size"], "many"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(path, value):
    manifest, arrays = fitted("binary").state()
    with pytest.raises(BadModelFile):
        Table.of(changed(manifest, path, value), arrays)


@pytest.mark.parametrize("manifest", [None, 7, [], {}, "table"])
def test_what_is_no_manifest_is_refused(manifest):
    with pytest.raises(BadModelFile, match="describes no table"):
        Table.of(manifest, {})


def test_arrays_that_are_wrong_are_refused():
    manifest, arrays = fitted("binary").state()
    for key, array in arrays.items():
        lacking = {k: v for k, v in arrays.items() if k != key}
        spoilt = [array.astype(np.float16), array.reshape(1, *array.shape)]
        if key.endswith((".counts", ".center", ".balance", ".scale")):
            spoilt.append(array[:-1])
        if array.dtype.kind == "f" and array.size:
            spoilt.append(np.full_like(array, np.nan))
        if key.endswith(".edges"):
            spoilt.append(array[::-1].copy())
        for wrong in [*({**arrays, key: a} for a in spoilt), lacking]:
            if key == "target.balance" and wrong is lacking:
                continue  # weights of classes need not be there
            with pytest.raises(BadModelFile):
                Table.of(manifest, wrong)
