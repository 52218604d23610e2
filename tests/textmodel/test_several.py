"Several nets in one TextModel: the mean of their chances."

from dataclasses import replace

import numpy as np
import pytest

from entable import load, modelfile
from entable.data.text import Cut, Text
from entable.errors import BadInput, BadModelFile
from entable.recipes.text import text_learner, text_model
from entable.recipes.textclasses import text_classifier
from entable.scorers.chorus import Chorus
from entable.scorers.recurrent import Recurrent
from entable.textmodel import TextModel
from entable.textmodel.stored import KIND, pack

from .conftest import LINES, cells, linear

SMALL = {"hidden": 16, "width": 8, "size": 8, "length": 16}


def reader(cut, seed, hidden=6):
    rng = np.random.default_rng(seed)
    table = rng.normal(0, 1, (cut.rows, 4)).astype("f4")
    head = (linear(hidden, cut.rows, rng),)
    return Recurrent(table, (cells("gru", 4, hidden, rng),), head)


@pytest.fixture
def alone():
    "The same two nets, each in a model of its own."
    cut = Cut.learn(LINES)
    return [TextModel(cut, reader(cut, seed, hidden)) for seed, hidden in ((1, 6), (2, 9))]


@pytest.fixture
def both(alone):
    return TextModel(alone[0].cut, Chorus(tuple(one.scorer for one in alone)))


def test_chances_are_the_mean(alone, both):
    found = both.probabilities("the c").chances
    # unseen and missing get none, which each net asks of its own chances, and both of the mean
    said = []
    for one in alone:
        scores, _ = one.scorer.scores(one.cut.encode("the c")[None])
        p = np.exp(scores[0, -1].astype(float))
        said.append(p / p.sum())
    mean = np.mean(said, 0)[2:]
    np.testing.assert_allclose(found, mean / mean.sum(), atol=1e-6)


def test_a_text_costs_the_mean_chance_of_each_code(alone, both):
    text = "the cat sat on the mat"
    each = [one.score(text).each for one in alone]
    wanted = -np.log(np.mean(np.exp(-np.array(each)), 0))
    np.testing.assert_allclose(both.score(text).each, wanted, atol=1e-5)
    assert both.score(text).nats <= np.mean([one.score(text).nats for one in alone])


def test_they_go_on_together(both):
    "Drawing one by one remembers what reading all at once does."
    grown = both.generate("the ", 12, temperature=0)
    for n in range(4, len(grown)):
        names = list(both.probabilities(grown[:n]).names)
        assert grown[n] == names[int(both.probabilities(grown[:n]).chances.argmax())]


@pytest.mark.parametrize("pool", ["mean", "last", "largest", "all"])
def test_documents_are_what_all_remember(alone, both, pool):
    docs = ["the cat", "a dog sat too"]
    parts = [one.encode(docs, pool=pool).vectors for one in alone]
    found = both.encode(docs, pool=pool).vectors
    kinds = 3 if pool == "all" else 1
    split = [np.split(part, kinds, 1) for part in parts]
    wanted = np.concatenate([p for kind in zip(*split, strict=True) for p in kind], 1)
    np.testing.assert_array_equal(found, wanted)


def test_they_come_back_from_a_file(both, tmp_path):
    again = load(both.save(tmp_path / "m.entable"))
    assert again.generate("the cat", 20, seed=1) == both.generate("the cat", 20, seed=1)
    assert again.info == both.info
    assert "2 nets" in repr(again)


def test_files_that_lack_nets_are_refused(both, tmp_path):
    about, arrays = pack(both)
    for n, nets in enumerate(([], about["scorer"][:1], [*about["scorer"], {}])):
        path = modelfile.write(tmp_path / f"{n}.entable", KIND, about | {"scorer": nets}, arrays)
        with pytest.raises(BadModelFile, match="not described"):
            load(path)


def test_nets_of_other_codes_are_refused(both):
    cut = Cut.learn(["xyz"])
    with pytest.raises(BadInput, match="same codes"):
        Chorus((*both.scorer.nets, reader(cut, 0)))
    with pytest.raises(BadInput, match="same codes"):
        Chorus(())
    with pytest.raises(BadInput, match="other codes"):
        replace(both, cut=cut)


def test_learners_become_one_model():
    text = Text.of("abcabd " * 100)
    learns = [text_learner(text, seed=seed, **SMALL) for seed in (3, 4)]
    for learn in learns:
        learn.fit_one_cycle(2)
    both = text_model(*learns)
    held = "cabd abcabd abc"
    each = [one.text_model().score(held).each for one in learns]
    wanted = -np.log(np.mean(np.exp(-np.array(each)), 0))
    np.testing.assert_allclose(both.score(held).each, wanted, atol=1e-5)
    assert both.settings["seeds"] == [3, 4]


def test_classifiers_become_one_model():
    docs, names = ["aaaa", "bbbb", "abab", "bbab"] * 8, ["a", "b", "c", "d"] * 8
    learns = [text_classifier(docs, names, None, hidden=8, seed=seed) for seed in (0, 1)]
    found = text_model(*learns).chances(docs[:4])
    mean = np.mean([one.text_model().chances(docs[:4]) for one in learns], 0)
    np.testing.assert_allclose(found, mean, atol=1e-6)


def test_learners_that_do_not_fit_are_refused():
    one = text_learner(Text.of("abcabd " * 100), **SMALL)
    other = text_learner(Text.of("ABCABD " * 100), **SMALL)
    with pytest.raises(BadInput, match="different ways"):
        text_model(one, other)
    with pytest.raises(BadInput, match="no Learners"):
        text_model()
    docs = ["aaaa", "bbbb"] * 8
    told = [text_classifier(docs, [k, "z"] * 8, None, hidden=8) for k in "xy"]
    with pytest.raises(BadInput, match=r"\['x', 'z'\]"):
        text_model(*told)
