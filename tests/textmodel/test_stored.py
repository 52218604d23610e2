"TextModels in files, and files that are not what they say."

from dataclasses import replace

import numpy as np
import pytest

from entable import load, modelfile
from entable.errors import BadModelFile
from entable.scorers.net import Layer
from entable.scorers.recurrent import GATES, Cell, Recurrent
from entable.textmodel import TextModel
from entable.textmodel.stored import KIND, pack, unpack


def cells(kind, n, hidden, rng):
    g = GATES[kind] * hidden
    shapes = ((g, n), (g, hidden), (g,), (g,))
    return (Cell(kind, *(rng.normal(0, 0.5, shape).astype("f4") for shape in shapes)),)


def test_a_model_comes_back_as_it_was(model, tmp_path):
    again = load(model.save(tmp_path / "m.entable"))
    assert isinstance(again, TextModel)
    assert again.generate("the cat", 20, seed=1) == model.generate("the cat", 20, seed=1)
    assert again.info == model.info
    assert again.save(tmp_path / "n.entable").read_bytes() == (tmp_path / "m.entable").read_bytes()


def test_a_classifier_comes_back(judge, tmp_path):
    again = load(judge.save(tmp_path / "m.entable"))
    docs = ["the cat", "a dog"]
    np.testing.assert_array_equal(again.chances(docs), judge.chances(docs))
    assert again.classes == judge.classes


def broken(letters):
    "Ways to spoil a file, with what is said."
    about, arrays = pack(letters)
    net = about["scorer"]
    lacking = {k: v for k, v in arrays.items() if k != "net.0.0.weight_hh"}
    yield about | {"scorer": {}}, arrays, "net is not described"
    yield about | {"scorer": net | {"layers": "2"}}, arrays, "net is not described"
    yield about | {"scorer": net | {"layers": 10**9}}, arrays, "net is not described"
    yield about | {"scorer": net | {"cell": "tree"}}, arrays, "upgrade"
    yield about | {"scorer": net | {"head": ["eval"]}}, arrays, "upgrade"
    yield about | {"scorer": net | {"head": []}}, arrays, "a layer and a head"
    yield about | {"scorer": net | {"head": ["linear"] * 2, "tied": True}}, arrays, "head of the"
    yield about | {"settings": 3}, arrays, "settings are not described"
    yield about | {"classes": 3}, arrays, "classes are not described"
    yield {**about, "more": 1}, arrays, "model is not described"
    yield about, lacking, "net.0.0.weight_hh is missing"
    yield about, arrays | {"extra": np.zeros(1)}, "nothing asks for: extra"
    yield about, arrays | {"net.table": np.zeros((2, 4), "f4")}, "other codes|does not"


def test_anything_else_is_refused(letters, tmp_path):
    for n, (about, arrays, told) in enumerate(broken(letters)):
        path = modelfile.write(tmp_path / f"{n}.entable", KIND, about, arrays)
        with pytest.raises(BadModelFile, match=told):
            load(path)


def test_tied_weights_are_stored_once(letters):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(letters.cut.rows, 4)).astype("f4")
    head = (Layer("linear", {"weight": table, "bias": np.zeros(len(table))}),)
    tied = replace(letters, scorer=Recurrent(table, (cells("lstm", 4, 4, rng),), head))
    about, arrays = pack(tied)
    assert about["scorer"]["tied"]
    assert "net.head.0.weight" not in arrays
    again = TextModel(**unpack(about, arrays))
    assert again.generate("the", 9) == tied.generate("the", 9)
