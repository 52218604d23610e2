"TextModel: scores, vectors, classes."

import subprocess
import sys

import numpy as np
import pytest

from entable.data.text import Cut
from entable.errors import BadInput
from entable.textmodel import TextModel
from entable.textmodel.generating import chances

TEXT = "the cat sat on the mat\na dog sat too\n" * 30


def test_a_text_costs_what_its_codes_cost(letters):
    found = letters.score("the cat")
    codes = letters.cut.encode("the cat")
    scores, _ = letters.scorer.scores(codes[None])
    raised = scores[0].astype(float)
    logs = raised - np.log(np.exp(raised).sum(1, keepdims=True))
    want = [-logs[t, codes[t + 1]] for t in range(6)]
    np.testing.assert_allclose(found.each, want, atol=1e-5)
    assert found.nats == pytest.approx(np.mean(want))
    assert found.perplexity == pytest.approx(np.exp(np.mean(want)))
    assert found.bits == pytest.approx(np.mean(want) / np.log(2))
    assert found.table.columns == ["n", "nats", "perplexity", "bits", "unseen"]


@pytest.mark.parametrize("rows", [2, 3, 7, 10_000])
def test_parts_read_side_by_side_cost_nearly_the_same(letters, rows):
    one, many = letters.score(TEXT), letters.score(TEXT, rows=rows)
    assert len(one.each) == len(many.each) == len(TEXT) - 1
    np.testing.assert_allclose(many.each[:20], one.each[:20], atol=1e-5)
    np.testing.assert_allclose(many.each, one.each, atol=1e-3)


def test_bits_are_per_character_whatever_the_cut(model):
    found = model.score("the cat sat on the mat")
    first = len(model.cut.decode(model.cut.encode("the cat")[:1]))
    assert found.characters == 22 - first
    assert found.bits == pytest.approx(found.each.sum() / np.log(2) / found.characters)


def test_what_was_never_seen_is_counted_and_costs(letters):
    found = letters.score("the zoo")
    assert found.unseen == 1
    assert "1 characters were never seen" in str(found)
    assert np.isfinite(found.nats)


def test_too_short_texts_and_none_are_refused(letters):
    for text in ("", "t"):
        with pytest.raises(BadInput, match="2 at least are needed"):
            letters.score(text)
    with pytest.raises(BadInput, match="a int came"):
        letters.score(3)
    with pytest.raises(BadInput, match="rows=0"):
        letters.score("the", rows=0)


def test_names_have_vectors_with_their_counts(model):
    found = model.embeddings
    assert len(found) == len(model.cut.vocab)
    assert found.counts.tolist() == model.cut.counts[2:].tolist()
    np.testing.assert_array_equal(found.vectors, model.scorer.table[2:])
    assert found.units == "occurrences"


def test_characters_can_be_mapped(letters):
    assert letters.embeddings.map().table.height == len(letters.cut.vocab)
    assert letters.embeddings.nearest("t", 2).table.height == 2
    assert letters.embeddings.position("space") == letters.embeddings.position(" ")


@pytest.mark.parametrize("pool", ["mean", "last", "largest", "all"])
def test_a_document_is_what_is_remembered_of_it(letters, pool):
    docs = ["the cat", "", "on", "the cat sat on the mat", None]
    found = letters.encode(docs, pool=pool)
    assert found.vectors.shape == (5, 15 if pool == "all" else 5)
    alone = letters.encode(["on"], pool=pool)
    np.testing.assert_allclose(found.vectors[2], alone.vectors[0], atol=1e-6)
    shown, _ = letters.scorer.read(letters.cut.encode("on")[None])
    ways = {"mean": shown[0].mean(0), "last": shown[0, -1], "largest": shown[0].max(0)}
    want = ways.get(pool, np.concatenate([ways[k] for k in ("last", "largest", "mean")]))
    np.testing.assert_allclose(found.vectors[2], want, atol=1e-6)


def test_documents_have_names(letters):
    named = letters.encode({"Alien": "the cat", "Heat": "on"}, most=3)
    assert named.names.tolist() == ["Alien", "Heat"]
    np.testing.assert_allclose(named["Alien"], letters.encode(["cat"]).vectors[0], atol=1e-6)
    assert letters.encode(["on"], names=[42]).names.tolist() == [42]
    assert letters.encode(["on", "cat"]).names.tolist() == [0, 1]
    for wrong in ({"documents": []}, {"documents": ["a"], "pool": "sum"}, {"documents": "a"}):
        with pytest.raises(BadInput):
            letters.encode(**wrong)


def test_a_long_list_of_documents_is_read_in_parts(letters, monkeypatch):
    from entable.textmodel import reading

    docs = ["the cat"[: 1 + k % 7] for k in range(40)]
    want = letters.encode(docs).vectors
    monkeypatch.setattr(reading, "_TOGETHER", 20)
    np.testing.assert_allclose(letters.encode(docs).vectors, want, atol=1e-6)


def test_documents_have_classes(judge):
    docs = ["the cat", "a dog sat too", "The Cat"]
    found = judge.chances(docs)
    np.testing.assert_allclose(found.sum(1), 1)
    np.testing.assert_allclose(found[0], found[2], atol=1e-6)  # lower case is part of the model
    names = judge.predict(docs)
    assert names.tolist() == [["cats", "dogs"][k] for k in found.argmax(1)]
    details = judge.predict(docs, details=True)
    assert details.columns == ["predicted", "chance of cats", "chance of dogs"]
    assert judge.encode(docs).vectors.shape == (3, 12)
    assert "2 classes" in repr(judge)


def test_each_kind_says_what_it_cannot(judge, letters):
    for ask in (lambda: judge.generate("the"), lambda: judge.score("the cat")):
        with pytest.raises(BadInput, match="answers with classes"):
            ask()
    with pytest.raises(BadInput, match="knows no classes"):
        letters.predict(["the"])


def test_parts_of_different_models_do_not_fit(letters, judge):
    with pytest.raises(BadInput, match="other codes"):
        TextModel(Cut.learn(["ab"]), letters.scorer)
    with pytest.raises(BadInput, match="does not answer"):
        TextModel(judge.cut, judge.scorer)
    with pytest.raises(BadInput, match="does not answer"):
        TextModel(letters.cut, letters.scorer, judge.classes)


def test_chances_never_overflow():
    assert chances(np.array([0, 0, 1e4, -1e4])).tolist() == [0, 0, 1, 0]


def test_info_says_what_it_is(model):
    told = model.info
    assert told["kind"] == "text"
    assert told["cut"] == model.cut.kind
    assert told["settings"] == {"lr": 0.1}


def test_serving_needs_no_torch(letters, tmp_path):
    path = letters.save(tmp_path / "m.entable")
    code = f"""
import sys
import entable
model = entable.load({str(path)!r})
model.generate("the", 5), model.score("the cat"), model.probabilities("the")
model.encode(["the cat"]), model.embeddings.nearest("t", 2)
heavy = {{"numba", "torch", "tokenizers"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
