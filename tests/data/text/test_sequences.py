"Documents of different lengths side by side."

import numpy as np
import pytest

from entable.data.text import Cut, Sequences
from entable.errors import BadInput


@pytest.fixture
def some():
    return Sequences.of(["abc", "", None, "a", "cab" * 4])


def test_documents_are_padded_behind(some):
    codes, lengths = some.padded([0, 3, 1])
    assert codes.tolist() == [[2, 3, 4], [2, 1, 1], [1, 1, 1]]
    assert lengths.tolist() == [3, 1, 1]
    assert codes.dtype == np.int32


def test_an_empty_document_is_one_missing_code(some):
    assert some.lengths.tolist() == [3, 1, 1, 1, 12]
    assert some[1].tolist() == some[2].tolist() == [1]


def test_some_are_taken_in_their_order(some):
    two = some.take([4, 0])
    assert [two.cut.decode(two[d]) for d in range(len(two))] == ["cab" * 4, "abc"]
    assert len(some.take(np.array([True, False, False, False, True]))) == 2
    assert len(some.take([])) == 0


def test_long_ones_keep_their_ends():
    cut = Cut.learn(["abcdef"])
    assert cut.decode(Sequences.of(["abcdef"], cut, most=2)[0]) == "ef"


def test_padded_rows_are_the_documents(some):
    codes, lengths = some.padded(range(5))
    for d, (row, n) in enumerate(zip(codes, lengths, strict=True)):
        assert row[:n].tolist() == some[d].tolist()
        assert (row[n:] == 1).all()


def test_what_is_no_list_of_texts_is_refused():
    for given, told in (("abc", "one text came"), ([], "no documents"), (["a", 3], "document 1")):
        with pytest.raises(BadInput, match=told):
            Sequences.of(given)
    with pytest.raises(BadInput, match="the text is empty"):
        Sequences.of(["", None])
    with pytest.raises(BadInput, match="most=0"):
        Sequences.of(["a"], most=0)
