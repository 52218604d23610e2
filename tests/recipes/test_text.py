"Language models from texts, and what they know taught classes."

from functools import partial

import numpy as np
import pytest
import torch

from entable.data.text import Sequences, Text
from entable.errors import BadInput
from entable.models.rnn import AWD, Drops, LanguageModel
from entable.recipes.text import text_learner
from entable.recipes.textclasses import text_classifier
from entable.train.callbacks import Callback

TEXT = Text.of("abcabd " * 170)
SMALL = {"hidden": 16, "width": 8, "size": 8, "length": 16}


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_pattern_is_learnt_and_goes_on(cell):
    learn = text_learner(TEXT, cell=cell, lr=0.03, **SMALL)
    recorder = learn.fit_one_cycle(9)
    assert recorder.epochs[-1]["valid_loss"] < 0.3
    model = learn.text_model()
    assert model.generate("abcabd abca", 17, temperature=0) == "abcabd " * 4
    held = TEXT.split()[1]
    assert model.score(held.decode(held.codes)).nats == pytest.approx(
        learn.validate()["valid_loss"], abs=0.05
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"tied": True, "layers": 2, "drops": AWD},
        {"model": partial(LanguageModel, cell="lstm", width=4, hidden=6), "precision": "bf16"},
    ],
)
def test_numpy_says_what_torch_says(settings):
    learn = text_learner(TEXT, **(SMALL | settings))
    learn.fit(1)
    codes = TEXT.codes[None, :50].astype(np.int64)
    with torch.no_grad():
        want = learn.model.eval()(torch.from_numpy(codes)).numpy()
    model = learn.text_model()
    found, _ = model.scorer.scores(codes)
    np.testing.assert_allclose(found[..., 2:], want[..., 2:], atol=1e-5)
    assert model.settings["epochs"] == 1
    assert model.trace.height == 1
    assert model.cut.counts.sum() == len(learn.text)


