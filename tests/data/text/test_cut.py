"Cutting texts into codes, and back."

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.data.text import Cut
from entable.data.vocab import Vocab
from entable.errors import BadInput, BadModelFile

LINES = ["the cat sat on the mat\n", "The dog sat, too.\n"] * 20


def test_characters_are_numbered_from_2_in_their_own_order():
    cut = Cut.learn(["banana"])
    assert cut.vocab.names.tolist() == ["a", "b", "n"]
    assert cut.encode("nab").tolist() == [4, 2, 3]
    assert cut.counts.tolist() == [0, 0, 3, 1, 2]


def test_what_is_not_known_is_unseen_and_said():
    cut = Cut.learn(["banana"])
    assert cut.encode("bxé\U0001f600").tolist() == [3, 0, 0, 0]
    assert cut.unknown("xbxy") == ["x", "y"]
    assert cut.decode([3, 0, 1, 2]) == "b\ufffda"


def test_lower_case_and_rare_characters():
    cut = Cut.learn(["Aab", "q"], lower=True, min_count=2)
    assert cut.vocab.names.tolist() == ["a"]
    assert cut.encode("AaQ").tolist() == [2, 2, 0]
    assert cut.counts.tolist() == [2, 0, 2]


def test_words_keep_their_spaces_so_that_nothing_is_lost():
    cut = Cut.learn(LINES, "words")
    assert cut.decode(cut.encode(LINES[0])) == LINES[0]
    assert " sat" in cut.vocab
    assert cut.unknown("the bird sat") == [" bird"]


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_text_comes_back_by_characters_and_by_words(text):
    whole = text or "a"
    if any("\ud800" <= c <= "\udfff" for c in whole):
        return
    for kind in ("characters", "words"):
        cut = Cut.learn([whole], kind)
        assert cut.decode(cut.encode(whole)) == whole


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_is_too_strange_to_encode(text):
    cut = Cut.learn(["abc"])
    codes = cut.encode(text)
    assert len(codes) == len(text)
    assert codes.tolist() == [{"a": 2, "b": 3, "c": 4}.get(c, 0) for c in text]


def test_byte_pairs_know_every_text():
    cut = Cut.learn_pieces(LINES, 300)
    assert cut.kind == "pieces"
    assert len(cut.vocab) <= 300
    odd = "the cat, a dög \U0001f600"
    assert cut.decode(cut.encode(odd)) == odd
    assert len(cut.encode(LINES[0])) < len(LINES[0])
    assert cut.encode(odd).min() >= Vocab.FIRST
    assert cut.unknown(odd) == []


def test_a_half_of_a_character_is_no_crash():
    assert Cut.learn_pieces(LINES, 260).encode("\ud800").size
    assert Cut.learn(["a\ud800"]).vocab.names.tolist() == ["a"]


@pytest.mark.parametrize("make", [Cut.learn, lambda t: Cut.learn(t, "words")])
def test_an_empty_text_is_refused(make):
    with pytest.raises(BadInput, match="the text is empty"):
        make([""])


def test_a_count_that_nothing_reaches_says_what_would():
    with pytest.raises(BadInput, match="'a', comes 3 times: lower min_count"):
        Cut.learn(["banana"], min_count=9)


def test_other_cuts_and_tokenizers_are_refused():
    with pytest.raises(BadInput, match="or a tokenizer was wanted"):
        Cut.learn(["a"], "sentences")
    with pytest.raises(BadInput, match="no tokenizer's JSON"):
        Cut.pieces("{}")
    with pytest.raises(BadInput, match="257 at least"):
        Cut.learn_pieces(LINES, 100)
    with pytest.raises(BadInput, match="pieces have a tokenizer"):
        Cut("pieces", Vocab.of(["a"]))
    with pytest.raises(BadInput, match="no character"):
        Cut("characters", Vocab.of(["ab"]))
    with pytest.raises(BadInput, match="codes from 0 to 4"):
        Cut.learn(["banana"]).decode([7])


@pytest.mark.parametrize(
    "cut", [Cut.learn(LINES, lower=True), Cut.learn(LINES, "words"), Cut.learn_pieces(LINES, 280)]
)
def test_a_cut_comes_back_from_its_state(cut):
    about, arrays = cut.state()
    again = Cut.of_state(about, arrays)
    text = "The cat sat on a böat\n"
    assert again.encode(text).tolist() == cut.encode(text).tolist()
    assert again.vocab == cut.vocab
    assert again.counts.tolist() == cut.counts.tolist()


def test_a_damaged_state_is_refused():
    about, arrays = Cut.learn(LINES).state()
    for told in (None, {}, about | {"kind": "x"}, about | {"lower": 1}):
        with pytest.raises(BadModelFile, match="how texts are cut"):
            Cut.of_state(told, arrays)
    with pytest.raises(BadModelFile, match="counts of codes"):
        Cut.of_state(about, {k: v for k, v in arrays.items() if k != "counts"})
    with pytest.raises(BadInput, match="counts must be"):
        Cut.of_state(about, arrays | {"counts": np.zeros(3, np.int64)})
    with pytest.raises(BadModelFile, match="tokenizer is missing"):
        Cut.of_state({"kind": "pieces", "lower": False}, arrays)