def test_words_and_pieces_are_learnt_too(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("the cat sat on the mat. the dog sat, too.\n" * 30)
    for cut in ("words", 260):
        learn = text_learner(Text.read(path, cut), **SMALL)
        learn.fit(1)
        model = learn.text_model()
        assert model.generate("the cat", 5).startswith("the cat")
        assert model.cut.counts.sum() > 0
    assert text_learner(path, **SMALL).text.cut.kind == "characters"


def test_the_same_seed_gives_the_same_model():
    losses = []
    for seed in (0, 0, 1):
        learn = text_learner(TEXT, drops=AWD, seed=seed, **SMALL)
        losses.append(learn.fit(1).losses)
    assert losses[0] == losses[1] != losses[2]


def test_another_text_may_be_held_out():
    held = Text.of("abc" * 50, TEXT.cut)
    learn = text_learner(TEXT, held, **SMALL)
    assert len(learn.text) == len(TEXT)
    assert learn.validate()["valid_loss"] > 0
    assert text_learner(TEXT, None, **SMALL).valid is None
    with pytest.raises(BadInput, match="a Text of the same cut"):
        text_learner(TEXT, Text.of("abc" * 50), **SMALL)


def test_batches_are_shown_as_texts():
    learn = text_learner(TEXT, **SMALL)
    found = learn.show_batch(3).table
    assert found.shape == (3, 2)
    for read, following in found.rows():
        assert following[:-1] == read[1:]
    results = learn.show_results(2).table
    assert results.columns == ["text", "next", "predicted"]
    assert set(results["predicted"][0]) <= set("abcd \ufffd")


def test_weights_of_another_net_say_what_is_missing_and_what_is_extra(tmp_path):
    path = text_learner(TEXT, **SMALL).save(tmp_path / "w.entable")
    other = text_learner(TEXT, layers=2, **SMALL)
    with pytest.raises(BadInput, match=r"another model \(LanguageModel\): it lacks body.layers.1"):
        other.load(path)
    with pytest.raises(BadInput, match=r"body.layers.0.weight_ih_l0 is 48x8 there and 64x8 here"):
        text_learner(TEXT, cell="lstm", **SMALL).load(path)


def test_what_cannot_be_learnt_is_refused():
    with pytest.raises(BadInput, match="made of one character only, 'a'"):
        text_learner(Text.of("a" * 100))
    with pytest.raises(BadInput, match="32 steps came, fewer than one window of 64"):
        text_learner(Text.of("ab" * 20), 0.2)
    with pytest.raises(BadInput, match="no such file"):
        text_learner("Call me Ishmael.")


# classes


def documents(n=80):
    "Those that hold a z are of class z."
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abc "), rng.integers(5, 25))) for _ in range(n)]
    labels = ["z" if k % 2 else "no" for k in range(n)]
    at = [int(rng.integers(len(t))) for t in texts]
    found = [
        t[:a] + ("z" if y == "z" else "") + t[a:] for t, a, y in zip(texts, at, labels, strict=True)
    ]
    return found, labels


@pytest.mark.parametrize("both", [False, True])
def test_classes_are_learnt_from_scratch(both):
    texts, labels = documents()
    learn = text_classifier(texts, labels, hidden=16, width=8, both=both, size=8, lr=0.02)
    learn.fit_one_cycle(5)
    assert learn.validate()["accuracy"] > 0.8
    model = learn.text_model()
    np.testing.assert_allclose(model.chances(texts[:9]), _by_torch(learn, texts[:9]), atol=1e-5)
    assert (model.predict(texts) == np.array(labels)).mean() > 0.8
    assert model.predict([""]).shape == (1,)


def _by_torch(learn, texts):
    codes, lengths = Sequences.of(texts, learn.text.cut).padded(range(len(texts)))
    with torch.no_grad():
        out = learn.model.eval()(torch.from_numpy(codes).long(), torch.from_numpy(lengths))
    return out.softmax(1).numpy()


class Look(Callback):
    "The rates of the groups that move, at the end of each epoch."

    looks = True

    def __init__(self):
        self.rates = []

    def after_epoch(self, run):
        moving = [g for g in run.opt.param_groups if any(p.requires_grad for p in g["params"])]
        self.rates.append({g["layers"]: g["lr"] for g in moving})


def test_a_language_model_is_taught_classes_from_the_head_down():
    texts, labels = documents()
    first = text_learner(Text.of("abcz " * 200), layers=2, drops=Drops(weights=0.1), **SMALL)
    first.fit(1)
    was = first.model.body.vectors.weight.clone()
    learn = text_classifier(texts, labels, start=first, size=8)
    assert len(learn.groups) == 4
    assert torch.equal(learn.model.body.vectors.weight, was)
    learn.callbacks.append(look := Look())
    learn.unfreeze_gradually((1, 1, 1), lr=0.02)
    assert [sorted(groups) for groups in look.rates] == [[3], [2, 3], [0, 1, 2, 3]]
    last = look.rates[-1]
    for lower, upper in ((0, 1), (1, 2), (2, 3)):
        assert last[upper] == pytest.approx(2.6 * last[lower])
    assert torch.equal(first.model.body.vectors.weight, was)
    assert not torch.equal(learn.model.body.vectors.weight, was)
    assert learn.text_model().encode(texts[:3]).vectors.shape == (3, 16)


def test_what_cannot_be_told_apart_is_refused():
    texts, labels = documents(8)
    with pytest.raises(BadInput, match="all documents are of the class 'no'"):
        text_classifier(texts, ["no"] * 8)
    with pytest.raises(BadInput, match="7 labels came for 8 documents"):
        text_classifier(texts, labels[:7])
    with pytest.raises(BadInput, match="document 2 has no label"):
        text_classifier(texts, [*labels[:2], None, *labels[3:]])
    with pytest.raises(BadInput, match="leaves nothing on one side"):
        text_classifier(texts, labels, valid=0.01)
    learn = text_classifier(texts, labels, hidden=4, width=4)
    with pytest.raises(BadInput, match="start has a TextClassifier"):
        text_classifier(texts, labels, start=learn)
    assert text_classifier(texts, labels, None, hidden=4, width=4).valid is None
